"""A scaffold from outside whose prompt is a file of its own: a model rewrites the prompt, and its child works by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import godel
from runs import SMALL

from godel.gateway.scripted import Script, Served
from godel.lineage import Outcome
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

FOLDER = Path(__file__).parent / "prompted"
PROMPT = "prompts/improve.md"
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]


def test_a_prompt_is_evolved(tmp_path: Path) -> None:
    with Served(Script.load(FOLDER / "script.toml")) as served:
        model = ["--scaffold", str(FOLDER), "--model", "openai/scripted", "--api-base", served.address]
        small = [*SMALL, "secret=tests", "acceptance=any", "--generations", "2", "--no-report"]
        run = ["launch", "run", "--task", "online_bin_packing", "--sandbox", "bubblewrap", *model, *small]
        done = godel(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path / "run" / FILE) as store:
        seed, *made = store.generations()
        scored = [each for each in made if each.outcome is Outcome.SCORED]
        assert scored, [(each.rung, each.why) for each in made]
        before, after = store.program(str(seed.child)), store.program(str(scored[0].child))
    assert before.files["main.py"] == after.files["main.py"] and before.files[PROMPT] != after.files[PROMPT]
    assert PROMPT in godel("lineage", "diff", "run", f"g{scored[0].index}", cwd=tmp_path).stdout
    replayed = godel("replay", "run", "all", "--verify", cwd=tmp_path)  # nobody answers at that address any more
    assert replayed.returncode == 0 and "reproduced" in replayed.stdout
