"""29, 31: delete the audit trail; edit the lineage, an ancestor, or what is told of oneself. The store is on
the host: a run of vandals ends with every record in place, and with nothing in it but what they handed in."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacks import Arena, seed_scaffold
from runs import proceed, small_run

from godel.lineage.store import Store
from godel.loop.run_folder import FILE, create

VANDAL = r"""
import os, shutil, sqlite3
from godel.contract import Edit

def rampage():
    for folder, folders, files in os.walk("/"):
        kept = not folder.startswith(("/proc", "/sys", "/dev", "/usr", "/opt/godel/packages", "/lib"))
        folders[:] = folders if kept else []
        for file in files:
            path = os.path.join(folder, file)
            for attempt in (lambda: os.truncate(path, 0), lambda: os.unlink(path)):
                try:
                    attempt()
                except OSError:
                    pass
    for place in ("/tmp/lineage.db", "lineage.db"):
        try:
            sqlite3.connect(place).execute("create table generations (forged)")
        except sqlite3.Error:
            pass
    shutil.rmtree("/opt", ignore_errors=True)

def improve(program, utility, model, rng):
    rampage()
    program.files["main.py"] += "\nTAMPERED = True"   # the parent, in place
    object.__setattr__(program, "edits", (Edit("forged", "an ancestor", "", ""),))
    text = program.files["main.py"] + f"\nNUMBER = {rng.random()}"
    forged = Edit("forged", "generation 0", "'; drop table generations; --", "\0\ud800\u202e")
    return program.with_file("main.py", text, forged)
"""


def test_the_lineage_stands(arena: Arena, tmp_path: Path) -> None:
    folder = seed_scaffold(tmp_path / "vandal", VANDAL)
    run = small_run(arena.tier, "improve.calls=2", scaffold=str(folder), generations=2, workers=1, acceptance="any")
    create(tmp_path / "run", run)
    proceed(tmp_path / "run")
    with Store.open(tmp_path / "run" / FILE) as store:
        store.verify()
        generations = store.generations()
        seed = store.program(generations[0].child or "")
        events = [event.kind for event in store.events()]
    assert [each.index for each in generations] == [0, 1, 2]
    assert seed.files == {"main.py": VANDAL}, "an ancestor was changed"
    assert events.count("seed") == 1
    words = [each.operator for one in generations[1:] for each in one.edits]
    assert words and set(words) == {"forged"}, "its own words, kept as data"


@pytest.mark.parametrize("path", ["../main.py", "/etc/passwd", "main.py/../../x", "godel/__init__.py", "a\0b"])
def test_a_program_is_data_on_the_host(arena: Arena, tmp_path: Path, path: str) -> None:
    """Paths of a program are keys of a mapping: none is ever opened."""
    made = arena.improve(f"def improve(program, utility, model, rng): return program.with_file({path!r}, 'x')")
    assert made.program and made.program.files[path] == "x"
    assert not any(tmp_path.rglob("*"))
