"""Scores and choices in what the model wrote: as JSON where it keeps to the form, else in its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

MOST = 5
LONGEST = 800
"""Characters of a reason that are kept."""
NUMBER = r"(\d+(?:\.\d+)?)"
GAP = r"[\s:=*_\"'`]{0,8}"
WORDS = r"(?:score|points|total|sum|rating|grade|verdict)"
NAMED = rf"{WORDS}(?: *\([^()]*\))?{GAP}(?:is|of|comes to|to)?{GAP}{NUMBER}"
OUT_OF = rf"{NUMBER} *(?:points? *)?(?:/|(?:out )?of(?: a)?(?: possible| maximum| total)?(?: of)?) *{MOST}\b"
SCORE = re.compile(rf"{NAMED}|{OUT_OF}|{NUMBER} *points?\b", re.I)
WHICH = r"(?-i:([AB]))\b"
BETTER = r"(?:better|right|correct|more accurate|the winner|the better one|to be preferred)"
CHOICE = re.compile(
    rf"(?:better|winner|choice|prefer|choose|pick){GAP}(?:judgement|one)?{GAP}(?:is)?{GAP}(?:judgement)?{GAP}{WHICH}"
    rf"|\b{WHICH}[*_\"'`]{{0,2}}(?: wins\b| (?:is|seems|looks)(?: clearly| also| the)? {BETTER})",
    re.I,
)


class Vote(NamedTuple):
    """A score from 0 to 5, and why."""

    score: float
    reason: str


def vote(reply: str) -> Vote | None:
    """None if there is no score in the reply, or one that can't be. The last one said counts."""
    form = json_in(reply)
    said = [next(filter(None, groups)) for groups in SCORE.findall(reply)]
    try:
        score = float(form["score"] if "score" in form else said[-1])
    except (IndexError, TypeError, ValueError, OverflowError):
        return None
    reason = str(form.get("reason") or reply).strip()
    return Vote(score, reason[:LONGEST]) if 0 <= score <= MOST else None


def choice(reply: str) -> str:
    """A or B; "" if neither was chosen."""
    said = str(json_in(reply).get("better", "")).strip().upper()
    found = [next(filter(None, groups)) for groups in CHOICE.findall(reply)]
    return said if said in ("A", "B") else found[-1] if found else ""


def json_in(reply: str) -> Mapping[str, Any]:
    """The JSON object in a reply, whatever stands around it; {} if there is none."""
    try:
        found = json.loads(reply[reply.find("{") : reply.rfind("}") + 1])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
