"""The picture of a service's memory over connection cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qaws.measure.memory import MIB, MemoryCourse
from qaws.measure.slope import Slope
from qaws.report.svg import as_svg, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, RED, GREY, SHADE = "#1d4ed8", "#b91c1c", "#64748b", "#f1f5f9"
SIZE = (8.6, 3.4)


def memory_plot(course: MemoryCourse, slope: Slope, per_cycle: float) -> str:
    """Draw memory (MB) over cycles, with the slope found and the slope allowed.

    Args:
        course: the samples; the warm-up is shaded.
        slope: what was found.
        per_cycle: what is allowed, in bytes.
    """
    figure, axes = new_axes("connection cycles", "private memory (MB)")
    cycles = [sample.cycles for sample in course.samples]
    axes.plot(
        cycles,
        [sample.memory_bytes / MIB for sample in course.samples],
        color=BLUE,
        marker=".",
        markersize=4,
        linewidth=0.8,
        label="measured",
    )
    if course.warm_up:
        axes.axvspan(0, course.warm_up, color=SHADE, zorder=0)
        axes.text(
            course.warm_up / 2, 0.02, "warm-up", color=GREY, ha="center", transform=_top(axes)
        )
    ends = [slope.first, slope.last]
    begin = course.begin_bytes / MIB
    found = [begin, begin + slope.growth / MIB]
    allowed = [begin, begin + per_cycle * (slope.last - slope.first) / MIB]
    axes.plot(ends, found, color=GREY, linestyle="--", label=f"found: {slope.per_cycle:.1f} B")
    axes.plot(ends, allowed, color=RED, linestyle=":", label=f"allowed: {per_cycle:g} B per cycle")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(thousands)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.14), frameon=False, ncols=3, fontsize=9)
    return as_svg(figure)


def thousands(value: float, _place: int) -> str:
    """Return a number of an axis as 12,000."""
    return f"{value:,.0f}"


def _top(axes: Any) -> Any:
    """Return x in data, y in parts of the height."""
    return axes.get_xaxis_transform()


def new_axes(x_label: str, y_label: str) -> tuple[Figure, Any]:
    """Return an empty figure and its axes, with labels that say the units."""
    figure = new_figure(*SIZE)
    axes = figure.add_subplot()
    axes.grid(axis="y", color="#e2e8f0", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    return figure, axes
