"""What a reply answers: without the thinking before it."""

from __future__ import annotations

import re

from .errors import EditFailed

NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
OPENS = re.compile(rf"\s*<({NAMES})>", re.I)
CLOSES = re.compile(rf"[^\"']*</({NAMES})>[ \t]*", re.I)
"""It ends a line, in which no string can hold it. A server's template may have swallowed the opening tag."""
FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})")
FINAL = "<|channel|>final<|message|>"
ENDS = re.compile(r"<\|(?:end|return|eot_id|im_end)\|>\s*\Z")


def answer(reply: str) -> str:
    """The reply after its thinking: drafts in that are no answer. Raises EditFailed where nothing else was said."""
    reply = ENDS.sub("", reply[reply.rfind(FINAL) + len(FINAL) :] if FINAL in reply else reply)
    opened = OPENS.match(reply)
    if end := _end_of_thinking(reply, opened is not None):
        return reply[end:]
    if opened and (closed := re.search(f"</{opened[1]}>", reply, re.I)):
        return reply[closed.end() :]
    if opened:
        raise EditFailed(f"the reply is nothing but thinking: <{opened[1]}> is never closed. Think less, then answer")
    return reply


def _end_of_thinking(reply: str, opened: bool) -> int:
    """Where the last closing tag ends, or 0. Where none was opened, what stands in a fence is a text of the program."""
    end, at, fenced = 0, 0, False
    for line in reply.split("\n"):
        at += len(line) + 1
        fenced ^= FENCE.match(line) is not None
        if CLOSES.fullmatch(line) and (opened or not fenced):
            end = at - 1
    return min(end, len(reply))
