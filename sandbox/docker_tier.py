"""The Docker tier: one hardened container per guest."""

from __future__ import annotations

import contextlib
import signal
import ssl
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import (
    KILLED,
    KILLED_OUTSIDE,
    OUT_OF_MEMORY,
    OUTSIDE_SIGNALS,
    SandboxError,
    SandboxLost,
    Spec,
    TierMissing,
    hardening,
    image,
    owner,
)
from .attach import AttachedPipe
from .engine import EngineRefused, connect, engine_errors
from .process import children, stopped
from .remedy import sudo

if TYPE_CHECKING:
    from docker import APIClient

PROBE_TIMEOUT_S = 5
DRAIN_S = 2.0
"""How long the last output of a killed container may take to come."""
EXIT_NOTICED_S = 5.0
"""How long the engine may take to notice that a container whose pipe has closed is over."""


NOT_BY_PODMAN = (
    "docker: it is Podman that answers, and the guest's image is built by Docker only: run `godel sandbox build` where "
    f"Docker is, and hand the image over: docker save {image.REPOSITORY} | podman load"
)


class DockerTier:
    """Starts guests as containers. `runtime`: a stronger one that the engine knows ("runsc").
    `image`: a tag or id; by default the one that fits this checkout."""

    name = "docker"

    def __init__(self, runtime: str | None = None, image: str | None = None) -> None:
        self._runtime, self._given_image = runtime, image
        self._run = uuid.uuid4().hex[:12]
        self._remover = ThreadPoolExecutor(2, thread_name_prefix="godel-docker-remove")

    def missing(self) -> str | None:
        try:
            with connect(PROBE_TIMEOUT_S) as engine, engine_errors():
                return self._obstacle(engine, engine.info())
        except SandboxLost as lost:
            return f"{lost}; {cure(lost)}"
        except SandboxError as error:
            return str(error)

    def prepare(self, report: Callable[[str], None]) -> None:
        if self._given_image is None and image.find(self._engine) is None:
            image.build("auto", report)
        self.identity()

    def identity(self) -> str:
        return str(self._image["Id"])

    def unset(self) -> tuple[str, ...]:
        return hardening.unset(self._info)

    def start(self, spec: Spec) -> DockerGuest:
        if why := self._runtime_obstacle(self._info):
            vars(self).pop("_info", None)  # an engine can be given a runtime while this process lives
            raise TierMissing(why)
        try:
            return self._start(spec)
        except EngineRefused as refused:
            if spec.gpu and "device driver" in str(refused):
                raise TierMissing("docker: the engine has no GPU; install the NVIDIA container toolkit") from None
            if refused.status == 404:
                raise TierMissing(f"{refused}; build it with `godel sandbox build`") from None
            raise

    def reap(self) -> int:
        """Containers of processes that are gone. Where nobody can know (another boot or machine),
        those that no longer run: their pipe has closed."""
        with engine_errors():
            found = self._engine.containers(all=True, filters={"label": "godel.pid"})
        leftover = [one["Id"] for one in found if abandoned(one)]
        return sum(remove(self._engine, container) for container in leftover)

    def close(self) -> None:
        """Finish removing what was killed and hang up. A closed tier can't start guests."""
        self._remover.shutdown()
        if "_engine" in vars(self):
            self._engine.close()

    def _start(self, spec: Spec) -> DockerGuest:
        config = hardening.container(
            spec,
            self._image["Id"],
            self._image["Config"].get("Env") or (),
            {"godel.run": self._run, "godel.role": spec.role, **owner.labels()},
            hardening.host_config(spec, self._info, self._runtime),
        )
        name = f"godel-{spec.role}-{uuid.uuid4().hex[:12]}"
        with engine_errors(), contextlib.ExitStack() as undo:
            made = self._engine.create_container_from_config(config, name)  # type: ignore[no-untyped-call]
            container: str = made["Id"]
            undo.callback(remove, self._engine, container)
            pipe = self._attach(container, spec.limits.log_bytes)
            undo.callback(pipe.close)
            self._engine.start(container)
            undo.pop_all()
        return DockerGuest(name, container, pipe, self._engine, self._remover, spec.isolate_children)

    def _attach(self, container: str, log_bytes: int) -> AttachedPipe:
        """Before the start, so that nothing it says is missed."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        found: Any = self._engine.attach_socket(container, params=streams)
        if isinstance(found, ssl.SSLSocket):  # the bare one: what keeps it open is the response that came with it
            return AttachedPipe(found, found._response, log_bytes)  # type: ignore[attr-defined]
        return AttachedPipe(getattr(found, "_sock", found), found, log_bytes)

    @cached_property
    def _engine(self) -> APIClient:
        engine = connect()
        weakref.finalize(self, engine.close)
        return engine

    @cached_property
    def _info(self) -> dict[str, Any]:
        with engine_errors():
            info: dict[str, Any] = self._engine.info()
            return info

    @cached_property
    def _image(self) -> dict[str, Any]:
        name = self._given_image or image.find(self._engine)
        if name is None:
            raise TierMissing("the guest's image is not built: `godel sandbox build`")
        try:
            with engine_errors():
                found: dict[str, Any] = self._engine.inspect_image(name)  # type: ignore[no-untyped-call]
                return found
        except EngineRefused as refused:
            raise TierMissing(f"{refused}; build it with `godel sandbox build`") from None

    def _obstacle(self, engine: APIClient, info: dict[str, Any]) -> str | None:
        if why := self._runtime_obstacle(info):
            return why
        if self._given_image:
            known = image.image_id(engine, self._given_image)
            return (
                None if known else f"docker: no image {self._given_image}; `godel sandbox list` shows those there are"
            )
        if image.find(engine):
            return None
        return NOT_BY_PODMAN if hardening.podman(info) else image.obstacle(engine)

    def _runtime_obstacle(self, info: dict[str, Any]) -> str | None:
        known = info.get("Runtimes") or {}
        if self._runtime is None or self._runtime in known:
            return None
        return f"docker: the engine has no runtime {self._runtime!r}; it has {', '.join(sorted(known))}"


class DockerGuest:
    """One running container and the pipe to its zygote."""

    def __init__(
        self, name: str, container: str, pipe: AttachedPipe, engine: APIClient, remover: ThreadPoolExecutor, init: bool
    ) -> None:
        """`init`: the engine's own init is the first process, and the zygote its child."""
        self.name, self.container, self._init = name, container, init
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

    def _settled(self) -> dict[str, Any]:
        """The state once the engine has noticed the end."""
        deadline = time.monotonic() + EXIT_NOTICED_S
        while (state := self._state())["Running"] and time.monotonic() < deadline:
            time.sleep(0.01)
        return state

    def _state(self) -> dict[str, Any]:
        with engine_errors():
            state: dict[str, Any] = self._engine.inspect_container(self.container)["State"]
            return state


def cure(lost: SandboxLost) -> str:
    """What makes an engine answer that could not be spoken to."""
    if isinstance(lost.__cause__, PermissionError):
        return "join the group `docker` (`sudo usermod -aG docker $USER`, then log in again)"
    return f"start one (`{sudo()}systemctl start docker`)"


def describe(state: dict[str, Any]) -> str:
    """Why a container ended, from its State. OOMKilled alone may be about an earlier child."""
    if state["Running"]:
        return "still running"
    code = state["ExitCode"]
    if state["OOMKilled"] and code == 128 + signal.SIGKILL:
        return OUT_OF_MEMORY
    if code - 128 in OUTSIDE_SIGNALS:
        return KILLED_OUTSIDE
    return f"exit {code}" + (f" ({state['Error']})" if state["Error"] else "")


def abandoned(found: dict[str, Any]) -> bool:
    alive = owner.alive(found["Labels"])
    return found["State"] in ("exited", "dead") if alive is None else not alive


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
