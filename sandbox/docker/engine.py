"""The one doorway to the Docker SDK: a client, and its failures in our words."""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import EngineRefused, SandboxLost
from .endpoint import Endpoint, Tls, endpoints

if TYPE_CHECKING:
    from docker import APIClient

TIMEOUT_S = 60
"""How long the engine may take to answer a request before it counts as gone."""


def connect(timeout_s: int = TIMEOUT_S) -> APIClient:
    """A client of the engine that `endpoints` leads to: the first at which somebody listens. Raises
    SandboxLost where nobody does, TierMissing for a context that can't be followed."""
    with engine_errors():
        endpoint = answering(endpoints())
        return client_class()(**options(endpoint), version="auto", timeout=timeout_s)


def answering(tried: list[Endpoint]) -> Endpoint:
    """The first at which somebody listens. Raises the OSError of the first: the plain reason, and the SDK
    would leave its socket open."""
    reasons = []
    for endpoint in tried:
        try:
            knock(endpoint)
            return endpoint
        except OSError as error:
            reasons.append(error)
    raise reasons[0]


def knock(endpoint: Endpoint) -> None:
    """Raises OSError if nobody listens at a local socket."""
    if path := endpoint.socket:
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(path)


def options(endpoint: Endpoint) -> dict[str, Any]:
    """The SDK's, for a client of this engine."""
    from docker.tls import TLSConfig
    from docker.utils import kwargs_from_env

    if endpoint.tls is None:
        return {**kwargs_from_env(), "base_url": endpoint.address}
    if not isinstance(tls := endpoint.tls, Tls):
        return {"base_url": endpoint.address}
    pair = (tls.cert, tls.key) if tls.cert and tls.key else None
    return {"base_url": endpoint.address, "tls": TLSConfig(pair, tls.ca or None, tls.verify)}


@functools.cache
def client_class() -> type[APIClient]:
    """The SDK's client, except that requests does not put REQUESTS_CA_BUNDLE, which is about the
    web's servers, in the place of the authority that was given for this engine."""
    from docker import APIClient

    class Client(APIClient):
        def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
            given = self.verify if verify is None else verify
            return super().merge_environment_settings(url, proxies, stream, given, cert)

    return Client


def where() -> str:
    """The engines that are tried, for a line about one that doesn't answer."""
    return " or ".join(map(str, endpoints()))


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
        raise SandboxLost(f"docker: no engine answers at {where()}: {one_line(error)}") from error


def one_line(error: BaseException) -> str:
    return " ".join(str(plain(error)).split())[:300]


def plain(error: BaseException) -> BaseException:
    """The system's own reason, where the libraries have wrapped it."""
    inner: BaseException | None = error
    while inner:
        if isinstance(inner, OSError) and inner.errno and inner.strerror:
            return inner
        inner = inner.__cause__ or inner.__context__
    return error
