"""A node of libcst: its parts, and its text."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

UNSEEN = (
    cst.Annotation,
    cst.Comma,
    cst.EmptyLine,
    cst.Import,
    cst.ImportFrom,
    cst.LeftParen,
    cst.RightParen,
    cst.BaseParenthesizableWhitespace,
    cst.TrailingWhitespace,
)
LABELS = ("attr", "keyword")  # fields whose names are no variables


def parts(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """The parts of a node that operators look at, each with its field."""
    for field in node.__dataclass_fields__:
        value = getattr(node, field)
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, cst.CSTNode) and not isinstance(part, UNSEEN) and field not in LABELS:
                yield field, part


def code(node: object) -> str:
    """A node as text; "" for one that was removed."""
    if isinstance(node, cst.FlattenSentinel):
        return "\n".join(map(code, node))
    return cst.Module([]).code_for_node(node).strip() if isinstance(node, cst.CSTNode) else ""
