"""A design: conditions, run seeds and what is compared, as a TOML file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictInt, model_validator

from godel import config
from godel.config import Run, Section
from godel.errors import ConfigError, UnknownName
from godel.policies.chosen import chosen
from godel.study.conditions import BEST, BEST_FROZEN, BUILT_IN, FROZEN, WALK, Condition, HandsIn
from godel.tasks.ranges import whole
from godel.tasks.tables import read_table

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
MOST_RUNS = 10_000


class Own(Section):
    """A condition of one's own."""

    meaning: str = Field("", description="in words")
    settings: Mapping[str, Any] = Field(default_factory=dict, description="over those of [run]; see godel settings")
    hands_in: HandsIn = Field(BEST, description=f"{BEST}, or {WALK}: as many edits as the first's best")


class Transfer(Section):
    """What is measured of every scaffold that is handed in, on other tasks; see godel imp."""

    on: tuple[str, ...] = Field(("weak_improver:reserved",), min_length=1, description="suites, tasks or folders")
    k: Annotated[int, whole(1, 1_000_000)] = Field(160, description="utility calls on each instance")
    pairs: Annotated[int, whole(1, 10_000)] = Field(4, description="instances of each target")
    beside: tuple[Name, ...] = Field((), description="seed scaffolds that are measured beside what is handed in")


class Design(Section):
    """One study."""

    question: str = Field("", description="what it is to answer")
    seeds: tuple[StrictInt, ...] = Field(min_length=1, description="run seeds: every condition is run with each")
    conditions: tuple[Name, ...] = Field(min_length=1, description="names of those that come along, and of one's own")
    contrasts: tuple[tuple[Name, Name], ...] = Field((), description="pairs to compare; the first with all if empty")
    run: Mapping[str, Any] = Field(default_factory=dict, description="settings of all runs; see godel settings")
    condition: Mapping[Name, Own] = Field(default_factory=dict, description="conditions of one's own, by name")
    transfer: Transfer | None = Field(None, description="what is measured on other tasks")

    @model_validator(mode="after")
    def _whole(self) -> Design:
        if len(set(self.seeds)) < len(self.seeds) or len(set(self.conditions)) < len(self.conditions):
            raise ValueError("a seed or a condition is given twice")
        if both := {*self.arms(), *self.conditions} & {*self.beside()}:
            raise ValueError(f"transfer.beside: {', '.join(sorted(both))} is a condition too")
        if len(self.seeds) * len(self.arms()) > MOST_RUNS:
            raise ValueError(
                f"{len(self.seeds)} seeds of {len(self.arms())} conditions; expected {MOST_RUNS:,} runs at most"
            )
        return self

    def arms(self) -> tuple[str, ...]:
        """The conditions that are run. BEST_FROZEN is chosen among others."""
        names = (FROZEN if name == BEST_FROZEN else (name,) for name in self.conditions)
        return tuple(dict.fromkeys(name for part in names for name in part))

    def beside(self) -> tuple[str, ...]:
        """Scaffolds that nobody evolves."""
        return self.transfer.beside if self.transfer else ()

    def sides(self) -> tuple[str, ...]:
        """What can be compared."""
        return (*self.conditions, *self.beside())

    def compared(self) -> tuple[tuple[str, str], ...]:
        first, *others = self.conditions
        return self.contrasts or tuple((first, other) for other in (*others, *self.beside()))

    def of(self, name: str) -> Condition:
        """Raises UnknownName."""
        if own := self.condition.get(name):
            return Condition(own.meaning or name, own.settings, own.hands_in)
        if name not in BUILT_IN:
            raise UnknownName("condition", name, [*BUILT_IN, BEST_FROZEN, *self.condition])
        return BUILT_IN[name]

    def settings(self, name: str, seed: int, secret: str) -> Run:
        """What a run of this condition is launched with. Instances differ from seed to seed, and not from condition
        to condition. Raises ConfigError, UnknownName."""
        given = over(self.run, self.of(name).settings)
        return config.validate({**given, "seed": seed, "secret": f"{secret}/{seed}"}, f"condition {name}")


def load(file: Path) -> Design:
    """Raises ConfigError, UnknownName."""
    design = config.checked(Design, _read(file), str(file))
    for name in (name for pair in design.contrasts for name in pair):
        if name not in design.sides():
            raise UnknownName(f"condition in the contrasts of {file}", name, design.sides())
    if BEST_FROZEN in design.condition:
        raise ConfigError(f"{file}: condition {BEST_FROZEN} is the laboratory's: choose another name")
    for name in design.arms():
        _check_own(file, name, design)
        for seed in (min(design.seeds), max(design.seeds)):
            chosen(design.settings(name, seed, ""))
    if design.of(first := design.arms()[0]).hands_in == WALK:
        raise ConfigError(f"{file}: conditions: {first} walks as far as the first one came: put another first")
    return design


def _check_own(file: Path, name: str, design: Design) -> None:
    """Raises ConfigError for settings that a study has itself."""
    for key in ("seed", "secret"):
        if key in design.of(name).settings:
            raise ConfigError(f"{file}: condition {name}: {key} is the study's, for all conditions alike")


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_table(file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; expected a design in TOML") from None
    except ValueError as error:
        raise ConfigError(f"{file}: {error}; expected a design in TOML") from None


def over(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A condition's settings over those that all share. Options of a policy go with it: where a condition has another
    policy, the shared ones are not meant."""
    below = dict(shared)
    if isinstance(options := below.get("options"), Mapping):
        below["options"] = {kind: values for kind, values in options.items() if kind not in own}
    return merged(below, own)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, section by section."""
    return dict(_merged(below, above))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in [*below, *(key for key in above if key not in below)]:
        both = isinstance(below.get(key), Mapping) and isinstance(above.get(key), Mapping)
        yield key, merged(below[key], above[key]) if both else above.get(key, below.get(key))
