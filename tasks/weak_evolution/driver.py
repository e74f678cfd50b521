"""Runs the improver on all problems at once."""

from __future__ import annotations

from godel.tasks.judging.improvers.driver import run

__all__ = ["run"]
