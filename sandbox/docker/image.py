"""The guest's image: which one is wanted, whether it is there, how it is built.

Its tag is the hash of all that goes in (Dockerfile, guest library, the packages' versions,
the base), so an image that exists under its tag is never stale and is never built twice.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from .. import EngineRefused, Image, SandboxError, SandboxLost, library, packages
from . import debian_base, wheels
from .engine import connect, engine_errors

if TYPE_CHECKING:
    from docker import APIClient

REPOSITORY = "godel-guest"
LABEL = "godel.image"
BUILD_TIMEOUT_S = 900
"""How long the engine may be silent during a build: installing torch prints nothing for minutes."""
REGISTRY_TIMEOUT_S = 10

DOCKERFILE = library.ROOT / "Dockerfile"


class Ingredients(NamedTuple):
    """What an image is built from, the guest library apart: its base, and a folder with the wheels that go in."""

    base: str
    wheels: Path


def build(base: str = "auto", report: Callable[[str], None] = print, pins: tuple[str, ...] | None = None) -> str:
    """Build the image if it is not there; its id. `base`: "auto", "debian" or an image's name. `pins`: the
    packages in it, by default `packages.pins`. Raises SandboxError in one line."""
    pins = packages.pins() if pins is None else pins
    with connect(BUILD_TIMEOUT_S) as engine:
        tag = find(engine, base, pins)
        if tag is None:
            base = resolve(engine, base, report)
            tag = wanted(base, pins)
        if existing := image_id(engine, tag):
            report(f"{tag} is there already")
            return existing
        folder = wheels.gather(pins, machine(engine), report)
        report(f"building {tag} from {base}")
        return run_build(engine, tag, Ingredients(base, folder), report)


def find(engine: APIClient, base: str = "auto", pins: tuple[str, ...] | None = None) -> str | None:
    """The tag of the image that fits this checkout and `base`, if it was built."""
    pins = packages.pins() if pins is None else pins
    tags = (wanted(each, pins) for each in considered(base))
    return next((tag for tag in tags if image_id(engine, tag)), None)


def considered(base: str) -> tuple[str, ...]:
    """The names of the bases that `base` stands for."""
    if base == "auto":
        return bases()
    return (debian_base.NAME if base == "debian" else base,)


def obstacle(engine: APIClient) -> str | None:
    """Why `build` could not succeed here, in one line; None if it should."""
    try:
        wheels.pip_command()
    except SandboxError as error:
        return str(error)
    if any(image_id(engine, base) for base in bases()) or debian_base.obstacle() is None:
        return None
    if (silence := registry_obstacle(bases()[0])) is None:
        return None
    return f"no base image: {bases()[0]} can't be pulled ({silence}), and {debian_base.obstacle()}"


def list_images(engine: APIClient) -> list[Image]:
    """Every image of ours, newest first."""
    with engine_errors():
        listed = engine.images(filters={"label": LABEL})
    images = [
        Image(one["Id"], one["Labels"][LABEL], tags(one), one["Size"], one["Created"])
        for one in listed
        if LABEL in (one["Labels"] or {})
    ]
    return sorted(images, key=lambda image: -image.created)


def tags(listed: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tag for tag in listed["RepoTags"] or () if tag != "<none>:<none>")


def remove(engine: APIClient, name: str) -> bool:
    """Remove an image; whether it was there: it may have gone with one of its descendants.
    Raises SandboxError if a running guest holds it."""
    there = image_id(engine, name) is not None
    if there:
        with engine_errors():
            engine.remove_image(name, force=True)
    return there


def bases() -> tuple[str, str]:
    """The bases that "auto" considers, in this order."""
    default = re.search(r"^ARG BASE_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    if not default:
        raise SandboxError(f"{DOCKERFILE} has no line ARG BASE_IMAGE=...")
    return default[1], debian_base.NAME


def wanted(base: str, pins: tuple[str, ...]) -> str:
    """The tag: a hash over everything that the image is made of."""
    digest = hashlib.sha256(repr((base, wheels.PYTHON, pins)).encode())
    for name, path in context_files():
        body = path.read_bytes()
        digest.update(f"\0{name}\0{len(body)}\0".encode() + body)
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def context_files() -> list[tuple[str, Path]]:
    """The Dockerfile and the guest library: (name in the build's context, file), in a fixed order."""
    return [("Dockerfile", DOCKERFILE), *((f"library/{place}", path) for place, path in library.files())]


def resolve(engine: APIClient, base: str, report: Callable[[str], None]) -> str:
    """The name of a base image that is there now. Raises SandboxError."""
    if base in ("debian", debian_base.NAME):
        return debian_base.NAME if image_id(engine, debian_base.NAME) else debian_base.build(engine, report)
    name = bases()[0] if base == "auto" else base
    if image_id(engine, name):
        return name
    why = registry_obstacle(name)
    if why is None:
        return pull(engine, name, report)
    if base != "auto":
        raise SandboxError(f"{name} is not here and can't be pulled ({why}); try `--base debian`")
    if other := debian_base.obstacle():
        raise SandboxError(f"no base image: {name} can't be pulled ({why}), and {other}")
    report(f"{name} can't be pulled ({why}): the base comes from Debian's packages")
    return resolve(engine, "debian", report)


def pull(engine: APIClient, name: str, report: Callable[[str], None]) -> str:
    report(f"pulling {name}")
    repository, _, tag = name.partition(":")
    with engine_errors():
        engine.pull(repository, tag or "latest")
    return name


def registry_obstacle(name: str) -> str | None:
    """Why the engine can't get `name` from its registry; None if it can."""
    try:
        with connect(REGISTRY_TIMEOUT_S) as engine, engine_errors():
            engine.inspect_distribution(name)  # type: ignore[no-untyped-call]
    except SandboxLost as error:
        return str(error).removeprefix("docker: ")
    return None


def image_id(engine: APIClient, name: str) -> str | None:
    """The id of a local image, by name or id."""
    try:
        with engine_errors():
            identifier: str = engine.inspect_image(name)["Id"]  # type: ignore[no-untyped-call]
            return identifier
    except EngineRefused as refused:
        if refused.status == 404:
            return None
        raise


def machine(engine: APIClient) -> str:
    """The engine's architecture as wheels name it: x86_64, aarch64. Podman says amd64, arm64."""
    with engine_errors():
        name = str(engine.info()["Architecture"])
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def run_build(engine: APIClient, tag: str, given: Ingredients, report: Callable[[str], None]) -> str:
    """The classic builder, without a network. Raises SandboxError with the step's last words."""
    with tempfile.TemporaryFile() as context, engine_errors():
        pack(context, given.wheels)
        options: dict[str, Any] = {"buildargs": {"BASE_IMAGE": given.base}, "tag": tag, "network_mode": "none"}
        last = ""
        for event in engine.build(
            fileobj=context, custom_context=True, decode=True, rm=True, forcerm=True, use_config_proxy=False, **options
        ):
            if "error" in event:
                raise SandboxError(f"building {tag} failed: {event['error'].strip()}; {last}")
            last = event.get("stream", "").strip() or last
            if event.get("stream", "").startswith("Step "):
                report(last)
    built = image_id(engine, tag)
    if not built:
        raise SandboxError(f"building {tag} ended without an image; {last}")
    return built


def pack(context: BinaryIO, folder: Path) -> None:
    """Write the build's context: the same bytes for the same content, so that the engine's cache applies."""
    files = [*context_files(), *((f"wheels/{path.name}", path) for path in sorted(folder.iterdir()))]
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, path in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as body:
                archive.addfile(entry, body)
    context.seek(0, io.SEEK_SET)
