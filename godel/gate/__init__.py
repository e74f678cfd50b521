"""The gate: a ladder of refusals between a proposed child and its scoring, cheapest first.

A new rung of the laboratory's own is a sibling file and a line in `ladder`; those of others follow, by name or as
`package.module:Class`, as a run's setting `gate` has them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from godel.contract import Program
from godel.contract.limits import REASON_CHARACTERS
from godel.errors import UnknownName
from godel.registry import Registry
from godel.scoring.received import cut
from godel.scoring.workspace import Workspace


@dataclass(frozen=True)
class Proposal:
    """A child before it is anything: what it came from, and what it may touch."""

    child: Program
    parent: Program
    editable: tuple[str, ...]
    known: Container[str]
    """The normalised tree hashes of all scaffolds that were there before."""
    workspace: Workspace
    """For the rungs that have to run the child: its sandbox, and where they say what that cost."""


class Refusal(NamedTuple):
    rung: str
    reason: str


class Rung(Protocol):
    name: str

    def refuse(self, proposal: Proposal) -> str:
        """Why the child may not pass, or "". Raises only for failures of ours."""


RUNGS: Registry[Rung] = Registry(
    kind="gate rung", key="gate", group="godel.rungs", shipped={}, needs=("refuse", "name")
)
"""Of packages and modules outside: those that are always there need no name."""


def ladder(further: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> Sequence[Rung]:
    """The laboratory's own rungs, then `further` ones by name, each with those of the options that it has.
    Raises UnknownName (an option that none has) and ConfigError."""
    from .contract import Contract
    from .duplicate import Duplicate
    from .editable import Editable
    from .imports import Imports
    from .parses import Parses
    from .smoke import Smoke

    return (Editable(), Parses(), Contract(), Duplicate(), Imports(), Smoke(), *_further(further, options or {}))


def _further(names: Sequence[str], options: Mapping[str, Any]) -> Iterator[Rung]:
    known = {name: RUNGS.options(name) for name in names}
    for option in options:
        if not any(option in each for each in known.values()):
            raise UnknownName(
                "option of the gate's further rungs", option, {each for have in known.values() for each in have}
            )
    for name, have in known.items():
        yield RUNGS.make(name, {option: value for option, value in options.items() if option in have})


def climb(proposal: Proposal, rungs: Sequence[Rung]) -> Refusal | None:
    """The first rung that refuses, or None."""
    for rung in rungs:
        if reason := rung.refuse(proposal):
            return Refusal(rung.name, cut(reason, REASON_CHARACTERS))
    return None
