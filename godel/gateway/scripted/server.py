"""The server: HTTP on loopback, for as long as a `with` lasts."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import threading
from collections import Counter, deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, NamedTuple, Self

from godel.errors import ConfigError

from .completions import BadRequest, Response, answered, checked, completion, digest, finished, refused
from .faults import Faults, fenced
from .manners import Manners
from .script import Script

HOST = "127.0.0.1"
CHAT = ("/v1/chat/completions", "/chat/completions")
MODELS = ("/v1/models", "/models")
MODEL = "scripted"
"""The one that is listed; a request may name any."""

SIZE = re.compile(r"\d{1,8}")
"""The Content-Length of a request: below 100 MB."""

POLL_S = 0.05


class Received(NamedTuple):
    """A request for a completion: its headers, named in lower case, and its JSON (None where it was none)."""

    headers: Mapping[str, str]
    body: Any


class Served:
    """`script` behind an address, while entered. With a `key`, whoever has another one is refused.

    `keep` is how many of the latest requests are remembered; `manners` may change meanwhile. Leaving ends every
    thread and connection.
    """

    def __init__(
        self,
        script: Script,
        faults: Faults | None = None,
        key: str | None = None,
        port: int = 0,
        keep: int = 200,
        manners: Manners | None = None,
    ) -> None:
        self.manners = manners or Manners()
        self._script, self._faults, self._key, self._port = script, faults or Faults(), key, port
        self._received: deque[Received] = deque(maxlen=keep)
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._leaving = threading.Event()

    def __enter__(self) -> Self:
        """Raises ConfigError where the port can't be had."""
        try:
            self._listener = _Listener(self, self._port)
        except OSError as error:
            raise ConfigError(f"port {self._port}: {error.strerror}; give another one, or 0 for any") from None
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(POLL_S,), name="scripted model")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._listener.shutdown()
        self._listener.hang_up()
        self._listener.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"http://{HOST}:{self._listener.server_address[1]}/v1"

    @property
    def requests(self) -> list[Received]:
        """The latest requests for a completion, in the order of their arrival."""
        with self._lock:
            return list(self._received)

    @property
    def faults_made(self) -> Counter[str]:
        """How many of each kind."""
        with self._lock:
            return Counter(self._made)

    def respond(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Response | None:
        """The answer to a GET (`body` is None) or a POST; None is to hang up without one."""
        path = path.partition("?")[0]
        if path not in (MODELS if body is None else CHAT):
            return refused(404, f"nothing is at {path} for this method; there is POST {CHAT[0]}, GET {MODELS[0]}")
        request = None if body is None else self._record(headers, body)
        if self._key is not None and headers.get("authorization") != f"Bearer {self._key}":
            return refused(401, "this key is not the right one", code="invalid_api_key")
        if body is None:
            return self._list()
        try:
            given = checked(request)
            manners = self.manners
            return manners.refusal(given) or manners.dressed(given, self._complete(manners.heard(given)))
        except BadRequest as error:
            return refused(400, str(error))

    def _list(self) -> Response:
        if "lists no models" in self.manners.kinds:
            return refused(404, "nothing is at this path")
        about = {"object": "model", "created": 0, "owned_by": "godel"}
        return answered({"object": "list", "data": [{"id": name, **about} for name in self.manners.names or (MODEL,)]})

    def _record(self, headers: Mapping[str, str], body: bytes) -> Any:
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):  # which is no object, and refused as such
            request = None
        with self._lock:
            self._received.append(Received(headers, request))
        return request

    def _complete(self, request: Mapping[str, Any]) -> Response | None:
        """What would be refused is refused first: faults befall only what would have been answered."""
        choices = [finished(message, request) for message in self._script.answer(request)]
        kind = self._faults.draw(digest(request), fenced(choices))
        if kind is None:
            return answered(completion(request, choices))
        with self._lock:
            self._made[kind] += 1
        if kind == "slow" and self._leaving.wait(self._faults.slow_s):
            return None
        return self._faults.made(kind, request, choices)


class _Listener(ThreadingTCPServer):
    """A thread for each connection, all of which can be hung up on."""

    allow_reuse_address = True
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 1024

    def __init__(self, served: Served, port: int) -> None:
        self.served = served
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):  # the other side was first
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # whoever asked has gone
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one piece
    server: _Listener

    def do_GET(self) -> None:
        self._send(self.server.served.respond(self.path, self._named(), None))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not SIZE.fullmatch(length):  # the body can't be told from a next request
            self.close_connection = True
            self._send(refused(413, f"expected a Content-Length below 100 MB; given: {length[:20] or 'none'}"))
        else:
            self._send(self.server.served.respond(self.path, self._named(), self.rfile.read(int(length))))

    def log_message(self, format: str, *_: Any) -> None:
        """Nothing: whoever asked knows."""

    def _named(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, response: Response | None) -> None:
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        length = len(response.body) if response.length is None else response.length
        for name, value in {"Content-Type": "application/json", "Content-Length": length, **response.headers}.items():
            self.send_header(name, str(value))
        self.close_connection |= length != len(response.body)
        self.end_headers()
        self.wfile.write(response.body)
