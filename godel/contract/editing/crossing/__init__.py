"""Crossover of two programs: a child that takes some of the places where they differ from its mate, the others from
the parent.

Two programs are laid beside each other statement by statement, down into functions, classes, loops and conditions whose
heads are the same. What differs and belongs together is a site: a function, a method, a few lines of one, a constant,
or a whole file that is no Python. Uniform crossover (Syswerda 1989) over the sites, each with even chances; a child
takes one at least, and not all. It is one that Python compiles, and in which no name is read unbound that is bound in
both.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from ...program import Edit, Program
from ..errors import EditFailed
from ..parsing import readable
from ..source import syntax_error
from .names import unbound
from .sites import Site, sites
from .splicing import spliced

__all__ = ["OPERATOR", "crossed"]

OPERATOR = "cross"
"""Of the edits that a child reports, one for each site that it took."""

TRIES = 20
"""Choices of sites that are tried, before there is no child."""


def crossed(program: Program, mate: Program, rng: random.Random) -> Program:
    """`program` with some of what differs in `mate`; itself where fewer than two places differ, or none fits."""
    found = sites(program, mate)
    for _ in range(TRIES if len(found) > 1 else 0):
        taken = [site for site in found if rng.random() < 1 / 2]
        if 0 < len(taken) < len(found) and (child := child_of(program, mate, taken)):
            return child
    return program


def child_of(program: Program, mate: Program, taken: Sequence[Site]) -> Program | None:
    """`program` with these sites as the mate has them; None where it would not run."""
    by_path = defaultdict(list)
    for site in taken:
        by_path[site.path].append(site)
    try:
        child = program
        for path, own in by_path.items():
            child = child.with_file(path, text_of(program.files[path], own), *map(edit, own))
    except EditFailed:
        return None
    return child if all(sound(child, (program, mate), path) for path in child.files if path.endswith(".py")) else None


def text_of(text: str, taken: Sequence[Site]) -> str:
    """Raises EditFailed for what libcst can't write."""
    if not taken[0].block:
        return taken[0].after
    with readable("the child"):
        return spliced(taken)


def sound(child: Program, parents: Sequence[Program], path: str) -> bool:
    """Whether it compiles, and what it reads unbound is unbound in a parent too: then it comes from elsewhere."""
    if syntax_error(child.files[path]):
        return False
    known = (unbound(each, path) for each in parents if path in each.files)
    return unbound(child, path) <= set().union(*known)


def edit(site: Site) -> Edit:
    return Edit(OPERATOR, f"{site.path}:{site.symbol}", site.before, site.after)
