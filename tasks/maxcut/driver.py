"""Hands each graph to the program and sends its sides back."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from godel.sandbox.guest.port import pack, unpack


def run(program: ModuleType, request: Any) -> Any:
    """`request`: a list of {"nodes": int, "edges": array of (node, node, weight)}. For each,
    an array of sides."""
    return [pack(np.asarray(solve(program, each))) for each in request]


def solve(program: ModuleType, graph: Any) -> Any:
    edges = [tuple(edge) for edge in unpack(graph["edges"]).tolist()]
    return program.cut(graph["nodes"], edges)
