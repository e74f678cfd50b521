"""A run's file: written once, appended to, held against what was recorded."""

from __future__ import annotations

from .file import Store

__all__ = ["Store"]
