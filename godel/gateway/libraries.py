"""The one place that imports litellm and httpx: that takes seconds, so only once a model is asked for."""

from __future__ import annotations

import atexit
import functools
import os
import warnings
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


def only_model(api_base: str, key: str) -> str:
    """The name of the one model that a server has. Raises UsageError when it does not answer, or has several."""
    import httpx

    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = httpx.get(f"{api_base.rstrip('/')}/models", headers=headers, timeout=DISCOVERY_TIMEOUT_S)
        names = [str(each["id"]) for each in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{api_base}: no list of models ({type(error).__name__}: {error}); name one: --model"
        ) from None
    if len(names) != 1:
        raise UsageError(f"{api_base} has {len(names)} models: {', '.join(names[:20])}; choose with --model")
    return names[0]
