"""One running container: its pipe, its end, its removal."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import KILLED, KILLED_OUTSIDE, OUT_OF_MEMORY, OUTSIDE_SIGNALS, EngineRefused, SandboxLost
from ..processes import children, stopped
from .attach import AttachedPipe
from .engine import engine_errors

if TYPE_CHECKING:
    from docker import APIClient

DRAIN_S = 2.0
"""How long the last output of a killed container may take to come."""
EXIT_NOTICED_S = 5.0
"""How long the engine may take to notice that a container whose pipe has closed is over."""


class Container(NamedTuple):
    """A container that runs. `init`: the engine's own init is its first process, and the zygote that one's child."""

    id: str
    name: str
    init: bool


class DockerGuest:
    """One running container and the pipe to its zygote."""

    def __init__(
        self, container: Container, pipe: AttachedPipe, engine: APIClient, remover: ThreadPoolExecutor
    ) -> None:
        """`remover`: the threads in which what was killed is removed."""
        self.container, self.name, self._init = container
        self._pipe, self._engine, self._remover = pipe, engine, remover
        self._killed = threading.Lock()
        self._end: str | SandboxLost | None = None

    def send(self, data: bytes) -> None:
        self._pipe.send(data)

    def receive(self, timeout_s: float) -> bytes:
        return self._pipe.receive(timeout_s)

    def log(self) -> str:
        self._pipe.drain(0)
        return self._pipe.log()

    def kill(self) -> None:
        """The container is dead when this returns; it is removed in the background."""
        if not self._killed.acquire(blocking=False):
            return
        self._pipe.drain(0)
        try:
            self._end = self._finish()
            self._discard()
        except SandboxLost as lost:
            self._end = lost  # the engine is gone: whoever asks for the death is told
        self._pipe.drain(DRAIN_S)
        self._pipe.close()

    def death(self) -> str:
        if self._end is None:
            return describe(self._settled())
        if isinstance(self._end, SandboxLost):
            raise self._end
        return self._end

    def oom_kills(self) -> int:
        return 0  # the zygote sees the container's own count

    def paused(self) -> bool:
        state = self._state()
        return bool(state["Paused"]) or any(map(stopped, self._trusted(state["Pid"])))

    def _trusted(self, pid: int) -> list[int]:
        """The container's processes that run nothing untrusted, where its engine is on this machine."""
        try:
            ours = self.container in Path(f"/proc/{pid}/cgroup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return ([pid, *children(pid)] if self._init else [pid]) if ours else []

    def _finish(self) -> str:
        """How it ended by itself, if it had; else end it."""
        if self._pipe.ended and not (state := self._settled())["Running"]:
            return describe(state)
        with contextlib.suppress(EngineRefused), engine_errors():  # refused: it has just ended
            self._engine.kill(self.container)
        return KILLED

    def _discard(self) -> None:
        """What can't be removed now, because the engine goes away, is the reaper's."""
        try:
            self._remover.submit(remove, self._engine, self.container)
        except RuntimeError:  # the interpreter is ending: it starts no more work in threads
            remove(self._engine, self.container)

    def _settled(self) -> Mapping[str, Any]:
        """The state once the engine has noticed the end."""
        deadline = time.monotonic() + EXIT_NOTICED_S
        while (state := self._state())["Running"] and time.monotonic() < deadline:
            time.sleep(0.01)
        return state

    def _state(self) -> Mapping[str, Any]:
        with engine_errors():
            state: Mapping[str, Any] = self._engine.inspect_container(self.container)["State"]
            return state


def describe(state: Mapping[str, Any]) -> str:
    """Why a container ended, from its State. OOMKilled alone may be about an earlier child."""
    if state["Running"]:
        return "still running"
    code = state["ExitCode"]
    if state["OOMKilled"] and code == 128 + signal.SIGKILL:
        return OUT_OF_MEMORY
    if code - 128 in OUTSIDE_SIGNALS:
        return KILLED_OUTSIDE
    return f"exit {code}" + (f" ({state['Error']})" if state["Error"] else "")


def remove(engine: APIClient, container: str) -> bool:
    """Kill and remove; whether it was there. One that an engine in trouble keeps is left to the reaper."""
    try:
        with engine_errors():
            engine.remove_container(container, force=True, v=True)
        return True
    except EngineRefused as refused:
        if refused.status not in (404, 409):  # gone, or somebody is removing it
            raise
        return False
