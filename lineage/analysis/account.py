"""Everything that a run's file says about what its self-edits are worth: from the records alone, and by experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from godel.contract import Edit

from .. import Generation, Spend, Split
from . import credit, kinds
from .credit import GroupCredit
from .imp import Measurement, measurements
from .kinds import Nature
from .lineage import Lineage
from .recursion import Recursion, recursion
from .separation import kept_edits, main_line
from .statistics import Interval
from .survival import Survival, survival
from .worth import Worth, worth


@dataclass(frozen=True)
class KeptEdit:
    """One accepted self-edit: what it is, what it gave, what it cost, what is left of it."""

    generation: int
    main: bool  # the best scaffold is made of it
    edits: tuple[Edit, ...]
    kinds: Sequence[str]
    touches: Sequence[str]
    gain: Interval | None  # on the search split
    held_out: Interval | None
    survival: Survival
    spend: Spend


@dataclass(frozen=True)
class Experiment:
    """Of one k on one set of targets: the scaffolds, how they follow from one another, and their edits."""

    imp: Measurement
    recursion: Recursion
    worth: Worth


@dataclass(frozen=True)
class Account:
    edits: Sequence[KeptEdit]
    operators: Sequence[GroupCredit]
    targets: Sequence[GroupCredit]
    kinds: Sequence[GroupCredit]
    touches: Sequence[GroupCredit]
    experiments: Sequence[Experiment]


def account(lineage: Lineage) -> Account:
    main = {each.index for each in main_line(lineage)}
    kept = kept_edits(lineage)
    left = survival(lineage, kept)
    natures = {each.index: _nature(lineage, each) for each in lineage.generations}
    return Account(
        [_kept(lineage, each, natures[each.index], left[each.index], each.index in main) for each in kept],
        credit.operators(lineage),
        credit.targets(lineage),
        credit.groups(lineage, lambda made: natures[made.index].kinds),
        credit.groups(lineage, lambda made: natures[made.index].touches),
        [Experiment(each, recursion(lineage, each), worth(lineage, each)) for each in measurements(lineage)],
    )


def _kept(lineage: Lineage, made: Generation, nature: Nature, left: Survival, main: bool) -> KeptEdit:
    return KeptEdit(
        made.index,
        main,
        made.edits,
        nature.kinds,
        nature.touches,
        credit.gain(lineage, made, Split.SEARCH),
        credit.gain(lineage, made, Split.HELD_OUT),
        left,
        made.spend,
    )


def _nature(lineage: Lineage, made: Generation) -> Nature:
    """By the trees, and by the trials that were scored."""
    if not made.parent or not made.child:
        return Nature((), ())
    found = kinds.nature(lineage.source(made.parent), lineage.source(made.child))
    trials = (lineage.scored(tree, Split.SEARCH) for tree in (made.parent, made.child))
    return found._replace(kinds=[*found.kinds, *kinds.by_trials(*trials)])
