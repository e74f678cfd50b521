"""The one way in which a reply can't be applied."""

from __future__ import annotations


class EditFailed(ValueError):
    """A reply can't be applied; its text tells the model what failed and why."""


EXPECTED = (
    "reply with SEARCH/REPLACE blocks (<<<<<<< SEARCH, the lines to replace, =======, the new lines, >>>>>>> REPLACE; "
    "each mark in a line of its own), or with the whole new text of a file between two lines of ```"
)
