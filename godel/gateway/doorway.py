"""The one place that imports litellm: it takes seconds, so only once a model is asked for."""

from __future__ import annotations

import atexit
import functools
import os
from types import ModuleType


@functools.cache
def litellm() -> ModuleType:
    """Without a look at the network: it would fetch its table of prices at import."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import httpx
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.telemetry = False
    litellm.client_session = httpx.Client()  # one, whose connections are closed in the end
    atexit.register(litellm.client_session.close)
    return litellm
