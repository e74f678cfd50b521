"""The judging library: untrusted replies, exact geometry, and the serve loop."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from godel.contract.loader import ProgramFinder
from godel.sandbox.guest.port import Port, pack
from godel.tasks.judging import Invalid, serve
from godel.tasks.judging.arrays import integers, reals, replies
from godel.tasks.judging.exact import check_packing, circles, fraction
from godel.tasks.judging.seeding import stream


@pytest.mark.parametrize(
    "reply",
    [
        None,
        "0101",
        [0, 1, 1],
        {"npy": "AAAA"},
        {"npy": "é"},
        {"npy": 7},
        pack(np.array([0.0, 1.0, 1.0])),
        pack(np.array([True, False, True])),
        pack(np.array(["0", "1", "1"])),
        pack(np.array([0, 1, 2])),
        pack(np.array([0, -1, 1])),
        pack(np.array([0, 1])),
        pack(np.array([[0, 1, 1]])),
        pack(np.array([0, 1, 2**64 - 1], dtype=np.uint64)),
    ],
)
def test_what_is_not_three_bits_is_invalid(reply: Any) -> None:
    with pytest.raises(Invalid):
        integers(reply, (3,), 0, 2, "bits")


def test_three_bits() -> None:
    assert integers(pack(np.array([0, 1, 1], dtype=np.uint8)), (3,), 0, 2, "bits").tolist() == [0, 1, 1]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(bad: float) -> None:
    with pytest.raises(Invalid, match="finite"):
        reals(pack(np.array([1.0, bad])), (2,), "numbers")
    with pytest.raises(Invalid, match="finite"):
        fraction(bad, "number")


def test_a_wide_float_that_overflows_is_not_finite() -> None:
    with pytest.raises(Invalid, match="finite"):
        reals(pack(np.array([np.longdouble("1e4000")])), (1,), "numbers")


@pytest.mark.parametrize("bad", ["1", True, None, [1], 1j])
def test_what_is_no_number_has_no_fraction(bad: Any) -> None:
    with pytest.raises(Invalid):
        fraction(bad, "number")


def test_replies_are_counted() -> None:
    assert replies([1, 2], 2, "x") == [1, 2]
    for bad in ({"0": 1, "1": 2}, "ab", [1], [1, 2, 3], None):
        with pytest.raises(Invalid, match="x: expected a list of 2"):
            replies(bad, 2, "x")


def test_touching_is_allowed_and_one_unit_in_the_last_place_is_too_much() -> None:
    check_packing(*circles([(0.25, 0.5, 0.25), (0.75, 0.5, 0.25)]))
    more = math.nextafter(0.25, 1)
    with pytest.raises(Invalid, match="not inside"):
        check_packing(*circles([(0.25, 0.5, more)]))
    with pytest.raises(Invalid, match="circles 0 and 1 overlap"):
        check_packing(*circles([(0.375, 0.5, 0.125), (0.625, 0.5, math.nextafter(0.125, 1))]))


def test_an_overlap_that_float_arithmetic_rounds_away_is_found() -> None:
    a, b = (0.347, 0.31, 0.159), (0.543, 0.561, 0.15946035860056437)
    assert math.hypot(a[0] - b[0], a[1] - b[1]) >= a[2] + b[2]
    with pytest.raises(Invalid, match="overlap"):
        check_packing(*circles([a, b]))


@pytest.mark.parametrize("radius", [0.0, -0.1, -5e-324])
def test_radii_are_positive(radius: float) -> None:
    with pytest.raises(Invalid, match="circle 1: its radius is not positive"):
        circles([(0.5, 0.5, 0.1), (0.2, 0.2, radius)])


def test_streams_depend_on_seed_and_label_alone() -> None:
    assert stream(1, "a").integers(1 << 60) == stream(1, "a").integers(1 << 60)
    drawn = {int(stream(seed, label).integers(1 << 60)) for seed in (0, 1, -1, 2**70) for label in ("a", "b", 0)}
    assert len(drawn) == 12


JUDGE = """
from godel.tasks.judging import Invalid, Verdict
from .helper import HALF

made = []

def instance(seed, preset):
    made.append(seed)
    return seed * preset["factor"]

def score(instance, candidate):
    candidate.start()
    reply = candidate.call({"question": instance})
    if reply == "nonsense":
        raise Invalid("nonsense")
    if reply == "bug":
        raise ZeroDivisionError("ours")
    return Verdict(reply * HALF, {"made": len(made), "recorded": candidate.recorded}, ("seen",))
"""


class Host:
    """The host's end of one serve loop."""

    def __init__(self) -> None:
        down, up = os.pipe(), os.pipe()
        self.port, guest = Port(up[0], down[1]), Port(down[0], up[1])
        self.down, self.up, self.error = down[1], up[1], None  # type: int, int, Exception | None
        self.thread = threading.Thread(target=self.run, args=(guest,))
        self.thread.start()
        assert self.port.receive() == "ready"

    def run(self, guest: Port) -> None:
        try:
            serve.main(guest, None)
        except Exception as error:
            self.error = error
        finally:
            os.close(self.up)
            guest._in.close()

    def ask(self, message: Any) -> Any:
        self.port.send(message)
        return self.port.receive()

    def evaluate(self, answer: Any, seed: int = 3, factor: int = 2, task: str = "t") -> Any:
        """The verdict when the candidate answers with `answer`."""
        job = {"task": task, "seed": seed, "preset": {"factor": factor}, "recorded": True}
        assert self.ask({"evaluate": job}) == {"start": None}
        assert self.ask({"ok": True}) == {"call": {"question": seed * factor}}
        return self.ask(answer)["verdict"]

    def close(self) -> None:
        os.close(self.down)
        self.thread.join()
        self.port._in.close()
        for name in [name for name in sys.modules if name.split(".")[0] in ("task_t", "task_u")]:
            del sys.modules[name]
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, ProgramFinder)]


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    files = {"judge.py": JUDGE, "helper.py": "HALF = 0.5"}
    assert host.ask({"load": {"task": "t", "files": files}}) == "loaded"
    yield host
    host.close()


def test_a_verdict_crosses_whole(host: Host) -> None:
    assert host.evaluate({"reply": 3}) == {
        "value": 1.5,
        "failure": None,
        "detail": "",
        "details": {"made": 1, "recorded": True},
        "flags": ["seen"],
        "numbers": {},
    }


def test_instances_are_made_once_for_each_seed_and_preset(host: Host) -> None:
    asked = [(3, 2), (3, 2), (4, 2), (3, 5), (3, 2)]
    made = [host.evaluate({"reply": 1}, seed, factor)["details"]["made"] for seed, factor in asked]
    assert made == [1, 1, 2, 3, 3]


def test_old_instances_leave_the_cache(host: Host) -> None:
    for seed in range(serve.INSTANCES + 1):
        host.evaluate({"reply": 1}, seed)
    assert host.evaluate({"reply": 1}, 0)["details"]["made"] == serve.INSTANCES + 2


@pytest.mark.parametrize(
    ("answer", "failure", "detail"),
    [
        ({"failed": {"reason": "cpu", "detail": "1.0 s"}}, "cpu", "1.0 s"),
        ({"reply": "nonsense"}, "invalid", "nonsense"),
        ({"reply": math.nan}, "invalid", "the value is nan"),
        ({"reply": math.inf}, "invalid", "the value is inf"),
    ],
)
def test_a_failure_of_the_candidate_is_a_verdict(host: Host, answer: Any, failure: str, detail: str) -> None:
    verdict = host.evaluate(answer)
    assert (verdict["value"], verdict["failure"], verdict["detail"]) == (None, failure, detail)
    assert host.evaluate({"reply": 2})["value"] == 1.0


def test_a_candidate_that_does_not_start_is_a_verdict(host: Host) -> None:
    job = {"task": "t", "seed": 0, "preset": {"factor": 1}, "recorded": False}
    assert host.ask({"evaluate": job}) == {"start": None}
    verdict = host.ask({"failed": {"reason": "crash", "detail": "SyntaxError"}})["verdict"]
    assert (verdict["failure"], verdict["detail"]) == ("crash", "SyntaxError")


def test_two_tasks_may_have_files_of_the_same_name(host: Host) -> None:
    files = {"judge.py": JUDGE, "helper.py": "HALF = 2.0"}
    assert host.ask({"load": {"task": "u", "files": files}}) == "loaded"
    assert host.evaluate({"reply": 3}, task="u")["value"] == 6.0
    assert host.evaluate({"reply": 3}, task="t")["value"] == 1.5


def test_an_exception_in_a_judge_ends_its_child(host: Host) -> None:
    with pytest.raises(EOFError):
        host.evaluate({"reply": "bug"})
    host.thread.join()
    assert isinstance(host.error, ZeroDivisionError)
