"""The gate: a ladder of refusals between a proposed child and its scoring, cheapest first.

A new rung is a sibling file and a line in `ladder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from godel.contract import Program
from godel.contract.limits import REASON_CHARACTERS
from godel.gateway import Line
from godel.lineage import Spend
from godel.sandbox.channel import Session
from godel.scoring.received import cut


@dataclass(frozen=True)
class Proposal:
    """A child before it is anything: what it came from, and what it may touch."""

    child: Program
    parent: Program
    editable: tuple[str, ...]
    known: Callable[[str], bool]
    """Whether a normalised tree hash is in the archive already."""
    sandbox: Callable[[], Session]
    """A scaffold's sandbox, for the rungs that have to run the child."""
    charge: Callable[[Spend], None]
    """Where those rungs say what that cost."""
    line: Callable[[str, int], Line]
    """A line to the run's models, for a purpose and with a seed."""


class Refusal(NamedTuple):
    rung: str
    reason: str


class Rung(Protocol):
    name: str

    def refuse(self, proposal: Proposal) -> str:
        """Why the child may not pass, or "". Raises only for failures of ours."""


def ladder() -> Sequence[Rung]:
    from .contract import Contract
    from .duplicate import Duplicate
    from .editable import Editable
    from .imports import Imports
    from .parses import Parses
    from .smoke import Smoke

    return (Editable(), Parses(), Contract(), Duplicate(), Imports(), Smoke())


def climb(proposal: Proposal, rungs: Sequence[Rung]) -> Refusal | None:
    """The first rung that refuses, or None."""
    for rung in rungs:
        if reason := rung.refuse(proposal):
            return Refusal(rung.name, cut(reason, REASON_CHARACTERS))
    return None
