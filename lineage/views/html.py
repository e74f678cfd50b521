"""The lineage as one self-contained HTML file: no network, no second file.

Source, names and reasons come from scaffolds: they are untrusted. They travel as JSON in
which nothing can end a script element, are put on the page as text alone, and the page's
content security policy runs no script but its own, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from godel.contract.characters import printable

from .. import Generation, Split
from ..analysis import credit, statistics
from ..analysis.account import Account, Experiment, KeptEdit, account
from ..analysis.credit import Clade, EditCredit
from ..analysis.lineage import Lineage
from .diff import unified
from .export import values
from .graph import mates
from .text import plain, tasks

PARTS = Path(__file__).parent / "page"
SCRIPTS = ("state.js", "layout.js", "canvas.js", "panel.js", "credit.js", "start.js")
MAX_DIFF = 20_000
"""Characters of one self-edit's diff; what is longer is cut, and says so."""

MAX_EDITS, MAX_FIELD, MAX_REASON = 8, 400, 400
"""Edits of a generation, characters of each field of one and of a reason: what more was recorded, `godel show` has."""

MAX_CREDIT = 2_000
"""Generations of a run whose credit is on the page: each takes some milliseconds, as its source is parsed."""

MAX_ROWS = 12
"""Of each table of credit by kind, operator and the like; JSON has them all."""

MAX_DIFFS = 24_000_000
"""Characters of all diffs together. Beyond it only their command is given, dead ends first."""


def page(lineage: Lineage, title: str = "lineage") -> str:
    """The whole file. Its size is about 2 kB a generation."""
    script = "".join((PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {
        "title": html.escape(title),
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'",
        "style": (PARTS / "style.css").read_text(encoding="utf-8"),
        "data": inert(data(lineage, title)),
        "script": script,
    }
    template = (PARTS / "page.html").read_text(encoding="utf-8")
    # In one pass: what data holds is never taken for a slot.
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: parts[slot[1]], template)


def inert(document: Any) -> str:
    """JSON that can stand in a script element: none of <, > and & as such (HTML, 4.12.1.3)."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def data(lineage: Lineage, title: str, most: int = MAX_DIFF, room: int = MAX_DIFFS) -> dict[str, Any]:
    """What the page draws: one item a generation, at its number; `parent` is an item's number.
    `most` and `room` bound the characters of one diff and of all."""
    best = {node.made.index for node in lineage.path(lineage.best)} if lineage.best else set()
    clades = credit.clades(lineage)
    items = [_item(lineage, made, made.index in best, clades) for made in lineage.generations]
    _add_diffs(lineage, items, most, room)
    edits = credit.edits(lineage)
    return {
        "title": title,
        "items": items,
        "config": _safe(values(lineage.config)),
        "best": lineage.nodes[lineage.best].made.index if lineage.best else None,
        "edits": [_credit(each) for each in edits],
        "credit": _account(account(lineage)) if len(lineage.generations) <= MAX_CREDIT else None,
        "lift": _lift(lineage),
        "remarks": _remarks(lineage),
    }


def _remarks(lineage: Lineage) -> dict[str, Any] | None:
    remarks = lineage.remarks()
    return _safe({"lines": list(remarks.lines), "advice": list(map(list, remarks.advice))}) if remarks else None


def _account(found: Account) -> dict[str, Any]:
    """What fits on a page: of every table the first rows, of edits what their own items don't say."""
    tables = {"kinds": found.kinds, "touches": found.touches, "operators": found.operators, "targets": found.targets}
    safe: dict[str, Any] = _safe(
        _rounded(
            {
                "edits": {str(each.generation): _left(each) for each in found.edits},
                "groups": {name: [values(each) for each in rows[:MAX_ROWS]] for name, rows in tables.items()},
                "experiments": [_experiment(each) for each in found.experiments],
            }
        )
    )
    return safe


def _left(edit: KeptEdit) -> dict[str, Any]:
    return {"kinds": list(edit.kinds), "touches": list(edit.touches), "survival": values(edit.survival)}


def _experiment(each: Experiment) -> dict[str, Any]:
    imp = {str(one.generation): plain(one.mean) for one in each.imp.scaffolds if one.generation is not None}
    return {
        "calls": each.imp.calls,
        "targets": list(each.imp.targets),
        "pairs": each.imp.pairs,
        "imp": imp,
        "recursion": values(each.recursion),
        "worth": values(each.worth),
    }


def _credit(edit: EditCredit) -> dict[str, Any]:
    """Without what the edit's own item says already."""
    return {
        name: _rounded(values(value)) for name, value in vars(edit).items() if name not in ("edits", "parent", "child")
    }


def _item(lineage: Lineage, made: Generation, on_path: bool, clades: Mapping[str, Clade]) -> dict[str, Any]:
    parent = lineage.nodes.get(made.parent or "")
    item: dict[str, Any] = {
        "node": made.child,
        "parent": parent.made.index if parent else None,
        "mates": [lineage.nodes[each].made.index for each in mates(lineage, made)],
        "status": str(made.status),
        "rung": made.rung,
        "reason": brief(made.why, MAX_REASON),
        "rulings": [[str(each.verdict), each.by, brief(each.reason, MAX_REASON)] for each in made.rulings],
        "path": on_path,
        "edits": _edits(made),
        "known": lineage.nodes[made.child].made.index if made.child and not lineage.first(made) else None,
        "spend": {name: value for name, value in made.spend.named().items() if value},
    }
    if made.child and lineage.first(made):
        item |= _scores(lineage, made, made.child)
        if lineage.uses.get(made.child):
            item["productivity"] = values(credit.productivity(lineage, made.child, clades[made.child]))
    safe: dict[str, Any] = _safe(_rounded(item))
    return safe


def _edits(made: Generation) -> list[list[str]]:
    more = len(made.edits) - MAX_EDITS
    shown = [[brief(text, MAX_FIELD) for text in edit] for edit in made.edits[:MAX_EDITS]]
    return shown + [["…", f"{more} more edits, see godel show", "", ""]] * (more > 0)


def brief(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… (cut)"


def _scores(lineage: Lineage, made: Generation, key: str) -> dict[str, Any]:
    node = lineage.nodes[key]
    utility = {split: statistics.scores(lineage.scored(key, split)) for split in node.utility}
    return {
        "depth": node.depth,
        "kept": node.kept,
        "partial": sorted(node.partial),
        "tasks": list(tasks(lineage, node)),
        "utility": {str(split): plain(statistics.interval(each)) for split, each in utility.items()},
        "gain": {str(split): plain(credit.gain(lineage, made, split)) for split in node.utility},
    }


def _lift(lineage: Lineage) -> dict[str, Any] | None:
    """The best against the seed: held out where that was reported, else on the search split."""
    if not lineage.best:
        return None
    seed = lineage.path(lineage.best)[0].key
    for split in (Split.SEALED, Split.HELD_OUT, Split.SEARCH):
        pairs = statistics.paired(lineage.scored(lineage.best, split), lineage.scored(seed, split))
        if pairs:
            return {"split": str(split), "gain": _rounded(plain(statistics.interval(pairs)))}
    return None


def _add_diffs(lineage: Lineage, items: list[dict[str, Any]], most: int, room: int) -> None:
    """To those that matter most first, while there is room."""
    for made in sorted(
        lineage.generations, key=lambda each: (not items[each.index]["path"], not items[each.index].get("kept"))
    ):
        if made.child and made.parent in lineage.nodes and room > 0:
            text = unified(lineage.source(made.parent or ""), lineage.source(made.child))
            cut = text[:most] + "\n… cut here\n" * (len(text) > most)
            items[made.index]["diff"] = _safe(cut)
            room -= len(cut)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value


def _safe(value: Any) -> Any:
    """Text with its control characters shown: bidirectional ones could disguise source."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {_safe(key): _safe(each) for key, each in value.items()}
    return [_safe(each) for each in value] if isinstance(value, list) else value
