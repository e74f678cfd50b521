"""A model that can only do what its prompt lets it do: it keeps a limit that is stated, mends an error that is named,
and does not propose again what is said to have been tried. And the same model, with that struck out of its prompts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from runs import proceed, small_run, tier_or_skip

from godel.gateway.scripted import Script, Served
from godel.lineage import Evaluation, Generation, Split, Status
from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create
from godel.tasks import HERE

TASKS = ("maxcut", "online_bin_packing")
HINT, IDLE = "Call only what numpy has.", "Think hard."
"""Two sentences that may come into a scaffold's prompts: the model heeds the first, the second changes nothing."""

CUT = '''\
"""Local search from random starts."""

import random

STARTS = int({starts})


def cut(nodes: int, edges: list[tuple[int, int, int]]) -> list[int]:
    near: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for u, v, weight in edges:
        near[u].append((v, weight))
        near[v].append((u, weight))
    rng, best, kept = random.Random(3), -(10**9), [0] * nodes
    for _ in range(STARTS):
        sides, moved = [rng.randrange(2) for _ in near], True
        while moved:
            moved = False
            for node, others in enumerate(near):
                if sum(w if sides[v] == sides[node] else -w for v, w in others) > 0:
                    sides[node], moved = 1 - sides[node], True
        worth = sum(w for u, v, w in edges if sides[u] != sides[v])
        if worth > best:
            best, kept = worth, sides
    return kept
'''
FIT = "def priority(item: float, bins: np.ndarray) -> np.ndarray:\n    return {rule}\n"
MISSPELT = "import numpy as np\n\n\n" + FIT.format(rule="(item - bins) / np.root(item)")
ROOM_LEFT = "import numpy as np\n\n\n" + FIT.format(rule="-np.abs(bins - item - 7.0)")
BEST_FIT = "import numpy as np\n\n\n" + FIT.format(rule="item - bins")
TOY = "WIDTH = 40.0\nDEPTH = 60\nRATE = 0.004\n\n\ndef area(scale):\n    return WIDTH * DEPTH * scale\n"
ITSELF = r"def improve\(program: Program|godel_agent|your\s+own source, as it runs now|an agent as well"
"""What stands in prompts about the scaffold itself."""

KNOWN = rf"The trial that cost it most: \w+.*tried before, and what became of them.*{re.escape(IDLE)}"


class Place(NamedTuple):
    """A line of a scaffold's prompts, which each of its requests about a task holds, and how that is ended."""

    path: str
    line: str
    end: str = ""


PLACES = {
    "aide": Place("prompts.py", '# What to do\\n" + job'),
    "alphaevolve": Place("prompts.py", "You evolve programs:"),
    "autoresearch": Place("prompts.py", "You do research on your own, by experiment."),
    "dgm": Place("prompts.py", "You are a coding agent. Give the program below a higher utility.", "done"),
    "godel_agent": Place("prompts.py", "You are an agent that improves programs. Give the program below", "finish"),
    "self_rewarding": Place("prompts.py", "You write programs that are correct and fast,"),
    "stop": Place("prompts.py", "You design algorithms,"),
}


def script(name: str, seed: Mapping[str, str]) -> dict[str, Any]:
    place = PLACES[name]
    return {"rule": [*judging(), *by_tools(place.end), *itself(place, seed), *tasks()]}


def judging() -> list[dict[str, Any]]:
    """As the judge of its own drafts, and in dgm's form: it is content with all."""
    form = {"failed": "It fails.", "cause": "A prompt.", "change": "Its wording.", "issue": "Change the wording."}
    return [
        {"properties": "^reason score", "reply": ['{"reason": "As good as any.", "score": 3}']},
        {"properties": "failed", "reply": [str(form).replace("'", '"')]},
    ]


def by_tools(end: str) -> list[dict[str, Any]]:
    """An edit is measured, one whose error is named is mended, any other handed in."""
    if not end:
        return []
    return [
        {"last": r"^(Edited|Changed):", "when": ITSELF, "unless": r"^def (priority|cut)\(", "reply": [{"tool": end}]},
        {"last": r"^(Edited|Changed):", "reply": [{"tool": "evaluate"}]},
        {"after": "^evaluate", "last": "no attribute 'root'", "reply": [fenced(ROOM_LEFT)]},
        {"after": "^evaluate", "reply": [{"tool": end}]},
    ]


def itself(place: Place, seed: Mapping[str, str]) -> list[dict[str, Any]]:
    """First an edit that changes nothing; what really helps only where that is known to have been tried."""
    line = next(each for each in seed[place.path].splitlines() if place.line in each)
    rules = [(KNOWN, HINT), ("", IDLE)]
    about = {"unless": r"^def (priority|cut|area)\(" if place.end else None}
    return [
        {"when": rf"\A(?=.*(?:{ITSELF})).*{known}", **about, "reply": [block(place, line, sentence)]}
        for known, sentence in rules
    ]


def block(place: Place, line: str, sentence: str) -> str:
    changed = line.replace(place.line, f"{sentence} {place.line}")
    return f"{place.path}\n<<<<<<< SEARCH\n{line}\n=======\n{changed}\n>>>>>>> REPLACE\n"


def tasks() -> list[dict[str, Any]]:
    stated = r"may use (?P<cpu>[\d.]+) s of CPU time"
    return [
        {"files": {"main.py": "^WIDTH"}, "reply": [fenced(TOY)]},
        {"files": {"main.py": r"^def cut\("}, "when": stated, "reply": [fenced(CUT.format(starts="20 * {{cpu}}"))]},
        {"files": {"main.py": r"^def cut\("}, "reply": [fenced(CUT.format(starts="40_000"))]},
        {"files": {"main.py": r"^def priority\("}, "when": re.escape(HINT), "reply": [fenced(BEST_FIT)]},
        {"files": {"main.py": r"^def priority\("}, "when": "no attribute 'root'", "reply": [fenced(ROOM_LEFT)]},
        {"files": {"main.py": r"^def priority\("}, "reply": [fenced(MISSPELT)]},
    ]


def fenced(text: str) -> str:
    return f"A version that should do better.\n\nmain.py\n```python\n{text}```\n"


STRUCK = re.compile(
    r"## Limits\n.*?(?=\n\n[^-\n]|\Z)"
    r"|What it scored on each task.*?editing\.check_change[^\n]*"
    r"|: AttributeError: [^\n]*",
    re.S,
)


@dataclass(frozen=True)
class Uninformed(Script):
    """The same model; of what it is told, the limits, the reasons of failures and the record are struck out."""

    def answer(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        messages = [
            {**each, "content": STRUCK.sub("", each["content"])} if isinstance(each.get("content"), str) else each
            for each in request["messages"]
        ]
        return super().answer({**request, "messages": messages})


class Course(NamedTuple):
    """What came of a run."""

    generations: list[Generation]
    evaluations: list[Evaluation]

    @property
    def accepted(self) -> list[Generation]:
        return [each for each in self.generations if each.status is Status.ACCEPTED]

    def gains(self, tree: str | None) -> set[str]:
        """The tasks on which a scaffold makes the initial program better, in the mean of its trials."""
        scores: dict[str, list[float]] = {}
        for each in self.evaluations:
            if each.tree == tree and each.split is Split.SEARCH:
                scores.setdefault(each.task, []).append(each.score)
        return {task for task, found in scores.items() if sum(found) / len(found) > 0.01}


def hasty(folder: Path) -> Path:
    """maxcut with a fifth of its CPU time: what runs into that limit takes no longer than what does not."""
    task = Path(shutil.copytree(HERE / "maxcut", folder / "maxcut"))
    manifest = task / "task.toml"
    manifest.write_text(manifest.read_text().replace("cpu_s = 1.0", "cpu_s = 0.2"))
    return task


def course(folder: Path, name: str, seed: Mapping[str, str], kind: type[Script], generations: int) -> Course:
    tier, said = tier_or_skip("bubblewrap"), Script.of(script(name, seed), name)
    with Served(kind(said.rules, said.origin, said.seed)) as served:
        models = {"model__names": ["openai/scripted"], "model__api_base": served.address}
        limits = ["improve.calls=4", "improve.model.model_calls=8", "scoring.search_seeds=3"]
        options = {"scaffold": name, "tasks": [str(hasty(folder.parent)), TASKS[1]], "selection": "best", "workers": 1}
        create(folder, small_run(tier, *limits, **options, **models, generations=generations))
        proceed(folder)
    with Store.open(folder / FILE) as store:
        return Course(store.generations(), store.evaluations())
