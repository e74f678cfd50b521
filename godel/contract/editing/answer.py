"""What a reply answers: without the thinking before it."""

from __future__ import annotations

import re

from .errors import EditFailed

NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
OPENS = re.compile(rf"\s*<({NAMES})>", re.I)
CLOSES = re.compile(rf"[^\"'\n]*</({NAMES})>[ \t]*$", re.I | re.M)
"""It ends a line, in which no string can hold it. A server's template may have swallowed the opening tag."""
FENCES = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.M)
FINAL = "<|channel|>final<|message|>"
ENDS = re.compile(r"<\|(?:end|return|eot_id|im_end)\|>\s*\Z")


def answer(reply: str) -> str:
    """The reply after its thinking: drafts in that are no answer. Raises EditFailed where nothing else was said."""
    reply = ENDS.sub("", reply[reply.rfind(FINAL) + len(FINAL) :] if FINAL in reply else reply)
    opened = OPENS.match(reply)
    closed = [match.end() for match in CLOSES.finditer(reply) if opened or not _in_a_fence(reply[: match.start()])]
    if closed:
        return reply[closed[-1] :]
    if opened:
        raise EditFailed(f"the reply is nothing but thinking: <{opened[1]}> is never closed. Think less, then answer")
    return reply


def _in_a_fence(text: str) -> bool:
    """Whether a text of the program is being shown there, which may hold such a tag."""
    return len(FENCES.findall(text)) % 2 == 1
