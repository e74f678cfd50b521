"""8: walk the stack, the garbage collector and the disk to the reference. It is in another sandbox."""

from __future__ import annotations

from attacks import Arena, task

HUNT = """
import gc, os, sys
NAMES = {"instance", "reference", "answers", "verdict", "judge", "judges"}
TYPES = {"Graph", "Instance", "Rung", "Stream", "Verdict", "Judges", "RemoteCandidate", "Task"}
PRUNED = {"proc", "sys", "python3", "x86_64-linux-gnu", "aarch64-linux-gnu"}

def hunt():
    frame = sys._getframe()
    while frame:
        yield from NAMES & set(frame.f_locals)
        frame = frame.f_back
    yield from TYPES & {type(each).__name__ for each in gc.get_objects()}
    yield from ("judge" for name in sys.modules if name.startswith("task_") or name.endswith(".judge"))
    for folder, folders, files in os.walk("/"):
        packages = "-packages" in folder or "/packages/" in folder  # only ours are of interest
        folders[:] = [each for each in folders if each.startswith("godel") or not packages and each not in PRUNED]
        if "judge.py" in files or "task.toml" in files:
            yield folder
        if folder.startswith("/opt"):
            yield from (file for file in files if "return Verdict(" in text(os.path.join(folder, file)))

def text(path):
    try:
        return open(path, encoding="latin-1").read(1 << 20)
    except OSError:
        return ""

honest_cut = cut
def cut(nodes, edges):
    if found := list(hunt()):
        raise Loot(found)
    return honest_cut(nodes, edges)
"""


def test_the_reference_is_nowhere_to_be_found(arena: Arena) -> None:
    arena.unmoved(task("maxcut", cpu_s=60.0, wall_s=120.0), HUNT)
