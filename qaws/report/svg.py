"""Pictures as SVG: text stays text, and the same figure always makes the same document.

matplotlib is imported when the first picture is drawn: that takes half a second, which runs without
load need not spend.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, which makes room for its labels."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG document, without the XML declaration."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    target = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "qaws"}):
        FigureCanvasSVG(figure).print_svg(target, metadata={"Date": None})  # type: ignore[no-untyped-call]
    text = target.getvalue()
    return text[text.index("<svg") :]
