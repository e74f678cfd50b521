"""Which packages a guest has: declared here, for every tier, the documents and the checks.

Both tiers take them from this machine: bubblewrap shows its own files, Docker's image has the same versions.
With each comes what it requires. Whatever else is installed here is in no guest.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from . import SandboxError, Tier, library


class Package(NamedTuple):
    """One that programs may import. `needed`: no guest is without it; else it is there where this machine has it."""

    name: str
    needed: bool = True


PACKAGES = (Package("numpy"), Package("scipy"), Package("libcst"), Package("torch", needed=False))


def names() -> str:
    """For people: "numpy, scipy, libcst and torch"."""
    *most, last = (package.name for package in PACKAGES)
    return f"{', '.join(most)} and {last}"


def pins(optional: bool = True) -> tuple[str, ...]:
    """What is to be installed where nothing is yet, as pip pins it. `optional`: with those that are not needed.

    Raises SandboxError when this machine lacks a needed one."""
    wanted = [package for package in PACKAGES if package.needed or (optional and here(package.name))]
    try:
        return tuple(f"{package.name}=={version(package.name)}" for package in wanted)
    except importlib.metadata.PackageNotFoundError as missing:
        raise SandboxError(
            f"a guest takes its packages' versions from this machine, which has no {missing.name}"
        ) from None


def here(name: str) -> bool:
    """Whether the package is installed on this machine."""
    return any(importlib.metadata.distributions(name=name))


def version(name: str) -> str:
    """The installed version. A CPU build of torch that doesn't say so in its version gets its local tag:
    the plain version would bring CUDA."""
    installed = importlib.metadata.version(name)
    if name != "torch" or "+" in installed:
        return installed
    cuda = any(need.startswith(("nvidia-", "cuda-")) for need in importlib.metadata.requires("torch") or ())
    return installed if cuda else f"{installed}+cpu"


@functools.cache  # what a process has imported it does not exchange either
def installed() -> dict[str, importlib.metadata.Distribution]:
    """The declared packages that this machine has, and all that they require here, by name."""
    by_name: dict[str, importlib.metadata.Distribution] = {}
    left = [package.name for package in PACKAGES]
    while left:
        name = left.pop()
        distribution = next(iter(importlib.metadata.distributions(name=name)), None)
        if distribution is not None and canonical(name) not in by_name:
            by_name[canonical(name)] = distribution
            left += required(distribution)
    return dict(sorted(by_name.items()))


def required(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """The names of what it requires on this machine, its extras apart."""
    for line in distribution.requires or ():
        from packaging.requirements import Requirement

        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def canonical(name: str) -> str:
    """As all spellings of one package's name are compared."""
    return name.lower().replace("_", "-").replace(".", "-")


@functools.cache
def entries() -> dict[str, Path]:
    """By name, the files and folders of those packages, as they lie beside one another in a folder of packages."""
    by_name: dict[str, Path] = {}
    for distribution in installed().values():
        for name in tops(distribution):
            path = Path(str(distribution.locate_file(name)))
            if path.exists():
                by_name.setdefault(name, path.resolve())
    return dict(sorted(by_name.items()))


def tops(distribution: importlib.metadata.Distribution) -> set[str]:
    """The first parts of its files' paths. Some systems' own packages don't record their files: those are known by
    the modules that they name."""
    record = distribution.read_text("RECORD")
    if record:
        paths = {line.partition("/")[0].partition(",")[0].strip('"') for line in record.splitlines()}
        return {path for path in paths if path not in ("", "..", "__pycache__") and not path.endswith(".pth")}
    modules = (distribution.read_text("top_level.txt") or distribution.metadata["Name"].replace("-", "_")).split()
    return {name for module in modules for name in (module, f"{module}.py")}


@functools.cache
def modules() -> frozenset[str]:
    """The top-level modules of those packages."""
    code = (name for name, path in entries().items() if path.is_dir() or path.suffix in (".py", ".so"))
    return frozenset(name for entry in code if (name := module_of(entry)).isidentifier())


def module_of(entry: str) -> str:
    """The name under which a file or folder of packages is imported."""
    return entry.partition(".")[0] if entry.endswith((".py", ".so")) else entry


def lacking(module: str, tier: Tier) -> str:
    """Why no guest of `tier` can import `module`, and what to do about it, in one line; "" if one can.
    Nothing is imported to find out, not even the packages above it."""
    top = module.partition(".")[0]
    if top == "godel":
        return "" if library.holds(module) else f"a guest has no {module!r}, only {library.parts()} of this program"
    if top not in sys.stdlib_module_names and top not in tier.modules():
        return f"no guest on {tier.name} has a module {module!r}; {advice(top)}"
    return "" if found(module) else f"there is no module {module!r} in what guests have; mend its name"


def advice(top: str) -> str:
    """What to do about a module that guests have not."""
    if any(package.name == top for package in PACKAGES):
        return f"guests have {top} where this machine has it: install it here (pip install {top})"
    return f"guests have {names()}, with what those require: do without it, or put its source into the program's files"


def found(module: str) -> bool:
    """Whether this machine has it."""
    package, *inner = module.split(".")
    try:
        spec = find_spec(package) if package else None
        for depth in range(len(inner)):
            if spec is None or spec.submodule_search_locations is None:  # what a plain module makes up is its own
                break
            name = ".".join([package, *inner[: depth + 1]])
            spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    except ValueError:  # "", or a module that hides where it came from
        return False
    return spec is not None
