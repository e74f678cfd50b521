"""A provider that litellm knows by a model's name; keys come from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.config import Models

from .libraries import litellm


class Hosted:
    """See `Endpoint`."""

    where = "the provider"

    def __init__(self, models: Models) -> None:
        self._timeout_s = models.timeout_s
        supported = litellm().get_supported_openai_params
        self._at_once = {name for name in models.names if "n" in (supported(name) or ())}

    def takes_n(self, model: str) -> bool:
        return model in self._at_once

    def complete(self, model: str, body: Mapping[str, Any]) -> Any:
        asked = litellm().completion(model=model, timeout=self._timeout_s, num_retries=0, max_retries=0, **body)
        return asked.model_dump()
