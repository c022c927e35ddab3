"""Pictures of a run, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.arithmetic import Sample
from bench.crowd import MOST_MS
from bench.delivering import Delivery
from bench.figures import (
    REFERENCE,
    SWARM,
    TWICE,
    Run,
    deliveries_per_second,
    per_cpu_second,
    per_second,
    receipts_of,
)
from qaws.report.latency_plot import BLUE, GREY, RED
from qaws.report.svg import as_svg, new_figure

PALE = "#94a3b8"
GRID = "#e2e8f0"
OURS = (SWARM, REFERENCE, TWICE)


def receiving_plot(run: Run) -> str:
    """Draw messages/s and messages per CPU second of each receiver, with the physical limit."""
    figure, (left, right) = _panels(8.6, 2.7, 1, 2, sharey=True)
    names = list(run.receiving)
    _bars(left, names, [run.received(name, per_second) for name in names])
    _bars(right, names, [run.received(name, per_cpu_second) for name in names])
    limit = receipts_of(run.limit, per_second).median
    if limit:
        left.axvline(limit, color=RED, linewidth=1, linestyle="--")
        left.set_title(f"dashed: raw recv(), {_short(limit)}/s", fontsize=8, color=RED, loc="right")
    left.set_xlabel("messages received and checked per second")
    right.set_xlabel("… per CPU second of the receiver")
    return as_svg(figure)


def fanout_plot(run: Run, offered: float) -> str:
    """Draw deliveries/s and p99 of each service.

    Args:
        run: the run.
        offered: deliveries per second that were asked for.
    """
    figure, (left, right) = _panels(8.6, 2.7, 1, 2, sharey=True)
    names = list(run.fanout)
    _bars(left, names, [run.delivered(name, deliveries_per_second) for name in names])
    _bars(right, names, [run.delivered(name, lambda d: d.p99_ms) for name in names])
    left.axvline(offered, color=RED, linewidth=1, linestyle="--")
    left.set_title(f"dashed: offered, {_short(offered)}/s", fontsize=8, color=RED, loc="right")
    left.set_xlabel("deliveries per second until drained")
    right.set_xlabel("p99 latency from the due time (ms)")
    return as_svg(figure)


def growth_plot(run: Run) -> str:
    """Draw, log over log, how CPU per delivery and p99 grow along each axis."""
    axes = list(run.growth)
    figure, panels = _panels(8.6, 4.6, 2, len(axes), squeeze=False, sharey="row")
    lines: list[tuple[int, str, str, Callable[[Delivery], float]]] = [
        (0, "service", BLUE, lambda d: d.service_us),
        (0, "swarm", PALE, lambda d: d.swarm_us),
        (1, "p99", BLUE, lambda d: d.p99_ms),
        (1, "p50", PALE, lambda d: d.p50_ms),
    ]
    for column, name in enumerate(axes):
        points = [(place, point) for place, point in run.growth[name] if point.deliveries]
        for row, label, colour, value in lines:
            panel = panels[row][column]
            panel.plot(
                [place for place, _ in points],
                [value(point) for _, point in points],
                color=colour,
                label=label,
            )
            for face, in_doubt in ((colour, False), ("white", True)):
                mine = [
                    (place, value(point))
                    for place, point in points
                    if bool(point.doubt or point.wrong) is in_doubt
                ]
                if mine:
                    panel.plot(*zip(*mine, strict=True), "o", ms=4, color=colour, mfc=face)
            panel.set_xscale("log")
            panel.set_yscale("log")
            _plain_numbers(panel.xaxis)
            _plain_numbers(panel.yaxis)
            panel.set_xticks([place for place, _ in points])
        panels[1][column].set_xlabel(name)
    for row, label in ((0, "CPU µs per delivery"), (1, "latency (ms)")):
        panels[row][0].set_ylabel(label)
        panels[row][0].legend(frameon=False, fontsize=8)
    return as_svg(figure)


def crowd_plot(run: Run) -> str:
    """Draw p99 over deliveries a second, a line for each crowd, up to what is too much."""
    figure, panel = _panels(8.6, 3.2, 1, 1)
    shades = [PALE, "#93c5fd", "#60a5fa", BLUE, "#1e3a8a"]
    for place, (clients, points) in enumerate(run.crowd.items()):
        drawn = [(p.load.clients * p.load.per_second, p.p99_ms, p) for p in points if p.deliveries]
        colour = shades[min(place, len(shades) - 1)]
        label = f"{int(clients):,} clients"
        panel.plot([x for x, _, _ in drawn], [y for _, y, _ in drawn], color=colour, label=label)
        for x, y, point in drawn:
            face = "white" if point.doubt or point.wrong else colour
            panel.plot(x, y, "o", ms=4, color=colour, mfc=face)
    panel.axhline(MOST_MS, color=RED, linewidth=1, linestyle="--")
    panel.set_xscale("log")
    panel.set_yscale("log")
    _plain_numbers(panel.xaxis)
    _plain_numbers(panel.yaxis)
    panel.set_xlabel("deliveries a second that were asked for")
    panel.set_ylabel("p99 latency (ms)")
    panel.legend(frameon=False, fontsize=8)
    return as_svg(figure)


def _bars(panel: Any, names: Sequence[str], samples: Sequence[Sample]) -> None:
    """Draw a bar per median, a dot per round (hollow where that is in doubt), and the number."""
    places = list(range(len(names)))[::-1]
    for place, name, sample in zip(places, names, samples, strict=True):
        if not sample.values:
            continue
        panel.barh(place, sample.median, height=0.5, color=BLUE if name in OURS else PALE)
        for value, doubt in zip(sample.values, sample.doubts, strict=True):
            face = "white" if doubt else GREY
            panel.plot(value, place, "o", markersize=3, color=GREY, markerfacecolor=face)
        panel.annotate(
            f"  {_short(sample.median)}",
            (max(sample.values), place),
            va="center",
            fontsize=9,
        )
    panel.set_yticks(places, names)
    panel.set_xscale("log")
    low = min((min(s.values) for s in samples if s.values), default=1)
    high = max((max(s.values) for s in samples if s.values), default=10)
    panel.set_xlim(max(low, 1e-3) / 4, high * 6)
    _plain_numbers(panel.xaxis)
    panel.grid(axis="x", color=GRID, linewidth=0.6)
    panel.grid(visible=False, axis="y")
    panel.set_axisbelow(True)


def _plain_numbers(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axis.set_major_locator(LogLocator(base=10, numticks=6))
    axis.set_minor_locator(NullLocator())


def _short(value: float) -> str:
    """Write a number as a reader says it: 3.1 M, 62 k, 7.5."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _panels(width: float, height: float, rows: int, columns: int, **how: Any) -> tuple[Figure, Any]:
    figure = new_figure(width, height)
    panels = figure.subplots(rows, columns, **how)
    for panel in figure.axes:
        panel.grid(color=GRID, linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return figure, panels
