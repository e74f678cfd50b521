"""Only editable files changed, by names that stay inside the scaffold, in honest text."""

from __future__ import annotations

from godel.filenames import refused, shown
from godel.filetexts import refused_text
from godel.scoring.received import too_much

from . import Proposal


class Editable:
    name = "editable"

    def refuse(self, proposal: Proposal) -> str:
        child, parent = proposal.child.files, proposal.parent.files
        if proposal.child.entry != proposal.parent.entry:
            return f"the entry file changed to '{shown(proposal.child.entry)}'"
        if problem := too_much(proposal.child):
            return problem
        for path in sorted(child.keys() | parent.keys()):
            if child.get(path) != parent.get(path) and (reason := _refuse_path(path, proposal.editable)):
                return reason
        return next((reason for path, text in child.items() if (reason := refused_text(path, text))), "")


def _refuse_path(path: str, editable: tuple[str, ...]) -> str:
    """`editable` are whole paths: a file of the same name in another folder would be another module."""
    if problem := refused(path):
        return problem
    return "" if path in editable else f"'{path}' is not editable; there are: {', '.join(editable)}"
