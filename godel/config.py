"""What a run is made of: typed, validated, from a file and then `a.b=c` overrides."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from godel.lineage import Spend
from godel.sandbox import TIERS
from godel.tasks.ranges import EXACT, TIB_IN_MIB, WEEK_S, number, range_of, whole
from godel.tasks.tables import read_table

from .errors import ConfigError, UnknownName
from .explained import Hidden, explained
from .policies.acceptance import ACCEPTANCES
from .policies.executors import EXECUTORS
from .policies.mating import MATINGS
from .policies.models import MODEL_CHOICES
from .policies.pruning import PRUNINGS
from .policies.selection import SELECTIONS

Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, number(0.01, WEEK_S)]
Seeds = Annotated[int, whole(1, 10_000)]
Calls = Annotated[int, whole(0, 1_000_000)]
Count = Annotated[int, whole(1, EXACT)]
Dollars = Annotated[float, number(0.000_001, 1_000_000_000)]
Price = Annotated[float, number(0, 1_000_000)]
Texts = Annotated[list[Text], Field(min_length=1)]

RESUMABLE = ("generations", "workers", "budget", "sandbox", "runtime", "executor", "model")
"""Sections and keys that a resumption may change: what it takes, not what it measures."""


def check_resumable(changes: Mapping[str, Any]) -> None:
    """Raises ConfigError for what a resumption can't change."""
    for key in changes:
        if key not in RESUMABLE:
            only = ", ".join(RESUMABLE)
            raise ConfigError(f"a resumption can't change {key}: only {only}; launch a new run for that")


FIXED = (
    "model.names",
    "model.weights",
    "model.choice",
    "model.max_replies",
    "model.max_tokens",
    "model.max_prompt_bytes",
)
"""Keys of these sections that it may not: which models there are, and what a scaffold may ask of them."""


VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def without_credentials(address: str) -> str:
    """`address`, of a server. Raises Hidden for one that holds a name, a password, a key or anything else
    but where the server is: addresses are recorded and shown."""
    if not address:
        return address
    try:
        parts = urlsplit(address)
        plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and address.isprintable()
    except ValueError:
        plain = None
    if not plain or " " in address:
        raise Hidden("expected an address such as http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise Hidden(
            "an address is recorded, so it may hold no user, password or query: put the key into a "
            "variable and name that with --key-env NAME"
        )
    return address


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Kind = TypeVar("Kind", bound=Section)


class ModelBudget(Section):
    """Ceilings on what is asked of language models."""

    model_calls: Count | None = Field(None, description="requests, each for one or more replies")
    tokens: Count | None = Field(None, description="tokens read and written")
    dollars: Dollars | None = Field(None, description="US dollars")

    def exceeded(self, used: Spend) -> str:
        """Which of these ceilings `used` is above, or ""."""
        limits = {name: getattr(self, name) for name in ModelBudget.model_fields}
        return next((name for name, most in limits.items() if most is not None and getattr(used, name) > most), "")


class Improve(Section):
    """What one call of a scaffold's `improve` on a downstream task may use."""

    calls: Calls = Field(40, description="utility calls on a cheap task (stage 0); 0: no score is shown")
    costly_calls: Calls = Field(6, description="utility calls on a costly task (stage 1 and up)")
    self_calls: Calls = Field(
        0,
        description="meta-utility calls while it edits itself, each some improves of every cheap task; 0 proposes "
        "blind; if not given, what the scaffold asks for",
    )

    @field_validator("self_calls")
    @classmethod
    def _comparable(cls, calls: int) -> int:
        if calls == 1:
            raise ValueError("one call scores a single program, and nothing to compare it with: 0, or 2 and more")
        return calls

    self_trials: Seeds = Field(
        4, description="seeds per cheap task that score a version of itself; one behind the best so far takes fewer"
    )
    cpu_s: Seconds = Field(20.0, description="CPU seconds of the scaffold's own process")
    wall_s: Seconds = Field(
        600.0, description="wall-clock seconds of its own; waiting for a utility or a model is free"
    )
    memory_mib: Annotated[int, whole(1, TIB_IN_MIB)] = Field(
        1024, description="memory of the scaffold's process, in MiB"
    )
    model: ModelBudget = ModelBudget(model_calls=30)

    @field_validator("model")
    @classmethod
    def _bounded(cls, budget: ModelBudget) -> ModelBudget:
        if budget.model_calls is None:
            raise ValueError("model_calls: one improve needs a ceiling; expected a whole number, such as 30")
        return budget


class Scoring(Section):
    """How many paired seeds a child is scored with, and when scoring stops early."""

    search_seeds: Seeds = Field(4, description="seeds per cheap task on the search split")
    costly_seeds: Seeds = Field(1, description="seeds per costly task on the search split")
    held_out_seeds: Seeds = Field(8, description="seeds per cheap task on the held-out split")
    costly_held_out_seeds: Seeds = Field(3, description="seeds per costly task on the held-out split")


class Models(Section):
    """The language models of a run, and how they are reached."""

    names: tuple[Text, ...] = Field((), description="litellm's names, such as openai/gpt-5-mini; none: a run without")
    weights: tuple[Annotated[float, number(0.000_001, 1_000_000)], ...] = Field(
        (), description="how often each of them is chosen; alike if empty"
    )
    choice: Text = Field("weighted", description=f"which of them proposes: {MODEL_CHOICES.shown}")
    api_base: str = Field("", description="address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1")
    key_env: str = Field("", description="the variable that holds the key for api_base; no key is sent there if empty")
    max_replies: Annotated[int, whole(1, 64)] = Field(8, description="replies to one call at most")
    max_tokens: Annotated[int, whole(1, 10_000_000)] = Field(8192, description="tokens of one reply at most")
    thinking_tokens: Annotated[int, whole(1, 10_000_000)] = Field(
        32_768, description="tokens of one reply at most, where a model used up fewer on thinking and said nothing"
    )
    max_prompt_bytes: Annotated[int, whole(1, 16 << 20)] = Field(400_000, description="bytes of one request at most")
    timeout_s: Annotated[float, number(0.01, 86_400)] = Field(300.0, description="seconds that one call may take")
    tries: Annotated[int, whole(1, 100)] = Field(6, description="how often a call that fails is made")
    first_wait_s: Annotated[float, number(0.001, 3_600)] = Field(
        1.0, description="seconds before the second try; then ever longer"
    )
    prices: Mapping[Text, tuple[Price, Price]] = Field(
        default_factory=dict, description="name = [prompt, reply], dollars per million tokens; over litellm's table"
    )
    cache: str = Field("", description="a file of replies that is shared by runs; none if empty")

    @field_validator("api_base")
    @classmethod
    def _address(cls, address: str) -> str:
        return without_credentials(address)

    @field_validator("key_env")
    @classmethod
    def _variable(cls, name: str) -> str:
        if name and not VARIABLE.fullmatch(name):
            raise Hidden("expected the name of a variable, such as MY_API_KEY, and never the key itself")
        return name

    @field_validator("names")
    @classmethod
    def _no_address(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if any("://" in name for name in names):
            raise Hidden("a model's name holds an address, which would be asked: give it with --api-base")
        return names

    @model_validator(mode="after")
    def _a_weight_each(self) -> Models:
        if self.weights and len(self.weights) != len(self.names):
            raise ValueError(f"{len(self.weights)} weights for {len(self.names)} models: give one each, or none")
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"a model is given twice: {', '.join(self.names)}")
        return self


class Budget(ModelBudget):
    """Ceilings for the whole run; none by default."""

    evaluations: Count | None = Field(None, description="candidates scored, advice included")
    cpu_s: Annotated[float, number(0.01, 1_000_000_000)] | None = Field(
        None, description="CPU seconds of all sandboxes, starts included"
    )
    wall_s: Annotated[float, number(0.01, 1_000_000_000)] | None = Field(
        None, description="wall-clock seconds, anew at each resumption"
    )
    at_least_generations: Calls = Field(0, description="children made before wall_s may end a run")
    generation: ModelBudget = ModelBudget()

    def of(self, generation: int) -> Budget:
        """The ceilings that hold for `generation`: the wall clock ends none of those that a run makes at least."""
        return self.model_copy(update={"wall_s": None}) if generation <= self.at_least_generations else self


Chosen = Mapping[Text, Any]
"""Options of a policy, by name: which there are, and what each may be, is the policy's own to say."""


class Options(Section):
    """Options of the policies that a run has chosen; godel settings lists them."""

    selection: Chosen = Field(default_factory=dict, description="of the selection: option = value")
    acceptance: Chosen = Field(default_factory=dict, description="of the acceptance")
    mate: Chosen = Field(default_factory=dict, description="of the choice of mates")
    pruning: Chosen = Field(default_factory=dict, description="of the pruning")
    models: Chosen = Field(default_factory=dict, description="of the choice of models")
    executor: Chosen = Field(default_factory=dict, description="of the executor")
    gate: Chosen = Field(default_factory=dict, description="of the further rungs of the gate: each takes those it has")


class Run(Section):
    """One run of the laboratory."""

    scaffold: str = Field("mutation", description="a seed scaffold's name or folder")
    tasks: tuple[str, ...] = Field(("suite:core",), min_length=1, description="tasks, folders, or suite:NAME")
    presets: Mapping[str, str] = Field(default_factory=dict, description="task = preset, where not the default")
    generations: Annotated[int, whole(1, 1_000_000)] = Field(30, description="children to make after the seed")
    workers: Annotated[int, whole(1, 256)] = Field(2, description="generations in flight")
    seed: Annotated[int, whole(-EXACT, EXACT)] = Field(
        0, description="the run's seed: the same seed gives the same archive"
    )
    secret: str = Field("", description="mixed into every instance seed; this installation's if empty")
    selection: Text = Field("best", description=f"which parent: {SELECTIONS.shown}")
    acceptance: Text = Field("noise_aware", description=f"which child is kept: {ACCEPTANCES.shown}")
    pruning: str = Field(
        "", description=f"when scoring stops early: {PRUNINGS.shown}; what goes with the acceptance if empty"
    )
    gate: tuple[Text, ...] = Field((), description="further rungs, after the built-in ones: package.module:Class")
    options: Options = Options()
    crossover: Annotated[float, number(0, 1)] = Field(
        0.0, description="share of the generations whose child is made of two parents, where there is a mate"
    )
    mate: Text = Field("apart", description=f"with whom a parent is crossed: {MATINGS.shown}")
    crossed_by: Literal["lab", "self"] = Field(
        "lab",
        description="who makes the child of two: the laboratory, or the proposer, who is told of the mate and has to "
        "know what to do with it",
    )
    proposer: Literal["self", "seed"] = Field("self", description="who edits: the parent itself, or the frozen seed")
    sandbox: str = Field("", description=f"{' or '.join(TIERS)}; the strongest there is if empty")
    executor: str = Field("", description=f"who does the orders of a run: {EXECUTORS.shown}; threads if empty")
    runtime: str = Field("", description="a stronger Docker runtime, such as runsc")
    model: Models = Models()
    improve: Improve = Improve()
    scoring: Scoring = Scoring()
    budget: Budget = Budget()


def load(file: Path | None = None, overrides: Sequence[str] = (), **options: Any) -> Run:
    """A run's configuration: file, then `a.b=c` overrides, then options that are not None.

    Raises ConfigError (file and key) or UnknownName (a key that does not exist).
    """
    data = overridden(_read(file) if file else {}, overrides)
    for key, value in options.items():
        if value is not None:
            _put(data, key.split("__"), value)
    return validate(data, str(file) if file else "options")


def overridden(data: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """`data` after `a.b=c` overrides. Raises ConfigError."""
    for override in overrides:
        _set(data, override)
    return data


def validate(data: Mapping[str, Any], origin: str) -> Run:
    """`data` as a run's configuration. Raises ConfigError or UnknownName."""
    return checked(Run, data, origin)


def checked(kind: type[Kind], data: Mapping[str, Any], origin: str) -> Kind:
    """`data`, which is from `origin`, as a `kind`. Raises ConfigError (the first value that is wrong)
    or UnknownName (a key that does not exist, with the nearest)."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        raise UnknownName(f"key in {origin}", ".".join(map(str, first["loc"])), keys(kind))
    defaults = {each["key"]: each["default"] for each in described(kind)}
    raise ConfigError(f"{origin}: {explained(first, defaults)}")


def keys(model: type[BaseModel] = Run) -> list[str]:
    """Every key there is, dotted."""
    return [each["key"] for each in described(model)]


def described(
    model: type[BaseModel] = Run, prefix: str = "", defaults: BaseModel | None = None
) -> list[dict[str, Any]]:
    """Every key there is: its dotted name, its default, what it means and, of a number, which are allowed.
    `defaults`: those of a section that has its own where it stands."""
    entries = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        default = getattr(defaults, name) if defaults else field.get_default(call_default_factory=True)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            entries += described(kind, f"{prefix}{name}.", default if isinstance(default, kind) else None)
        else:
            allowed = range_of(field)
            entries.append(
                {
                    "key": prefix + name,
                    "default": default,
                    "meaning": field.description,
                    "allowed": str(allowed) if allowed else None,
                }
            )
    return entries


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_table(file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; expected a TOML file") from None
    except ValueError as error:
        raise ConfigError(f"{file}: {error}") from None


def _set(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"override '{override}': expected key=value, such as improve.calls=40")
    if not _exists(key):
        raise UnknownName("key in options", key, keys())
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        value = text  # a bare word is a string
    _put(data, key.split("."), value)


def _exists(key: str) -> bool:
    """Whether `key` is one of a run's, a section, or a task's in `presets`."""
    return key.startswith(_open()) or any(f"{each}.".startswith(f"{key}.") for each in keys())


def _open() -> tuple[str, ...]:
    """Keys below which any name may stand."""
    return ("presets.", "model.prices.", *(f"options.{kind}." for kind in Options.model_fields))


def _put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{part}: expected a section, for {'.'.join(path)}; given before: {inner!r}")
        data = inner
    data[path[-1]] = value
