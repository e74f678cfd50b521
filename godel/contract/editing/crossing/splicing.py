"""Statements of the mate in the place of one's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import libcst as cst

from .sites import Site


def spliced(taken: Sequence[Site]) -> str:
    """The text of a file in which these sites, all of it, are as the mate has them."""
    module = taken[0].module
    assert module, "a whole file is no site to splice"
    return module.visit(Splicer(taken)).code


class Splicer(cst.CSTTransformer):
    def __init__(self, taken: Sequence[Site]) -> None:
        super().__init__()
        self._by_block: dict[cst.CSTNode | None, list[Site]] = defaultdict(list)
        for site in taken:
            self._by_block[site.block].append(site)

    def on_leave(self, original, updated):  # type: ignore[no-untyped-def]
        if original not in self._by_block:
            return updated
        body = list(updated.body)
        for site in sorted(self._by_block[original], key=lambda each: -each.start):
            body[site.start : site.end] = site.new
        return updated.with_changes(body=body)
