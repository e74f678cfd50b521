"""What pip was told reaches uv, and a machine without a GPU gets no CUDA."""

from __future__ import annotations

from pathlib import Path

import environment
import pytest

ROOT = Path(__file__).parent.parent

LISTING = """\
:env:.find-links='/a /b'
:env:.disable-pip-version-check='1'
global.cert='/certificates.pem'
global.extra-index-url='\\nfile:///one\\nfile:///two'
global.find-links='/overruled'
global.timeout='10'
install.timeout='20'
"""


def test_the_last_word_of_pips_configuration_counts() -> None:
    options = environment.pip_options(LISTING)
    assert options["find-links"] == "/a /b"
    assert options["timeout"] == "20"
    assert options["extra-index-url"].split() == ["file:///one", "file:///two"]


def test_uv_takes_what_pip_was_told() -> None:
    assert environment.uv_settings(environment.pip_options(LISTING)) == {
        "UV_FIND_LINKS": "/a,/b",
        "UV_INDEX": "file:///one file:///two",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_HTTP_TIMEOUT": "20",
        "SSL_CERT_FILE": "/certificates.pem",
    }


def test_an_unconfigured_machine_gets_uvs_own_defaults() -> None:
    assert environment.uv_settings(environment.pip_options("")) == {}


@pytest.mark.parametrize(
    ("local", "nvidia", "flag"),
    [
        ("2.13.0+cpu", False, "torch==2.13.0+cpu"),
        ("2.13.0+cu130", True, "torch==2.13.0+cu130"),
        ("2.13.0+cpu", True, "--torch-backend=auto"),
        ("2.13.0+cu130", False, "--torch-backend=cpu"),
        ("2.13.0", False, "--torch-backend=cpu"),
        (None, False, "--torch-backend=cpu"),
        (None, True, "--torch-backend=auto"),
    ],
)
def test_a_local_build_of_torch_wins_if_it_fits_the_machine(local: str | None, nvidia: bool, flag: str) -> None:
    assert environment.torch_flags(local, nvidia) == [flag]


def test_the_requirement_of_torch_is_the_projects_own() -> None:
    assert environment.torch_requirement() in (ROOT / "pyproject.toml").read_text()
    assert environment.torch_requirement().startswith("torch>=")
