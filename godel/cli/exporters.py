"""What a lineage can be written as. An exporter is a function: a lineage in, text or pieces of it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from godel.registry import Registry

if TYPE_CHECKING:
    from godel.lineage.analysis.nodes import Lineage

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
