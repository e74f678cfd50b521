"""Every error that the program raises on purpose.

GodelError
├── UsageError            what the user gave can't be used: one line, exit 2
│   ├── UnknownName       no scaffold, task, policy, key or node by that name
│   ├── ConfigError       a configuration file or an override (file and key)
│   ├── ScaffoldError     a scaffold's folder or source
│   ├── RunFolderError    a run folder that exists, is missing or can't be written
│   └── OutsideFailed     code from outside (a policy, an executor, …) raised, or answered what it may not
├── JudgeFailed           a task's judge broke: our failure, never a score
├── ProviderFailed        a call to a language model failed in a way that may pass: never a score
│   └── Declined          its reply is none: empty, out of bounds, a refusal
└── Stopped               a run ended early and can be resumed
    ├── Interrupted       by Ctrl-C
    ├── BudgetSpent       by its ledger
    └── Unavailable       by an engine, disk or provider that stayed away

Errors of the packages below (`SandboxError`, `StoreError`, `TaskError`) keep their own
trees; the command line turns each of them into one line and an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class GodelError(Exception):
    def __reduce__(self) -> tuple[Any, ...]:
        """Errors go from process to process: as their text, and not by what their constructors take."""
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[GodelError], given: tuple[Any, ...], state: Mapping[str, Any]) -> GodelError:
    error = kind.__new__(kind)
    error.args = given
    vars(error).update(state)
    return error


class UsageError(GodelError):
    pass


NEAR, LISTED = 3, 5
"""How many names are given that may have been meant, and where none is near, that there are."""

LONGEST = 100
"""Characters of a name that are looked at and shown."""


class UnknownName(UsageError):
    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        name = given if len(given) <= LONGEST else f"{given[:LONGEST]}…"
        super().__init__(f"unknown {kind} '{name}'; {hint(given, list(known))}")


def hint(given: str, known: Sequence[str]) -> str:
    """What `given` may have meant of the names there are, or which these are: a few, however many there are."""
    if near := nearest(given, known):
        return f"did you mean {' or '.join(near)}?"
    if len(known) <= LISTED:
        return f"there are: {', '.join(sorted(known))}"
    return f"the nearest of {len(known):,}: {', '.join(nearest(given, known, LISTED, 0.0))}"


def nearest(given: str, known: Iterable[str], most: int = NEAR, likeness: float = 0.5) -> list[str]:
    """Up to `most` names that `given` may have meant, capitals or not, best first."""
    by_lower = {name.lower(): name for name in known}
    given = given[:LONGEST].lower()
    return [by_lower[name] for name in difflib.get_close_matches(given, by_lower, n=most, cutoff=likeness)]


class ConfigError(UsageError):
    pass


class ScaffoldError(UsageError):
    pass


class RunFolderError(UsageError):
    pass


class OutsideFailed(UsageError):
    pass


class JudgeFailed(GodelError):
    pass


class ProviderFailed(GodelError):
    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Declined(ProviderFailed):
    pass


class Stopped(GodelError):
    settings = ""
    """What a resumption has to be given to get any further; "" if nothing."""


class Interrupted(Stopped):
    pass


class BudgetSpent(Stopped):
    """`budget` is its name below `budget.`; `used` of it are spent, or asked for."""

    def __init__(self, message: str, budget: str, used: float) -> None:
        super().__init__(message)
        self.budget, self.used = budget, used


class Unavailable(Stopped):
    pass
