"""What a package outside may bring to the loop, each in a small real run: two parents, held children, further
evaluations. `godel` is started as a user would start it, with the package on the path."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import godel
from runs import SMALL

from godel.lineage import Outcome, Split, Status
from godel.lineage.store import Store
from godel.loop.run_folder import FILE

HERE = Path(__file__).parent
MIXER = ["--scaffold", str(HERE / "crossover" / "mixer")]
pytestmark = [pytest.mark.bubblewrap, pytest.mark.program]


def launched(folder: Path, package: str, *settings: str) -> Path:
    run = ["launch", "run", "--task", "online_bin_packing", "--sandbox", "bubblewrap", *SMALL, "secret=tests"]
    done = godel(*run, "--no-report", *settings, cwd=folder, PYTHONPATH=str(HERE / package))
    assert done.returncode == 0, done.stderr
    return folder / "run"


def called(folder: Path, package: str, *arguments: str) -> str:
    done = godel(*arguments, cwd=folder.parent, PYTHONPATH=str(HERE / package))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_of_two_parents(tmp_path: Path) -> None:
    settings = ["selection=pairs:Pairs", "acceptance=any", "workers=1", "generations=6"]
    run = launched(tmp_path, "crossover", *MIXER, *settings)
    with Store.open(run / FILE) as store:
        made = store.generations()
    of_two = [each for each in made if len(each.parents) == 2]
    assert of_two and all(set(each.parents) <= {other.child for other in made[: each.index]} for each in of_two)
    assert any(edit.operator == "cross" for each in of_two for edit in each.edits), "the second parent is seen"
    assert "parents" in called(run, "crossover", "lineage", "show", "run", f"g{of_two[0].index}")
    assert "reproduced" in called(run, "crossover", "replay", "run", "all", "--verify")
    assert godel("verify", "run", cwd=tmp_path).returncode == 0


def test_a_held_child_waits_for_a_ruling(tmp_path: Path) -> None:
    holding = ["acceptance=curator:Curator", "options.acceptance.least=-2.0", "pruning=none"]
    run = launched(tmp_path, "curator", *MIXER, *holding, "selection=chain", "generations=5")
    with Store.open(run / FILE) as store:
        held = [each for each in store.generations() if each.status is Status.HELD]
        assert held and {each.parents for each in store.generations()[1:]} == {(store.seed,)}, "none became a parent"
    assert "for somebody to rule" in called(run, "curator", "status", "run")
    called(run, "curator", "rule", "run", f"g{held[0].index}", "accept", "--reason", "looked at it", "--by", "a reader")
    called(run, "curator", "resume", "run", "--generations", "12", "--no-report")
    with Store.open(run / FILE) as store:
        made = store.generations()
    assert [each.verdict for each in made[held[0].index].rulings] == ["held", "accepted"], "appended, never changed"
    assert any(each.parent == held[0].child for each in made[6:]), "now it may become a parent"
    assert "a reader" in called(run, "curator", "lineage", "show", "run", f"g{held[0].index}")
    called(run, "curator", "replay", "run", "all", "--verify")  # what people said later is no part of it
    assert godel("verify", "run", cwd=tmp_path).returncode == 0


def test_a_scaffold_is_evaluated_further(tmp_path: Path) -> None:
    settings = ["selection=careful:Careful", "generations=8", "acceptance=strict", "workers=2"]
    run = launched(tmp_path, "careful", *settings)
    with Store.open(run / FILE) as store:
        made, scores = store.generations(), store.evaluations(tree=store.seed, split=Split.SEARCH)
    further = [each for each in made if each.outcome is Outcome.EVALUATED]
    assert further and all(each.child is None and each.spend.evaluations for each in further)
    trials = [each.trial for each in scores]
    assert len(set(trials)) == len(trials) > 2, "each on trials that it had not been scored on"
    assert "evaluated" in called(run, "careful", "lineage", "tree", "run", "--all")
    assert "reproduced" in called(run, "careful", "replay", "run", "all", "--verify")
    assert godel("verify", "run", cwd=tmp_path).returncode == 0
