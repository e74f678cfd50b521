"""Which tier a run uses: the one that was named, or the strongest that works here."""

from __future__ import annotations

import difflib
import importlib

from . import TIERS, Tier, TierMissing
from .remedy import sudo

WAYS = """no sandbox works on this machine. Two ways to get one:
  1. a container engine: install Docker and start it (`{sudo}apt-get install docker.io`)
  2. bubblewrap: `{sudo}apt-get install bubblewrap`"""


def choose(name: str | None = None, runtime: str | None = None) -> Tier:
    """The tier called `name`, or the strongest usable one. `runtime` is one that the container
    engine knows ("runsc"); naming one asks for Docker.

    Raises TierMissing: an unknown name, or a tier (without a name: every tier) that can't be used
    here. No weaker one is ever taken in place of what was asked for.
    """
    if name is None and runtime is None:
        return strongest()
    tier = make(name or "docker", runtime)
    if missing := tier.missing():
        raise TierMissing(f"the sandbox tier '{tier.name}' can't be used here: {missing}")
    return tier


def strongest() -> Tier:
    reasons = []
    for name in TIERS:
        tier = make(name)
        missing = tier.missing()
        if missing is None:
            return tier
        reasons.append(f"  {name}: {missing}")
    raise TierMissing("\n".join([WAYS.format(sudo=sudo()), "what was tried:", *reasons]))


def make(name: str, runtime: str | None = None) -> Tier:
    """The tier called `name`, usable or not. Raises TierMissing for an unknown name."""
    if name not in TIERS:
        near = difflib.get_close_matches(name.lower(), TIERS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(TIERS)}"
        raise TierMissing(f"unknown sandbox tier '{name}'; {hint}")
    if runtime and name != "docker":
        raise TierMissing(f"the runtime '{runtime}' is a container engine's: it goes with 'docker', not '{name}'")
    module, _, attribute = TIERS[name].partition(":")
    options = {"runtime": runtime} if runtime else {}
    tier: Tier = getattr(importlib.import_module(module), attribute)(**options)
    return tier
