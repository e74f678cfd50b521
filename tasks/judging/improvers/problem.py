"""A micro problem as an improver sees it: a text, and the places in it that may be changed."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

NUMBER = r"(?<![\w.])\d+\.?\d*(?:e[+-]?\d+)?"
WORD = r"[<>]=?|[-+*/]|[a-z_]+"
PLACE = re.compile(rf"(?P<number>{NUMBER})|{WORD}")
HEAD = re.compile(r"def \w+\((.*)\)")
KINDS = (("<", ">"), ("+", "-", "*", "/"), ("and", "or"))


class Place(NamedTuple):
    """Where something stands in a text; `options`: what else may stand there, itself included."""

    start: int
    end: int
    options: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """A program that is read. It is never changed: each method gives another problem."""

    text: str

    @property
    def numbers(self) -> list[float]:
        """The numbers in the text, in order, without their signs."""
        return [float(self.text[place.start : place.end]) for place in self._numbers]

    @property
    def words(self) -> list[str]:
        """The names, comparisons, operators, `and` and `or` that may be changed, in order."""
        return [self.text[place.start : place.end] for place in self._words]

    def options(self, place: int) -> tuple[str, ...]:
        """What may stand in the place of a word: that word, and others of its kind."""
        return self._words[place].options

    def with_number(self, place: int, value: float) -> Problem:
        """Another number in the place of one."""
        return self._with(self._numbers[place], f"{value:.6g}")

    def with_word(self, place: int, word: str) -> Problem:
        """Another word in the place of one."""
        return self._with(self._words[place], word)

    def exchanged(self, one: int, other: int) -> Problem:
        """Two words change places."""
        first, second = self.words[one], self.words[other]
        later, earlier = max(one, other), min(one, other)
        swapped = {one: second, other: first}
        return self.with_word(later, swapped[later]).with_word(earlier, swapped[earlier])

    def changed(self, rng: random.Random, step: float, words: float) -> Problem:
        """One random change: with the probability `words` that of a word, else that of a number by a factor, the
        logarithm of which has the standard deviation `step`. Where there is only one kind, that is changed."""
        if self._words and (not self._numbers or rng.random() < words):
            return self.another_word(rng)
        if not self._numbers:
            return self
        place = rng.randrange(len(self._numbers))
        return self.with_number(place, self.numbers[place] * math.exp(rng.gauss(0, step)))

    def another_word(self, rng: random.Random) -> Problem:
        """A word gives way to another of its kind, or changes places with one; the chances are even."""
        place = rng.randrange(len(self._words))
        alike = [n for n, each in enumerate(self._words) if n != place and each.options == self._words[place].options]
        if alike and rng.random() < 0.5:
            return self.exchanged(place, rng.choice(alike))
        others = [word for word in self._words[place].options if word != self.words[place]]
        return self.with_word(place, rng.choice(others or self.words))

    def _with(self, place: Place, text: str) -> Problem:
        return Problem(self.text[: place.start] + text + self.text[place.end :])

    @cached_property
    def _numbers(self) -> list[Place]:
        return [Place(*match.span(), ()) for match in PLACE.finditer(self.text, self._body) if match["number"]]

    @cached_property
    def _words(self) -> list[Place]:
        kinds = (self._parameters, *KINDS)
        return [
            Place(*match.span(), kind)
            for match in PLACE.finditer(self.text, self._body)
            for kind in kinds
            if match[0] in kind
        ]

    @cached_property
    def _parameters(self) -> tuple[str, ...]:
        head = HEAD.search(self.text)
        return tuple(re.findall(r"\w+", head[1])) if head else ()

    @cached_property
    def _body(self) -> int:
        """Where the part after the head of the function begins."""
        head = HEAD.search(self.text)
        return head.end() if head else 0
