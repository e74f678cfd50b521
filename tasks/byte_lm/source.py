"""The text that byte_lm is about: a random source whose exact probabilities are known.

A text is a row of paragraphs. Each introduces a name (uniform letters) and then has words,
drawn from a first-order Markov chain over word classes with Zipf weights inside a class,
mixed with copies of the name:

    qzvt: lora mikata @qzvt sute lora
    mebd: ...

The state of the source is a function of the text so far (it is unifilar: Shannon 1948,
section 7), so the probability of the next byte is exact: within a word it is the share of
the words that go on with that byte among those that fit what has been spelled.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from itertools import accumulate
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COPY, END = b"@", b"\n"
AFTER_END = b"\xff"
"""Sorts after every byte of a token."""


class State(NamedTuple):
    """All that the future of a text depends on."""

    row: int = 0  # class of the last word: the row of the grammar that the next token is drawn from
    name: bytes = b""  # this paragraph's name, as far as it has been introduced
    owed: bytes = b""  # bytes that are certain to come next
    spelled: bytes = b""  # the token under way, so far


class Source:
    """One language, drawn from `rng`: vocabulary, classes and grammar."""

    def __init__(
        self,
        rng: random.Random,
        classes: int = 8,
        words: int = 24,
        name_length: int = 3,
        letters: str = ascii_lowercase,
    ) -> None:
        self.letters, self.name_length = letters.encode(), name_length
        spellings = spell(rng, classes * words, letters)
        self.row_after = {word: index % classes for index, word in enumerate(spellings)}
        self.tokens = sorted([*spellings, COPY, END])
        zipf = [1 / (rank + 2) for rank in range(words)]
        self.weights = np.array([self._row(rng, zipf, classes) for _ in range(classes)])
        self.sums = [[0.0, *accumulate(row)] for row in self.weights.tolist()]

    def _row(self, rng: random.Random, zipf: list[float], classes: int) -> list[float]:
        """P(token | class of the last word), in the order of `tokens`."""
        copy, end = 0.08, 0.06
        moves = [rng.gammavariate(0.4, 1) for _ in range(classes)]
        weights = {COPY: copy, END: end}
        for index, (word, row) in enumerate(self.row_after.items()):
            weights[word] = (1 - copy - end) * moves[row] / sum(moves) * zipf[index // classes] / sum(zipf)
        return [weights[token] for token in self.tokens]

    def probabilities(self, state: State) -> NDArray[np.float64]:
        """P(next byte | text so far), shape [256]."""
        if state.owed:
            return spread(state.owed[:1], 1)
        if len(state.name) < self.name_length:
            return spread(self.letters, 1 / len(self.letters))
        low, high = self._fitting(state.spelled)
        following = bytes(token[len(state.spelled)] for token in self.tokens[low:high])
        weights = self.weights[state.row, low:high]
        return spread(following, weights / weights.sum())

    def advance(self, state: State, text: bytes) -> State:
        """The state after `text`, which must be possible there."""
        row, name, owed, spelled = state
        for byte in text:
            if owed:
                owed = owed[1:]
            elif len(name) < self.name_length:
                name += bytes([byte])
                row, owed = 0, b": " if len(name) == self.name_length else b""
            else:
                spelled += bytes([byte])
                if spelled == COPY:
                    owed, spelled = name + b" ", b""
                elif spelled == END:
                    name, spelled = b"", b""
                elif spelled in self.row_after:
                    row, spelled = self.row_after[spelled], b""
        return State(row, name, owed, spelled)

    def draw(self, state: State, length: int, rng: random.Random) -> bytes:
        """A continuation of exactly `length` bytes, drawn from the source."""
        text = bytearray()
        while len(text) < length:
            piece = self._piece(state, rng)
            state = self.advance(state, piece)
            text += piece
        return bytes(text[:length])

    def _piece(self, state: State, rng: random.Random) -> bytes:
        """What comes next: what is owed, a letter of a name, or the rest of a token."""
        if state.owed:
            return state.owed
        if len(state.name) < self.name_length:
            return bytes([rng.choice(self.letters)])
        low, high = self._fitting(state.spelled)
        sums = self.sums[state.row]
        index = bisect_right(sums, rng.uniform(sums[low], sums[high]), low + 1, high) - 1
        return self.tokens[index][len(state.spelled) :]

    def _fitting(self, spelled: bytes) -> tuple[int, int]:
        """The range of `tokens` that begin with `spelled`."""
        return bisect_left(self.tokens, spelled), bisect_left(self.tokens, spelled + AFTER_END)


def spread(following: bytes, shares: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """`shares` of the possibilities, added up by the byte that each goes on with; shape [256]."""
    total = np.zeros(256)
    np.add.at(total, np.frombuffer(following, np.uint8), shares)
    return total


def spell(rng: random.Random, count: int, letters: str) -> list[bytes]:
    """Distinct words of one to three syllables; the space that ends a word is part of it."""
    vowels, consonants = letters[::4], [letter for letter in letters if letter not in letters[::4]]
    syllables = [rng.choice(consonants) + rng.choice(vowels) for _ in range(24)]
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choices(syllables, k=rng.randint(1, 3)))] = None
    return [word.encode() + b" " for word in words]
