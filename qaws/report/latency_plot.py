"""Pictures of latency: by percentile, in the manner of HdrHistogram, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qaws.measure.latency import Point
from qaws.report.svg import as_svg, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, RED, GREY = "#1d4ed8", "#b91c1c", "#64748b"


def percentile_plot(points: Sequence[tuple[float, float]]) -> str:
    """Draw latency (ms) over percentiles, spaced so that the tail has the room it deserves.

    Args:
        points: (percentile, ms); the last is the maximum at 100.
    """
    figure, axes = _axes(8.6, 3.2)
    places = [1 / (1 - percentile / 100) for percentile, _ in points if percentile < 100]
    heights = [ms for percentile, ms in points if percentile < 100]
    if places:
        axes.plot(places, heights, color=BLUE, drawstyle="steps-post")
        axes.axhline(points[-1][1], color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            f"max {points[-1][1]:.1f} ms", (1, points[-1][1]), color=GREY, va="bottom", fontsize=9
        )
    axes.set_xscale("log")
    ticks = [
        p for p in (0, 50, 90, 99, 99.9, 99.99) if not places or 1 / (1 - p / 100) <= places[-1]
    ]
    axes.set_xticks([1 / (1 - p / 100) for p in ticks], [f"{p:g} %" for p in ticks])
    axes.minorticks_off()
    axes.set_xlabel("share of deliveries that were at least as fast")
    axes.set_ylabel("latency (ms)")
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def course_plot(points: Sequence[Point]) -> str:
    """Draw latency (ms) and deliveries over the time at which ticks were due."""
    figure, axes = _axes(8.6, 3.2)
    times = [point.start_s for point in points]
    for name, colour in (("max", RED), ("p99", BLUE), ("p50", GREY)):
        axes.plot(times, [getattr(p, f"{name}_ms") for p in points], color=colour, label=name)
    axes.set_xlabel("time at which the ticks were due (s)")
    axes.set_ylabel("latency (ms)")
    axes.set_ylim(bottom=0)
    other = axes.twinx()
    width = times[1] - times[0] if len(times) > 1 else 0.1
    other.bar(times, [p.deliveries for p in points], width=width, align="edge", color="#e2e8f0")
    other.set_ylabel(f"deliveries per {width * 1000:.0f} ms")
    other.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    axes.legend(loc="upper left", frameon=False, ncols=3, fontsize=9)
    return as_svg(figure)


def saturation_plot(points: Sequence[tuple[float, float]], bound_ms: float) -> str:
    """Draw p99 (ms) over the rate (ticks/s), with the bound that it must not pass."""
    figure, axes = _axes(8.6, 3.2)
    axes.plot(*zip(*points, strict=True), color=BLUE, marker="o")
    axes.axhline(bound_ms, color=RED, linewidth=0.8, linestyle="--")
    axes.annotate(f"bound {bound_ms:g} ms", (points[0][0], bound_ms), color=RED, va="bottom")
    axes.set_xlabel("ticks per second")
    axes.set_ylabel("p99 (ms)")
    axes.set_ylim(bottom=0)
    return as_svg(figure)


def _axes(width: float, height: float) -> tuple[Figure, Any]:
    figure = new_figure(width, height)
    axes = figure.add_subplot()
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
