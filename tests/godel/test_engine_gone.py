"""The container engine goes away in mid-run: the run waits, and goes on or stops where it can be resumed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxy import Proxy
from runs import Quiet, archive, proceed, small_run, tier_or_skip

from godel.errors import Unavailable
from godel.lineage.store import Store
from godel.loop.open_run import opened
from godel.loop.run_folder import FILE, create
from godel.loop.threads import Threads

SOCKET = "/var/run/docker.sock"
GENERATIONS = 2
pytestmark = [
    pytest.mark.docker,
    # The SDK does not close a socket that it could not connect.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


class Cutter(Quiet):
    """Cuts the engine off while a generation is at work, and mends it once that is noticed."""

    def __init__(self, proxy: Proxy, mends: bool) -> None:
        super().__init__()
        self._proxy, self._mends, self._cut = proxy, mends, False

    def started(self, index: int, parent: str) -> None:
        if index == 2 and not self._cut:
            self._cut = True
            threading.Timer(0.3, self._proxy.cut).start()

    def waiting(self, index: int, problem: str, delay_s: float) -> None:
        super().waiting(index, problem, delay_s)
        if self._mends and len(self.waits) == 1:
            threading.Timer(1.0, self._proxy.mend).start()


@pytest.fixture
def proxy(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    tier_or_skip("docker")
    with Proxy(tmp_path_factory.mktemp("engine") / "docker.sock", SOCKET) as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.address)
        yield proxy
    gc.collect()


def run_on(folder: Path, observer: Quiet, delays_s: tuple[float, ...]) -> None:
    with opened(folder) as lab:
        lab.loop(observer, Threads(lab.setup, lab.services, delays_s)).run()


def made(folder: Path) -> Path:
    create(folder, small_run(tier_or_skip("docker"), "improve.calls=4", generations=GENERATIONS, workers=1))
    return folder


def test_it_comes_back_and_the_run_ends_as_an_undisturbed_one(proxy: Proxy, tmp_path: Path) -> None:
    disturbed, undisturbed = made(tmp_path / "disturbed"), made(tmp_path / "undisturbed")
    proceed(undisturbed)
    cutter = Cutter(proxy, mends=True)
    run_on(disturbed, cutter, (0.5, 1.0, 2.0, 4.0, 8.0))
    assert cutter.waits, "the engine was cut off when the run was over"
    assert "docker" in cutter.waits[0]
    assert cutter.indices == list(range(GENERATIONS + 1))
    assert archive(disturbed) == archive(undisturbed)


def test_it_stays_away_and_the_run_stops_where_it_can_be_resumed(proxy: Proxy, tmp_path: Path) -> None:
    folder = made(tmp_path / "run")
    cutter = Cutter(proxy, mends=False)
    with pytest.raises(Unavailable, match="docker"):
        run_on(folder, cutter, (0.2, 0.2))
    assert len(cutter.waits) == 2
    recorded = archive(folder)
    with Store.open(folder / FILE) as store:
        store.verify()
        assert [each.index for each in store.generations()] == cutter.indices

    proxy.mend()
    resumed = Quiet()
    proceed(folder, resumed)
    assert cutter.indices + resumed.indices == list(range(GENERATIONS + 1))
    assert [row for row in archive(folder) if row in recorded] == recorded, "what was recorded was made again"
