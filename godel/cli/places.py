"""Where scores come from: a tier and its image. Those of two places are compared, and it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from godel.lineage.store import Store
    from godel.sandbox import Tier

DIGITS = 12
"""Of an image's digest, how many are shown."""


class Place(NamedTuple):
    tier: str
    image: str

    def __str__(self) -> str:
        return f"{self.tier} {self.image.removeprefix('sha256:')[:DIGITS]}"


def here(tier: Tier) -> Place:
    """A tier that is prepared, as scores name it."""
    return Place(tier.name, tier.identity())


def recorded(store: Store, tree: str | None) -> list[Place]:
    """Where the search scores of a scaffold were recorded; nowhere for a generation without a child."""
    from godel.lineage import Split

    if tree is None:
        return []
    return sorted({Place(each.tier, each.image) for each in store.evaluations(tree=tree, split=Split.SEARCH)})


def difference(before: Iterable[Place], now: Place, verb: str) -> str:
    """One line if any of `before` is elsewhere, such as "recorded on docker, replayed on bubblewrap"; else ""."""
    others = sorted({place for place in before if place.tier and place != now})
    if not others:
        return ""
    images = any(place.tier == now.tier for place in others)  # the tiers' names alone would tell nothing
    names = dict.fromkeys(str(place) if images else place.tier for place in others)
    return f"recorded on {', '.join(names)}, {verb} on {now if images else now.tier}; scores are compared all the same"


def known_tier(settings: Mapping[str, Any]) -> str:
    """The tier that a run's file names, where it comes with the laboratory; one from outside is code, and is followed
    only as `local` says."""
    from godel.sandbox import TIERS

    name = settings.get("sandbox")
    return name if isinstance(name, str) and name in TIERS else ""


def moved(sandbox: str | None) -> dict[str, Any]:
    """What changes in a run's configuration where it is to use another tier: an option that this one does not
    have stays behind. Raises TierMissing for an unknown name."""
    from godel.sandbox.choose import make, options_of

    if not sandbox:
        return {}
    make(sandbox)
    return {"sandbox": sandbox, **({} if "runtime" in options_of(sandbox) else {"runtime": ""})}
