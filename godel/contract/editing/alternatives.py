"""Replies that offer several ways to go: nobody but the model can say which is meant."""

from __future__ import annotations

import re

from .errors import EditFailed

OFFER = re.compile(
    r"\W*(option|alternative|variant|approach|version|choice|idea|proposal|suggestion|possibility|candidate|design"
    r"|variante|opción|opzione|vorschlag|idee|方案)\s*(?:nr\.?\s*|no\.?\s*|#)?"
    r"([a-d1-4一二三]|one|two|three|i{1,3})\b.*",
    re.I,
)
EDIT = re.compile(r"[ \t]*(`{3,}|~{3,}|<{5,} *SEARCH|--- \S).*")


def refuse_alternatives(reply: str) -> None:
    """Raises EditFailed where two headings ("Option A", "Option B") have an edit each."""
    offered, name, fence = dict[str, None](), "", ""
    for line in reply.split("\n"):
        edit = EDIT.fullmatch(line)
        if fence:
            fence = "" if edit and edit[1].startswith(fence) else fence
        elif offer := OFFER.fullmatch(line):
            name = f"{offer[1]} {offer[2]}"
        elif edit:
            fence = edit[1] if edit[1][0] in "`~" else ""
            offered |= {name: None} if name else {}
    if len(offered) > 1:
        raise EditFailed(f"the reply offers {' and '.join(offered)}: reply with the one that you mean, alone")
