"""The one place that imports litellm, openai and httpx: that takes seconds, so only once a model is asked for."""

from __future__ import annotations

import atexit
import functools
import os
import warnings
from collections.abc import Sequence
from types import ModuleType

from godel.errors import UsageError

DISCOVERY_TIMEOUT_S = 10.0


@functools.cache
def litellm() -> ModuleType:
    """Without a look at the network: it would fetch its table of prices at import."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    # Of a provider's module that litellm imports with its first request: nothing that a user could mend.
    warnings.filterwarnings("ignore", message="Items? .* on TypedDict class", category=UserWarning)
    import httpx
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.telemetry = False
    litellm.client_session = httpx.Client()  # one, whose connections are closed in the end
    atexit.register(litellm.client_session.close)
    return litellm


@functools.cache
def openai() -> ModuleType:
    """The client that litellm brings along."""
    import openai

    return openai


def listed_models(api_base: str, key: str) -> tuple[str, ...]:
    """The names of a server's models; none where it keeps no list. Raises UsageError when nobody answers."""
    import httpx

    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = httpx.get(f"{api_base.rstrip('/')}/models", headers=headers, timeout=DISCOVERY_TIMEOUT_S)
        return tuple(str(each["id"]) for each in answer.raise_for_status().json()["data"])
    except (httpx.TransportError, httpx.InvalidURL) as error:
        problem = str(error) or type(error).__name__
        raise UsageError(f"{api_base}: nobody answers there ({problem}); is the server up?") from None
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        return ()


def only_model(api_base: str, served: Sequence[str]) -> str:
    """The one model that a server has. Raises UsageError where it lists several, or none."""
    if not served:
        raise UsageError(f"{api_base}: no list of models; name one: --model")
    if len(served) > 1:
        raise UsageError(f"{api_base} has {len(served)} models: {', '.join(served[:20])}; choose with --model")
    return served[0]
