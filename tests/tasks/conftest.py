"""A bench for tests: the real serve loop and the real candidate loop, each in a thread behind
two real pipes, with no sandbox. It speaks the host's side of the protocol."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from godel.contract import Program
from godel.contract.loader import ProgramFinder
from godel.sandbox.guest import candidate
from godel.sandbox.guest.port import Port
from godel.scoring.answering.reading import Reading
from godel.tasks import Task
from godel.tasks.judging import serve
from godel.tasks.judging.messages import Call, Start


class Thread:
    """A guest's main function in a thread, and the host's end of its pipes."""

    def __init__(self, main: Callable[[Port, Any], None], payload: Any) -> None:
        down, up = os.pipe(), os.pipe()
        self.port = Port(up[0], down[1])
        self._down = down[1]
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(main, Port(down[0], up[1]), payload, up[1]))
        self._thread.start()

    def _run(self, main: Callable[[Port, Any], None], port: Port, payload: Any, out: int) -> None:
        try:
            main(port, payload)
        except Exception as error:  # shown to the host as the end of this guest
            self._error = error
        finally:
            os.close(out)
            port._in.close()

    def ask(self, message: Any) -> Any:
        self.port.send(message)
        return self.hear()

    def hear(self) -> Any:
        """The guest's next word. Raises what the guest died of."""
        try:
            return self.port.receive()
        except EOFError:
            self._thread.join()
            raise self._error or AssertionError("the guest left") from None

    def close(self) -> None:
        os.close(self._down)
        self._thread.join()
        self.port._in.close()


class Bench:
    """One judge for the whole test; a fresh candidate at each start."""

    def __init__(self) -> None:
        self._judge = Thread(serve.main, None)
        self._candidate: Thread | None = None
        self.calls: list[Any] = []
        assert self._judge.hear() == "ready"

    def evaluate(self, task: Task, program: Program, seed: int = 0, recorded: bool = False) -> dict[str, Any]:
        load = {"load": {"task": task.version, "files": dict(task.judge_files)}}
        assert self._judge.ask(load) == "loaded"
        job = {"task": task.version, "seed": seed, "preset": dict(task.preset), "recorded": recorded}
        said = self._judge.ask({"evaluate": job})
        while "verdict" not in said:
            said = self._judge.ask(self._serve(said, task, program))
        self._end()
        verdict: dict[str, Any] = said["verdict"]
        return verdict

    def _serve(self, said: Mapping[str, Any], task: Task, program: Program) -> Any:
        if task.judged_by == "reading":
            question = Start() if "start" in said else Call(said["call"])
            return json.loads(Reading(program).answer(question))
        try:
            if "start" in said:
                self._end()
                self._candidate = Thread(candidate.main, {"program": program.to_json(), "driver": task.driver})
                self._candidate.hear()
                return {"ok": True}
            assert self._candidate, "called before it was started"
            self.calls.append(said["call"])
            return {"reply": self._candidate.ask(said["call"])}
        except Exception as error:
            return {"failed": {"reason": "crash", "detail": repr(error)}}

    def _end(self) -> None:
        """Forget the candidate and the modules of its program, as a new fork would."""
        if self._candidate:
            self._candidate.close()
            self._candidate = None
        sys.modules.pop("main", None)
        sys.meta_path[:] = [finder for finder in sys.meta_path if not owns_main(finder)]

    def close(self) -> None:
        self._end()
        self._judge.close()


def owns_main(finder: object) -> bool:
    return isinstance(finder, ProgramFinder) and finder.find_spec("main") is not None


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()
