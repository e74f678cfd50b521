"""A reader of Graphviz's language (graphviz.org/doc/info/lang), as far as a directed graph without
subgraphs, ports and HTML labels goes. Anything else is a ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

TOKEN = re.compile(
    r"""\s*(?: (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<id>[A-Za-z_\x80-\U0010ffff][\w]*|-?(?:\.\d+|\d+(?:\.\d*)?))
             | (?P<mark>->|[{}\[\];,=]) )""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = ("node", "edge", "graph")
Attributes = Mapping[str, str]


class Dot(NamedTuple):
    nodes: Mapping[str, Attributes]
    edges: Mapping[tuple[str, str], Attributes]


class Reader:
    """Takes the text apart from its beginning."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.nodes: dict[str, Attributes] = {}
        self.edges: dict[tuple[str, str], Attributes] = {}

    def graph(self) -> Dot:
        self.take("digraph")
        if self.tokens[0] != "{":
            self.identifier()
        self.take("{")
        while self.tokens[0] != "}":
            self.statement()
            self.maybe(";")
        self.take("}")
        if self.tokens != [""]:
            raise ValueError(f"after the graph: {self.tokens[:5]}")
        return Dot(self.nodes, self.edges)

    def statement(self) -> None:
        if self.tokens[0] in KEYWORDS:
            self.tokens.pop(0)
            self.attributes()
            return
        name = self.identifier()
        if self.maybe("="):
            self.identifier()
        elif self.maybe("->"):
            target = self.identifier()
            self.edges[name, target] = self.attributes()
        else:
            self.nodes[name] = self.attributes()

    def attributes(self) -> Attributes:
        found: dict[str, str] = {}
        while self.maybe("["):
            while not self.maybe("]"):
                name = self.identifier()
                self.take("=")
                found[name] = self.identifier()
                self.maybe(",") or self.maybe(";")
        return found

    def identifier(self) -> str:
        token = self.tokens.pop(0)
        if token[:1] == '"':
            return token[1:-1].replace('\\"', '"')
        if not re.fullmatch(r"[\w.-]+", token) or token in KEYWORDS:
            raise ValueError(f"{token!r} where a name should be")
        return token

    def take(self, mark: str) -> None:
        if not self.maybe(mark):
            raise ValueError(f"{self.tokens[0]!r} where {mark!r} should be")

    def maybe(self, mark: str) -> bool:
        return self.tokens[0] == mark and self.tokens.pop(0) == mark


def _tokens(text: str) -> list[str]:
    """With an empty one at the end."""
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        token = TOKEN.match(text, at)
        if not token:
            raise ValueError(f"no token: {text[at : at + 20]!r}")
        found.append(token[token.lastgroup or 0])
        at = token.end()
    return [*found, ""]


def read(text: str) -> Dot:
    return Reader(text).graph()
