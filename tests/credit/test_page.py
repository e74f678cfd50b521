"""The page on credit says what its commands say."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from command import ROOT, godel

pytestmark = [pytest.mark.bubblewrap, pytest.mark.slow]


def test_the_example_is_what_comes_out(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "credit.md").read_text(encoding="utf-8")
    example = page.partition("## An example")[2].partition("```console\n")[2].partition("\n```")[0]
    launch, _, rest = example.partition("\n")
    measure, _, expected = rest.partition("\n")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    for line in (launch, measure):
        done = godel(*shlex.split(line.removeprefix("$ godel ")), "--sandbox", "bubblewrap", "-q", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    shown = "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines())
    assert shown == expected
