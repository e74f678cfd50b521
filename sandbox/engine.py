"""The one doorway to the Docker SDK: a client, and its failures in our words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import SandboxLost

if TYPE_CHECKING:
    from docker import APIClient

TIMEOUT_S = 60
"""How long the engine may take to answer a request before it counts as gone."""
LOCAL = "unix:///var/run/docker.sock"


class EngineRefused(SandboxLost):
    """The engine answered, and refused. `status` is the HTTP status of its answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def connect(timeout_s: int = TIMEOUT_S) -> APIClient:
    """A client of the engine that DOCKER_HOST names, or of the local one. Raises SandboxLost."""
    import docker
    from docker.utils import kwargs_from_env

    with engine_errors():
        knock()
        return docker.APIClient(**kwargs_from_env(), version="auto", timeout=timeout_s)


def knock() -> None:
    """Raises OSError if nobody listens: the plain reason, and the SDK would leave its socket open."""
    scheme, _, path = address().partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(path)


def address() -> str:
    return os.environ.get("DOCKER_HOST") or LOCAL


@contextmanager
def engine_errors() -> Iterator[None]:
    """Raises EngineRefused for what the engine refuses, SandboxLost when it can't be spoken to."""
    from docker.errors import APIError, DockerException
    from requests import RequestException

    try:
        yield
    except APIError as error:
        raise EngineRefused(error.status_code or 500, f"docker: {error.explanation or error}") from error
    except (DockerException, RequestException, OSError) as error:
        raise SandboxLost(f"docker: no engine answers at {address()}: {one_line(error)}") from error


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
