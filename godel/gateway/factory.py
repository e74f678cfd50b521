"""From a run's configuration to its gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from godel.config import Budget, Models

from . import Gateway, NoModel
from .budgets import RunBudget
from .cache import Cache
from .prices import FREE, listed
from .provider import Chat, Endpoint
from .router import CallLog, Router


def endpoint(models: Models) -> Endpoint:
    """Who is asked: the user's own server, if there is an address, and nobody else."""
    from .hosted import Hosted
    from .server import Server

    return Server(models) if models.api_base else Hosted(models)


@contextmanager
def open_gateway(models: Models, budget: Budget, log: CallLog, *, offline: bool = False) -> Iterator[Gateway]:
    """The gateway of a run; its calls are recorded in `log`. `offline`: only what is recorded there is answered."""
    if not models.names:
        yield NoModel()
        return
    with ExitStack() as stack:
        cache = stack.enter_context(Cache(Path(models.cache))) if models.cache and not offline else None
        prices = {name: price or FREE for name, price in listed(models).items()}
        provider = None if offline else Chat(endpoint(models))
        router = Router(models, prices, log, RunBudget(budget, log.model_spend()), provider, cache)
        stack.callback(router.close)
        yield router
