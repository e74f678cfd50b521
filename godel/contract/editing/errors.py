"""The one way in which a reply can't be applied."""

from __future__ import annotations


class EditFailed(ValueError):
    """A reply can't be applied; its text tells the model what failed and why."""
