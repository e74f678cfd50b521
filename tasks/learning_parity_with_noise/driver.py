"""Hands each rung's samples to the program and sends its predictions back."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from godel.sandbox.guest.port import pack, unpack


def run(program: ModuleType, request: Any) -> Any:
    """`request`: for each rung its "bits" and how many samples it has ("sizes"); and, of all
    rungs one after the other, the arrays "samples", "labels" and "queries" (equally many a
    rung). The reply is the array of the predictions, one after the other."""
    samples, labels, queries = (unpack(request[key]).tolist() for key in ("samples", "labels", "queries"))
    each = len(queries) // len(request["bits"])
    predicted: list[Any] = []
    start = 0
    for number, (bits, size) in enumerate(zip(request["bits"], request["sizes"], strict=True)):
        asked = queries[number * each : (number + 1) * each]
        answer = list(program.predict(bits, samples[start : start + size], labels[start : start + size], asked))
        if len(answer) != each:
            raise ValueError(f"predict: expected {each} labels, got {len(answer)}")
        predicted += answer
        start += size
    return pack(np.asarray(predicted))
