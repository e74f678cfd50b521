"""What a guest has of the packages that are installed here: those that are declared, and no other, on every tier."""

from __future__ import annotations

import importlib.metadata
import pkgutil
from typing import Any

import pytest

from godel.sandbox import SandboxLost, Spec, Tier, TierMissing, library, packages
from godel.scoring.pool import Pool

IMPORTED = """
import importlib.metadata
found = {}
for name in request:
    try:
        importlib.import_module(name)
        found[name] = importlib.metadata.version(name)
    except ImportError:
        found[name] = None
return found
"""
MODULES = """
import pkgutil, sys
return sorted(module.name for module in pkgutil.iter_modules() if "/opt/godel" in module.module_finder.path)
"""
NEEDED = [package.name for package in packages.PACKAGES if package.needed]


def test_each_declared_package_is_there_as_it_is_here(lab: Any) -> None:
    assert lab.ask(IMPORTED, NEEDED) == {name: importlib.metadata.version(name) for name in NEEDED}


def test_no_other_package_of_this_machine_is(lab: Any) -> None:
    others = ["docker", "pytest", "rich", "litellm", "pydantic"]
    assert {name: bool(importlib.metadata.version(name)) for name in others} == dict.fromkeys(others, True)
    assert lab.ask(IMPORTED, others) == dict.fromkeys(others)


def test_the_modules_are_those_that_the_tier_says(lab: Any) -> None:
    assert set(lab.ask(MODULES)) - {"godel"} == lab.tier.modules()


@pytest.mark.parametrize("module", ["scipy.optimize", "godel.contract.editing"])
def test_what_a_guest_has_can_be_imported_beforehand(tier: Tier, module: str) -> None:
    with Pool(tier, spares=0) as pool:
        assert not pool.take(Spec("candidate", (module,))).dead


@pytest.mark.parametrize("module", ["rich", "numpy.nosuch", "godel.cli"])
def test_a_guest_that_is_to_import_what_it_has_not_is_not_started(tier: Tier, module: str) -> None:
    with Pool(tier, spares=0) as pool, pytest.raises(TierMissing, match=f"the judge's sandbox: .*{module!r}"):
        pool.take(Spec("judge", (module,)))


def test_a_closed_tier_starts_no_guest(tier: Tier) -> None:
    other = type(tier)()
    other.close()
    with pytest.raises(SandboxLost, match=f"{tier.name}: the tier was closed"):
        other.start(Spec("candidate"))


def test_a_package_that_is_only_needed_by_another_comes_with_it() -> None:
    assert "pyyaml" in packages.installed() and "yaml" in packages.modules()
    assert "rich" not in packages.installed()


def test_each_module_is_one_of_this_machines() -> None:
    here = {module.name for module in pkgutil.iter_modules()}
    assert packages.modules() <= here


def test_the_guest_library_is_all_that_a_guest_has_of_this_program() -> None:
    held = ["godel", "godel.contract.editing", "godel.sandbox.guest.zygote", "godel.tasks", "godel.tasks.judging.serve"]
    assert all(map(library.holds, held))
    assert not any(map(library.holds, ["godel.cli", "godel.sandbox.docker", "godel.tasks.maxcut", "godel.contract.x"]))
