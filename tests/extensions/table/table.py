"""An exporter: a line for each generation, with tabs between."""

from __future__ import annotations

from collections.abc import Iterator

from godel.lineage.analysis.lineage import Lineage


def as_table(lineage: Lineage) -> Iterator[str]:
    """A line for each generation, with tabs between."""
    yield "generation\tstatus\tgain\n"
    for made in lineage.generations:
        yield f"{made.index}\t{made.status}\t{'' if made.gain is None else made.gain}\n"
