"""Islands, each with a MAP-Elites archive (Mouret and Clune 2015, arXiv 1504.04909), with migration between them, as in
AlphaEvolve (arXiv 2506.13131) and OpenEvolve's `database.py`.

Generations go round the islands: number k makes a child for island k mod `count`, and each island begins with the seed.
An island keeps in each cell the best scaffold of it; a parent is drawn from the occupied cells, each as likely. A cell
is a range of sizes, in steps of a ratio to the seed's size, and a number of self-edits from the seed. After every
`interval` generations of each island, the best `migrants` of those that were made on it (one at least) become
scaffolds of both neighbours in the ring too, as OpenEvolve has it; immigrants go no further.

OpenEvolve's cells are of complexity and diversity, scaled to what was seen so far; here they are fixed, as the paper
has it. It also draws now and then from an archive of all islands, which is left out. All of this is worked out anew
from the records at each choice, at a cost that grows with the members.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

from godel.lineage.analysis.members import Member
from godel.policies import option
from godel.tasks.ranges import number, whole

from . import Expand, View

Cell = tuple[int, int]
Grid = dict[Cell, Member]


@dataclass(frozen=True)
class Islands:
    """Several populations with migration, each keeping the best of every size and depth: MAP-Elites."""

    count: Annotated[int, whole(1, 1000)] = option(3, "islands")
    interval: Annotated[int, whole(1, 1_000_000)] = option(10, "generations of each island from migration to migration")
    migrants: Annotated[float, number(0, 1)] = option(0.1, "share of an island's scaffolds that migrate, one at least")
    size_step: Annotated[float, number(0.001, 10)] = option(0.02, "how much larger the sizes of the next cell are")
    depth_step: Annotated[int, whole(1, 1000)] = option(1, "self-edits from cell to cell")

    def choose(self, view: View, rng: random.Random) -> Expand:
        grid = self.grid(view, view.generation % self.count)
        return Expand((rng.choice(list(grid.values())).tree,))

    def grid(self, view: View, island: int) -> Grid:
        """The best of each cell; the older of equals."""
        best: Grid = {}
        for member in self.people(view, island):
            cell = self.cell(view, member)
            if cell not in best or member.score > best[cell].score:
                best[cell] = member
        return best

    def cell(self, view: View, member: Member) -> Cell:
        ratio = max(1, view.size(member.tree)) / max(1, view.size(view.seed))
        return round(math.log(ratio) / math.log1p(self.size_step)), view.depth(member.tree) // self.depth_step

    def people(self, view: View, island: int) -> Iterable[Member]:
        """Who lives on an island: the seed, who was made there, and who came."""
        neighbours = {(island + 1) % self.count, (island - 1) % self.count} - {island}
        came = (self.emigrants(view, each) for each in sorted(neighbours))
        found = chain(view.members[:1], self.natives(view, island), *came)
        return sorted({member.index: member for member in found}.values(), key=lambda each: each.index)

    def natives(self, view: View, island: int) -> list[Member]:
        return [each for each in view.members[1:] if each.index % self.count == island]

    def emigrants(self, view: View, island: int) -> Iterator[Member]:
        """The best of an island at each migration so far."""
        natives, round_ = self.natives(view, island), self.count * self.interval
        for end in range(round_, view.generation, round_):
            yield from self.top([each for each in natives if each.index <= end])

    def top(self, natives: Sequence[Member]) -> Sequence[Member]:
        by_score = sorted(natives, key=lambda each: -each.score)
        return by_score[: max(1, int(len(natives) * self.migrants))]
