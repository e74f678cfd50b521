"""What can be chosen by name: ours, an installed package's entry point, or `package.module:Class`.

Listing names imports nothing of theirs. Choosing one imports it, and checks that it is a class with the method that
its kind needs, before anything of it is called.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .entry_points import installed, origin
from .errors import ConfigError, UnknownName, UsageError, hint
from .outside import Passing, outside, unimportable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from .options import Option

Made = TypeVar("Made")
SHIPPED = "godel"
"""The origin of what comes with the laboratory."""


@dataclass(frozen=True)
class Description:
    """One that can be chosen by a name, for those who look at what there is. `problem`: why it can't be used."""

    name: str
    origin: str
    help: str = ""
    options: tuple[Option, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Registry(Generic[Made]):
    """All there is of one kind. `shipped`: name = "module:symbol"; `needs`: attributes that a class must have; without
    any it is a kind of functions."""

    kind: str
    key: str
    """Its options are `options.KEY.…` in a run's configuration."""
    group: str
    """Of the entry points by which installed packages register."""
    shipped: Mapping[str, str]
    needs: tuple[str, ...]

    def names(self) -> list[str]:
        return [*self.shipped, *(name for name in sorted(installed(self.group)) if name not in self.shipped)]

    @property
    def shown(self) -> str:
        """What a help text says that there is to choose."""
        return f"{self.listed}, or package.module:Class"

    @property
    def listed(self) -> str:
        return ", ".join(self.shipped)

    def make(self, name: str, options: Mapping[str, Any] | None = None) -> Made:
        """A new one, with its options. Raises UnknownName (a name, an option) or ConfigError: a module that can't
        be imported, a symbol that is no such class, an option's value."""
        from .options import constructed

        factory = self.find(name)
        with self._making(name, factory):
            made: Made = constructed(factory, options or {}, f"{self.kind} '{name}'", f"options.{self.key}")
        return made

    def outside(self, thing: object, passing: Passing = ()) -> AbstractContextManager[None]:
        """Around each use of one that was made: see `outside.outside`."""
        return outside(lambda: f"the {self.kind} {self._name_of(thing)}", thing, passing)

    def _making(self, name: str, factory: object) -> AbstractContextManager[None]:
        """Around what looks at a class and its options: a value that is none is told as one of a configuration."""
        return outside(lambda: f"the {self.kind} '{name}'", factory, (UsageError,))

    def find(self, name: str) -> Any:
        """The class called `name`, imported; of a kind that needs no attributes, a function. Raises what `make`
        raises."""
        imported = self._imported(name)
        if not self.needs and callable(imported):
            return imported
        missing = [each for each in self.needs if not hasattr(imported, each)]
        if not inspect.isclass(imported) or missing:
            what = f"a class without {missing[0]}" if inspect.isclass(imported) else f"a {type(imported).__name__}"
            wanted = f"a class with {' and '.join(self.needs)}" if self.needs else "a function"
            raise ConfigError(f"{self.kind} '{name}': expected {wanted}; given: {what}")
        return imported

    def options(self, name: str) -> list[str]:
        """Which options `name` has. Raises what `make` raises."""
        from .options import options_of

        factory = self.find(name)
        with self._making(name, factory):
            return [each.name for each in options_of(factory, name)]

    def described(self) -> Iterator[Description]:
        """All that have a name."""
        from .options import options_of

        for name in self.names():
            source = SHIPPED if name in self.shipped else origin(self._entry(name))
            try:
                factory = self.find(name)
                with self._making(name, factory):
                    description = Description(name, source, first_line(factory), tuple(options_of(factory, name)))
                yield description
            except UsageError as error:  # of one that is listed; whoever chooses it is told
                yield Description(name, source, problem=str(error))

    def _imported(self, name: str) -> Any:
        if name in self.shipped:
            module, _, symbol = self.shipped[name].partition(":")
            return getattr(import_module(module), symbol)
        if ":" not in name:
            entry = self._entry(name)
            return self._symbol(name, entry.module, entry.attr)
        module, _, symbol = name.partition(":")
        return self._symbol(name, module, symbol)

    def _entry(self, name: str) -> EntryPoint:
        entries = installed(self.group).get(name, ())
        if not entries and not self.names():
            raise ConfigError(f"unknown {self.kind} '{name}': no installed package has one; give package.module:Class")
        if not entries:
            raise UnknownName(self.kind, name, self.names())
        if len(entries) > 1:
            raise ConfigError(f"{self.kind} '{name}': two packages have one: {', '.join(map(origin, entries))}")
        return entries[0]

    def _symbol(self, name: str, module: str, symbol: str) -> Any:
        """What `module` calls `symbol`. Whatever the module's own code raises means that it can't be used."""
        try:
            loaded = import_module(module)
            member = getattr(loaded, symbol, None)
        except (Exception, SystemExit) as error:
            where = unimportable(error)
            raise ConfigError(f"{self.kind} '{name}': {module or 'its module'} can't be imported: {where}") from error
        if member is None:
            classes = [each for each, value in vars(loaded).items() if inspect.isclass(value)]
            raise ConfigError(f"{self.kind} '{name}': no {symbol!r} in {module}; {hint(symbol, classes)}")
        return member

    def _name_of(self, thing: object) -> str:
        """By what name one can be chosen, and the package that registers it."""
        own: Any = thing if inspect.isclass(thing) or inspect.isroutine(thing) else type(thing)
        for name, entries in installed(self.group).items():
            for entry in entries:
                if getattr(sys.modules.get(entry.module), entry.attr, None) is own:
                    return f"'{name}' of {origin(entry)}"
        return f"'{own.__module__}:{own.__qualname__}'"


def first_line(class_: type) -> str:
    """What a class says of itself."""
    return (inspect.getdoc(class_) or "").partition("\n")[0]
