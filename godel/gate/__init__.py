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
from godel.errors import LONGEST, JudgeFailed, ProviderFailed, Stopped, UnknownName
from godel.outside import WrongAnswer
from godel.registry import Registry
from godel.sandbox import SandboxError
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
    kind="gate rung",
    key="gate",
    group="godel.rungs",
    shipped={"numbers_only": "godel.gate.numbers_only:NumbersOnly"},
    needs=("refuse", "name"),
)
"""Those that a run may add: those that are always there need no name."""

FAILURES = (SandboxError, JudgeFailed, ProviderFailed, Stopped)
"""Of ours, that running a child may bring about."""


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
        rung = RUNGS.make(name, {option: value for option, value in options.items() if option in have})
        with RUNGS.outside(rung):
            _name(rung)
        yield rung


def climb(proposal: Proposal, rungs: Sequence[Rung]) -> Refusal | None:
    """The first rung that refuses, or None. Raises OutsideFailed for an answer that is no text."""
    for rung in rungs:
        with RUNGS.outside(rung, FAILURES):
            answer = rung.refuse(proposal)
            if not isinstance(answer, str):
                raise WrongAnswer(answer, 'why the child may not pass, as text, or ""')
            if answer:
                return Refusal(_name(rung), cut(answer, REASON_CHARACTERS))
    return None


def _name(rung: Rung) -> str:
    """Under which its refusals are recorded. Raises WrongAnswer."""
    name = rung.name
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        raise WrongAnswer(name, f"a name, as text of at most {LONGEST} characters")
    return name
