"""Which container engine is meant: the one that the `docker` command line would speak to.

It goes by DOCKER_HOST, else by the context that DOCKER_CONTEXT or its configuration's `currentContext`
names (docs.docker.com/engine/manage-resources/contexts). The SDK's own reader of contexts goes on to
the local socket when a context is not there, and finds none without a config.json; so they are read here.
Where nobody names an engine, rootless Docker's and Podman's sockets are tried after Docker's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from .. import TierMissing

LOCAL = "unix:///var/run/docker.sock"


class Endpoint(NamedTuple):
    """An engine's address, who names it ("DOCKER_HOST", "context 'x'"; "" for a usual place), and its
    TLS: None as the environment says, False for none, else a context's."""

    address: str
    named_by: str = ""
    tls: Tls | bool | None = None

    def __str__(self) -> str:
        return f"{self.address} ({self.named_by})" if self.named_by else self.address

    @property
    def socket(self) -> str | None:
        """The path of a local engine's socket."""
        scheme, _, path = self.address.partition("://")
        return path if scheme == "unix" else None


class Tls(NamedTuple):
    """Files in PEM format, "" for one that a context does not have, and whether the engine must prove who it is."""

    ca: str
    cert: str
    key: str
    verify: bool


def endpoints() -> list[Endpoint]:
    """Those to try, in order: one, if it is named. Raises TierMissing when what is named can't be followed."""
    if host := os.environ.get("DOCKER_HOST"):
        return [supported(Endpoint(host, "DOCKER_HOST"))]
    if name := os.environ.get("DOCKER_CONTEXT"):
        return [of_context(name, "DOCKER_CONTEXT")]
    name = str(read(configuration() / "config.json").get("currentContext") or "")
    if name:
        return [of_context(name, str(configuration() / "config.json"))]
    return usual()


def usual() -> list[Endpoint]:
    """Docker's own socket, and those of rootless Docker, Docker Desktop and Podman that are there."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    desktop = home() / ".docker"
    others = [
        *(runtime / "docker.sock", desktop / "run/docker.sock", desktop / "desktop/docker.sock"),
        *(runtime / "podman/podman.sock", Path("/run/podman/podman.sock")),
    ]
    return [Endpoint(LOCAL), *(Endpoint(f"unix://{path}") for path in others if os.access(path, os.F_OK))]


def of_context(name: str, named_by: str) -> Endpoint:
    """The engine of the context `name`. Raises TierMissing if there is none, or it can't be followed."""
    if name == "default":
        return Endpoint(LOCAL, f"context 'default', {named_by}")
    key = hashlib.sha256(name.encode()).hexdigest()
    contexts = configuration() / "contexts"
    engine = read(contexts / "meta" / key / "meta.json").get("Endpoints", {}).get("docker", {})
    if not engine.get("Host"):
        raise TierMissing(
            f"docker: there is no context {name!r}, which {named_by} names; `docker context ls` shows those there are"
        )
    tls = tls_of(contexts / "tls" / key / "docker", verify=not engine.get("SkipTLSVerify"))
    return supported(Endpoint(engine["Host"], f"context {name!r}", tls))


def tls_of(folder: Path, verify: bool) -> Tls | bool:
    """A context's TLS; False where it has none. Raises TierMissing for keys that can't be read: they
    are not done without."""
    try:
        there = {path.name: str(path) for path in folder.iterdir() if path.read_bytes()} if folder.exists() else {}
    except OSError as error:
        raise TierMissing(f"docker: {folder} can't be read: {error}") from error
    ca, cert, key = (there.get(name, "") for name in ("ca.pem", "cert.pem", "key.pem"))
    return Tls(ca, cert, key, verify) if ca or cert or not verify else False


def supported(endpoint: Endpoint) -> Endpoint:
    scheme, _, rest = endpoint.address.partition("://")
    if scheme == "ssh":
        raise TierMissing(
            f"docker: {endpoint} is reached by SSH, and guests' pipes can't be; forward its socket and name that: "
            f"ssh -fNL /tmp/docker.sock:/var/run/docker.sock {rest}; export DOCKER_HOST=unix:///tmp/docker.sock"
        )
    return endpoint


def configuration() -> Path:
    """The folder of the command line's configuration."""
    return Path(os.environ.get("DOCKER_CONFIG") or home() / ".docker")


def home() -> Path:
    """The user's; "/" for one that this system knows only by number and who has no HOME, as in a container."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def read(file: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no file. Raises TierMissing for one that holds something else."""
    try:
        content = json.loads(file.read_text(encoding="utf-8").strip() or "{}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TierMissing(f"docker: {file} can't be read: {error}") from error
    if not isinstance(content, dict):
        raise TierMissing(f"docker: {file} holds no JSON object")
    return content
