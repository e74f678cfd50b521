"""A script: a TOML file of `[[rule]]` tables, of which the first that fits a conversation answers.

    [[rule]]
    files = { "main.py" = '^SIZE = (?P<size>\\d+)' }  # what is in the files of a program, as it was shown last
    seed = true                    # whether they are those of the scaffold that the script lies beside, unchanged
    turn = 0                       # how many messages of the assistant's there are
    tools = true                   # whether the request offers any
    after = '^read '               # the tool that the last message answers, and its arguments as JSON
    properties = 'better'          # of the JSON that is asked for by a schema
    when = 'traceback'             # in all that was said; `unless` must not be in it
    last = 'score'                 # in the last message; `model` is in the model's name
    reply = ["{{size}} is fine.", { tool = "read", arguments = { path = "main.py" } }]

All but numbers, `tools` and `seed` are regular expressions. A script that goes by what is said (`when`, `last`) should
go by words of a task or of its own replies: a prompt may be written anew, by whoever maintains or evolves it.

Each key but `reply` may be left out; it is text, or a table of `text`, `tool` and `arguments`, `calls`.
{{name}} is what the group of that name matched, {{last_code}} the lines of the last fenced block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from godel import scaffold
from godel.config import Kind, Section, checked
from godel.errors import ConfigError
from godel.tasks.tables import read_table

from .completions import BadRequest, digest
from .rules import PATTERNS, Call, Conversation, Reply, Rule, last_code

DEFAULT = Path(__file__).with_name("default.toml")
QUOTED = 80
"""Characters of the last message in an error."""


def script_file(name: str | None) -> Path:
    """The file of rules that is meant: the one beside a scaffold (its name or its folder is given), or a file by
    that path; the default one where nothing is given."""
    if name is None:
        return DEFAULT
    beside = scaffold.folder_of(name) / scaffold.SCRIPT
    return beside if beside.is_file() else Path(name)


class _File(Section, strict=True):
    rule: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Script:
    rules: tuple[Rule, ...]
    origin: str
    seed: Mapping[str, str] = field(default_factory=dict)
    """The files of the scaffold that the script lies beside."""

    @staticmethod
    def load(path: Path) -> Script:
        """Raises ConfigError (file, rule and key) or UnknownName (a key that does not exist)."""
        try:
            data = read_table(path)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; expected a TOML file of rules") from None
        except ValueError as error:
            raise ConfigError(f"{path}: {error}") from None
        beside = scaffold.exists(str(path.parent))
        return Script.of(data, str(path), scaffold.load(str(path.parent)).program.files if beside else {})

    @staticmethod
    def of(data: Mapping[str, Any], origin: str = "script", seed: Mapping[str, str] = MappingProxyType({})) -> Script:
        """A script from what its file holds; raises as `load` does."""
        rules = checked(_File, _each(_rule, data, "rule", origin), origin).rule
        if not rules:
            raise ConfigError(f"{origin}: rule: expected at least one [[rule]]")
        return Script(rules, origin, seed)

    def answer(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The `n` messages for a request, uncut: the first reply at temperature 0; else in turn from one
        that the messages, model and `seed` choose. Raises BadRequest when no rule fits."""
        conversation, key = Conversation.of(request, self.seed), _key(request)
        for rule in self.rules:
            groups = rule.groups(conversation)
            if groups is not None:
                groups = {"last_code": last_code(conversation.text), **groups}
                replies = _chosen(rule.reply, request, int(key, 16))
                return [reply.message(groups, f"call_{key[:16]}_{index}") for index, reply in enumerate(replies)]
        raise BadRequest(
            f"no rule of {self.origin} fits this conversation; its last message: {conversation.last[:QUOTED]!r}"
        )


def _key(request: Mapping[str, Any]) -> str:
    return digest([request["messages"], request["model"], request.get("seed")])


def _chosen(replies: Sequence[Reply], request: Mapping[str, Any], first: int) -> list[Reply]:
    n = request.get("n", 1)
    if request.get("temperature", 1) == 0:
        return [replies[0]] * n
    return [replies[(first + index) % len(replies)] for index in range(n)]


def _rule(data: Any, where: str) -> Rule:
    rule = _checked(Rule, _each(_reply, data, "reply", where), where)
    if not rule.reply:
        raise ConfigError(f"{where}: reply: expected at least one")
    for key in PATTERNS:
        _check_pattern(getattr(rule, key) or "", f"{where}: {key}")
    for path, pattern in (rule.files or {}).items():
        _check_pattern(pattern, f"{where}: files: {path}")
    return rule


def _reply(data: Any, where: str) -> Reply:
    if isinstance(data, str):
        data = {"text": data}
    reply = _checked(Reply, _each(_call, data, "calls", where), where)
    if not (reply.text or reply.tool or reply.calls):
        raise ConfigError(f"{where}: expected text, a tool or calls; given none of them")
    if not reply.tool and "arguments" in reply.model_fields_set:
        raise ConfigError(f"{where}: arguments: expected a tool that takes them")
    _check_arguments(reply.arguments, where)
    return reply


def _call(data: Any, where: str) -> Call:
    call = _checked(Call, data, where)
    _check_arguments(call.arguments, where)
    return call


def _each(read: Callable[[Any, str], Section], data: Any, key: str, where: str) -> Any:
    """`data` with what it lists under `key` read one by one: so an error says which one it is in."""
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        return data
    name = f"{where}, {key.removesuffix('s')}"
    return {**data, key: tuple(read(each, f"{name} {number}") for number, each in enumerate(data[key], 1))}


def _checked(kind: type[Kind], data: Any, where: str) -> Kind:
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected a table; given: {data!r}")
    return checked(kind, data, where)


def _check_pattern(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{where}: expected a regular expression ({error}); given: {pattern!r}") from None


def _check_arguments(arguments: Any, where: str) -> None:
    try:
        if not isinstance(arguments, dict | str):
            raise ValueError("expected a table, or text")
        json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: arguments: {error}; given: {arguments!r}") from None
