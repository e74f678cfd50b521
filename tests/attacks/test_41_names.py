"""41: new files beside the editable ones, and names that a terminal, an importer or a disk reads differently."""

from __future__ import annotations

import pytest
from hostile import IMPROVE, NAMES, TEXTS, gated

from godel.contract import Edit, Program
from godel.contract.characters import hidden, printable
from godel.lineage.views import text as views

HONEST = [
    "naïve café",
    "größer",
    "漢字かな カナ　全角",
    "Ελληνικά",
    "кириллица",
    "עברית",
    "العربية",
    "a ≤ b → c",
    "🧪",
]
UNSEEN = [
    0x200B,
    0x200C,
    0x200D,
    0x200E,
    0x200F,
    0x061C,
    0x202E,
    0x2066,
    0xFEFF,
    0x00AD,
    0xFE00,
    0xE0041,
    0xE0101,
    0x2028,
    0x2029,
    0x85,
    0x1B,
    0x7F,
    0xD800,
    0xE000,
    0x3164,
    0x034F,
]
CHANGED = IMPROVE.replace("return program", "rng.random()\n    return program")


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name[:20]) for name in NAMES])
def test_a_new_file_is_refused_by_its_name(name: str) -> None:
    refusal = gated(Program({"main.py": CHANGED, name: "X = 1\n"}))
    assert refusal is not None and refusal.rung == "editable"
    assert len(refusal.reason) < 600 and not any(map(hidden, refusal.reason)), refusal.reason


def test_a_file_of_the_same_name_in_another_folder_is_another_module() -> None:
    refusal = gated(Program({"main.py": CHANGED, "json/main.py": "def loads(text): return {}\n"}))
    assert refusal is not None and refusal.reason == "'json/main.py' is not editable; there are: main.py"


def test_ten_thousand_folders_are_refused_at_once() -> None:
    refusal = gated(Program({"main.py": CHANGED, **{f"d{number}/main.py": "" for number in range(10_000)}}))
    assert refusal is not None and refusal.reason == "a program of 10001 files; at most 64"


@pytest.mark.parametrize("text", TEXTS, ids=[ascii(text[:12]) for text in TEXTS])
def test_nothing_that_cant_be_seen_reaches_a_terminal(text: str) -> None:
    label = views.edit_label(Edit(text, text, text, text))
    assert not any(map(hidden, label)) and len(label) < 2_000


def test_honest_text_stays_as_it_is() -> None:
    for text in (
        "naïve café",
        "größer",
        "漢字かな カナ　全角",
        "Ελληνικά",
        "кириллица",
        "עברית",
        "العربية",
        "a ≤ b → c",
        "🧪",
    ):
        assert printable(text) == text


@pytest.mark.parametrize("code", UNSEEN)
def test_what_cant_be_seen_is_shown(code: int) -> None:
    assert printable(f"a{chr(code)}b").isascii()
