"""What a reader of a run's paper should doubt, as far as the records tell."""

from __future__ import annotations

from collections.abc import Iterator

from godel.lineage import Split, Status
from godel.lineage.analysis import statistics
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.records.events import SealOpened
from godel.lineage.store import Store
from godel.paper.document import code
from godel.paper.figures import Figures


def threats(figures: Figures, lineage: Lineage, store: Store) -> Iterator[str]:
    yield from _selection(figures, lineage, store)
    yield from _acceptance(figures, lineage, store)
    yield "One run with one run seed: another may come to something else. A study (`godel compare`) says how far."
    yield "The tasks are fixed: the intervals are about new instances of these, not about other tasks."
    yield from _places(lineage)
    yield from _flagged(figures, lineage)
    if store.config["run"].get("model", {}).get("names"):
        yield "Replies of language models are recorded, not reproducible: a new run would be answered otherwise."


def _selection(figures: Figures, lineage: Lineage, store: Store) -> Iterator[str]:
    seed, best = lineage.resolve("seed"), lineage.best or lineage.resolve("seed")
    pairs = statistics.paired(lineage.scored(best, Split.SEARCH), lineage.scored(seed, Split.SEARCH))
    if seed != best and pairs:
        gain = figures.interval(statistics.interval(pairs))
        yield f"The best was chosen for its scores on the search split: its gain there ({gain}) flatters it."
    opened = store.happened(SealOpened)
    if opened:
        yield "The sealed split was opened once, for the scaffolds compared here; that is recorded."
    else:
        yield "The sealed split was not opened: the held-out split may have been looked at before."


def _acceptance(figures: Figures, lineage: Lineage, store: Store) -> Iterator[str]:
    policy = store.config["run"]["acceptance"]
    scored = [each for each in lineage.generations[1:] if each.gain is not None]
    kept = sum(each.status is Status.ACCEPTED for each in scored)
    counts = f"{figures.number(kept)} of {figures.number(len(scored))} scored children were kept"
    if policy == "certified":
        yield f"{counts}, each certified under one error budget for the whole run."
    else:
        yield f"{counts} by {code(policy)}, which promises nothing for a whole run: some may be no better."


def _places(lineage: Lineage) -> Iterator[str]:
    places = {(each.tier, each.image) for made in lineage.evaluations.values() for each in made if each.tier}
    if len(places) > 1:
        yield f"Scores come from different sandboxes: {', '.join(sorted(code(tier) for tier, _ in places))}."


def _flagged(figures: Figures, lineage: Lineage) -> Iterator[str]:
    flagged = sum(bool(each.flags) for made in lineage.evaluations.values() for each in made)
    if flagged:
        yield f"{figures.number(flagged)} evaluations were flagged as better than should be possible: look at them."
