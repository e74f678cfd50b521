"""Feeds the training bytes to `train` as the judge hands them out, and asks `predict` for rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from types import ModuleType
from typing import Any

import torch

from godel.sandbox.guest.port import pack, unpack

Item = tuple[torch.Tensor, float]
"""Training bytes (uint8, on the device) and the share of the budget used before them."""


class Training:
    """Lets `train` pull what the judge pushes. It has a thread of its own, but of the two
    only one ever runs: the other waits for it."""

    def __init__(self, train: Callable[..., object], device: str, seconds: float | None) -> None:
        self.device = device
        self.model: Future[object] = Future()
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._items: SimpleQueue[Item | None] = SimpleQueue()
        Thread(target=self._run, args=(train, seconds), daemon=True).start()
        self._asked.get()

    def push(self, item: Item | None) -> None:
        """Hand out one item (None: the stream ends), and wait until `train` asks for the next
        or returns. Raises what `train` raised; an item that it no longer wants is dropped."""
        if not self.model.done():
            self._items.put(item)
            self._asked.get()
        if self.model.done():
            self.model.result()

    def _run(self, train: Callable[..., object], seconds: float | None) -> None:
        try:
            self.model.set_result(train(self._stream(), self.device, seconds))
        except BaseException as error:
            self.model.set_exception(error)
        self._asked.put(None)

    def _stream(self) -> Iterator[Item]:
        self._asked.put(None)
        while item := self._items.get():
            yield item
            self._asked.put(None)


training: Training


def run(program: ModuleType, request: Any) -> Any:
    """In this order: {"train": {"device", "seconds"}}, {"chunk", "progress"} (chunk null ends
    the stream), {"predict": texts, "rows": rows}, whose reply is the logits of those rows."""
    global training
    if "train" in request:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        training = Training(program.train, present(request["train"]["device"]), request["train"]["seconds"])
        return training.device
    if "chunk" in request:
        chunk = request["chunk"]
        return training.push(chunk and (tensor(chunk), request["progress"]))
    return pack(predict(program, tensor(request["predict"]), tensor(request["rows"])).float().cpu().numpy())


def present(device: str) -> str:
    """The device that was asked for, or the CPU where there is none."""
    return device if device == "cpu" or torch.cuda.is_available() else "cpu"


def tensor(packed: Any) -> torch.Tensor:
    return torch.from_numpy(unpack(packed).copy()).to(training.device)


def predict(program: ModuleType, texts: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """The logits of `rows` [documents, asked] of each text, [documents, asked, 256]."""
    with torch.inference_mode():
        logits = program.predict(training.model.result(), texts)
    if logits.shape != (*texts.shape, 256):
        raise ValueError(f"predict: expected logits of shape {(*texts.shape, 256)}, got {tuple(logits.shape)}")
    return torch.as_tensor(logits[torch.arange(len(texts), device=texts.device)[:, None], rows])
