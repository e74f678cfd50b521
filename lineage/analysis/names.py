"""What a user may call a node: a hash's beginning, a generation, "seed" or "best"."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from .. import Generation
from ..errors import NodeAmbiguous, NodeUnknown

SHORT = 8
"""Digits of a hash that are printed."""

MIN_PREFIX = 4
MAX_NUMBER = 9
"""Digits of a generation's number: Python refuses to read thousands of them."""

ROLES = ("seed", "best")
HEX = frozenset("0123456789abcdef")


def named(text: str, generations: Sequence[Generation], best: Callable[[], str | None]) -> str:
    """The hash of the node that `text` names.

    "best" is the accepted node with the greatest utility on the search split. A number is
    a generation ("12" or "g12": the child that it made) or a hash's beginning.
    Raises NodeUnknown, with the nearest names, and NodeAmbiguous.
    """
    name = text.strip().lower()
    if name == "best":
        return _scored(best())
    if name == "seed" and generations and generations[0].child:
        return generations[0].child
    matches = _by_number(name, generations) | _by_prefix(name, generations)
    if len(matches) > 1:
        raise NodeAmbiguous(f"{text!r} names {len(matches)} nodes ({_listed(matches)}): give more digits{_or_g(name)}")
    if not matches:
        raise _unknown(text, name, generations)
    return matches.pop()


def childless(generations: Sequence[Generation], text: str) -> Generation | None:
    """The generation that `text` names by its number, where it made no child: such a one has no node to show."""
    name = text.strip().lower()
    number = name.removeprefix("g")
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_NUMBER and int(number) < len(generations)):
        return None
    made = generations[int(number)]
    return made if made.child is None and not _by_prefix(name, generations) else None


def _scored(best: str | None) -> str:
    if best is None:
        raise NodeUnknown("no node 'best': this run has no scored node yet")
    return best


def _by_number(name: str, generations: Sequence[Generation]) -> set[str]:
    number = name.removeprefix("g")
    readable = number.isascii() and number.isdigit() and len(number) <= MAX_NUMBER
    if not (readable and int(number) < len(generations)):
        return set()
    made = generations[int(number)]
    return {made.child} if made.child else set()


def _by_prefix(name: str, generations: Sequence[Generation]) -> set[str]:
    if len(name) < MIN_PREFIX:
        return set()
    return {made.child for made in generations if made.child and made.child.startswith(name)}


def _unknown(text: str, name: str, generations: Sequence[Generation]) -> NodeUnknown:
    number = name.removeprefix("g")
    if not generations:
        return NodeUnknown(f"no node {text!r}: this run has no generations yet")
    if number.isascii() and number.isdigit() and len(number) < MIN_PREFIX:
        if int(number) < len(generations):
            made = generations[int(number)]
            return NodeUnknown(f"generation {made.index} made no node ({made.status}: {made.why or 'no reason'})")
        return NodeUnknown(f"no generation {number}: this run has 0 to {len(generations) - 1}")
    near = difflib.get_close_matches(name, ROLES)
    if near and len(name) < MIN_PREFIX and not HEX.issuperset(name):
        return NodeUnknown(f"no node {text!r}; the nearest: {', '.join(near)}")
    if len(name) < MIN_PREFIX:
        return NodeUnknown(f"no node {text!r}: give at least {MIN_PREFIX} digits of its hash, g12, seed or best")
    return NodeUnknown(f"no node {text!r}; the nearest: {', '.join(_nearest(name, generations))}")


def _nearest(name: str, generations: Sequence[Generation]) -> list[str]:
    """Up to three names, by the longest common beginning, then by likeness."""
    known = {made.child[: max(SHORT, len(name))] for made in generations if made.child} | {*ROLES}
    close = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.3)
    return close or ["seed", "best", f"g{len(generations) - 1}"]


def _listed(matches: set[str]) -> str:
    return ", ".join(key[: SHORT + 4] for key in sorted(matches)[:3]) + (", …" if len(matches) > 3 else "")


def _or_g(name: str) -> str:
    return f", or g{name} for the generation" if name.isdigit() else ""
