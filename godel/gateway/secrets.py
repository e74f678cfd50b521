"""Keys stay in this process: whatever comes back from a provider is cleaned of them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

LIKE_A_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
SHORTEST = 8
"""Characters: what is shorter is no key, and would be found in any text."""
INSTEAD = "[key]"


def cleaned(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """`text` without the value of any variable that may hold a key: a server may echo what it was sent."""
    for value in keys(environment):
        text = text.replace(value, INSTEAD)
    return text


def keys(environment: Mapping[str, str]) -> list[str]:
    """The longest first: one may be part of another."""
    found = {value for name, value in environment.items() if LIKE_A_KEY.search(name) and len(value) >= SHORTEST}
    return sorted(found, key=len, reverse=True)
