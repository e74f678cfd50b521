"""A tier from outside: whatever it raises that it may not, is its own failure, by its name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from godel.outside import WrongAnswer, outside, text

from . import Guest, Image, SandboxError, Spec, Tier

LONGEST = 1000
"""Characters of what a tier says."""
METHODS = ("forks", "missing", "prepare", "identity", "unset", "modules", "start", "reap", "images", "remove", "close")
OF_A_GUEST = ("send", "receive", "log", "kill", "death", "oom_kills", "paused")


class Supervised:
    """The tier that `make` gives. Its methods raise SandboxError, as those of any tier, and OutsideFailed for all that
    is not as `Tier` has it."""

    def __init__(self, name: str, kind: Any, make: Callable[[], Tier]) -> None:
        self._name, self._kind = name, kind
        with self._outside():
            self._tier = make()
            self.name = text(self._tier.name, "its name, as text", LONGEST)
            if lacking := [each for each in METHODS if not callable(getattr(self._tier, each, None))]:
                raise WrongAnswer(self._tier, f"a tier, which has {lacking[0]}")

    def forks(self) -> bool:
        with self._outside():
            return bool(self._tier.forks())

    def missing(self) -> str | None:
        with self._outside():
            answer = self._tier.missing()
            return None if answer is None else text(answer, "why it can't be used here, as text, or None", LONGEST)

    def prepare(self, report: Callable[[str], None]) -> None:
        with self._outside():
            self._tier.prepare(report)

    def identity(self) -> str:
        with self._outside():
            return text(self._tier.identity(), "what ran, as text", LONGEST)

    def unset(self) -> tuple[str, ...]:
        with self._outside():
            return tuple(text(each, "protections, as texts", LONGEST) for each in self._tier.unset())

    def modules(self) -> frozenset[str]:
        with self._outside():
            return frozenset(text(each, "modules, as texts", LONGEST) for each in self._tier.modules())

    def start(self, spec: Spec) -> Guest:
        with self._outside():
            guest = self._tier.start(spec)
            if lacking := [each for each in OF_A_GUEST if not callable(getattr(guest, each, None))]:
                raise WrongAnswer(guest, f"a guest, which has {lacking[0]}")
            return guest

    def reap(self) -> int:
        with self._outside():
            count = self._tier.reap()
            if not isinstance(count, int):
                raise WrongAnswer(count, "how many guests were left, a whole number")
            return count

    def images(self) -> list[Image]:
        with self._outside():
            images = list(self._tier.images())
            if odd := [each for each in images if not isinstance(each, Image)]:
                raise WrongAnswer(odd[0], "images")
            return images

    def remove(self, what: Image) -> bool:
        with self._outside():
            return bool(self._tier.remove(what))

    def close(self) -> None:
        with self._outside():
            self._tier.close()

    def _outside(self) -> AbstractContextManager[None]:
        return outside(lambda: f"the sandbox tier {self._name}", self._kind, (SandboxError,))
