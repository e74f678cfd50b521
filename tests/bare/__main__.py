"""The README's two commands where a stranger runs them first: on a bare Debian, as root and as an ordinary user.

Usage: python tests/bare (as root, with debootstrap; part of .ci/run)
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from bare_debian import USER, Debian, expect

SHORT = "generations=1 improve.calls=6"
"""For the second demo: that it works for this user, too. The first one runs whole."""

SELECTED = "tests/sandbox/test_bubblewrap.py tests/test_install.py -rsxX"
"""Of the suite: enough to show that it starts and that its guests run here. CI runs the whole beside this."""

ASKS = re.compile(r"^\S+: .*: (sudo (.+))$", re.MULTILINE)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="godel-bare-") as folder:
        fresh = Debian(Path(folder, "fresh"))
        fresh.make()
        as_a_user(fresh.copy(Path(folder, USER)))
        as_root(fresh)
    print("bare: both commands work on a bare Debian, for root and for a user")


def as_root(debian: Debian) -> None:
    """`make demo` installs what it lacks, and goes on."""
    debian.clone("root")
    said = debian.check("root", "make demo")
    expect("installing it: apt-get" in said, "the demo did not say what it installs")
    check_demo(said)
    check_tests(debian, "root")


def as_a_user(debian: Debian) -> None:
    """`make demo` says in a line what the owner of the machine must install; then it works."""
    debian.clone(USER)
    asked = []
    while (ended := debian.run(USER, f"make demo DEMO_ARGS='{SHORT}'"))[0]:
        request = ASKS.search(ended[1])
        expect(request is not None and "Traceback" not in ended[1], "the demo failed without saying what to install")
        assert request
        expect(request[2] not in asked, f"the demo asks twice for the same: {request[1]}")
        asked.append(request[2])
        debian.check("root", f"apt-get update --quiet=2; {request[2]}")
    expect(any("bubblewrap" in each for each in asked), "nobody asked for bubblewrap")
    check_demo(ended[1])
    check_tests(debian, USER)


def check_demo(said: str) -> None:
    expect("sandbox: bubblewrap" in said, "the demo did not use bubblewrap")
    expect("lineage.html" in said, "the demo did not come to its end")


def check_tests(debian: Debian, user: str) -> None:
    """Some tests need root; what needs a sandbox may be skipped for nobody."""
    required = "GODEL_REQUIRE_TIERS=bubblewrap " if user == "root" else ""
    said = debian.check(user, f"{required}make test PYTEST_ARGS='{SELECTED}'")
    expect(re.search(r"^\d+ passed", said, re.MULTILINE) is not None, "no test has passed")
    expect("'bubblewrap' can't be used here" not in said, "tests were skipped for want of a sandbox")


if __name__ == "__main__":
    main()
