"""The page that a run leaves: tables, pictures and what to know about them, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.allocating import ALLOCATING_HEAD, allocating_table
from bench.crowd import CROWD_HEAD, crowd_table
from bench.figures import (
    FANOUT_HEAD,
    GROWTH_HEAD,
    RECEIVING_HEAD,
    Run,
    fanout_table,
    growth_table,
    receiving_table,
)
from bench.truth import TRUTH_HEAD, truth_table

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #0f172a; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; margin: .6rem 0; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid #e2e8f0; text-align: right; }
th { color: #475569; font-weight: 600; vertical-align: bottom; }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
svg { width: 100%; height: auto; } .small { color: #475569; font-size: .86rem; }
.met { color: #15803d; } .missed { color: #b91c1c; } .inconclusive { color: #b45309; }
@page { size: A4; margin: 14mm; }
@media print { body { margin: 0; font-size: 11px; } h2, svg, table { break-inside: avoid; }
  h2 { break-after: avoid; } }
"""

FAIRNESS = {
    "receiving": (
        "Every receiver gets the same stream from the same sender, which writes frames made before "
        "the clock starts, 50 ticks at a time to each client in turn, as fast as they are taken. "
        "Each checks type, symbol, gap, duplicate and order of every message. The clock runs from "
        "the sender's first write until the last client has checked its last tick; CPU from then "
        "until the receiver has ended.",
        "Advantages: the swarm relies on clients with one subscription getting the same bytes. It "
        "decodes them once and compares them for the others; where copies differ in whole numbers "
        "only, it compares all else; where they differ in a text this is lost, and the second row "
        "shows what remains. Its contract check and its "
        "statistics run after the last message: they are in its CPU time and in “verdict after”, "
        "not in “received in”. k6 uses all cores, the others one; it also keeps metrics per "
        "message, which cannot be turned off. The websockets client decodes three members of each "
        "message and skips the rest, k6 parses all of it.",
    ),
    "fanout": (
        "The same publisher, broker and swarm for all services, each a fresh process and alone on "
        "the broker. Latency runs from the due time.",
        "Advantages: the reference gathers ticks for 4 ms and writes them to each client at once, "
        "so that its latency is never much below that; the other two send at once, and neither "
        "authenticates, bounds nor evicts anybody. One message per tick arrives in every case. "
        "Nobody can show more deliveries/s than are offered; so the reference runs a second time "
        "with twice the ticks, which says what it can do. The others cannot keep up with the "
        "first load.",
    ),
    "growth": (
        "Reference service and swarm; one round a point, so single points may stray; hollow points "
        "are in doubt. Payloads begin at the natural size of a tick.",
    ),
    "allocating": (
        "Each service under memray, which counts what Python's allocator and what C is asked for, "
        "on a process of its own for each of the two loads. Starting, and letting clients in, is "
        "in both of them, and so in neither figure.",
        "A delivery is one tick to one client: what is done once for a tick is shared by all of "
        "them.",
    ),
    "truth": (
        "A sender keeps each tick back by a known time from when it was due, and says for how long "
        "that was in fact. The capture is of packets on the loopback interface, stamped by the "
        "kernel; every arrival at every client is held against it.",
    ),
    "crowd": (
        "Reference service, broker, publisher and swarm share this machine. Each crowd is given "
        "more and more ticks a second, until what is owed at the end takes as long again, or a "
        "tick is wrong: every tick of every client is held against contract, sequence and "
        "contents. One round a point. CPU is in cores; memory is what the processes have to "
        "themselves.",
    ),
}


def bench_page(run: Run, pictures: dict[str, str]) -> str:
    """Return the page.

    Args:
        run: what was found.
        pictures: part → SVG.
    """
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Bench</title>",
        f"<style>{STYLE}</style><h1>What the swarm and the reference service cost</h1>",
        f"<p>{escape(str(run.machine))}. {escape(_versions(run))}. "
        f"<code>{escape(run.command)}</code>, {run.seconds:.0f} s; load average when the parts "
        f"began: {escape(_loads(run))}. Figures are medians of the rounds.</p>",
        *_bounds(run),
    ]
    if run.receiving or run.limit:
        parts += _part("receiving", "Receiving and checking", run, pictures)
        parts.append(_table(RECEIVING_HEAD, receiving_table(run)))
    if run.fanout:
        parts += _part("fanout", "Fan-out", run, pictures)
        parts.append(_table(FANOUT_HEAD, fanout_table(run)))
    if run.growth:
        parts += _part("growth", "How cost grows", run, pictures)
        for axis, points in run.growth.items():
            parts.append(_table([axis, *GROWTH_HEAD[1:]], growth_table(points)))
    if run.allocating:
        parts += _part("allocating", "What is allocated", run, pictures)
        parts.append(_table(ALLOCATING_HEAD, allocating_table(run.allocating)))
    if run.truth:
        parts += _part("truth", "Whether latencies are true", run, pictures)
        parts.append(_table(TRUTH_HEAD, truth_table(run.truth)))
    if run.crowd:
        parts += _part("crowd", "How large a crowd", run, pictures)
        parts.append(_table(CROWD_HEAD, crowd_table(run.crowd)))
    return "\n".join(parts)


def bench_markdown(run: Run) -> str:
    """Return bounds and tables as Markdown, for docs/bench.md."""
    bounds = [
        [
            b.what,
            b.found,
            b.asked,
            ": ".join(filter(None, (b.verdict, b.why))),
        ]
        for b in run.bounds()
    ]
    parts = [_markdown(["bound", "measured", "asked for", "verdict"], bounds)]
    parts.append(
        f"Medians of the rounds of one `{run.command}`, {run.seconds / 60:.0f} minutes on "
        f"{run.machine}; {_versions(run)}. Load average when the parts began: {_loads(run)}."
    )
    if run.receiving or run.limit:
        parts.append(_markdown(RECEIVING_HEAD, receiving_table(run)))
    if run.fanout:
        parts.append(_markdown(FANOUT_HEAD, fanout_table(run)))
    if run.allocating:
        parts.append(_markdown(ALLOCATING_HEAD, allocating_table(run.allocating)))
    if run.truth:
        parts.append(_markdown(TRUTH_HEAD, truth_table(run.truth)))
    if run.crowd:
        parts.append(_markdown(CROWD_HEAD, crowd_table(run.crowd)))
    return "\n\n".join(parts) + "\n"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def _part(key: str, title: str, run: Run, pictures: dict[str, str]) -> list[str]:
    texts = [f"<p class=small>{escape(text)}</p>" for text in FAIRNESS[key]]
    size = f"<p>{escape(run.sizes.get(key, ''))}</p>"
    return [f"<h2>{title}</h2>", size, pictures.get(key, ""), *texts]


def _bounds(run: Run) -> list[str]:
    rows = [
        f"<tr><td>{escape(b.what)}<td>{b.found}<td>{b.asked}"
        f"<td class={b.verdict.split()[0]}>{b.verdict}<td>{escape(b.why)}"
        for b in run.bounds()
    ]
    head = "<tr><th>bound<th>measured<th>asked for<th>verdict<th>why"
    table = [f"<table>{head}{''.join(rows)}</table>"] if rows else []
    problems = [f"<p class=missed>{escape(text)}</p>" for text in run.problems]
    notes = [f"<p class=small>{escape(text)}</p>" for text in run.notes]
    return [*table, *problems, *notes]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{escape(cell)}" for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}" for line in lines) + "</table>"


def _versions(run: Run) -> str:
    return ", ".join(f"{name} {version}" for name, version in run.versions.items())


def _loads(run: Run) -> str:
    return ", ".join(f"{part} {load:.1f}" for part, load in run.loads.items())
