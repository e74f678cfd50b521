"""SIGKILL at any moment loses nothing that was recorded, and nothing is half there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from godel.lineage import Split, Transcript
from godel.lineage.store import Store

ROOT = Path(__file__).parents[2]
WRITER = """
import sys, pathlib
from godel.contract import Program
from godel.lineage import Evaluation, Generation, Outcome, Split, Transcript
from godel.lineage.store import Store
with Store.open(pathlib.Path(sys.argv[1]), writable=True) as store:
    index = len(store.generations())
    while True:
        tree = Program({"main.py": f"x = {index}\\n" * 500}, "main.py")
        key = tree.digest
        scores = [Evaluation(key, "t", "v", Split.SEARCH, k, 0.5, None, None, "") for k in range(5)]
        made = Generation(index, (), key, None, Outcome.SEED)
        store.record(made, tree, scores, Transcript(({"n": index},)), [b"blob %d" % index])
        print(index, flush=True)
        index += 1
"""


def write_until_killed(path: Path, moment: float) -> int:
    """The last generation that the writer said it had recorded."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    said = writer.stdout.readline()
    time.sleep(moment)
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    return int(said.split("\n")[-2])


def test_sigkill_loses_nothing_and_leaves_no_lock(tmp_path: Path) -> None:
    path, rng = tmp_path / "run.sqlite", random.Random(7)
    Store.create(path, {}).close()
    last = -1
    for _ in range(6):
        said = write_until_killed(path, rng.uniform(0, 0.06))
        with Store.open(path) as reader:
            reader.verify()
        with Store.open(path, writable=True) as store:
            recorded = len(store.generations())
            assert said > last
            assert recorded in (said + 1, said + 2), "one may be committed and not yet said"
            assert len(store.evaluations(split=Split.SEARCH)) == 5 * recorded
            assert store.transcript(recorded - 1) == Transcript(({"n": recorded - 1},))
            assert len(store.events()) == 1 + recorded
            store.verify()
        last = recorded - 1
