"""A person rules on a child: accepts, rejects, holds or revokes it. That is appended; what a policy said stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from godel.called import command
from godel.contract.characters import hidden
from godel.errors import UnknownName, UsageError
from godel.lineage import RULED, Generation, Ruling, Status, Verdict
from godel.lineage.analysis import names
from godel.lineage.analysis.lineage import resolve
from godel.lineage.records.ruling import PERSON
from godel.lineage.store import Store

VERDICTS = {
    "accept": Verdict.ACCEPTED,
    "reject": Verdict.REJECTED,
    "hold": Verdict.HELD,
    "revoke": Verdict.REVOKED,
}
MOST_NAME, MOST_REASON = 100, 1_000
"""Characters of who rules, and of why."""


def rule(file: Path, node: str, verb: str, reason: str, by: str) -> list[Generation]:
    """Rule on the child that `node` names (a hash's beginning, g12, best), and give the generations that made it
    with all their rulings. Raises UsageErrors for what can't be ruled so, NodeError, and StoreLocked while a run is
    being worked on."""
    if verb not in VERDICTS:
        raise UnknownName("verdict", verb, VERDICTS)
    _check("a reason", reason, MOST_REASON, "--reason TEXT")
    _check("the name of who rules", by, MOST_NAME, "--by NAME")
    with Store.open(file, writable=True) as store:
        generations = store.generations()
        scored = _scored(file, generations, node, store)
        _check_change(node, scored, VERDICTS[verb])
        last = generations[-1].index
        store.rule(*(Ruling(each.index, VERDICTS[verb], f"{PERSON}{by}", reason, after=last) for each in scored))
        now = store.generations()
        return [now[each.index] for each in scored]


def _scored(file: Path, generations: Sequence[Generation], node: str, store: Store) -> list[Generation]:
    """The generations whose scored child is `node`: two workers may have made it at once."""
    if made := names.childless(generations, node):
        raise UsageError(f"{node}: generation {made.index} made no child ({made.status}): nothing to rule on")
    key = resolve(store, node)
    scored = [each for each in generations if each.child == key and each.outcome in RULED]
    if not scored:
        made = next(each for each in generations if each.child == key)
        problem = "the seed is always kept" if made.status is Status.SEED else f"it was never scored ({made.status})"
        look = command("lineage", "show", file.parent, node)
        raise UsageError(f"{node}: {problem}: nothing to rule on; see {look}")
    return scored


def _check_change(node: str, scored: Sequence[Generation], verdict: Verdict) -> None:
    """Raises UsageError for a ruling that would change nothing."""
    now = [each.rulings[-1].verdict for each in scored]
    if set(now) == {verdict}:
        raise UsageError(f"{node} is {verdict} already")
    if verdict is Verdict.REVOKED and Verdict.ACCEPTED not in now:
        raise UsageError(f"{node} is {now[-1]}, not accepted: there is nothing to revoke; reject it")


def _check(what: str, text: str, most: int, option: str) -> None:
    if not text.strip() or len(text) > most or any(map(hidden, text)):
        raise UsageError(
            f"{option}: expected {what}, one line of at most {most} characters; given: {ascii(text)[:100]}"
        )
