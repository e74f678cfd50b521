"""Policies: what decides in a run, one small file each.

A policy is a class with one method. Its options are the fields of its dataclass, each with a type, a default and a
help text; a run sets them as `options.KIND.OPTION`. It is chosen by a name (of this package or of an installed one
that registers it as an entry point), or as `package.module:Class`. What it draws, it draws from the `rng` it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

Differences = Mapping[str, Sequence[float]]
"""By task: score of the child minus score of its parent, one for each paired seed."""


def option(default: Any, help: str) -> Any:
    """A field of a policy that a run's configuration can set."""
    return field(default=default, metadata={"help": help})
