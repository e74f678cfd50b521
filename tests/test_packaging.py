"""The archives hold what the checkout holds, and an import reads the same in each.

Built with hatchling itself, in this environment: no network, no build isolation.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINKED = ("sandbox", "lineage", "tasks", "scaffolds")
IMPORT_ALL = """
import importlib, pathlib, pkgutil, site, sys
sys.path.insert(0, sys.argv[1])
site.addsitedir(sys.argv[1])
import godel
for module in pkgutil.walk_packages(godel.__path__, "godel."):
    if module.name != "godel.__main__":
        importlib.import_module(module.name)
from godel import tasks
for name in tasks.names():
    tasks.load(name)
print(pathlib.Path(godel.__file__).parent.parent, *sorted(name for name in sys.modules if name.startswith("godel")))
print(*tasks.names())
"""


def run(*command: object, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def build(kind: str, source: Path, target: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target, cwd=source)
    (archive,) = target.iterdir()
    return archive


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def sources() -> set[str]:
    """The files that git knows under the package's folders, as paths below `godel/`."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "godel", *LINKED).split("\0")
    paths = {path if path.startswith("godel/") else f"godel/{path}" for path in listed if path}
    return {path for path in paths if (ROOT / path).is_file()}


def test_the_wheel_holds_every_source_file_and_one_top_level_name(unpacked: Path) -> None:
    packed = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {path for path in packed if ".dist-info/" not in path} == sources()
    assert {"godel/sandbox/guest/zygote.py", "godel/tasks/online_bin_packing/task.toml", "godel/Dockerfile"} <= packed
    assert not [path for path in unpacked.rglob("*") if path.is_symlink()]


def test_the_wheel_offers_the_command_and_the_licence(unpacked: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert "godel = godel.__main__:main" in (info / "entry_points.txt").read_text()
    assert (info / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_a_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "wheel")
    assert contents(again) == contents(wheel)


def contents(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_an_import_reads_the_same_in_checkout_editable_install_and_wheel(unpacked: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(editable(tmp_path / "built")) as archive:
        archive.extractall(tmp_path / "site")
    places = {"checkout": ROOT, "editable": tmp_path / "site", "wheel": unpacked}
    said = {name: run(sys.executable, "-I", "-c", IMPORT_ALL, place, cwd=tmp_path) for name, place in places.items()}
    found = {name: text.split(maxsplit=1)[0] for name, text in said.items()}
    assert found == {"checkout": str(ROOT), "editable": str(ROOT), "wheel": str(unpacked)}
    assert len({text.split(maxsplit=1)[1] for text in said.values()}) == 1
    assert "online_bin_packing" in said["wheel"]


def editable(target: Path) -> Path:
    target.mkdir()
    name = run(sys.executable, "-c", f"import hatchling.build as b; print(b.build_editable({str(target)!r}))")
    return target / name.split()[-1]
