"""Every Python file parses."""

from __future__ import annotations

from godel.syntax import syntax_error

from . import Proposal


class Parses:
    name = "parses"

    def refuse(self, proposal: Proposal) -> str:
        for path, text in proposal.child.files.items():
            if path.endswith(".py") and text != proposal.parent.files.get(path) and (problem := syntax_error(text)):
                return f"{path} {problem}"
        return ""
