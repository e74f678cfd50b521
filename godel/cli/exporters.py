"""What a lineage can be written as. An exporter is a function: a lineage in, text or pieces of it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from godel.outside import WrongAnswer
from godel.registry import Registry

if TYPE_CHECKING:
    from godel.lineage.analysis.lineage import Lineage

Exporter = Callable[["Lineage"], Iterable[str]]

EXPORTERS: Registry[Exporter] = Registry(
    kind="format",
    key="export",
    group="godel.exporters",
    shipped={
        "json": "godel.lineage.views.export:as_json",
        "graphml": "godel.lineage.views.export:as_graphml",
        "dot": "godel.lineage.views.export:as_dot",
        "html": "godel.lineage.views.html:page",
    },
    needs=(),
)


def exported(lineage: Lineage, name: str) -> Iterator[str]:
    """What the exporter called `name` makes of a lineage, piece by piece. Raises what `Registry.find` raises, and
    OutsideFailed for one that gives anything but text."""
    from godel.lineage.errors import LineageError

    exporter = EXPORTERS.find(name)
    with EXPORTERS.outside(exporter, (LineageError,)):
        answer = exporter(lineage)
        pieces = iter([answer] if isinstance(answer, str) else answer)
    while True:
        with EXPORTERS.outside(exporter, (LineageError,)):
            piece = next(pieces, None)
            if not isinstance(piece, str | None):
                raise WrongAnswer(piece, "text, or pieces of it")
        if piece is None:
            return
        yield piece
