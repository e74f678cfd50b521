"""Settings that belong to whoever calls: where a model is reached, whose key goes there, which runtime, which
executor; and the policies from modules outside, which are code.

A run's file says what the run was; it may come from somebody else. So these are kept apart from what
describes the experiment, and are shown, but never followed from a file: unless this very installation
chose them, which a mark in the file tells that nobody else can make, or whoever calls says so.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from godel.lineage.records.events import Started
from godel.lineage.store import Store
from godel.lineage.store.codec import dumps
from godel.lineage.store.recorded import intact
from godel.sandbox import TIERS

from .config import Run
from .errors import UsageError
from .policies.acceptance import ACCEPTANCES
from .policies.mating import MATINGS
from .policies.models import MODEL_CHOICES
from .policies.pruning import PRUNINGS
from .policies.selection import SELECTIONS
from .seeds import kept_secret

KEYS = ("model.api_base", "model.key_env", "model.cache", "model.prices", "runtime", "executor", "options.executor")
"""All of them, dotted. Prices are here because a ceiling in dollars goes by them."""

NAMES = "model.names"
"""Which models a run asks describes the experiment, and stays in its configuration. But a name alone can lead to
a provider's own address, with the user's own key: so the names bear the mark too, and a stranger's are confirmed."""

POLICIES = {
    "selection": "selection",
    "acceptance": "acceptance",
    "pruning": "pruning",
    "mate": "mate",
    "gate": "gate",
    "model.choice": "models",
}
"""By the setting that names a policy, where its options are. They stay in the configuration as the names of models do;
but one from a module outside is code that runs here: with its options it bears the mark too."""

SHIPPED: Mapping[str, Container[str]] = {
    "selection": SELECTIONS.shipped,
    "acceptance": ACCEPTANCES.shipped,
    "pruning": PRUNINGS.shipped,
    "mate": MATINGS.shipped,
    "gate": ("numbers_only",),
    "model.choice": MODEL_CHOICES.shipped,
}
"""What comes with the laboratory: any other name leads to code that somebody installed, or to a module."""

REACHED = ("model.api_base", "model.key_env", "model.cache", "executor", "options.executor")
"""Of no use to whoever only makes again what is recorded, and so never followed there, whoever chose them."""

UNUSED_OFFLINE = ("model.prices", NAMES)
"""Of no harm where models answer from the records alone."""

OWNER = "owner"
"""The file with the key of the marks. It is not the secret of the seeds, which every run's file holds."""

Settings = dict[str, Any]
"""By dotted key, those that are not empty."""


def split(data: Mapping[str, Any]) -> tuple[dict[str, Any], Settings]:
    """A configuration without these settings, and these settings."""
    rest: dict[str, Any] = {name: dict(each) if isinstance(each, Mapping) else each for name, each in data.items()}
    local = {}
    for key in KEYS:
        section, _, name = key.rpartition(".")
        inner = rest.get(section, {}) if section else rest
        if isinstance(inner, dict) and name in inner:
            local[key] = inner.pop(name)
    return rest, local


def joined(data: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The configuration that `split` took apart."""
    whole = dict(data)
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        whole = {**whole, section: {**whole.get(section, {}), name: value}} if section else {**whole, name: value}
    return whole


def record(run: Run) -> dict[str, Any]:
    """The settings of a run as they are recorded: with this installation's mark."""
    data = run.model_dump(mode="json")
    settings = {key: value for key, value in split(data)[1].items() if value} | confirmed(data)
    return {"local": settings, **({"mark": _mark(settings, kept_secret(OWNER))} if settings else {})}


def confirmed(data: Mapping[str, Any]) -> Settings:
    """What of a configuration that describes the experiment is yet followed only once it is confirmed: the names of
    models, policies that are given as `module:Class`, with their options, and a sandbox that is none of ours."""
    names = data.get("model", {}).get("names")
    to_confirm = {NAMES: names} if names else {}
    for key, kind in POLICIES.items():
        value: Any = data
        for part in key.split("."):
            value = value.get(part, "")
        names = [value] if isinstance(value, str) else value
        if any(name and name not in SHIPPED[key] for name in names):
            options = data.get("options", {}).get(kind)
            to_confirm |= {key: value} | ({f"options.{kind}": options} if options else {})
    tier = data.get("sandbox")
    return to_confirm | ({"sandbox": tier} if tier and tier not in TIERS else {})


def recorded(store: Store) -> tuple[Settings, bool]:
    """What a run's file last said, and whether this installation said it."""
    starts, config = store.happened(Started), store.config
    last, mark = (starts[-1].local, starts[-1].mark) if starts else (config.get("local", {}), config.get("mark"))
    inside = split(config.get("run", {}))[1]  # where none of ours ever is
    with intact(store.path, "the record of its local settings"):
        settings = {**inside, **last}
        wanted = confirmed(config["run"])
    known = {key: value for key, value in settings.items() if key in KEYS and value} | wanted
    told = not inside and wanted == {key: value for key, value in settings.items() if key not in KEYS}
    return known, not known or (told and _ours(settings, mark))


def settled(folder: Path, store: Store, changes: Mapping[str, Any], follow: bool, offline: bool) -> dict[str, Any]:
    """A run's configuration with `changes`, and with its local settings: of this call, or recorded ones that
    may be followed. Raises UsageError for those that may not, unless `follow`."""
    given, (stored, ours) = split(changes)[1], recorded(store)
    wanted = {key: value for key, value in stored.items() if key not in given}
    if "model.api_base" in given or changes.get("model", {}).get("names", stored.get(NAMES)) != stored.get(NAMES):
        wanted.pop(NAMES, None)  # asked where this call says, or others than those in the file
    if changes.get("sandbox") in TIERS:
        wanted.pop("sandbox", None)
    if offline:
        wanted = {key: value for key, value in wanted.items() if key not in REACHED}
    foreign = {key: value for key, value in wanted.items() if key not in UNUSED_OFFLINE or not offline}
    if foreign and not (ours or follow):
        raise UsageError(_refusal(folder, foreign))
    local = {key: value for key, value in {**wanted, **given}.items() if key in KEYS}
    return joined({**split(_last(store))[0], **split(changes)[0]}, local)


def _last(store: Store) -> dict[str, Any]:
    """A run's configuration, as far as it was last gone on with: but for the sandbox, which may be code."""
    begun: dict[str, Any] = store.config["run"]
    for last in store.happened(Started)[-1:]:
        return {**begun, "generations": last.generations, "workers": last.workers, "budget": last.budget}
    return begun


def _refusal(folder: Path, foreign: Settings) -> str:
    named = ", ".join(f"{key}={ascii(value)[:100]}" for key, value in foreign.items())
    own = "; to use your own, with resume or replay --task: --api-base URL, --key-env NAME"
    return (
        f"{folder}: its file names what this installation did not choose: {named}; nothing is sent, started or "
        f"imported. To follow it: --as-recorded{own if any(key in (*KEYS, NAMES) for key in foreign) else ''}"
    )


def _mark(settings: Settings, key: str) -> str:
    return hmac.new(key.encode(), dumps(settings).encode(), hashlib.sha256).hexdigest()


def _ours(settings: Settings, mark: Any) -> bool:
    key = kept_secret(OWNER, make=False)  # whoever only looks makes none
    return bool(key) and isinstance(mark, str) and hmac.compare_digest(_mark(settings, key).encode(), mark.encode())
