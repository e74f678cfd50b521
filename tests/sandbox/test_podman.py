"""A guest in real Podman, reached by the socket that it gives a user; the image comes from Docker."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from godel.sandbox import Spec
from godel.sandbox.channel import Session
from godel.sandbox.docker import DockerTier, image
from godel.sandbox.docker.endpoint import LOCAL, endpoints
from godel.sandbox.docker.engine import connect

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to hide the Docker engine's usual socket"),
    pytest.mark.skipif(not (shutil.which("podman") and shutil.which("catatonit")), reason="no podman, or no catatonit"),
]
PATIENCE_S = 60


class Podman:
    """Its service, with images and containers in `folder` alone, at the socket where a user has it."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "podman/podman.sock"
        self.socket.parent.mkdir()
        places = {"root": folder / "root", "runroot": folder / "runroot", "tmpdir": folder / "tmp"}
        self.command = ["podman", *(f"--{option}={path}" for option, path in places.items())]
        service = [*self.command, "system", "service", "--time=0", f"unix://{self.socket}"]
        with (folder / "log").open("wb") as log:
            self.service = subprocess.Popen(service, stdout=log, stderr=log)
        give_up = time.monotonic() + PATIENCE_S
        while not self.socket.exists():
            assert self.service.poll() is None and time.monotonic() < give_up, (folder / "log").read_text()
            time.sleep(0.05)

    def load(self, name: str) -> None:
        """As `godel sandbox build` says it where Podman answers."""
        with subprocess.Popen(["docker", "--host", LOCAL, "save", name], stdout=subprocess.PIPE) as saved:
            subprocess.run([*self.command, "load", "--quiet"], stdin=saved.stdout, check=True, capture_output=True)
        assert saved.returncode == 0

    def close(self) -> None:
        subprocess.run([*self.command, "rm", "--force", "--all"], capture_output=True)
        self.service.terminate()
        self.service.wait()
        subprocess.run([*self.command, "system", "reset", "--force"], capture_output=True)


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Podman]:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "configuration"))
    with tempfile.TemporaryDirectory(prefix="podman-") as folder:  # it takes no runroot of more than 50 characters
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        service = Podman(Path(folder))
        try:
            yield service
        finally:
            service.close()


def test_a_guest_runs_in_podman_once_it_has_the_image(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.address for each in endpoints()] == [LOCAL, f"unix://{podman.socket}"]
    with connect() as docker:
        name = image.find(docker)
    if name is None:
        pytest.skip("the guest's image is not built")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{podman.socket}")
    tier = DockerTier()
    missing = tier.missing()
    assert missing and missing.startswith("docker: it is Podman that answers") and "podman load" in missing
    podman.load(name)
    assert tier.missing() is None
    assert "number of files in the scratch folders" in tier.unset()
    with_a_guest(tier)


def with_a_guest(tier: DockerTier) -> None:
    tier.prepare(print)
    session = Session(tier.start(Spec("candidate")))
    try:
        assert session.wait_ready().python
    finally:
        session.close()
        tier.close()
