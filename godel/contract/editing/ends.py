"""Whether the edits of a reply leave loose ends: names without their definition, and definitions that nothing uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .errors import EditFailed
from .outlines import functions, is_empty
from .source import parsed
from .uses import lost, mentions, uses


def refuse_lost(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raises EditFailed for what is still used, and was defined before."""
    if missing := lost(before, after):
        names = ", ".join(missing)
        raise EditFailed(f"this leaves undefined what is still used: {names}. Keep it, or change what uses it too")


def refuse_invented(before: Mapping[str, str], after: Mapping[str, str], shown: Collection[str]) -> None:
    """Raises EditFailed for what the files that were `shown` use now, and is defined nowhere."""
    for path in sorted(shown):
        if invented := uses(after[path]).unbound - uses(before[path]).unbound:
            names = " and ".join(sorted(invented))
            raise EditFailed(f"{path} would use {names}, which is defined nowhere: give that too")


def refuse_unused(after: Mapping[str, str], new: Collection[tuple[str, str]]) -> None:
    """Raises EditFailed for a definition that came (file, name) with an excerpt, and that nothing uses."""
    for path, name in sorted(new):
        if name in uses(after[path]).defined and not mentions(after, name):
            raise EditFailed(f"`{name}` is new in {path}, and nothing uses it: give what calls it, too")


def refuse_emptied(before: Mapping[str, str], after: Mapping[str, str], shown: Collection[str]) -> None:
    """Raises EditFailed where a function of a file that was `shown` did something, and now has no body."""
    for path in sorted(shown):
        did = {name for name, node in functions(parsed(before[path])) if not is_empty(node)}
        if emptied := [name for name, node in functions(parsed(after[path])) if name in did and is_empty(node)]:
            raise EditFailed(f"{' and '.join(emptied)} of {path} would do nothing: write the body out")
