"""Pictures of a connection storm: who is live when, and how long welcomes take."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.report.memory_plot import BLUE, GREY, RED, new_axes
from qaws.report.svg import as_svg

MOST_POINTS = 600
"""So many points are as dense as a screen; of those between, the highest is kept."""


def live_plot(
    course: Sequence[tuple[float, int]],
    counted: Sequence[tuple[float, int]],
    limit: int | None,
    churn_from_s: float,
) -> str:
    """Draw how many clients are live over time (s), with the limit.

    Args:
        course: (s, clients live from then on) as they count themselves, in order of time.
        counted: (s, sessions) by the service's statistics.
        limit: of the service; None where nobody has set one.
        churn_from_s: when the storm was over and the churn began.
    """
    figure, axes = new_axes("time since the storm began (s)", "clients live")
    points = thinned(course)
    axes.step(
        [at for at, _ in points],
        [n for _, n in points],
        where="post",
        color=BLUE,
        label="by their own count",
    )
    if counted:
        axes.plot(
            [at for at, _ in counted],
            [sessions for _, sessions in counted],
            color=GREY,
            marker="o",
            markersize=3,
            linestyle="",
            label="by the service's statistics",
        )
    axes.legend(loc="lower center", frameon=False, fontsize=9)
    axes.set_ylim(bottom=0)
    if limit is not None:
        axes.axhline(limit, color=RED, linewidth=0.9, linestyle="--")
        axes.text(
            0.99,
            limit,
            f"limit {limit}",
            color=RED,
            ha="right",
            va="bottom",
            transform=_right(axes),
        )
        axes.set_ylim(top=1.12 * max([limit, *(n for _, n in points)]))
    axes.axvline(churn_from_s, color=GREY, linewidth=0.9, linestyle=":")
    axes.text(churn_from_s, 0.03, " churn", color=GREY, transform=axes.get_xaxis_transform())
    return as_svg(figure)


def _right(axes: object) -> object:
    return axes.get_yaxis_transform()  # type: ignore[attr-defined]


def thinned(course: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return at most `MOST_POINTS` points; of each stretch the highest, so that no peak is lost."""
    size = -(-len(course) // MOST_POINTS)
    stretches = (course[start : start + size] for start in range(0, len(course), max(1, size)))
    return [max(stretch, key=lambda point: point[1]) for stretch in stretches]


def welcome_plot(points: Sequence[tuple[float, float]]) -> str:
    """Draw how long welcomes take (ms) over percentiles.

    Args:
        points: (percentile, ms); the last is the maximum at 100.
    """
    figure, axes = new_axes(
        "share of welcomes that were at least as fast", "until the welcome (ms)"
    )
    below = [(1 / (1 - percentile / 100), ms) for percentile, ms in points if percentile < 100]
    axes.plot([x for x, _ in below], [ms for _, ms in below], color=BLUE, drawstyle="steps-post")
    axes.axhline(points[-1][1], color=GREY, linewidth=0.8, linestyle=":")
    axes.text(1, points[-1][1], f"max {points[-1][1]:.0f} ms", color=GREY, va="bottom", fontsize=9)
    axes.set_xscale("log")
    shares = [p for p in (0, 50, 90, 99, 99.9) if 1 / (1 - p / 100) <= below[-1][0]]
    axes.set_xticks([1 / (1 - p / 100) for p in shares], [f"{p:g} %" for p in shares])
    axes.minorticks_off()
    axes.set_ylim(bottom=0, top=1.15 * max(points[-1][1], 1))
    return as_svg(figure)
