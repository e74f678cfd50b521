"""Which tier a run uses: the one that was named, or the strongest that works here."""

from __future__ import annotations

import difflib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from godel.entry_points import installed, origin
from godel.outside import unimportable

from . import TIERS, Tier, TierMissing
from .advice import sudo
from .supervised import Supervised

WAYS = """no sandbox works on this machine. Two ways to get one:
  1. a container engine: install Docker and start it (`{sudo}apt-get install docker.io`)
  2. bubblewrap: `{sudo}apt-get install bubblewrap`"""
GROUP = "godel.tiers"
"""Of the entry points by which installed packages register."""
NO_OPTIONS: Mapping[str, str] = {}


def choose(name: str | None = None, options: Mapping[str, str] = NO_OPTIONS) -> Tier:
    """The tier called `name`, made with its `options`, or the strongest usable one. Options without a name ask
    for the strongest tier that has them.

    Raises TierMissing: an unknown name or option, or a tier (without a name: every tier) that can't be used
    here. No weaker one is ever taken in place of what was asked for.
    """
    if name is None and not options:
        return strongest()
    tier = make(name or next((each for each in TIERS if options.keys() <= options_of(each)), "docker"), options)
    if missing := tier.missing():
        raise TierMissing(f"the sandbox tier '{tier.name}' can't be used here: {missing}")
    return tier


def strongest() -> Tier:
    """Raises TierMissing when no tier can be used, with the ways to get one."""
    reasons = []
    for name in TIERS:
        tier = make(name)
        missing = tier.missing()
        if missing is None:
            return tier
        reasons.append(f"  {name}: {missing}")
    raise TierMissing("\n".join([WAYS.format(sudo=sudo()), "what was tried:", *reasons]))


def make(name: str, options: Mapping[str, str] = NO_OPTIONS) -> Tier:
    """The tier called `name`, usable or not. Raises TierMissing for an unknown name, or an option that it has not."""
    if name not in known():
        near = difflib.get_close_matches(name.lower(), known(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known())}"
        raise TierMissing(f"unknown sandbox tier '{name}'; {hint}")
    for option in options.keys() - options_of(name):
        having = [each for each in TIERS if option in options_of(each)]
        hint = f"it goes with {', '.join(map(repr, having))}" if having else "no tier has it"
        raise TierMissing(f"the sandbox tier '{name}' has no option '{option}' (given: {options[option]!r}); {hint}")
    kind = class_of(name)
    tier: Tier = kind(**options) if name in TIERS else Supervised(_shown(name), kind, lambda: kind(**options))
    return tier


def known() -> dict[str, str]:
    """Where the class of each tier is, by its name: ours, then those of installed packages, which are only used
    when they are named."""
    return {
        **TIERS,
        **{name: entries[0].value for name, entries in installed(GROUP).items() if name not in TIERS},
    }


def origins() -> dict[str, str]:
    """By name, the package that a tier came with."""
    return {name: "godel" if name in TIERS else origin(installed(GROUP)[name][0]) for name in known()}


def class_of(name: str) -> Any:
    """Raises TierMissing for one of another package that can't be imported, and for a name that two packages use."""
    if name in TIERS:
        return pkgutil.resolve_name(TIERS[name])
    first, *others = installed(GROUP)[name]
    if others:
        raise TierMissing(f"the sandbox tier '{name}' is in two packages: {', '.join(map(origin, (first, *others)))}")
    try:
        kind = pkgutil.resolve_name(first.value)
    except (Exception, SystemExit) as error:
        raise TierMissing(f"the sandbox tier {_shown(name)} can't be imported: {unimportable(error)}") from error
    if not inspect.isclass(kind):
        raise TierMissing(f"the sandbox tier {_shown(name)}: expected a class; given: a {type(kind).__name__}")
    return kind


def _shown(name: str) -> str:
    return f"'{name}' of {origin(installed(GROUP)[name][0])}"


def options_of(name: str) -> frozenset[str]:
    """The names of a tier's options: what its class is made with."""
    return frozenset(inspect.signature(class_of(name)).parameters)
