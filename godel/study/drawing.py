"""The one door to matplotlib: a picture as SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


def svg(width: float, height: float, draw: Callable[[Any], None]) -> str:
    """What `draw` puts on a pair of axes, in inches; "" where matplotlib is not installed. The same drawing gives
    the same text."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        return ""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "godel"}):
        figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
        draw(axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    return written.getvalue()[written.getvalue().index("<svg") :]
