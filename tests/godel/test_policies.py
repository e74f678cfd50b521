"""Policies against hand-computed cases; and what is no policy, or no option of one, gets one line."""

from __future__ import annotations

import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from godel.errors import ConfigError, OutsideFailed, UnknownName, UsageError
from godel.lineage import Spend, Verdict
from godel.lineage.analysis.members import Member, Members
from godel.policies.acceptance import ACCEPTANCES, Acceptance, Decision, Hypothesis, decided
from godel.policies.mating import MATINGS
from godel.policies.models import MODEL_CHOICES
from godel.policies.pruning import PRUNINGS, usual
from godel.policies.selection import SELECTIONS, Expand, Selection, chosen
from godel.policies.selection.dgm import DarwinGodel
from godel.registry import Registry
from godel.scoring.trials import doubling

DECIDING: list[Registry[Any]] = [SELECTIONS, ACCEPTANCES, PRUNINGS, MATINGS, MODEL_CHOICES]
PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
FIRST = Hypothesis(1, 3.0)
SEED, GOOD, TRIED = Member("a", 0, 0.1, 0), Member("b", 1, 0.5, 0), Member("c", 2, 0.5, 9)


@dataclass(frozen=True)
class Known:
    """A lineage of which only the members matter."""

    members: Members
    seed: str = "a"
    generation: int = 1

    def scores(self, tree: str) -> Mapping[Any, float]:
        return {}

    def children(self, tree: str) -> Sequence[str]:
        return ()

    def clade(self, tree: str) -> Sequence[str]:
        return (tree,)

    def spend(self, tree: str) -> Spend:
        return Spend()

    def depth(self, tree: str) -> int:
        return 0

    def size(self, tree: str) -> int:
        return 1


def parent(name: str, members: Sequence[Member], rng: random.Random, **options: float) -> str:
    answer = chosen(SELECTIONS.make(name, options), Known(Members(members)), rng)
    assert isinstance(answer, Expand)
    return answer.parents[0]


def test_best_takes_the_highest_score_and_the_older_of_equals() -> None:
    assert parent("best", [SEED, TRIED, GOOD], random.Random(0)) == GOOD.tree


def test_chain_takes_the_newest() -> None:
    assert parent("chain", [SEED, GOOD, TRIED], random.Random(0)) == TRIED.tree


def test_dgm_weighs_by_the_papers_formula() -> None:
    def sigma(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    assert weights(DarwinGodel()) == pytest.approx([sigma(-5), sigma(5), sigma(5) / 10])
    steep = weights(DarwinGodel(steepness=2.0, midpoint=0.0))
    assert steep == pytest.approx([sigma(0), sigma(2), sigma(2) / 10])
    assert weights(DarwinGodel(steepness=1000.0, midpoint=1.0))[0] == pytest.approx(0.0), "as steep as it may be"


def weights(policy: DarwinGodel) -> list[float]:
    return [policy.weight(member, SEED.score, GOOD.score) for member in (SEED, GOOD, TRIED)]


def test_dgm_treats_equal_scores_alike() -> None:
    assert DarwinGodel().weight(SEED, SEED.score, SEED.score) == 0.5


def test_dgm_draws_in_proportion() -> None:
    rng = random.Random(1)
    drawn = Counter(parent("dgm", [SEED, GOOD, TRIED], rng) for _ in range(4000))
    expected = weights(DarwinGodel())
    assert drawn["c"] / drawn["b"] == pytest.approx(expected[2] / expected[1], rel=0.25)


def test_strict_accepts_any_mean_gain_and_nothing_else() -> None:
    policy = ACCEPTANCES.make("strict")
    assert policy.decide({"t": [0.5, -0.4]}, FIRST).verdict is Verdict.ACCEPTED
    assert policy.decide({"t": [0.0, 0.0]}, FIRST).verdict is Verdict.REJECTED


def test_noise_aware_wants_the_gain_to_stand_out() -> None:
    policy = ACCEPTANCES.make("noise_aware")
    noisy, clear = policy.decide({"t": [0.5, -0.4, 0.1]}, FIRST), policy.decide({"t": [0.5, 0.4, 0.6]}, FIRST)
    assert (noisy.verdict, clear.verdict) == (Verdict.REJECTED, Verdict.ACCEPTED)
    assert noisy.reason.startswith("mean paired difference +0.0667, lower bound -")
    assert clear.reason.startswith("mean paired difference +0.5000, lower bound +")


def test_noise_aware_accepts_null_edits_at_most_at_its_rate() -> None:
    """Many children that are no better than their parent: about one in twenty may slip through."""
    rng, policy = random.Random(2), ACCEPTANCES.make("noise_aware")
    tries = 1500
    accepted = sum(
        policy.decide({task: [rng.gauss(0, 1) for _ in range(3)] for task in "abcd"}, FIRST).verdict is Verdict.ACCEPTED
        for _ in range(tries)
    )
    assert accepted / tries < 0.05 + 3 * math.sqrt(0.05 * 0.95 / tries)


def test_any_accepts_all_and_never_stops_early() -> None:
    assert ACCEPTANCES.make("any").decide({"t": [-1.0]}, FIRST).verdict is Verdict.ACCEPTED
    assert PRUNINGS.make(usual("any")).prune({"t": [-1.0]}) == ""
    assert usual("strict") == usual("noise_aware") == usual("mine:Mine") == "least_gain"


@pytest.mark.parametrize("registry", DECIDING, ids=lambda registry: registry.kind)
def test_the_page_of_policies_has_each_in_its_table(registry: Registry[Any]) -> None:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    tables = [set(re.findall(r"^\| `(\w+)` \|", each, re.MULTILINE)) for each in sections]
    assert set(registry.shipped) in tables


@pytest.mark.parametrize("registry", [SELECTIONS, ACCEPTANCES, PRUNINGS], ids=lambda registry: registry.kind)
def test_an_unknown_policy_names_the_known_ones(registry: Registry[Any]) -> None:
    with pytest.raises(UnknownName, match=r"unknown .* 'nothing_like_it'; (there are|the nearest of \d+): \w+, "):
        registry.make("nothing_like_it")


def test_pruned_is_what_gains_too_little() -> None:
    policy = PRUNINGS.make("least_gain", {"gain": 0.05})
    assert policy.prune({"t": [0.2, 0.0]}) == ""
    assert policy.prune({"t": [0.1, -0.1]}) == "mean paired difference +0.000 after 2 trials"
    assert PRUNINGS.make("none").prune({"t": [-9.0]}) == ""


OUTSIDE = """
import random
from dataclasses import dataclass, field
from typing import Annotated, ClassVar
from godel.policies import option
from godel.tasks.ranges import whole

@dataclass(frozen=True)
class Mine:
    depth: Annotated[int, whole(1, 9)]
    rate: float = option(0.5, "how often")
    names: tuple[str, ...] = ()
    exact: bool = False

    def __post_init__(self):
        if self.rate == 0.25:
            raise ValueError("a quarter is no rate")

    def choose(self, view, rng):
        return view.members[0].tree

class Picky:
    def __init__(self):
        raise KeyError("which")

    def choose(self, view, rng): ...

@dataclass
class Leaving:
    at: float = field(default_factory=lambda: exit(3))

    def choose(self, view, rng): ...

@dataclass
class Unreadable:
    at: "1 +" = 0

    def choose(self, view, rng): ...

class Plain:
    def choose(self, view, rng):
        return view.members[0]

class Empty:
    pass

def choose(view, rng): ...
"""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules `mine_here` and `broken_here` on the path, as a user would put them there."""
    (tmp_path / "mine_here.py").write_text(OUTSIDE)
    (tmp_path / "broken_here.py").write_text("import sys\nraise RuntimeError('first line\\nlast line')\n")
    (tmp_path / "leaves_here.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("mine_here", "broken_here", "leaves_here"):
        sys.modules.pop(name, None)


def test_a_policy_of_a_module_takes_its_options(outside: None) -> None:
    made: Any = SELECTIONS.make("mine_here:Mine", {"depth": 3, "rate": 1, "names": ["a", "b"]})
    assert (made.depth, made.rate, made.names, made.exact) == (3, 1.0, ("a", "b"), False)
    assert type(SELECTIONS.make("mine_here:Plain")).__name__ == "Plain"


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("mine_here:Mine", {}, "options.selection.depth: missing; selection 'mine_here:Mine' needs it"),
        ("mine_here:Mine", {"depth": 10}, "options.selection.depth: expected a whole number from 1 to 9; given: 10"),
        (
            "mine_here:Mine",
            {"depth": True},
            "options.selection.depth: expected a whole number from 1 to 9; given: True",
        ),
        ("mine_here:Mine", {"depth": 1, "rate": "0.5"}, "options.selection.rate: expected a number; given: '0.5'"),
        ("mine_here:Mine", {"depth": 1, "rate": math.nan}, "options.selection.rate: expected text, finite numbers"),
        ("mine_here:Mine", {"depth": 1, "exact": 1}, "options.selection.exact: expected true or false; given: 1"),
        ("mine_here:Mine", {"depth": 1, "names": [1]}, "options.selection.names.0: expected text"),
        (
            "mine_here:Mine",
            {"depth": 1, "rate": 0.25},
            "options.selection: selection 'mine_here:Mine': a quarter is no",
        ),
        ("mine_here:Mine", {"rat": 1}, "unknown option of selection 'mine_here:Mine' 'rat'; did you mean rate"),
        ("mine_here:Plain", {"rate": 1}, "selection 'mine_here:Plain' has no options; given: rate"),
        ("best", {"steepness": 1}, "selection 'best' has no options; given: steepness"),
        ("dgm", {"steepnes": 1}, "unknown option of selection 'dgm' 'steepnes'; did you mean steepness?"),
        ("dgm", {"steepness": -1}, "options.selection.steepness: expected a number from 0 to 1,000; given: -1"),
        ("mine_here:Mien", {}, "selection 'mine_here:Mien': no 'Mien' in mine_here; did you mean Mine?"),
        ("mine_here:Empty", {}, "expected a class with choose; given: a class without choose"),
        ("mine_here:choose", {}, "expected a class with choose; given: a function"),
        ("nowhere_at_all:X", {}, "nowhere_at_all can't be imported: ModuleNotFoundError: No module named"),
        (
            "broken_here:X",
            {},
            "selection 'broken_here:X': broken_here can't be imported: RuntimeError: first line last line (",
        ),
        ("leaves_here:X", {}, "leaves_here can't be imported: SystemExit: 0"),
        (":X", {}, "selection ':X': its module can't be imported"),
        ("..x:X", {}, "can't be imported"),
        ("subprocess:Popen", {}, "given: a class without choose"),
        ("os:system", {}, "given: a builtin_function_or_method"),
    ],
)
def test_what_is_no_policy_gets_one_line(outside: None, name: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises((UnknownName, ConfigError)) as caught:
        SELECTIONS.make(name, options)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("mine_here:Picky", "KeyError: 'which'"),
        ("mine_here:Leaving", "SystemExit: 3"),
        ("mine_here:Unreadable", "SyntaxError: Forward reference must be an expression"),
    ],
)
def test_a_class_that_fails_while_it_is_made_is_named(outside: None, name: str, raised: str) -> None:
    says = rf"the selection '{name}' raised {raised}.* \(/.*/mine_here.py:\d+.*its own fault"
    with pytest.raises(OutsideFailed, match=says):
        SELECTIONS.make(name, {"at": 1.0} if name == "mine_here:Unreadable" else {})


def test_one_that_fails_is_listed_with_its_problem(outside: None) -> None:
    registry = replace(SELECTIONS, shipped={"picky": "mine_here:Unreadable"})
    assert "raised SyntaxError" in next(registry.described()).problem


@pytest.mark.parametrize("name", ["mine_here:Mine", "mine_here:Plain"])
def test_an_answer_that_names_no_member_is_refused(outside: None, name: str) -> None:
    policy: Selection = SELECTIONS.make(name, {"depth": 1} if name.endswith("Mine") else {})
    with pytest.raises(UsageError, match=r"the selection 'mine_here:\w+' answered .*; expected Expand or Evaluate"):
        chosen(policy, Known(Members([SEED])), random.Random(0))


@pytest.mark.parametrize("registry", [SELECTIONS, ACCEPTANCES, PRUNINGS], ids=lambda registry: registry.kind)
def test_every_policy_of_ours_says_what_it_and_its_options_are(registry: Registry[Any]) -> None:
    for each in registry.described():
        assert each.origin == "godel" and each.help.endswith(".") and not each.problem
        assert all(option.meaning and option.default is not None for option in each.options)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [1, 1]), (4, [1, 1, 2]), (9, [1, 1, 2, 4, 1])])
def test_each_stage_doubles_what_is_known(count: int, sizes: list[int]) -> None:
    runs = doubling(count)
    assert [len(run) for run in runs] == sizes
    assert [seed for run in runs for seed in run] == list(range(count))


@pytest.mark.parametrize("answer", [None, True, Decision(Verdict.REVOKED, ""), (Verdict.ACCEPTED, "x")])
def test_an_answer_that_is_no_decision_is_refused(answer: Any) -> None:
    class Odd:
        def decide(self, differences: object, hypothesis: object) -> Decision:
            decision: Decision = answer
            return decision

    policy: Acceptance = Odd()
    with pytest.raises(UsageError, match=r"the acceptance '.*Odd' answered .*; expected Decision\(verdict, reason\)"):
        decided(policy, {"t": [0.0]}, FIRST)
