"""The paper of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from godel import called
from godel.lineage import Generation, Spend, Split
from godel.lineage.analysis import statistics
from godel.lineage.analysis.imp import measurements
from godel.lineage.analysis.lineage import Lineage
from godel.lineage.analysis.proposals import proposals
from godel.lineage.store import Store
from godel.paper.document import FIGURE, MISSING, Document, code, commands, table
from godel.paper.plots import best_so_far
from godel.paper.threats import threats

SHOWN = ("scaffold", "tasks", "generations", "seed", "selection", "acceptance", "pruning", "proposer", "sandbox")


def of_run(store: Store, lineage: Lineage, folder: Path, settings: Mapping[str, Any]) -> Document:
    """`settings`: the run's, as they are now. The file was verified by whoever opened it."""
    tasks = ", ".join(map(code, store.config["tasks"]))
    paper = Document(f"What {code(str(store.config['scaffold']['name']))} gained by editing itself")
    seed, best = lineage.resolve("seed"), lineage.best or lineage.resolve("seed")
    paper.section("Question", f"Does a scaffold that edits its own source become a better improver of {tasks}?")
    paper.section("Answer", _answer(paper, lineage, seed, best))
    paper.section("Method", _method(paper, lineage), _settings(settings))
    paper.section("Figure", _figure(paper, lineage))
    paper.section("What it came to", _scores(paper, lineage, seed, best), *_imp(paper, lineage))
    paper.section("The edits that led there", _edits(paper, lineage, best))
    paper.section("What failed", _failed(paper, lineage))
    paper.section("Threats to validity", "\n".join(f"- {each}" for each in threats(paper.figures, lineage, store)))
    paper.section("Commands", commands(_commands(folder)), f"The file's last event is {code(str(store.head))}.")
    return paper


def _answer(paper: Document, lineage: Lineage, seed: str, best: str) -> str:
    if seed == best:
        return f"**Null result.** Of {paper.figures.number(len(lineage) - 1)} proposals none was kept as better."
    lines = []
    for split in (Split.SEALED, Split.HELD_OUT):
        pairs = statistics.paired(lineage.scored(best, split), lineage.scored(seed, split))
        if pairs:
            effect = statistics.interval(pairs)
            verdict = "It does." if effect.low > 0 else "It got worse." if effect.high < 0 else "Not shown."
            lines.append(
                f"**{verdict}** On the {split} split the best scaffold gains {paper.figures.interval(effect)} over the "
                f"seed ({paper.figures.number(effect.pairs)} pairs)."
            )
    return "\n".join(lines) or "Nothing is known: neither was scored on a split that selection had not seen."


def _method(paper: Document, lineage: Lineage) -> str:
    number = paper.figures.number
    spend = sum((made.spend for made in lineage.generations), Spend())
    level = paper.figures.fixed("95 %")
    zero = paper.figures.fixed("0 is a task's initial program, 1 its reference")
    return (
        f"In each generation a parent proposes a changed copy of itself. A gate refuses what is broken; the rest is "
        f"scored by how well it improves the tasks' programs ({zero}), on the same instances as its parent. Intervals "
        f"are {level}, of paired differences, with the task as a stratum. This run made "
        f"{number(len(lineage) - 1)} proposals with {number(spend.evaluations)} evaluations, "
        f"{number(spend.cpu_s, ',.0f')} s of CPU and {number(spend.model_calls)} model calls."
    )


def _settings(settings: Mapping[str, Any]) -> str:
    rows = [(code(name), code(str(settings[name]))) for name in SHOWN if settings.get(name) not in (None, "")]
    return table(("setting", "value"), rows)


def _figure(paper: Document, lineage: Lineage) -> str:
    paper.figure = best_so_far(lineage)
    return f"{FIGURE}\n\nThe best utility on the search split so far." if paper.figure else MISSING


def _scores(paper: Document, lineage: Lineage, seed: str, best: str) -> str:
    rows = []
    for split in Split:
        own = {key: statistics.scores(lineage.scored(key, split)) for key in (seed, best)}
        if all(own.values()):
            pairs = statistics.paired(lineage.scored(best, split), lineage.scored(seed, split))
            cells = [paper.figures.interval(statistics.interval(own[key]), "") for key in (seed, best)]
            rows.append((str(split), *cells, paper.figures.interval(statistics.interval(pairs))))
            rows += [
                (code(task), "", "", paper.figures.interval(statistics.interval({task: values})))
                for task, values in pairs.items()
            ]
    return table(("split", "seed", "best", "difference"), rows)


def _imp(paper: Document, lineage: Lineage) -> Iterator[str]:
    for measured in measurements(lineage):
        rows = [
            (
                code(each.name or each.node[:12]),
                paper.figures.interval(each.mean),
                paper.figures.interval(each.over_seed) if each.over_seed else "",
            )
            for each in measured.scaffolds
        ]
        calls = paper.figures.number(measured.calls)
        yield f"Frozen, with {calls} utility calls, on {', '.join(map(code, measured.targets))}:"
        yield table(("scaffold", "gain", "over the seed"), rows)


def _edits(paper: Document, lineage: Lineage, best: str) -> str:
    made: Sequence[Generation] = [node.accepted for node in lineage.path(best)[1:]]
    rows = [
        (
            code(f"g{each.index}"),
            paper.figures.number(each.gain or 0.0, "+.3f"),
            code(edit.operator),
            code(edit.target),
            code(edit.before),
            code(edit.after),
        )
        for each in made
        for edit in each.edits
    ]
    return table(("generation", "gain (search)", "operator", "target", "before", "after"), rows) if rows else "None."


def _failed(paper: Document, lineage: Lineage) -> str:
    tally = proposals(lineage)
    rows = [(code(name), paper.figures.number(count)) for name, count in tally.statuses.items()]
    rows += [(f"refused on {code(rung)}", paper.figures.number(count)) for rung, count in tally.refused.items()]
    rows += [(f"failed: {code(what)}", paper.figures.number(count)) for what, count in tally.failed.items()]
    rows += [(f"scored: {what}", paper.figures.number(count)) for what, count in tally.scored.items()]
    return table(("proposals", "number"), rows)


def _commands(folder: Path) -> list[str]:
    return [
        called.command("verify", folder),
        called.command("replay", folder, "best", "--verify"),
        called.command("lineage", "edits", folder),
        called.command("report", folder),
    ]
