"""Every Python file parses, and can be read by whoever comes after: within the limits of a source."""

from __future__ import annotations

from godel.contract.limits import SOURCE_WORDS
from godel.contract.syntax import unreadable, words

from . import Proposal


class Parses:
    name = "parses"

    def refuse(self, proposal: Proposal) -> str:
        child, parent = proposal.child, proposal.parent
        sources = {path: text for path, text in child.files.items() if path.endswith(".py") or path == child.entry}
        count = sum(map(words, sources.values()))
        if count > SOURCE_WORDS:
            return f"its sources have {count} words and signs; at most {SOURCE_WORDS}"
        for path, text in sources.items():
            if text != parent.files.get(path) and (problem := unreadable(text)):
                return f"{path} {problem}"
        return ""
