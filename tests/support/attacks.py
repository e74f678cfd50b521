"""Where attacks are tried: one real bench per tier, and the pieces that attackers are made of.

An attack is a task's initial program with something added. So the honest score is the
initial program's, and an attack that has no effect scores exactly that.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from runs import tier_or_skip, workspace

from godel import config
from godel.contract import Program
from godel.gate.smoke import TOY, ToyUtility
from godel.gateway import NoModel
from godel.ledger import Charge, free
from godel.sandbox import Tier
from godel.sandbox.channel import Session
from godel.scoring.bench import Bench, Judge, Outcome
from godel.scoring.improvement import SCAFFOLD, HostUtility, Improve, Improvement, improve
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References
from godel.scoring.workspace import Workspace
from godel.tasks import Task, load

SEED = 20261122
LIMITS = config.Improve(cpu_s=5.0, wall_s=30.0, memory_mib=512)

LOOT = """
class Loot(Exception): ...   # raised when an attempt succeeds: it would show as a crash
"""
STOLEN_PORT = """
def stolen_port():
    frame = __import__("sys")._getframe()
    while "port" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["port"]
"""
"""How a hostile program takes hold of the channel itself."""

CLAIRVOYANT = """
import sys
plans = {}

def plan(items, capacity):
    rooms, labels, first = [], [0] * len(items), {}
    for i in sorted(range(len(items)), key=lambda i: -items[i]):  # first fit decreasing: offline
        bin = next((b for b, room in enumerate(rooms) if room >= items[i]), len(rooms))
        rooms += [capacity] * (bin == len(rooms))
        rooms[bin] -= items[i]
        labels[i] = bin
    return [first.setdefault(label, len(first)) for label in labels]

def driver_sees():
    frame = sys._getframe()
    while "fits" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals

def priority(item, bins):
    place = driver_sees()
    key = place["items"].tobytes()
    if key not in plans:
        plans[key] = plan(place["items"].tolist(), place["capacity"])
    return (place["fits"] == plans[key][place["index"]]).astype(float)
"""
"""online_bin_packing with a look at all items: the driver holds them, one frame up the stack."""

COUNTS = """
import torch
def train(stream, device, seconds):
    counts = torch.full((257, 256), 0.1)
    last = torch.tensor([256])
    for chunk, progress in stream:
        text = torch.cat([last, chunk.long()])
        counts += torch.bincount(text[:-1] * 256 + text[1:], minlength=257 * 256).view(257, 256)
        last = text[-1:]
    return counts.log()
def predict(model, texts):
    start = torch.full((len(texts), 1), 256)
    return model[torch.cat([start, texts.long()], 1)[:, :-1]]
"""
"""byte_lm in no time at all: an honest model of byte pairs."""

LEARNER = """
import time, torch
class Learner:
    def __init__(self):
        self.counts, self.last, self.steps = torch.full((257, 256), 0.1), torch.tensor([256]), 0
    def see(self, chunk):
        text = torch.cat([self.last, chunk.long().cpu()])
        self.counts += torch.bincount(text[:-1] * 256 + text[1:], minlength=257 * 256).view(257, 256)
        self.last = text[-1:]
    def step(self):
        time.sleep(0.02)   # as if a device worked: the clock runs, the CPU is idle
        self.steps += 1
    def logits(self):
        learned = 1 - 0.98 ** self.steps
        return (learned * self.counts / self.counts.sum(1, keepdim=True) + (1 - learned) / 256).log()
def train(stream, device, seconds):
    learner = Learner()
    for chunk, progress in stream:
        learner.see(chunk)
        learner.step()
    return learner
def predict(learner, texts):
    start = torch.full((len(texts), 1), 256)
    return learner.logits()[torch.cat([start, texts.long().cpu()], 1)[:, :-1]]
"""
"""byte_lm with a model that gets better with every step, and steps that take time."""


def task(name: str, **limits: Any) -> Task:
    """A shipped task. Wall-clock ceilings are a backstop, so that a crowded machine changes nothing."""
    return replace(load(name), **limits)


def timed(seconds: float = 0.5, grace_s: float = 2.0) -> Task:
    """byte_lm's preset for GPUs, its budget being the judge's clock, small enough for a CPU. The
    allowance is generous, so that an honest program keeps to it on a crowded machine."""
    tiny, gpu = load("byte_lm"), load("byte_lm", "gpu")
    sizes = {"device": "cpu", "chunk_bytes": 512, "document_bytes": 64, "documents": 16, "rounds": 4}
    preset = {**gpu.preset, **sizes, "train_bytes": 1 << 16, "seconds": seconds, "grace_s": grace_s}
    return replace(gpu, gpu=False, preset=preset, memory_bytes=tiny.memory_bytes)


def extended(base: Program | str, addition: str) -> Program:
    text = base if isinstance(base, str) else base.files[base.entry]
    return Program({"main.py": text + "\n" + LOOT + STOLEN_PORT + addition})


class Arena:
    """A tier with a bench and a scaffold's sandbox; each attack gets children of its own."""

    def __init__(self, name: str) -> None:
        self.tier: Tier = tier_or_skip(name)
        self.pool = Pool(self.tier, spares=0)
        self.judge = Judge(self.pool)
        self.bench = Bench(self.pool, self.judge)
        self.baselines = References(self.pool, MemoryShelf())
        self._honest: dict[str, float] = {}
        self._session: Session | None = None

    def record(self, task: Task, program: Program, seed: int = SEED) -> Outcome:
        return self.bench.evaluate(task, program, seed, recorded=True)

    def advise(self, task: Task, program: Program, seed: int = SEED) -> Outcome:
        return self.bench.evaluate(task, program, seed, recorded=False)

    def honest(self, task: Task, base: str = "") -> float:
        """The recorded value of the initial program (or of `base`), in the task's unit."""
        key = f"{task.version} {sorted(task.preset.items())} {base}"
        if key not in self._honest:
            outcome = self.record(task, Program({"main.py": base}) if base else task.initial)
            assert outcome.value is not None and not outcome.flags, outcome
            self._honest[key] = outcome.value
        return self._honest[key]

    def attack(self, task: Task, addition: str, base: str = "") -> Outcome:
        """Record the base with `addition`; asserts that it scored no better than the base."""
        honest = self.honest(task, base)
        outcome = self.record(task, extended(base or task.initial, addition))
        assert no_better(task, outcome, honest), f"the attack paid: {outcome}, honest {honest}"
        return outcome

    def unmoved(self, task: Task, addition: str, base: str = "") -> None:
        """As `attack`; asserts that it changed nothing at all."""
        outcome = self.attack(task, addition, base)
        assert (outcome.failure, outcome.value) == (None, self.honest(task, base)), outcome

    def improve(
        self, scaffold: str, utility: HostUtility | None = None, program: Program = TOY, limits: config.Improve = LIMITS
    ) -> Improvement:
        """Run the `improve` of a scaffold that is the one file `scaffold`."""
        files = Program({"main.py": scaffold})
        return improve(self.session, Improve(files, program, utility or ToyUtility(), NoModel(), SEED, limits))

    def workspace(self, charge: Charge = free) -> Workspace:
        """Where a gate or a utility can work."""
        return workspace(self.pool, self.judge, charge)

    def session(self) -> Session:
        """A scaffold's sandbox; a new one if the last attack took it down."""
        if self._session is None or self._session.dead:
            self._session = self.pool.take(SCAFFOLD)
        return self._session

    def close(self) -> None:
        self.baselines.close()
        self.pool.close()


def no_better(task: Task, outcome: Outcome, honest: float) -> bool:
    """Whether a recorded outcome is a failure (the floor) or at most the honest value."""
    if outcome.value is None:
        return outcome.failure is not None
    return outcome.value <= honest if task.direction == "max" else outcome.value >= honest


def seed_scaffold(folder: Path, text: str) -> Path:
    """A scaffold's folder, to launch a run with."""
    folder.mkdir()
    (folder / "main.py").write_text(text)
    (folder / "scaffold.toml").write_text('name = "attacker"\nsummary = "Attacks."\neditable = ["main.py"]\n')
    return folder
