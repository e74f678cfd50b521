"""`settings`: every key of a run's configuration, as --config and KEY=VALUE take it, and every policy's options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import formatting
from .console import out, print_json, table
from .options import Json

if TYPE_CHECKING:
    from godel.registry import Description

SANDBOX = "sandbox"


def settings(as_json: Json = False) -> None:
    """Every setting of a run: key, default, meaning.

    As --config files and KEY=VALUE take them. Then the policies there are, with their options.
    """
    from godel.config import described
    from godel.policies.tables import tables

    from .exporters import EXPORTERS

    keys, registries = described(), (*tables(), EXPORTERS)
    policies = {registry.kind: list(registry.described()) for registry in registries} | {SANDBOX: list(_tiers())}
    if as_json:
        print_json({"settings": keys, "policies": policies})
        return
    rows = table("key", "default", "meaning", wide="meaning")
    for each in keys:
        rows.add_row(each["key"], _shown(each["default"]), each["meaning"])
    out().print(rows)
    for registry in registries:
        _show_policies(registry.kind, registry.key, policies[registry.kind])
    _show_policies(SANDBOX, SANDBOX, policies[SANDBOX])


def _tiers() -> Iterator[Description]:
    """The tiers there are, which have no options of their own here."""
    from godel.registry import Description, first_line
    from godel.sandbox import TierMissing
    from godel.sandbox.choose import class_of, origins

    for name, origin in origins().items():
        try:
            yield Description(name, origin, first_line(class_of(name)))
        except TierMissing as error:  # of one that is listed; whoever chooses it is told
            yield Description(name, origin, problem=str(error))


def _show_policies(kind: str, key: str, policies: list[Description]) -> None:
    rows = table(kind, "default", "meaning", wide="meaning")
    for policy in policies:
        sources = {} if policy.origin == "godel" else {policy.name: policy.origin}
        rows.add_row(
            formatting.named(policy.name, sources), "", formatting.cut(policy.problem or policy.help, 300), style="bold"
        )
        for option in policy.options:
            rows.add_row(f"  options.{key}.{option.name}", _shown(option.default), option.meaning)
    if policies:
        out().print()
        out().print(rows)


def _shown(value: Any) -> str:
    if value is None or value in ("", {}, ()):
        return formatting.MISSING
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
