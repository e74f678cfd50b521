"""What an iteration costs around the model: everything but the model's own thinking.

    python benchmarks/model_overhead.py

A run of 1,000 generations against an instant stand-in: a scaffold that makes one call to edit
itself, one in each of the gate's runs, and one on its task. Per generation: the wall-clock time
from one record to the next with one worker, less the time inside improve and the judging, plus
the time that the host took over each call (the request's checks, litellm, HTTP, the stand-in,
the record). Shown by hundreds, so that growth with the archive would show. Besides: the whole wall-clock time
of a generation by phase, and its model calls by purpose. With --scaffold NAME: those of that scaffold with its script.
Results: benchmarks/results/model_overhead.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from overhead import Clock, summary
from phases import Phases, calls_by_purpose
from recursion import RESULTS, machine
from watched import Watched

import godel
from godel import config
from godel.gateway import KeyedRequest
from godel.gateway.line import RouterLine
from godel.gateway.scripted import Script, Served, script_file
from godel.lineage import Generation
from godel.lineage.store import Store
from godel.loop.run_folder import FILE
from godel.sandbox.guest.messages import ExhaustedReply, ModelReply, RefusedReply

SCAFFOLD = '''\
"""One call, one edit."""

from godel.contract.editing import from_reply

NOTE = 1


def improve(program, utility, model, rng):
    [reply] = model(f"Improve this:\\n{program.files['main.py']}", temperature=rng.random())
    return from_reply(program, reply).program
'''
BLOCK = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
SCRIPT = Script.of(
    {
        "rule": [
            {
                "when": r"NOTE = (?P<now>\d+)",
                "reply": [BLOCK.format("NOTE = {{now}}", f"NOTE = {n}") for n in range(2, 50_000)],
            },
            {"when": r"WIDTH = 1.0", "reply": [BLOCK.format("WIDTH = 1.0", "WIDTH = 9.0")]},
            {"when": r"def priority", "reply": ["```python\ndef priority(item, bins):\n    return item - bins\n```"]},
        ]
    }
)


class CallClock(Clock):
    """Milliseconds of ours in every generation, the host's part of its model calls among them."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[float] = []
        self.phases = Phases()
        self._counted = 0

    def recorded(self, generation: Generation, score: float) -> None:
        super().recorded(generation, score)
        self.phases.recorded(generation)
        if generation.index:
            self.figures[-1] += sum(self.calls[self._counted :])
        self._counted = len(self.calls)

    @contextmanager
    def on_calls(self) -> Iterator[None]:
        reply = RouterLine.reply

        def timed(line: RouterLine, request: KeyedRequest) -> ModelReply | ExhaustedReply | RefusedReply:
            started = time.perf_counter()
            try:
                return reply(line, request)
            finally:
                self.calls.append((time.perf_counter() - started) * 1000)

        RouterLine.reply = timed  # type: ignore[method-assign, assignment]
        try:
            with self.phases.watching():
                yield
        finally:
            RouterLine.reply = reply  # type: ignore[method-assign]


def one_call(folder: Path, address: str, generations: int, tier: str) -> config.Run:
    """The run of a scaffold that makes one call, which is written into `folder`; models answer at `address`."""
    scaffold = folder / "scaffold"
    scaffold.mkdir()
    (scaffold / "main.py").write_text(SCAFFOLD)
    (scaffold / "scaffold.toml").write_text('name = "one_call"\neditable = ["main.py"]\nneeds_model = true\n')
    return config.load(
        None,
        ["scoring.search_seeds=1", "improve.calls=2"],
        tasks=["online_bin_packing"],
        workers=1,
        generations=generations,
        scaffold=str(scaffold),
        model__names=["openai/scripted"],
        sandbox=tier or None,
        model__api_base=address,
        secret="model overhead benchmark",
        acceptance="any",
    )


def of_scaffold(name: str, address: str, generations: int, tier: str) -> config.Run:
    """A run of a scaffold that comes with the laboratory, as it is by default, on two tasks."""
    return config.load(
        None,
        ["scoring.search_seeds=2"],
        tasks=["online_bin_packing", "maxcut"],
        workers=1,
        generations=generations,
        scaffold=name,
        model__names=["openai/scripted"],
        sandbox=tier or None,
        model__api_base=address,
        secret="model overhead benchmark",
    )


class Measured(NamedTuple):
    """A run that is over: its clock, its generations by status, and its model calls by purpose."""

    clock: CallClock
    statuses: dict[str, int]
    calls: dict[str, float]


def measured(folder: Path, generations: int, tier: str, scaffold: str = "") -> Measured:
    clock = CallClock()
    with Served(Script.load(script_file(scaffold)) if scaffold else SCRIPT) as served:
        if scaffold:
            run = of_scaffold(scaffold, served.address, generations, tier)
        else:
            run = one_call(folder, served.address, generations, tier)
        with clock.on_calls(), godel.launch(folder / "run", run, watch=Watched(clock), report=False) as done:
            made = [str(each.status) for each in done.lineage.generations]
    with Store.open(folder / "run" / FILE) as store:
        calls = calls_by_purpose(store.model_calls(), generations)
    return Measured(clock, {status: made.count(status) for status in sorted(set(made))}, calls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=1000)
    parser.add_argument("--sandbox", default="")
    parser.add_argument("--scaffold", default="", help="one with a script, in place of the one that makes one call")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="model-overhead-"))
    try:
        clock, statuses, calls = measured(folder, options.generations, options.sandbox, options.scaffold)
    finally:
        shutil.rmtree(folder)
    hundreds = [clock.figures[start : start + 100] for start in range(0, len(clock.figures), 100)]
    result = {
        "machine": machine(),
        "command": " ".join(sys.argv),
        "statuses": statuses,
        "whole generation by phase": clock.phases.summary(),
        "model calls per generation by purpose": calls,
        "per iteration": summary(clock.figures),
        "per model call": summary(clock.calls),
        "median_ms by hundreds": [round(statistics.median(each), 2) for each in hundreds],
    }
    if not options.scaffold:
        (RESULTS / "model_overhead.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
