"""Pictures as SVG: text stays text, and the same figure always makes the same document."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG document, without the XML declaration."""
    target = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "qaws"}):
        FigureCanvasSVG(figure).print_svg(target, metadata={"Date": None})  # type: ignore[no-untyped-call]
    text = target.getvalue()
    return text[text.index("<svg") :]
