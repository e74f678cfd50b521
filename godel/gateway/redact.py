"""Takes keys out of texts: what a provider sends back may repeat the key that it was sent."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

LIKE_A_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
IN_ADDRESS = re.compile(r"(\w://)[^\s/?#@]*@")
"""What stands before an address's host: a user's name and password."""

SHORTEST = 8
"""Characters: what is shorter is no key, and would be found in any text."""
INSTEAD = "[key]"


def redacted(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """`text` without the value of any environment variable that may hold a key."""
    for value in keys(environment):
        text = text.replace(value, INSTEAD)
    return text


def redacted_error(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """An error's text as it may be recorded: without keys, and without passwords in addresses."""
    return IN_ADDRESS.sub(rf"\1{INSTEAD}@", redacted(text, environment))


def keys(environment: Mapping[str, str]) -> list[str]:
    """The longest first: one may be part of another."""
    values = {value for name, value in environment.items() if LIKE_A_KEY.search(name)}
    values |= {password for value in environment.values() for password in passwords(value)}
    return sorted((value for value in values if len(value) >= SHORTEST), key=len, reverse=True)


def passwords(value: str) -> list[str]:
    """Those of an address, such as a proxy's or an engine's, as it holds them and decoded."""
    if "@" not in value or "://" not in value:
        return []
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        return []
    return [password, unquote(password)]


def leaked_variable(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """The environment variable that may hold a key, and whose value is in `text`; "" if there is none. Paths are
    no keys."""
    for name, value in environment.items():
        if LIKE_A_KEY.search(name) and len(value) >= SHORTEST and not value.startswith("/") and value in text:
            return name
        if any(len(each) >= SHORTEST and each in text for each in passwords(value)):
            return name
    return ""
