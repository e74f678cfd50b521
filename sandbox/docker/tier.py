"""The Docker tier: one hardened container per guest."""

from __future__ import annotations

import contextlib
import ssl
import uuid
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import EngineRefused, Image, SandboxError, SandboxLost, Spec, TierMissing, owner, packages
from ..advice import sudo
from . import hardening, image
from .attach import AttachedPipe
from .engine import connect, engine_errors
from .guest import Container, DockerGuest, remove

if TYPE_CHECKING:
    from docker import APIClient

PROBE_TIMEOUT_S = 5

NOT_BY_PODMAN = (
    "docker: it is Podman that answers, and the guest's image is built by Docker only: run `godel sandbox build` where "
    f"Docker is, and hand the image over: docker save {image.REPOSITORY} | podman load"
)


class DockerTier:
    """Starts guests as containers of an engine.

    Options: `runtime`, a stronger one that the engine knows ("runsc");
    `image`, a tag or id instead of the one that fits this checkout; `base`, what that is built from
    ("auto", "debian" or an image's name)."""

    name = "docker"

    def __init__(self, runtime: str = "", image: str = "", base: str = "auto") -> None:
        self._runtime, self._given_image, self._base = runtime, image, base
        self._run = uuid.uuid4().hex[:12]
        self._closed = False
        self._remover = ThreadPoolExecutor(2, thread_name_prefix="godel-docker-remove")

    def forks(self) -> bool:
        return False  # a container may make no namespaces, unless its outside loses rights (docs/nursery.md)

    def missing(self) -> str | None:
        try:
            with connect(PROBE_TIMEOUT_S) as engine, engine_errors():
                return self._obstacle(engine, engine.info())
        except SandboxLost as lost:
            return f"{lost}; {cure(lost)}"
        except SandboxError as error:
            return str(error)

    def prepare(self, report: Callable[[str], None]) -> None:
        if not self._given_image and image.find(self._engine, self._base) is None:
            image.build(self._base, report)
        self.identity()

    def identity(self) -> str:
        return str(self._image["Id"])

    def unset(self) -> tuple[str, ...]:
        return hardening.unset(self._info)

    def modules(self) -> frozenset[str]:
        return packages.modules()

    def start(self, spec: Spec) -> DockerGuest:
        if self._closed:
            raise SandboxLost("docker: the tier was closed")
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
            containers = self._engine.containers(all=True, filters={"label": "godel.pid"})
        leftover = [one["Id"] for one in containers if abandoned(one)]
        return sum(remove(self._engine, container) for container in leftover)

    def images(self) -> list[Image]:
        return image.list_images(self._engine)

    def remove(self, what: Image) -> bool:
        return image.remove(self._engine, what.id)

    def close(self) -> None:
        """Finish removing what was killed and hang up."""
        self._closed = True
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
        started = Container(container, name, init=spec.isolate_children)
        return DockerGuest(started, pipe, self._engine, self._remover)

    def _attach(self, container: str, log_bytes: int) -> AttachedPipe:
        """Before the start, so that nothing it says is missed."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached: Any = self._engine.attach_socket(container, params=streams)
        if isinstance(attached, ssl.SSLSocket):  # the bare one: what keeps it open is the response that came with it
            return AttachedPipe(attached, attached._response, log_bytes)  # type: ignore[attr-defined]
        return AttachedPipe(getattr(attached, "_sock", attached), attached, log_bytes)

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
        name = self._given_image or image.find(self._engine, self._base)
        if name is None:
            raise TierMissing("the guest's image is not built: `godel sandbox build`")
        try:
            with engine_errors():
                about: dict[str, Any] = self._engine.inspect_image(name)  # type: ignore[no-untyped-call]
                return about
        except EngineRefused as refused:
            raise TierMissing(f"{refused}; build it with `godel sandbox build`") from None

    def _obstacle(self, engine: APIClient, info: Mapping[str, Any]) -> str | None:
        if why := self._runtime_obstacle(info):
            return why
        if self._given_image:
            known = image.image_id(engine, self._given_image)
            return (
                None if known else f"docker: no image {self._given_image}; `godel sandbox list` shows those there are"
            )
        if image.find(engine, self._base):
            return None
        return NOT_BY_PODMAN if hardening.podman(info) else image.obstacle(engine)

    def _runtime_obstacle(self, info: Mapping[str, Any]) -> str | None:
        known = info.get("Runtimes") or {}
        if not self._runtime or self._runtime in known:
            return None
        return f"docker: the engine has no runtime {self._runtime!r}; it has {', '.join(sorted(known))}"


def cure(lost: SandboxLost) -> str:
    """What makes an engine answer that could not be spoken to."""
    if isinstance(lost.__cause__, PermissionError):
        return "join the group `docker` (`sudo usermod -aG docker $USER`, then log in again)"
    return f"start one (`{sudo()}systemctl start docker`)"


def abandoned(container: Mapping[str, Any]) -> bool:
    alive = owner.alive(container["Labels"])
    return container["State"] in ("exited", "dead") if alive is None else not alive
