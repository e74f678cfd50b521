"""Where groups can be made, on machines that this one is not: with version 2, and processes in the way."""

from __future__ import annotations

from pathlib import Path

from godel.sandbox.bubblewrap import cgroups


def hierarchy(root: Path) -> Path:
    """A service's group as a container has it: its parent hands on all controllers and holds nothing, it holds us."""
    inner = root / "service" / "job"
    inner.mkdir(parents=True)
    for place, processes in ((root, "1\n"), (root / "service", ""), (inner, "7\n")):
        (place / "cgroup.procs").write_text(processes)
        (place / "cgroup.subtree_control").write_text("")
    for place in (root / "service", inner):  # the root has no type
        (place / "cgroup.type").write_text("domain\n")
    return inner


def test_nothing_is_enabled_where_processes_are(tmp_path: Path) -> None:
    """Half of the controllers would be handed on, and no process could enter."""
    inner = hierarchy(tmp_path)
    assert cgroups.probe(inner, 2, frozenset(cgroups.CONTROLLERS)) == frozenset()
    assert (inner / "cgroup.subtree_control").read_text() == ""
    assert not [each for each in inner.iterdir() if each.is_dir()]


def test_the_group_above_and_the_root_may_have_groups(tmp_path: Path) -> None:
    hierarchy(tmp_path)
    assert not cgroups.inhabited(tmp_path / "service")
    assert not cgroups.inhabited(tmp_path)


def test_a_process_enters_by_its_one_thread_where_it_can(tmp_path: Path) -> None:
    """Version 1 lets a thread in at once; a process has to wait for a grace period of the kernel."""
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, ("cgroup.procs", "tasks")), (two, ("cgroup.procs", "cgroup.threads"))):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    assert cgroups.Group((one, two)).entrances() == [str(one / "tasks"), str(two / "cgroup.procs")]
