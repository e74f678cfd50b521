"""budget.cpu_s counts what the sandboxes use, as their control groups count it: starts, judges and baselines too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from guests import own_nurseries
from runs import Quiet, small_run

from godel.loop.open_run import opened
from godel.loop.run_folder import create
from godel.sandbox import Guest, Spec, Tier
from godel.sandbox.bubblewrap import cgroups
from godel.sandbox.bubblewrap.nurseries import Nurseries
from godel.scoring.pool import Pool
from godel.scoring.references import MemoryShelf, References

GENERATIONS = 4
ACCOUNTS = (
    "/sys/fs/cgroup/cpuacct/docker/{}/cpuacct.usage",
    "/sys/fs/cgroup/cpu,cpuacct/docker/{}/cpuacct.usage",
    "/sys/fs/cgroup/docker/{}/cpu.stat",
    "/sys/fs/cgroup/system.slice/docker-{}.scope/cpu.stat",
)
"""Where an engine of this machine keeps a container's account, by version and driver."""


def seconds_in(file: Path) -> float:
    words = file.read_text().split()
    return int(words[1]) / 1e6 if words[0] == "usage_usec" else int(words[0]) / 1e9


class Audited:
    """A guest whose control group is read by the host, just before it is ended."""

    def __init__(self, guest: Guest) -> None:
        self._guest, self.taken, self.used_s = guest, False, 0.0

    def send(self, data: bytes) -> None:
        self.taken = True
        self._guest.send(data)

    def kill(self) -> None:
        for file in accounts(self._guest):
            if file.exists() and not self.used_s:
                self.used_s = seconds_in(file)
        self._guest.kill()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._guest, name)


class Auditor:
    """`tier`, with an eye on what its guests use."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self.guests: list[Audited] = []

    def start(self, spec: Spec) -> Audited:
        self.guests.append(Audited(self._tier.start(spec)))
        return self.guests[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tier, name)


def accounts(guest: Any) -> list[Path]:
    if hasattr(guest, "container"):
        return [Path(each.format(guest.container)) for each in ACCOUNTS]
    return [folder / name for name in ("cpuacct.usage", "cpu.stat") for folder in guest._group.folders]


@pytest.mark.slow
def test_the_ledger_agrees_with_the_control_groups(
    any_tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of guests, and of the nurseries that did their imports."""
    if any_tier.name == "bubblewrap" and "cpuacct" not in cgroups.controlled():
        pytest.skip("no control group counts CPU time here")
    with own_nurseries(monkeypatch) as known:
        _agrees(Auditor(any_tier), any_tier, tmp_path, known)


def _agrees(auditor: Auditor, tier: Tier, tmp_path: Path, known: Nurseries) -> None:
    create(tmp_path / "run", small_run(tier, generations=GENERATIONS))
    with opened(tmp_path / "run") as lab, Pool(auditor) as pool:
        references = References(pool, MemoryShelf())
        lab = replace(lab, services=replace(lab.services, pool=pool, references=references))
        lab.loop(Quiet()).run()
        references.close()
        spent_s = sum(made.spend.cpu_s for made in lab.store.generations())
    born_s = sum(seconds_in(meter) for each in known._known.values() if (meter := each._group.meter()))
    used_s = sum(guest.used_s for guest in auditor.guests if guest.taken) + born_s
    spares_s = sum(guest.used_s for guest in auditor.guests if not guest.taken)
    assert used_s > 0 and spares_s > 0
    assert spent_s == pytest.approx(used_s, rel=0.05), f"and {spares_s:.2f} s of spares that nobody took"
