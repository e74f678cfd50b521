"""A small language of numbers, worked out by the judge: Python's expressions on floats, `if` and `return`.

It has no loops, no calls but of the functions named here, and no values but floats: one call costs as much as its
text is long, and whatever it gives is a float. A tree becomes closures once, and these are called for each input.
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence

from . import Invalid

Slots = list[float]
"""The values of a call's variables: its parameters, then what it assigns."""

Work = Callable[[Slots], float]
Step = Callable[[Slots], float | None]
"""A statement: what it returns, None to go on."""

Function = Callable[..., float]

BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
COMPARING: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
UNARY: Mapping[type[ast.unaryop], Callable[[float], float]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: lambda value: float(not value),
}
OF_ONE: Mapping[str, Callable[[float], float]] = {"abs": abs, "sqrt": math.sqrt, "exp": math.exp, "log": math.log}
OF_SEVERAL: Mapping[str, Callable[..., float]] = {"min": min, "max": max}


def expression(node: ast.expr, numbers: Mapping[str, float]) -> float:
    """What it is worth, with these numbers by name. Raises Invalid."""
    return _finite(Names((), numbers).work(node), [], "a number")


def function(node: ast.FunctionDef, numbers: Mapping[str, float]) -> Function:
    """A function of floats, which raises Invalid where it has no finite result. Raises Invalid for a node that is
    none, before it is called."""
    names = Names([each.arg for each in node.args.args], numbers)
    body = names.block(node.body)
    empty = [math.nan] * (len(names.slots) - len(node.args.args))  # a variable that was never assigned is no number

    def result(slots: Slots) -> float:
        value = body(slots)
        return math.nan if value is None else value

    return lambda *values: _finite(result, [*values, *empty], node.name)


def _finite(work: Work, slots: Slots, what: str) -> float:
    try:
        value = work(slots)
    except (ArithmeticError, ValueError) as error:
        raise Invalid(f"{what}: {error}") from None
    if not math.isfinite(value):
        raise Invalid(f"{what}: no finite result")
    return value


class Names:
    """What names stand for in one function: its variables, each with a slot, and the text's numbers."""

    def __init__(self, parameters: Sequence[str], numbers: Mapping[str, float]) -> None:
        self.slots = {name: place for place, name in enumerate(parameters)}
        self._numbers = numbers

    def block(self, statements: Sequence[ast.stmt]) -> Step:
        """These statements, one after the other. Raises Invalid."""
        steps = [step for each in statements if (step := self._step(each))]

        def run(slots: Slots) -> float | None:
            for step in steps:
                if (value := step(slots)) is not None:
                    return value
            return None

        return run

    def _step(self, node: ast.stmt) -> Step | None:
        match node:
            case ast.Return(value=ast.expr() as value):
                return self.work(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return self._assigned(name, self.work(value))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                changed = ast.BinOp(ast.Name(name), op, value)
                return self._assigned(name, self.work(ast.copy_location(changed, target)))
            case ast.If(test=test, body=body, orelse=orelse):
                return _branched(self.work(test), self.block(body), self.block(orelse))
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                return None
        raise refused(node, "an assignment, if or return")

    def _assigned(self, name: str, work: Work) -> Step:
        slot = self.slots.setdefault(name, len(self.slots))

        def assign(slots: Slots) -> None:
            slots[slot] = work(slots)

        return assign

    def work(self, node: ast.expr) -> Work:
        """The expression, to be worked out from slots. Raises Invalid."""
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return _constant(_float(value))
            case ast.Name(id=name):
                return self._named(name, node)
            case ast.BinOp(left=left, op=op, right=right):
                return _binary(BINARY.get(type(op)), self.work(left), self.work(right), node)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
                return _unary(UNARY[type(op)], self.work(operand))
            case ast.BoolOp(op=op, values=values):
                return _boolean(isinstance(op, ast.And), [self.work(each) for each in values])
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compared([left, *others], ops, node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _chosen(self.work(test), self.work(body), self.work(orelse))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._called(name, args, node)
        raise refused(node, "numbers, names, operators, comparisons")

    def _named(self, name: str, node: ast.expr) -> Work:
        if name in self.slots:
            return operator.itemgetter(self.slots[name])
        if name in self._numbers:
            return _constant(self._numbers[name])
        raise refused(node, "a name that was given or assigned before")

    def _compared(self, values: Sequence[ast.expr], ops: Sequence[ast.cmpop], node: ast.expr) -> Work:
        works = [self.work(each) for each in values]
        pairs = [
            _binary(COMPARING.get(type(op)), left, right, node)
            for op, (left, right) in zip(ops, itertools.pairwise(works), strict=True)
        ]
        return pairs[0] if len(pairs) == 1 else lambda slots: float(all(pair(slots) for pair in pairs))

    def _called(self, name: str, args: Sequence[ast.expr], node: ast.expr) -> Work:
        works = [self.work(each) for each in args]
        if name in OF_ONE and len(works) == 1:
            return _unary(OF_ONE[name], works[0])
        if name in OF_SEVERAL and len(works) > 1:
            several = OF_SEVERAL[name]
            return lambda slots: several([work(slots) for work in works])
        raise refused(node, f"one of {', '.join([*OF_ONE, *OF_SEVERAL])}, with its arguments")


def _constant(value: float) -> Work:
    return lambda slots: value


def _binary(apply: Callable[[float, float], float] | None, left: Work, right: Work, node: ast.expr) -> Work:
    if apply is None:
        raise refused(node, "arithmetic or a comparison")
    return lambda slots: float(apply(left(slots), right(slots)))


def _unary(apply: Callable[[float], float], operand: Work) -> Work:
    return lambda slots: apply(operand(slots))


def _boolean(all_of: bool, works: Sequence[Work]) -> Work:
    if all_of:
        return lambda slots: float(all(work(slots) for work in works))
    return lambda slots: float(any(work(slots) for work in works))


def _chosen(test: Work, body: Work, orelse: Work) -> Work:
    return lambda slots: body(slots) if test(slots) else orelse(slots)


def _branched(test: Work, body: Step, orelse: Step) -> Step:
    return lambda slots: body(slots) if test(slots) else orelse(slots)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Invalid("a number is too large") from None


def refused(node: ast.AST, expected: str) -> Invalid:
    """What stands there is not read."""
    return Invalid(f"line {getattr(node, 'lineno', '?')}: {type(node).__name__} is not read; expected {expected}")
