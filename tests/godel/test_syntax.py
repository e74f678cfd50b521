"""Parsing on the host, from several threads at once."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from godel.contract.syntax import parse, syntax_error

DEEP = "x = " + "(" * 40 + "1" + " + 1)" * 40 + "\n"


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads that take turns in the middle of a parse, at the garbage collections in it."""
    threshold, turn = gc.get_threshold(), lambda *_: time.sleep(0)
    gc.callbacks.append(turn)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(turn)


def test_threads_do_not_disturb_each_other(restless_threads: None) -> None:
    """Before Python 3.11.8, a bare ast.parse raises SystemError for some of these."""
    texts = [DEEP * (1 + number % 7) for number in range(200)]
    with ThreadPoolExecutor(4) as workers:
        sizes = list(workers.map(lambda text: len(parse(text).body), texts))
    assert sizes == [text.count("\n") for text in texts]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", ""),
        ("def (:\n", "does not parse: invalid syntax at line 1"),
        ("x = '\0'\n", "does not parse: source code string cannot contain null bytes"),
        ("-" * 100_000 + "1", "does not parse: "),
    ],
)
def test_what_stops_a_text_from_being_parsed(text: str, says: str) -> None:
    found = syntax_error(text)
    assert found.startswith(says) and bool(found) is bool(says)
