"""The image: its tag is its content, it is built once, without a network, with the host's own packages."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from runs import building

from godel.sandbox import GUEST_LIBRARY, ZYGOTE, Image, SandboxError, SandboxLost, Spec, library, packages
from godel.sandbox.channel import Session
from godel.sandbox.docker import DockerTier, debian_base, image, wheels
from godel.sandbox.docker.engine import connect

PINS = packages.pins(optional=False)


def engine_here() -> None:
    try:
        with connect() as engine:
            why = image.obstacle(engine)
    except SandboxLost as lost:
        why = str(lost)
    if why:
        pytest.skip(why)


@pytest.fixture(scope="module")
def built() -> str:
    """The image without torch, which is quick to build; its id."""
    engine_here()
    with building():
        return image.build(pins=PINS)


def make(recipe: str, name: str) -> str:
    with connect() as engine:
        said = list(engine.build(fileobj=io.BytesIO(recipe.encode()), tag=name, rm=True, decode=True))
        assert not [one for one in said if "error" in one], said
        found = image.image_id(engine, name)
    assert found
    return found


def listed() -> list[Image]:
    with closing(DockerTier()) as tier:
        return tier.images()


def removed(images: list[Image]) -> int:
    """How many of them were there."""
    with closing(DockerTier()) as tier:
        return sum(map(tier.remove, images))


# --- the tag


def test_the_tag_is_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "guest"
    folder.mkdir()
    (folder / "zygote.py").write_text("print(1)\n")
    monkeypatch.setitem(library.FOLDERS, "godel/sandbox/guest", folder)
    first = image.wanted("base:1", PINS)
    assert image.wanted("base:1", PINS) == first
    others = {image.wanted("base:2", PINS), image.wanted("base:1", ("numpy==1.0",))}
    (folder / "zygote.py").write_text("print(2)\n")
    others.add(image.wanted("base:1", PINS))
    (folder / "new.py").write_text("")
    others.add(image.wanted("base:1", PINS))
    assert len(others - {first}) == 4


def test_the_context_holds_the_guest_library_and_nothing_of_the_host() -> None:
    names = [name for name, _ in image.context_files()]
    assert {"Dockerfile", f"library{ZYGOTE.removeprefix(GUEST_LIBRARY)}"} <= set(names)
    assert "library/godel/tasks/judging/serve.py" in names
    ours = (
        "library/godel/contract/",
        "library/godel/sandbox/guest/",
        "library/godel/tasks/judging/",
        "Dockerfile",
    )
    assert not [name for name in names if not name.startswith(ours)]


def test_the_default_base_is_the_dockerfiles() -> None:
    assert image.bases() == ("python:3.11-slim-bookworm", "godel-base:bookworm")


# --- the wheels


def test_versions_are_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy

    assert f"numpy=={numpy.__version__}" in PINS
    assert not [pin for pin in PINS if pin.startswith("torch")]
    monkeypatch.setattr(packages, "PACKAGES", (*packages.PACKAGES, packages.Package("no-such-package")))
    with pytest.raises(SandboxError, match="this machine, which has no no-such-package"):
        packages.pins()


@pytest.mark.slow
@pytest.mark.skipif(not packages.here("torch"), reason="the host has no torch")
def test_a_host_without_cuda_gets_a_torch_without_cuda() -> None:
    command = [sys.executable, "-c", "import torch; print(torch.version.cuda, torch.__version__)"]
    cuda, installed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    (pin,) = [pin for pin in packages.pins() if pin.startswith("torch==")]
    assert pin.endswith("+cpu") if cuda == "None" else pin == f"torch=={installed}"


def test_pip_is_found_on_this_machine() -> None:
    said = subprocess.run([*wheels.pip_command(), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("pip ")


def test_wheels_that_nobody_offers_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SandboxError, match="no-such-package==1") as error:
        wheels.gather(("no-such-package==1",), "x86_64", print)
    assert "\n" not in str(error.value)
    assert list((tmp_path / "godel" / "wheels").iterdir()) == []  # nothing half done is left


def test_wheels_are_gathered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder of wheels that the host's pip is configured with, as for a local torch."""
    offered = tmp_path / "offered"
    offered.mkdir()
    for name in ("pip", "tiny"):
        write_wheel(offered, name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(offered))
    said: list[str] = []
    folder = wheels.gather(("tiny==1.0",), "x86_64", said.append)
    assert {path.name for path in folder.iterdir()} == {
        "pip-1.0-py3-none-any.whl",
        "tiny-1.0-py3-none-any.whl",
        "requirements.txt",
    }
    assert (folder / "requirements.txt").read_text() == "tiny==1.0\n"
    assert wheels.gather(("tiny==1.0",), "x86_64", said.append) == folder
    assert said == ["gathering wheels: tiny==1.0"]


def write_wheel(folder: Path, name: str) -> None:
    import zipfile

    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


# --- the build


@pytest.mark.docker
def test_building_again_builds_nothing(built: str) -> None:
    said: list[str] = []
    assert image.build(pins=PINS, report=said.append) == built
    assert len([line for line in said if "is there already" in line]) == 1
    assert not [line for line in said if line.startswith("Step")]


@pytest.mark.docker
def test_the_image_is_listed(built: str) -> None:
    (found,) = [one for one in listed() if one.id == built]
    assert found.kind == "guest"
    assert [tag for tag in found.tags if tag.startswith("godel-guest:")]
    assert found.size_bytes > 10**7


@pytest.mark.docker
def test_the_image_has_no_root_user_no_pip_and_no_wheels(built: str) -> None:
    with connect() as engine:
        about = engine.inspect_image(built)  # type: ignore[no-untyped-call]
        assert about["Config"]["User"] == "65534:65534"
        looker = engine.create_container(built, ["ls", "/wheels", f"{GUEST_LIBRARY}/pip"], network_disabled=True)
        try:
            engine.start(looker)
            engine.wait(looker)
            said = engine.logs(looker).decode()
        finally:
            engine.remove_container(looker, force=True)
    assert said.count("No such file or directory") == 2


@pytest.mark.docker
def test_a_guest_of_it_imports_the_packages_and_the_library(built: str) -> None:
    tier = DockerTier(image=built)
    preload = ("numpy", "libcst", "godel.sandbox.guest.scaffold", "godel.tasks.judging.serve")
    session = Session(tier.start(Spec("judge", preload=preload)))
    try:
        assert session.wait_ready().python.startswith(wheels.PYTHON)
    finally:
        session.close()
        tier.close()


@pytest.fixture
def nosy_base(built: str) -> Iterator[str]:
    """A base whose trigger fails our build if there is any network interface but the loopback."""
    with connect() as engine:
        base = next(one for one in image.bases() if image.image_id(engine, one))
    name = f"godel-test-base:{os.getpid()}"
    make(f'FROM {base}\nONBUILD RUN test "$(ls /sys/class/net)" = lo\n', name)
    yield name
    with connect() as engine:
        engine.remove_image(name, force=True)


@pytest.mark.docker
def test_the_build_has_no_network(nosy_base: str, tmp_path: Path) -> None:
    with connect() as engine:
        (pip,) = wheels.gather(PINS, image.machine(engine), print).glob("pip-*.whl")
        shutil.copy(pip, tmp_path)
        write_wheel(tmp_path, "tiny")
        (tmp_path / "requirements.txt").write_text("tiny==1.0\n")
        built = image.run_build(engine, f"godel-test:{os.getpid()}", image.Ingredients(nosy_base, tmp_path), print)
        below = image.image_id(engine, nosy_base)
        layers = {one: engine.history(one.id) for one in listed()}  # type: ignore[no-untyped-call]
        above = [one for one, steps in layers.items() if below in {step["Id"] for step in steps}]
        made = [one for one in above if one.id != below]
    assert {one.kind for one in made} == {"guest", "packages"}
    assert built in {one.id for one in made}
    assert removed(made) == len(made)


@pytest.mark.docker
def test_a_build_that_fails_says_at_which_step(built: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==0.0\n")
    with connect() as engine, pytest.raises(SandboxError, match="building godel-test:broken failed") as error:
        base = next(one for one in image.bases() if image.image_id(engine, one))
        image.run_build(engine, "godel-test:broken", image.Ingredients(base, tmp_path), print)
    assert "\n" not in str(error.value)


@pytest.mark.docker
def test_a_base_that_is_nowhere_is_one_clear_line() -> None:
    engine_here()
    with connect() as engine, pytest.raises(SandboxError, match=r"can't be pulled .*`--base debian`") as error:
        image.resolve(engine, "registry.invalid/no-such-base:1", print)
    assert "\n" not in str(error.value)


@pytest.mark.docker
def test_cleaning_removes_the_images_and_counts_them(built: str) -> None:
    names = [f"godel-test:{os.getpid()}-{number}" for number in range(2)]
    ids = {make(f"FROM {built}\nLABEL {image.LABEL}=guest number={name}\n", name) for name in names}
    mine = [one for one in listed() if one.id in ids]
    assert len(mine) == 2
    assert removed(mine) == 2
    assert removed(mine) == 0
    left = {one.id for one in listed()}
    assert not left & ids
    assert built in left


def test_without_debootstrap_or_root_there_is_no_debian_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert debian_base.obstacle() == f"debootstrap is not installed (`{sudo}apt-get install debootstrap`)"


def test_what_debootstrap_says_in_failing_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "debootstrap"
    script.write_text("#!/bin/sh\necho 'I: Retrieving InRelease'\necho 'E: No such script'\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said: list[str] = []
    with pytest.raises(SandboxError, match="debootstrap failed: E: No such script"):
        debian_base.run_debootstrap(tmp_path / "root", said.append)
    assert said == ["E: No such script"]


@pytest.mark.docker
def test_a_tree_becomes_a_labelled_base(built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"godel-test-import:{os.getpid()}"
    monkeypatch.setattr(debian_base, "NAME", name)
    (tmp_path / "hello").write_text("hello\n")
    with connect() as engine:
        debian_base.import_root(engine, tmp_path)
        found = image.image_id(engine, name)
    assert found
    (one,) = [one for one in listed() if one.id == found]
    assert (one.kind, one.tags) == ("base", (name,))
    assert removed([one]) == 1
