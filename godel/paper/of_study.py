"""The paper of a study."""

from __future__ import annotations

from pathlib import Path

from godel import called
from godel.lineage.analysis.statistics import Interval
from godel.paper.document import FIGURE, MISSING, Document, code, commands, table, words
from godel.study.contrasts import HELD_OUT, IMP, NOT_TESTED, Effect
from godel.study.plots import svg
from godel.study.study import Study

WHERE = {HELD_OUT: "on held-out instances", IMP: "on other tasks"}
VERDICTS = {
    NOT_TESTED: "Not tested, as they hardly differ",
    "more": "Yes",
    "less": "Less",
    "not shown": "Not shown",
}


def of_study(study: Study, design: Path, folder: Path) -> Document:
    """Of a study that is over."""
    paper = Document(words(study.design.question) or f"The study {code(design.stem)}")
    paper.section("Answer", *(_answer(paper, each) for each in study.effects))
    paper.section("Method", _method(paper, study), _conditions(paper, study))
    paper.figure = svg(study.effects)
    paper.section("Figure", f"{FIGURE}\n\nRun seeds are dots." if paper.figure else MISSING)
    paper.section("What each condition came to", _rows(paper, study), _spend(paper, study))
    paper.section("What is compared", _effects(paper, study))
    paper.section("Threats to validity", "\n".join(f"- {each}" for each in _threats(paper, study)))
    lines = [called.command(name, design, folder) for name in ("compare", "report")]
    paper.section("Commands", commands(lines))
    return paper


def _answer(paper: Document, each: Effect) -> str:
    effect = _interval(paper, each.effect)
    verdict = VERDICTS[each.verdict]
    where = WHERE[each.measure]
    return f"Does {code(each.left)} gain more than {code(each.right)} {where}? **{verdict}**: {effect}."


def _method(paper: Document, study: Study) -> str:
    seeds, level = paper.figures.number(len(study.design.seeds)), paper.figures.fixed("95 %")
    return (
        f"Every condition was run with the same {seeds} run seeds, each with instances of its own that all conditions "
        f"share. What a run handed in was scored on instances that it had not seen, beside its seed. Differences are "
        f"paired by task and instance; the unit of an interval ({level}, Student's t) is the run seed."
        f"{_transfer(paper, study)}"
    )


def _transfer(paper: Document, study: Study) -> str:
    asked = study.design.transfer
    if not asked:
        return ""
    calls, pairs = paper.figures.number(asked.k), paper.figures.number(asked.pairs)
    on = ", ".join(map(code, asked.on))
    return f" On other tasks ({on}) it was frozen, with {calls} utility calls on each of {pairs} instances a task."


def _conditions(paper: Document, study: Study) -> str:
    return table(
        ("condition", "what it is"), [(code(row.name), paper.figures.fixed(words(row.meaning))) for row in study.rows]
    )


def _rows(paper: Document, study: Study) -> str:
    number = paper.figures.number
    rows = [
        (
            code(row.name),
            number(row.runs),
            number(row.generations, ",.0f"),
            number(row.kept, ".1f"),
            number(row.evaluations, ",.0f"),
            _interval(paper, row.utility, ""),
            *(f"{_interval(paper, gain.effect)} ({gain.measure})" for gain in row.gains[:1]),
        )
        for row in study.rows
    ]
    return table(("condition", "runs", "generations", "kept", "evaluations", "held out", "over its seed"), rows)


def _spend(paper: Document, study: Study) -> str:
    spent = paper.figures.number(study.spend.evaluations)
    unequal = study.unequal()
    lines = [f"All of it together took {spent} evaluations."]
    for name, share in unequal.items():
        lines.append(f"{code(name)} spent {paper.figures.number(share, '.2f')} times the mean: not at equal spend.")
    return " ".join(lines)


def _effects(paper: Document, study: Study) -> str:
    rows = [
        (
            f"{code(each.left)} − {code(each.right)}",
            each.measure,
            _interval(paper, each.effect),
            "" if each.different is None else paper.figures.number(each.different, ".0%"),
            VERDICTS[each.verdict],
        )
        for each in study.effects
    ]
    return table(("difference", "by", "mean", "they differ in", "verdict"), rows)


def _threats(paper: Document, study: Study) -> list[str]:
    seeds = paper.figures.number(len(study.design.seeds))
    found = [
        f"The unit is the run seed, and there are {seeds}: a small effect needs more of them.",
        "The tasks are fixed: what is said is about new runs on instances of these.",
    ]
    if any(each.verdict == NOT_TESTED for each in study.effects):
        found.append("Where two conditions hardly differ their interval says nothing, however narrow it is.")
    if len(study.effects) > 1:
        found.append("Several differences were looked at; their intervals are each for itself.")
    return found


def _interval(paper: Document, estimate: Interval, sign: str = "+") -> str:
    return paper.figures.interval(estimate, sign)
