"""From a run's configuration to its gateway; and what can be seen to be wrong before anything is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from godel.called import command
from godel.config import Budget, ModelBudget, Models
from godel.errors import ConfigError, UnknownName, UsageError, nearest

from . import Gateway, NoModel
from .cache import Cache
from .doorway import litellm, served
from .prices import FREE, listed, unknown
from .switchboard import Log, Switchboard
from .total import Total


def without() -> str:
    return f"or run without a model: {command('launch', '--scaffold', 'mutation')}"


@contextmanager
def connected(models: Models, budget: Budget, log: Log, *, offline: bool = False) -> Iterator[Gateway]:
    """The gateway of a run whose calls are kept in `log`. `offline`: what is not recorded there fails."""
    if not models.names:
        yield NoModel()
        return
    from .provider import LiteLLM

    with ExitStack() as stack:
        cache = stack.enter_context(Cache(Path(models.cache))) if models.cache and not offline else None
        prices = {name: found or FREE for name, found in listed(models).items()}
        provider = None if offline else LiteLLM(models, prices)
        board = Switchboard(models, prices, log, Total(budget, log.model_spend()), provider, cache)
        stack.callback(board.close)
        yield board


def completed(models: Models) -> Models:
    """With names as litellm takes them. An address alone is enough, where its server has one model.
    Raises UnknownName, UsageError."""
    names = models.names
    if models.api_base and not names:
        names = (served(models.api_base, key(models)),)
    return models.model_copy(update={"names": tuple(named(name, models.api_base) for name in names)})


def check(models: Models, budgets: Mapping[str, float | None]) -> None:
    """`budgets`: in dollars, by key. Raises UsageError for a key that is missing, ConfigError for a budget
    that can't be kept."""
    kept = [name for name, limit in budgets.items() if limit is not None]
    if kept and (unpriced := unknown(models)):
        raise ConfigError(
            f"{kept[0]}: no price is known for {unpriced[0]}, so it can't be kept; give "
            "model.prices, a table of name = [prompt, reply] in dollars per million tokens"
        )
    for name in models.names:
        check_key(name, models)


def warnings(models: Models) -> list[str]:
    """In words, the models whose price nobody knows."""
    return [f"no price is known for {name}: its dollars count as 0{near(name)}" for name in unknown(models)]


def check_key(name: str, models: Models) -> None:
    if models.key_env and models.api_base:
        if not os.environ.get(models.key_env):
            raise UsageError(f"model.key_env: the variable {models.key_env} is not set; set it, {without()}")
    elif not models.api_base:
        missing = litellm().validate_environment(name)["missing_keys"]
        if missing:
            raise UsageError(f"{name}: no key: set {' or '.join(missing)}, {without()}")


def named(name: str, api_base: str) -> str:
    """`name` with its provider; an OpenAI-compatible server's own name gets `openai/`."""
    try:
        litellm().get_llm_provider(name)
        return name
    except litellm().exceptions.BadRequestError:
        if api_base:
            return f"openai/{name}"
        raise UnknownName("model", name, litellm().model_cost) from None


def near(name: str) -> str:
    """The nearest names that have a price, in words."""
    found = nearest(name.partition("/")[2] or name, litellm().model_cost)
    return f" (near: {', '.join(found)})" if found else ""


def key(models: Models) -> str:
    return os.environ.get(models.key_env, "") if models.key_env else ""


def dollar_budgets(budget: Budget, improve: ModelBudget) -> dict[str, float | None]:
    return {
        "budget.dollars": budget.dollars,
        "budget.generation.dollars": budget.generation.dollars,
        "improve.model.dollars": improve.dollars,
    }
