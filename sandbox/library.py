"""The guest library: the part of this program that a guest may import, and nothing else of it."""

from __future__ import annotations

from pathlib import Path

from godel import contract

SANDBOX = Path(__file__).resolve().parent
ROOT = SANDBOX.parent
"""The checkout; in an installed wheel, the `godel` package: both hold the same folders."""

FOLDERS = {
    "godel/contract": Path(contract.__file__).resolve().parent,
    "godel/sandbox/guest": SANDBOX / "guest",
    "godel/tasks/judging": ROOT / "tasks" / "judging",
}
"""By its place under GUEST_LIBRARY, each folder. Inside, `godel` itself is a package without a file."""


def files() -> list[tuple[str, Path]]:
    """Every Python file: (its place under GUEST_LIBRARY, the file on the host), in a fixed order."""
    return sorted(
        (f"{place}/{path.relative_to(folder)}", path)
        for place, folder in FOLDERS.items()
        for path in folder.rglob("*.py")
    )


def holds(module: str) -> bool:
    """Whether a guest can import `module` ("godel.contract.editing") from here."""
    places = {place.removesuffix(".py").removesuffix("/__init__") for place, _ in files()}
    path = module.replace(".", "/")
    return path in places or any(place.startswith(f"{path}/") for place in places)


def parts() -> str:
    """For people: what a guest has of this program."""
    return ", ".join(sorted(place.replace("/", ".") for place in FOLDERS))
