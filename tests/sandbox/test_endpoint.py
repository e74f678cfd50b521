"""Which engine is meant: contexts made by the real `docker context create`, followed to the real engine by
another socket or by TLS; and a clear line for each that leads nowhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxy import Proxy, forward

from godel.sandbox import Spec, TierMissing
from godel.sandbox.channel import Session
from godel.sandbox.docker import DockerTier
from godel.sandbox.docker.endpoint import LOCAL, endpoints
from godel.sandbox.docker.engine import connect

ENGINE = LOCAL.removeprefix("unix://")
NAMES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
pytestmark = [
    pytest.mark.docker,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # the SDK's, when nobody listens
]


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of the command line's own, without a word in the environment."""
    if not shutil.which("docker") or not Path(ENGINE).exists():
        pytest.skip("no docker command, or no engine at its usual place")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "configuration"))
    return tmp_path / "configuration"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """A second path to the engine."""
    with Proxy(tmp_path / "elsewhere.sock", ENGINE) as proxy:
        yield proxy.address


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout


def create(name: str, *options: str) -> None:
    docker("context", "create", name, "--docker", ",".join(options))


def address() -> str:
    (endpoint,) = endpoints()
    return endpoint.address


def test_the_current_context_is_followed_as_the_command_line_does(elsewhere: str) -> None:
    create("mine", f"host={elsewhere}")
    assert address() == LOCAL
    docker("context", "use", "mine")
    assert address() == elsewhere == docker("context", "inspect", "-f", "{{.Endpoints.docker.Host}}").strip()
    tier = DockerTier()
    assert tier.missing() is None
    docker("context", "use", "default")
    assert address() == LOCAL


def test_the_environments_word_comes_first(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    create("mine", "host=unix:///current")
    docker("context", "use", "mine")
    create("another", f"host={elsewhere}")
    monkeypatch.setenv("DOCKER_CONTEXT", "another")
    assert address() == elsewhere
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert address() == LOCAL
    monkeypatch.setenv("DOCKER_HOST", "unix:///named")
    assert address() == "unix:///named"


def test_a_context_is_found_where_there_is_no_configuration_file(
    configuration: Path, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docker context create` writes none, and the SDK would then look beside the current folder."""
    create("mine", f"host={elsewhere}")
    assert not (configuration / "config.json").exists()
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    with connect() as engine:
        assert engine.info()["ID"]


def test_a_guest_runs_in_the_engine_of_a_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    with Proxy(tmp_path / "elsewhere.sock", ENGINE) as proxy:
        create("mine", f"host={proxy.address}")
        runs_a_guest()
    assert "(context 'mine')" in str(DockerTier().missing()), "the guest had run without the proxy"


def runs_a_guest() -> None:
    tier = DockerTier()
    assert tier.missing() is None
    tier.prepare(print)
    session = Session(tier.start(Spec("candidate")))
    assert session.wait_ready().python
    session.close()
    tier.close()


def test_a_context_where_nobody_listens_says_which_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create("mine", f"host=unix://{tmp_path}/no.sock")
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    said = DockerTier().missing()
    assert said and said.startswith(f"docker: no engine answers at unix://{tmp_path}/no.sock (context 'mine'): ")
    assert "\n" not in said


def test_a_context_that_is_not_there_is_never_taken_for_the_local_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    said = DockerTier().missing()
    assert said == (
        "docker: there is no context 'gone', which DOCKER_CONTEXT names; `docker context ls` shows those there are"
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"currentContext": "gone"}'])
def test_a_configuration_that_cannot_be_followed_is_named(configuration: Path, text: str) -> None:
    configuration.mkdir()
    (configuration / "config.json").write_text(text)
    said = DockerTier().missing()
    assert said and str(configuration / "config.json") in said and "\n" not in said


def test_an_engine_behind_ssh_is_refused_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    create("far", "host=ssh://me@far")
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    with pytest.raises(TierMissing, match=r"context 'far'.*ssh -fNL /tmp/docker.sock:/var/run/docker.sock me@far"):
        endpoints()


def test_where_nobody_names_one_the_sockets_of_a_user_are_tried_too(
    elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rootless Docker's and Podman's, in XDG_RUNTIME_DIR. Docker's own comes first."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "podman").mkdir()
    for name in ("docker.sock", "podman/podman.sock"):
        (tmp_path / name).symlink_to(elsewhere.removeprefix("unix://"))
    found = [endpoint.address for endpoint in endpoints()]
    assert found[0] == LOCAL
    assert [f"unix://{tmp_path}/docker.sock", f"unix://{tmp_path}/podman/podman.sock"] == found[1:3]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to hide the engine's usual socket")
def test_a_users_own_engine_answers_where_docker_has_none(tmp_path: Path) -> None:
    """In a mount namespace whose /var/run/docker.sock is nobody's: only the one in XDG_RUNTIME_DIR answers."""
    with Proxy(tmp_path / "docker.sock", ENGINE):
        code = "from godel.sandbox.docker.engine import connect\nwith connect() as engine: print(engine.info()['ID'])"
        hide = f'mount --bind /dev/null {ENGINE}; exec "$@"'
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", hide, "sh", "python", "-c", code],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
            cwd=Path(__file__).parents[2],
            executable=shutil.which("unshare"),
            capture_output=True,
            text=True,
        )
    with connect() as engine:
        assert done.stdout.strip() == engine.info()["ID"], done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
@pytest.mark.parametrize("home", [{"HOME": "/root"}, {}])
def test_a_user_without_the_right_is_told_the_group(home: dict[str, str]) -> None:
    """Whose home may not be his own, or not be known at all."""
    code = """
import os
from godel.sandbox.docker import DockerTier
DockerTier().missing()  # imports what the other user may not read
os.setgroups([])
os.setegid(12345)
os.seteuid(12345)
print(DockerTier().missing())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DOCKER_CONFIG": "/nonexistent", **home},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{LOCAL}: [Errno 13] Permission denied; join the group `docker` (`sudo usermod -aG docker" in done.stdout


class Guarded:
    """The engine behind TLS: both sides must show a certificate of the authority made here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        certificate(folder, "ca", None)
        certificate(folder, "server", "ca")
        certificate(folder, "client", "ca")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context, self.served = context, 0
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            near = self._context.wrap_socket(plain, server_side=True)
        except OSError:  # a client that shows no certificate, or does not take ours
            plain.close()
            return
        self.served += 1
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(ENGINE)
            answers = threading.Thread(target=forward, args=(far, near), daemon=True)
            answers.start()
            forward(near, far)
            answers.join()


def certificate(folder: Path, name: str, authority: str | None) -> None:
    """A key and a certificate for 127.0.0.1, signed by `authority` or by itself."""
    signed = ["-CA", f"{folder}/{authority}.pem", "-CAkey", f"{folder}/{authority}.key"] if authority else []
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/CN={name}",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            f"{folder}/{name}.key",
            "-out",
            f"{folder}/{name}.pem",
            *signed,
        ],
        check=True,
        capture_output=True,
    )


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make certificates with")
    guarded = Guarded(tmp_path)
    yield guarded
    guarded.close()


def test_the_keys_of_a_context_are_used(guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where a variable tells every program in Python whom to trust on the web."""
    certificate(tmp_path, "web", None)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "web.pem"))
    create(
        "safe",
        f"host={guarded.address}",
        *(
            f"{option}={tmp_path}/{file}"
            for option, file in {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"}.items()
        ),
    )
    monkeypatch.setenv("DOCKER_CONTEXT", "safe")
    runs_a_guest()
    assert guarded.served


def test_an_engine_that_another_authority_vouches_for_is_not_spoken_to(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(tmp_path, "other", None)
    create(
        "false",
        f"host={guarded.address}",
        *(
            f"{option}={tmp_path}/{file}"
            for option, file in {"ca": "other.pem", "cert": "client.pem", "key": "client.key"}.items()
        ),
    )
    monkeypatch.setenv("DOCKER_CONTEXT", "false")
    said = DockerTier().missing()
    assert said and f"{guarded.address} (context 'false')" in said and "certificate verify failed" in said


def test_the_command_line_reads_its_files_as_we_do(configuration: Path) -> None:
    """What `docker context inspect` says of each is what is read here."""
    create("mine", "host=tcp://127.0.0.1:2375")
    docker("context", "use", "mine")
    (inspected,) = json.loads(docker("context", "inspect", "mine"))
    assert inspected["Endpoints"]["docker"]["Host"] == address()
    assert inspected["Storage"]["MetadataPath"].startswith(str(configuration))
