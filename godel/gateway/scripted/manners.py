"""How servers differ from the API that they speak: what they ignore, refuse, leave out and call otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from godel.errors import UnknownName

from .completions import Response, answered, most_tokens, refused

OTHER_NAME = "is not supported with this model. Use 'max_completion_tokens' instead."
EXTRA = "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]"
REFUSED = {
    "refuses max_tokens": (400, "max_tokens", f"Unsupported parameter: 'max_tokens' {OTHER_NAME}"),
    "refuses temperature": (400, "temperature", "Unsupported value: 'temperature' does not support 0.7 here."),
    "refuses seed": (422, "seed", EXTRA),
    "refuses tools": (400, "tools", "this model does not support tools"),
    "wants a flag for tools": (500, "tools", "tools param requires --jinja flag"),
}
"""By manner: the status, the parameter, and the words that servers refuse it with."""
OTHERS = (
    "refuses all",
    "flags code",
    "ignores n",
    "no usage",
    "only thinks",
    "thinks at length",
    "content in parts",
    "lists no models",
    "only streams",
)
ALL = (*REFUSED, *OTHERS)
LENGTH = 10_000
"""Tokens of which one that thinks at length needs more before it says anything."""
THOUGHT = "Let me think about this step by step. "


class Manners:
    """Of one server, which answers to `names` only, if any are given."""

    def __init__(self, kinds: Iterable[str] = (), names: Sequence[str] = ()) -> None:
        """Raises UnknownName."""
        self.kinds, self.names = frozenset(kinds), tuple(names)
        for unknown in self.kinds - set(ALL):
            raise UnknownName("manner", unknown, ALL)

    def refusal(self, request: Mapping[str, Any]) -> Response | None:
        """What is said to a request that it does not take."""
        if self.names and request["model"] not in self.names:
            return refused(404, f"the model '{request['model']}' does not exist", code="model_not_found")
        if "refuses all" in self.kinds:
            return refused(400, "this account may not use the model")
        if "flags code" in self.kinds and "```" in json.dumps(request["messages"]):
            return refused(400, "invalid prompt: flagged as a possible violation of the usage policy")
        for kind, (status, name, message) in REFUSED.items():
            if kind in self.kinds and name in request:
                return refused(status, message)
        return None

    def heard(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request as this server reads it."""
        ignored = {"n"} if "ignores n" in self.kinds else set()
        return {name: value for name, value in request.items() if name not in ignored}

    def dressed(self, request: Mapping[str, Any], response: Response | None) -> Response | None:
        """A completion as this server writes it."""
        if response is None or response.status != 200 or response.length is not None:
            return response
        try:
            data = json.loads(response.body)
        except ValueError:  # a fault
            return response
        thinks = self._only_thinks(request)
        for choice in data.get("choices", ()):
            self._dress(choice, thinks)
        if thinks:
            data["usage"]["completion_tokens"] = len(THOUGHT)
        if "no usage" in self.kinds:
            del data["usage"]
        return streamed(data) if "only streams" in self.kinds else answered(data)

    def _only_thinks(self, request: Mapping[str, Any]) -> bool:
        short = most_tokens(request) <= LENGTH
        return "only thinks" in self.kinds or ("thinks at length" in self.kinds and short)

    def _dress(self, choice: dict[str, Any], thinks: bool) -> None:
        message = choice["message"]
        if thinks:
            choice |= {"message": {"role": "assistant", "content": "", "reasoning_content": THOUGHT * 20}}
            choice["finish_reason"] = "length"
        elif "content in parts" in self.kinds and message.get("content"):
            message["content"] = [{"type": "text", "text": message["content"]}]


def streamed(data: Mapping[str, Any]) -> Response:
    """A completion as a stream of one piece."""
    pieces = [{**each, "delta": each["message"]} for each in data["choices"]]
    chunk = json.dumps({**data, "object": "chat.completion.chunk", "choices": pieces})
    return Response(200, f"data: {chunk}\n\ndata: [DONE]\n\n".encode(), {"Content-Type": "text/event-stream"})
