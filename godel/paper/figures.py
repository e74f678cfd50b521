"""The numbers of a paper: drawn from what is recorded, and none beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from godel.lineage.analysis.statistics import Interval
from godel.lineage.views.text import plain, span

NUMERAL = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?")
CODE = re.compile(r"```.*?```|(?<!\\)`[^`]*`|\[[^\]]*\]\([^)]*\)|!\[[^\]]*\]\([^)]*\)", re.DOTALL)
"""Names, commands and links: a number in one is no figure."""


class Figures:
    """Hands out numbers as text, and remembers them."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def number(self, value: float, form: str = ",") -> str:
        """A count, or with another `form` (of `format`) anything else."""
        return self._note(format(value, form))

    def interval(self, estimate: Interval, sign: str = "+") -> str:
        """A mean with its interval, as everywhere."""
        return self._note(span(plain(estimate), sign))

    def fixed(self, text: str) -> str:
        """Words of a method that have a number, such as a confidence level."""
        return self._note(text)

    def strangers(self, text: str) -> Iterator[str]:
        """The numbers in a paper that were not handed out."""
        yield from (each for each in numerals(text) if each not in self._given)

    def _note(self, text: str) -> str:
        self._given |= set(numerals(text))
        return text


def numerals(text: str) -> list[str]:
    return NUMERAL.findall(CODE.sub(" ", text))
