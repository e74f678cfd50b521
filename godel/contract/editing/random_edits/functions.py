"""A function takes the body of another."""

from __future__ import annotations

import libcst as cst

from .nodes import code
from .place import Draw, NoSite, Place
from .tree import Change


def transplant(place: Place, draw: Draw) -> Change:
    """The body of another with the same parameters, from any of the donors."""
    node = place.owner
    if not isinstance(node, cst.FunctionDef):
        raise NoSite
    every = [each for donor in draw.donors for each in donor.every(cst.FunctionDef)]
    fitting = [each for each in every if code(each.params) == code(node.params)]
    return {node: node.with_changes(body=draw.of(fitting).body)}
