"""Scores a byte-level language model in bits per byte, against a source that is known exactly.

Each document is shown in rounds. Round r shows it up to row r, followed by text of another
language; the prediction for row r counts there, before the byte exists: the document goes on
only in round r + 1. So no prediction that counts can have used its own byte or a later one,
whatever the program remembers of earlier calls, and what it sees beyond the row teaches
nothing about the source. Each later round asks for the earlier rows again: they must not
change with what follows them.

To learn from the texts themselves is therefore causal: only bytes that were shown before are
known, and there are few of them. What a program may spend on it is bounded as its training
is: by the CPU ceiling, and with a wall-clock budget by one clock for both.

A prediction q costs its expected code length under the source, sum of p(x) * -log2 q(x),
which is the mean over the bytes that could come next instead of one of them (Rao-Blackwell);
its least value is the entropy of p, so the distance to the limit is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from godel.tasks.judging import Candidate, Invalid, Verdict
from godel.tasks.judging.arrays import pack, reals

from .clock import Clock
from .source import Source, State

TOLERANCE = 0.02
"""How much a probability may change with the suffix: float noise of half precision. It is
safe to be generous, because such a change can't carry the byte to the prediction that counts."""


@dataclass(frozen=True)
class Instance:
    """`texts` [rounds, documents, bytes] and `rows` [documents, rounds], ascending: what is
    shown, and which prediction counts in which round. `truth` [documents, rounds, 256]: the
    source's own probabilities for those rows. `seconds`: the wall-clock budget, if there is one;
    `grace_s`: what training and all predictions together may take beyond it."""

    training: NDArray[np.uint8]
    chunk_bytes: int
    texts: NDArray[np.uint8]
    rows: NDArray[np.int64]
    truth: NDArray[np.float64]
    device: str
    seconds: float | None
    grace_s: float


def instance(seed: int, preset: Mapping[str, Any]) -> Instance:
    def draws(label: str) -> Random:
        return Random(f"byte_lm/{label}/{seed}")

    source, other = Source(draws("language")), Source(draws("other language"))
    training = source.draw(State(), preset["train_bytes"], draws("training"))
    rng, length = draws("validation"), preset["document_bytes"]
    shown = [list(document(source, other, length, preset["rounds"], rng)) for _ in range(preset["documents"])]
    return Instance(
        training=np.frombuffer(training, np.uint8),
        chunk_bytes=preset["chunk_bytes"],
        texts=np.array([[list(text) for _, text, _ in each] for each in shown], np.uint8).swapaxes(0, 1),
        rows=np.array([[row for row, _, _ in each] for each in shown], np.int64),
        truth=np.array([[truth for _, _, truth in each] for each in shown]),
        device=preset["device"],
        seconds=preset.get("seconds"),
        grace_s=preset.get("grace_s", 0.0),
    )


def document(
    source: Source, other: Source, length: int, rounds: int, rng: Random
) -> Iterator[tuple[int, bytes, NDArray[np.float64]]]:
    """For each round: the row that counts, the text as shown, and the row's true probabilities."""
    state, text = State(), b""
    for row in sorted(rng.sample(range(length), rounds)):
        more = source.draw(state, row - len(text), rng)
        state, text = source.advance(state, more), text + more
        yield row, text + other.draw(State(), length - row, rng), source.probabilities(state)


def score(instance: Instance, candidate: Candidate) -> Verdict:
    candidate.start()
    clock = Clock(instance.seconds, instance.grace_s)
    device, used = train(instance, candidate, clock)
    bits = cross_entropy(instance.truth, predict(instance, candidate, clock))
    limit = cross_entropy(instance.truth, np.log2(np.where(instance.truth > 0, instance.truth, 1)))
    details = {"bits_per_byte": bits, "limit_bits_per_byte": limit, "gap": bits - limit}
    fallback = ("no cuda device: ran on the cpu",) if device != instance.device else ()
    told = {"bits per byte": bits, "the least that is possible": limit, "bytes trained on": float(used)}
    return Verdict(bits, {**details, "train_bytes": used, "device": device}, fallback, told)


def train(instance: Instance, candidate: Candidate, clock: Clock) -> tuple[str, int]:
    """Hand out the training bytes while the budget lasts; the device, and how many they were."""
    device = candidate.call({"train": {"device": instance.device, "seconds": instance.seconds}})
    if device not in ("cpu", "cuda"):
        raise Invalid("the device is neither cpu nor cuda")
    total, used = len(instance.training), 0
    for used in range(0, total, instance.chunk_bytes):
        spent = clock.spent()
        if spent >= 1:
            break
        chunk = instance.training[used : used + instance.chunk_bytes]
        candidate.call({"chunk": pack(chunk), "progress": max(spent, used / total)})
    else:
        used = total
    candidate.call({"chunk": None})
    clock.check("training")
    return str(device), used


def predict(instance: Instance, candidate: Candidate, clock: Clock) -> NDArray[np.float64]:
    """log2 of the predictions that count, [documents, rounds, 256]; Invalid when one that
    was made changes with what follows it, or when the clock has run out."""
    made = np.empty_like(instance.truth)
    for now, texts in enumerate(instance.texts):
        rows = instance.rows[:, : now + 1]
        reply = candidate.call({"predict": pack(texts), "rows": pack(rows)})
        clock.check("training, with predictions,")
        again = log2_softmax(reals(reply, (*rows.shape, 256), "logits"))
        change = np.abs(np.exp2(again[:, :now]) - np.exp2(made[:, :now])).max(axis=2)
        if change.size and change.max() > TOLERANCE:
            row = rows[np.unravel_index(change.argmax(), change.shape)]
            raise Invalid(f"the prediction for byte {row} changed by {change.max():.3g} with the bytes from {row} on")
        made[:, now] = again[:, now]
    return made


def log2_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis. A difference too large for a float is a probability of 0."""
    with np.errstate(over="ignore"):
        below = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = (below - np.log(np.exp(below).sum(axis=-1, keepdims=True))) / np.log(2)
    return result


def cross_entropy(truth: NDArray[np.float64], log2_predicted: NDArray[np.float64]) -> float:
    """Bits per byte: the mean over rows of the expected code length. Infinite when a byte
    that can come was given no probability."""
    possible = truth > 0
    costs = truth[possible] * -log2_predicted[possible]
    return float(costs.sum() / np.prod(truth.shape[:-1]))
