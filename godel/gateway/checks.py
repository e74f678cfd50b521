"""What can be seen to be wrong with a run's models before anything is asked: names, keys, prices."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from godel.called import command
from godel.config import Budget, ModelBudget, Models
from godel.errors import ConfigError, UnknownName, UsageError, nearest

from .libraries import listed_models, litellm, only_model
from .prices import unknown

OPENAI = "openai/"


def with_full_names(models: Models) -> Models:
    """`models` with each name as it is sent: that of a provider as litellm takes it (provider/model), that of a server
    at an address as the server has it. Raises UnknownName, UsageError."""
    if not models.api_base:
        return models.model_copy(update={"names": tuple(map(full_name, models.names))})
    names = served_names(models)
    prices = {names.get(name, name): price for name, price in models.prices.items()}
    return models.model_copy(update={"names": tuple(names.values()), "prices": prices})


def served_names(models: Models) -> dict[str, str]:
    """How the server at an address calls each model that was named; its only one, where none was. A server that lists
    none is sent the names as they were written."""
    served = listed_models(models.api_base, key(models))
    if not models.names:
        return {"": only_model(models.api_base, served)}
    return {name: served_name(name, served) for name in models.names}


def served_name(name: str, served: Sequence[str]) -> str:
    """Raises UnknownName for one that the server does not list."""
    bare = name.removeprefix(OPENAI)  # which is litellm's for any server of this kind
    if name in served or not served:
        return name
    if bare in served:
        return bare
    raise UnknownName("model of this server", bare, served)


def check_models(models: Models, budgets: Mapping[str, float | None]) -> None:
    """`budgets`: in dollars, by key. Raises UsageError for a key that is missing, ConfigError for a budget
    that can't be kept."""
    limited = [name for name, limit in budgets.items() if limit is not None]
    if limited and (unpriced := unknown(models)):
        raise ConfigError(
            f"{limited[0]}: no price is known for {unpriced[0]}, so it can't be kept; give "
            "model.prices, a table of name = [prompt, reply] in dollars per million tokens"
        )
    for name in models.names:
        check_key(name, models)


def price_warnings(models: Models) -> list[str]:
    """In words, the models whose price nobody knows."""
    return [f"no price is known for {name}: its dollars count as 0{near(name)}" for name in unknown(models)]


def check_key(name: str, models: Models) -> None:
    if models.key_env and models.api_base:
        if not os.environ.get(models.key_env):
            raise UsageError(f"model.key_env: the variable {models.key_env} is not set; set it, {or_without_model()}")
    elif not models.api_base:
        missing = litellm().validate_environment(name)["missing_keys"]
        if missing:
            raise UsageError(f"{name}: no key: set {' or '.join(missing)}, {or_without_model()}")


def full_name(name: str) -> str:
    """`name`, whose provider litellm has to know."""
    try:
        litellm().get_llm_provider(name)
        return name
    except litellm().exceptions.BadRequestError:
        raise UnknownName("model", name, litellm().model_cost) from None


def near(name: str) -> str:
    """The nearest names that have a price, in words."""
    names = nearest(name.partition("/")[2] or name, litellm().model_cost)
    return f" (near: {', '.join(names)})" if names else ""


def key(models: Models) -> str:
    return os.environ.get(models.key_env, "") if models.key_env else ""


def dollar_budgets(budget: Budget, improve: ModelBudget) -> dict[str, float | None]:
    return {
        "budget.dollars": budget.dollars,
        "budget.generation.dollars": budget.generation.dollars,
        "improve.model.dollars": improve.dollars,
    }


def or_without_model() -> str:
    return f"or run without a model: {command('launch', '--scaffold', 'mutation')}"
