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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from godel import contract

from . import SandboxError, SandboxLost, debian_base, wheels
from .engine import EngineRefused, connect, engine_errors

if TYPE_CHECKING:
    from docker import APIClient

REPOSITORY = "godel-guest"
LABEL = "godel.image"
BUILD_TIMEOUT_S = 900
"""How long the engine may be silent during a build: installing torch prints nothing for minutes."""
REGISTRY_TIMEOUT_S = 10

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
"""The checkout; in an installed wheel, the `godel` package: both hold the same three folders."""
LIBRARY = {
    "godel/contract": Path(contract.__file__).resolve().parent,
    "godel/sandbox/guest": PACKAGE / "guest",
    "godel/tasks/judging": ROOT / "tasks" / "judging",
}
"""The folders that a guest may import, by their place under GUEST_LIBRARY."""


class Image(NamedTuple):
    """One image of ours. `kind`: guest, packages (a cached build stage) or base."""

    id: str
    kind: str
    tags: tuple[str, ...]
    size_bytes: int
    created: int  # seconds since the epoch


def build(base: str = "auto", report: Callable[[str], None] = print, with_torch: bool | None = None) -> str:
    """Build the image if it is not there; its id. `base`: "auto", "debian" or an image's name.

    `with_torch` None: if the host has torch. Raises SandboxError in one line."""
    pins = wheels.requirements(with_torch)
    with connect(BUILD_TIMEOUT_S) as engine:
        if base != "auto" or (tag := find(engine, with_torch)) is None:
            base = resolve(engine, base, report)
            tag = wanted(base, pins)
        if found := image_id(engine, tag):
            report(f"{tag} is there already")
            return found
        folder = wheels.gather(pins, machine(engine), report)
        report(f"building {tag} from {base}")
        return run_build(engine, base, tag, folder, report)


def find(engine: APIClient, with_torch: bool | None = None) -> str | None:
    """The tag of the image that fits this checkout, if it was built."""
    pins = wheels.requirements(with_torch)
    return next((tag for base in bases() if image_id(engine, tag := wanted(base, pins))), None)


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


def list_images() -> list[Image]:
    """Every image of ours, newest first."""
    with connect() as engine, engine_errors():
        found = engine.images(filters={"label": LABEL})
    images = [
        Image(one["Id"], one["Labels"][LABEL], tags(one), one["Size"], one["Created"])
        for one in found
        if LABEL in (one["Labels"] or {})
    ]
    return sorted(images, key=lambda image: -image.created)


def tags(listed: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tag for tag in listed["RepoTags"] or () if tag != "<none>:<none>")


def clean(images: Iterable[Image] | None = None) -> int:
    """Remove images of ours, by default all; how many. Raises SandboxError if a running guest holds one."""
    removed = 0
    with connect() as engine:
        for image in list_images() if images is None else images:
            if image_id(engine, image.id):  # else it went with one of its descendants
                with engine_errors():
                    engine.remove_image(image.id, force=True)
                removed += 1
    return removed


def bases() -> tuple[str, str]:
    """The bases that "auto" considers, in this order."""
    default = re.search(r"^ARG BASE_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if not default:
        raise SandboxError(f"{ROOT / 'Dockerfile'} has no line ARG BASE_IMAGE=...")
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
    library = [
        (f"library/{place}/{path.relative_to(folder)}", path)
        for place, folder in LIBRARY.items()
        for path in folder.rglob("*.py")
    ]
    package = ROOT / "__init__.py" if (ROOT / "__init__.py").exists() else ROOT / "godel" / "__init__.py"
    return sorted([("Dockerfile", ROOT / "Dockerfile"), ("library/godel/__init__.py", package), *library])


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
            found: str = engine.inspect_image(name)["Id"]  # type: ignore[no-untyped-call]
            return found
    except EngineRefused as refused:
        if refused.status == 404:
            return None
        raise


def machine(engine: APIClient) -> str:
    """The engine's architecture as wheels name it: x86_64, aarch64. Podman says amd64, arm64."""
    with engine_errors():
        name = str(engine.info()["Architecture"])
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def run_build(engine: APIClient, base: str, tag: str, folder: Path, report: Callable[[str], None]) -> str:
    """The classic builder, without a network. Raises SandboxError with the step's last words."""
    with tempfile.TemporaryFile() as context, engine_errors():
        pack(context, folder)
        options: dict[str, Any] = {"buildargs": {"BASE_IMAGE": base}, "tag": tag, "network_mode": "none"}
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
