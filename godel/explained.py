"""What is wrong with a value of a configuration or a manifest, in a user's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.tasks.ranges import shown

WORDS = {
    "bool_type": "expected true or false",
    "float_type": "expected a number",
    "int_type": "expected a whole number",
    "dict_type": "expected a section: set a key in it, such as {key}.maxcut=large",
    "list_type": "expected a list, such as {key}={list}",
    "model_type": "expected a section: set a key in it, such as {inside}",
    "string_too_short": "expected text that is not empty",
    "string_type": 'expected text, in quotes: "..."',
    "too_short": "expected at least one entry, such as {key}={list}",
    "tuple_type": "expected a list, such as {key}={list}",
}
"""By pydantic's name of an error; one that is not here keeps pydantic's own words."""


class Hidden(ValueError):
    """What is wrong with a value that may be a key or a password: no message repeats it."""


LISTS = {"tasks": '["maxcut"]', "editable": '["main.py"]'}


def explained(error: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """One of pydantic's errors as "key: expected …; given: …".
    `defaults`: those of all keys there are, dotted; they make the examples."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        return f"{key}: missing"
    if isinstance(hidden := error.get("ctx", {}).get("error"), Hidden):
        return f"{key}: {hidden}"
    expected = WORDS.get(error["type"], error["msg"].removeprefix("Value error, ").lower().replace("{", "{{"))
    example = expected.format(key=key, list=LISTS.get(key, "[...]"), inside=_inside(key, defaults))
    return f"{key}: {example}; given: {shown(error['input'])}"


def _inside(section: str, defaults: Mapping[str, Any]) -> str:
    key, default = next((each for each in defaults.items() if each[0].startswith(f"{section}.")), (section, None))
    return f"{key}={100 if default is None else default}"
