"""How a judge reads a program: as data. The text is bounded before it is parsed, and nothing of it is ever run.

Whatever stands in it, the outcome is a `Sheet` or Invalid, with the line and what was expected there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from godel.contract.limits import READ_BRACKETS, READ_CHARACTERS, READ_DEPTH, READ_WORDS
from godel.contract.syntax import Unparsable, parse, words

from . import Candidate, Invalid
from .expressions import Function, expression, function, refused

BRACKET = re.compile(r"[(\[{]|[)\]}]")


@dataclass(frozen=True)
class Sheet:
    """What a text says: its `numbers` by name, and its functions."""

    numbers: Mapping[str, float]
    functions: Mapping[str, ast.FunctionDef]

    def chosen(self, names: Sequence[str]) -> list[float]:
        """These numbers, in order. Raises Invalid for one that is missing."""
        for name in names:
            if name not in self.numbers:
                raise Invalid(f"there is no number {name}; expected {', '.join(names)}"[:300])
        return [self.numbers[name] for name in names]

    def function(self, name: str, parameters: Sequence[str]) -> Function:
        """The function of this name, which takes so many numbers. Raises Invalid, and so does calling it."""
        return function(self._node(name, parameters), self.numbers)

    def arguments(self, name: str, parameters: Sequence[str], called: str) -> list[str]:
        """The parameters that the function hands on, in order: all that it does is `return called(b, a, ...)`.
        Raises Invalid."""
        node = self._node(name, parameters)
        own = [each.arg for each in node.args.args]
        match [each for each in node.body if not documents(each)]:
            case [ast.Return(value=ast.Call(func=ast.Name(id=by), args=args, keywords=[]))] if by == called:
                given = [each.id if isinstance(each, ast.Name) else "" for each in args]
                if unknown := [each for each in given if each not in own]:
                    raise Invalid(f"{called}: expected parameters of {name}; given: {unknown[0] or 'something else'!r}")
                return [parameters[own.index(each)] for each in given]
        raise Invalid(f"{name}: expected nothing but `return {called}(...)`")

    def _node(self, name: str, parameters: Sequence[str]) -> ast.FunctionDef:
        if name not in self.functions:
            raise Invalid(f"there is no function {name}({', '.join(parameters)})")
        node = self.functions[name]
        if len(node.args.args) != len(parameters):
            raise Invalid(f"{name}: expected the parameters {', '.join(parameters)}")
        return node


def text_of(candidate: Candidate) -> str:
    """The text of the program under judgement."""
    return str(candidate.call(None))


@lru_cache(maxsize=64)
def read(text: str) -> Sheet:
    """What an untrusted `text` says. Raises Invalid."""
    numbers: dict[str, float] = {}
    functions: dict[str, ast.FunctionDef] = {}
    for statement in parsed(text).body:
        match statement:
            case ast.FunctionDef(name=name, decorator_list=[]) if plain(statement.args):
                functions[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                numbers[name] = expression(value, numbers)
            case _ if not documents(statement):
                raise refused(statement, "a number with a name or a function of plain parameters")
    return Sheet(numbers, functions)


def parsed(text: str) -> ast.Module:
    """The tree of an untrusted `text`. Raises Invalid for one that is too long or deep, or does not parse."""
    if len(text) > READ_CHARACTERS:
        raise Invalid(f"the text has {len(text)} characters; at most {READ_CHARACTERS}")
    if (count := words(text)) > READ_WORDS:
        raise Invalid(f"the text has {count} words and signs; at most {READ_WORDS}")
    if brackets(text) > READ_BRACKETS:
        raise Invalid(f"the text has more than {READ_BRACKETS} brackets in one another")
    try:
        return parse(text, READ_DEPTH)
    except Unparsable as error:
        raise Invalid(f"the text {error}"[:300]) from None


def brackets(text: str) -> int:
    """How deep they nest at most, those in strings and comments too, whether or not they match."""
    now = most = 0
    for bracket in BRACKET.findall(text):
        now = now + 1 if bracket in "([{" else max(0, now - 1)
        most = max(most, now)
    return most


def plain(arguments: ast.arguments) -> bool:
    """Whether these are positional parameters without defaults, and no others."""
    others = (*arguments.posonlyargs, *arguments.kwonlyargs, *arguments.defaults, *arguments.kw_defaults)
    return not others and arguments.vararg is None and arguments.kwarg is None


def documents(node: ast.stmt) -> bool:
    """Whether a statement is a string that stands by itself."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
