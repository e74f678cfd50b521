"""An OpenAI-compatible server at an address of the user's: asked by the name that it serves, and nobody else is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from godel.config import Models
from godel.errors import ProviderFailed, Unavailable

from .checks import key
from .libraries import litellm, openai

NO_KEY = "none"
"""What a server without keys is sent: the client wants one."""


class Server:
    """No name is read as a provider's, and no reply is read before it is seen here (see `Endpoint`)."""

    def __init__(self, models: Models) -> None:
        library, self.where = openai(), models.api_base
        nothing = {name: library.Omit() for name in ("OpenAI-Organization", "OpenAI-Project")}  # of the environment
        self._client = library.OpenAI(
            base_url=models.api_base,
            api_key=key(models) or NO_KEY,
            timeout=models.timeout_s,
            max_retries=0,
            http_client=litellm().client_session,
            default_headers=nothing,
        )

    def takes_n(self, model: str) -> bool:
        return True

    def complete(self, model: str, body: Mapping[str, Any]) -> Any:
        asked = self._client.chat.completions.with_raw_response.create(model=model, **body)
        try:
            return asked.http_response.json()
        except ValueError as error:
            if asked.http_response.text.lstrip().startswith("data:"):
                raise Unavailable(
                    f"{model}: {self.where} streams its replies though it was asked for whole ones"
                ) from None
            raise ProviderFailed(f"{model}: its response is no JSON: {error}") from None
