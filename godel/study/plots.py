"""What a study found, as a picture: every difference with its interval, and what each run seed says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from godel.errors import UsageError
from godel.study import drawing
from godel.study.contrasts import Effect


def plot(effects: Sequence[Effect], file: Path) -> None:
    """Write an SVG. Raises UsageError where matplotlib is not installed."""
    drawn = svg(effects)
    if not drawn:
        raise UsageError(f"{file}: a plot needs matplotlib: pip install 'godel-lab[compare]'")
    file.write_text(drawn, encoding="utf-8")


def svg(effects: Sequence[Effect]) -> str:
    """As text; "" where matplotlib is not installed."""

    def draw(axes: Any) -> None:
        for height, each in enumerate(reversed(effects)):
            _draw(axes, height, each)
        axes.axvline(0, color="black", linewidth=0.8)
        names = [f"{each.left} – {each.right}\n{each.measure}" for each in reversed(effects)]
        axes.set_yticks(range(len(effects)), names)
        axes.set_xlabel("difference in score (0 initial program, 1 reference): mean, 95 % interval, run seeds as dots")

    return drawing.svg(8, 1.2 + 0.6 * len(effects), draw)


def _draw(axes: Any, height: int, each: Effect) -> None:
    axes.plot(list(each.by_seed.values()), [height + 0.18] * len(each.by_seed), "o", color="grey", markersize=3)
    if len(each.by_seed) > 1:
        axes.plot([each.effect.low, each.effect.high], [height, height], color="tab:blue", linewidth=2)
    axes.plot(each.effect.mean, height, "o", color="tab:blue")
