"""What a study found, as a picture: every difference with its interval, and what each run seed says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from godel.errors import UsageError
from godel.study.contrasts import Effect


def plot(effects: Sequence[Effect], file: Path) -> None:
    """Write an SVG or PNG, by the name of `file`. Raises UsageError where matplotlib is not installed."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise UsageError(f"{file}: a plot needs matplotlib: pip install matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.6 * len(effects)), layout="constrained")
    for height, each in enumerate(reversed(effects)):
        low, mean, high = each.effect.low, each.effect.mean, each.effect.high
        axes.plot(list(each.by_seed.values()), [height + 0.18] * len(each.by_seed), "o", color="grey", markersize=3)
        if len(each.by_seed) > 1:
            axes.plot([low, high], [height, height], color="tab:blue", linewidth=2)
        axes.plot(mean, height, "o", color="tab:blue")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(effects)), [f"{each.left} – {each.right}\n{each.measure}" for each in reversed(effects)])
    axes.set_xlabel(
        "difference in score (0 initial program, 1 reference); 95 % intervals over run seeds, which are dots"
    )
    figure.savefig(file)
    pyplot.close(figure)
