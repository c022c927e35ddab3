"""The picture of a scenario: a sequence diagram of what went over the wire, as SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.oracle.ledger import Ledger, Published
from qaws.protocol.market import SEQUENCE_FIELD
from qaws.verdict import readable

GROUP = re.compile(r"^(.*(?:client|newcomer)) \d+$")
"""A client that is one of many: they share a lane."""
ROW_LIMIT = 70
RUN_SHOWN = 6
"""Rows of ticks in a row that are drawn before the rest of the run is folded."""

ROW_HEIGHT = 24
WIDTH = 960
LEFT = 96
LETTER = 7.5
"""Pixels of a letter of a lane's head, with room; heads that would touch stand on two lines."""
COLOURS = {"step": "#1f2937", "plain": "#475569", "tick": "#1d4ed8", "bad": "#b91c1c"}

Tone = Literal["plain", "tick", "bad"]


@dataclass(slots=True)
class _Event:
    """One arrow, or (without lanes) the begin of a step."""

    at_ns: int
    source: str
    goal: str
    label: str
    tone: Tone = "plain"


def sequence_diagram(
    steps: Sequence[tuple[int, str]],
    connections: Sequence[Connection],
    ledger: Ledger,
    origin_ns: int,
) -> str:
    """Draw a scenario: a lane per client or group of clients, the service, and the feed.

    Args:
        steps: when each step began, and its text.
        connections: the scenario's, in the order in which they were opened.
        ledger: what the suite published.
        origin_ns: the instant that the times are counted from (monotonic).

    Returns:
        An SVG document as text.
    """
    lanes = [*dict.fromkeys(lane_of(c.name) for c in connections), "service"]
    counts = {lane: sum(1 for c in connections if lane_of(c.name) == lane) for lane in lanes}
    groups = {lane_of(c.name) for c in connections if GROUP.match(c.name)}
    heads = [f"{counts[n]} {n}" if counts[n] > 1 and n in groups else n for n in lanes]
    if ledger.ticks:
        lanes.append("feed")
        heads.append("feed")
    events = [_Event(at, "", "", text) for at, text in steps]
    events += [_Event(t.sent_ns, "feed", "service", _short(t), "tick") for t in ledger.ticks]
    singles = [c for c in connections if not GROUP.match(c.name)]
    for connection in singles:
        events += _arrows(connection, ledger)
    for lane in dict.fromkeys(lane_of(c.name) for c in connections if GROUP.match(c.name)):
        members = [c for c in connections if lane_of(c.name) == lane]
        events += _merged(lane, [_arrows(c, ledger) for c in members])
    events.sort(key=lambda event: event.at_ns)
    return _draw(dict(zip(lanes, heads, strict=True)), _folded(events), origin_ns)


def lane_of(client: str) -> str:
    """Return the lane of a client: its own, or that of its group."""
    found = GROUP.match(client)
    return f"{found[1]}s" if found else client


def _arrows(connection: Connection, ledger: Ledger) -> list[_Event]:
    lane, events = lane_of(connection.name), []
    for frame in connection.log:
        label, tone = _label(frame, connection, ledger)
        if label:
            there = ("service", lane) if frame.direction == "←" else (lane, "service")
            events.append(_Event(frame.at_ns, *there, label, tone))
    return events


def _label(frame: Frame, connection: Connection, ledger: Ledger) -> tuple[str, Tone]:
    """Say in a few words what a frame is; "" leaves it out of the picture."""
    if frame.kind == "close":
        reason = f" “{frame.text}”" if frame.text else ""
        by_service = frame.direction == "←" and connection.ended_by_service
        return f"close {frame.code}{reason}", "bad" if by_service else "plain"
    if frame.kind == "step":
        refused = frame.direction == "←" and bool(connection.turned_at)
        return _cut(frame.text), "bad" if refused else "plain"
    if frame.kind == "handshake":
        if frame.direction == "→":
            return "connects", "plain"
        return ("", "plain") if "101" in frame.text else (_cut(frame.text), "bad")
    if frame.kind == "end":
        cut = frame.direction == "→" or "failed" in frame.text
        return (_cut(frame.text), "bad") if cut else ("", "plain")
    if frame.kind in ("ping", "pong"):
        return f"WebSocket {frame.kind}", "plain"
    if isinstance(frame.message, dict):
        return _message_label(frame, frame.message, ledger)
    return _cut(_command(frame.text)), "plain"


def _message_label(frame: Frame, message: dict[str, Any], ledger: Ledger) -> tuple[str, Tone]:
    kind, symbol, number = (message.get(k) for k in ("type", "symbol", SEQUENCE_FIELD))
    if kind == "error":
        return _cut(f"error: {message.get('message')}"), "bad"
    tick = ledger.find((str(symbol), number)) if isinstance(number, int) else None
    if tick:
        return f"{_short(tick)} after {(frame.at_ns - tick.due_ns) / 1e6:.1f} ms", "tick"
    return {"connection": "welcome"}.get(str(kind), str(kind)), "plain"


def _command(text: str) -> str:
    try:
        message = json.loads(text)
        values = [v if isinstance(v, list) else [v] for v in message.values()]
        return " ".join(str(word) for value in values for word in value) or text
    except (ValueError, AttributeError):
        return text or "(an empty message)"


def _short(tick: Published) -> str:
    kind = "bar" if tick.kind == "underlying_bar" else "tick"
    if tick.role == "fence":
        kind = "fence"
    return f"{tick.symbol} {kind} #{tick.sequence}"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _shown(text: str) -> str:
    """Return what a client or the service has said as it may stand in an SVG document."""
    return escape(readable(text))


def _merged(lane: str, members: Sequence[Sequence[_Event]]) -> list[_Event]:
    """Draw what a group did alike as one arrow with a count."""
    alike: dict[str, list[_Event]] = {}
    for event in (event for events in members for event in events):
        alike.setdefault(f"{event.source} {event.label.split(' after ')[0]}", []).append(event)
    merged = []
    for events in alike.values():
        first, last = min(e.at_ns for e in events), max(e.at_ns for e in events)
        event = min(events, key=lambda e: e.at_ns)
        label = event.label.split(" after ")[0]
        count = f" × {len(events)}" if len(events) > 1 else ""
        spread = f", the last {(last - first) / 1e6:.1f} ms later" if last > first else ""
        merged.append(_Event(first, event.source, event.goal, label + count + spread, event.tone))
    return merged


def _folded(events: Iterable[_Event]) -> list[_Event]:
    """Fold long runs of ticks, and whatever goes beyond the picture."""
    rows: list[_Event] = []
    run: list[_Event] = []
    for event in events:
        if event.tone == "tick":
            run.append(event)
            continue
        rows += _shortened(run)
        run = []
        rows.append(event)
    rows += _shortened(run)
    if len(rows) > ROW_LIMIT:
        left_out = len(rows) - ROW_LIMIT
        half = ROW_LIMIT // 2
        note = _Event(rows[half].at_ns, "", "", f"… {left_out} rows are left out …")
        rows[half:-half] = [note]
    return rows


def _shortened(run: list[_Event]) -> list[_Event]:
    if len(run) <= RUN_SHOWN + 2:
        return run
    head, tail = run[: RUN_SHOWN - 2], run[-2:]
    published = sum(1 for event in run[len(head) : -2] if event.source == "feed")
    received = len(run) - len(head) - 2 - published
    text = f"… {published} more published, {received} more received …"
    return [*head, _Event(run[len(head)].at_ns, "", "", text), *tail]


def _draw(lanes: dict[str, str], events: Sequence[_Event], origin_ns: int) -> str:
    gap = (WIDTH - LEFT - 90) / max(1, len(lanes) - 1)
    x = {lane: LEFT + 40 + index * gap for index, lane in enumerate(lanes)}
    height = 64 + ROW_HEIGHT * len(events)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif" '
        'font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    crowded = any(LETTER * len(head) > gap for head in lanes.values())
    for index, (lane, at) in enumerate(x.items()):
        top = 14 + 14 * (index % 2) if crowded else 22
        parts.append(
            f'<line x1="{at:.0f}" y1="34" x2="{at:.0f}" y2="{height - 8}" stroke="#cbd5e1" '
            f'stroke-dasharray="3 3"/><text x="{at:.0f}" y="{top}" text-anchor="middle" '
            f'font-weight="bold" fill="#0f172a">{_shown(lanes[lane])}</text>'
        )
    for index, event in enumerate(events):
        parts.append(_row(event, 56 + index * ROW_HEIGHT, x, origin_ns))
    return "".join([*parts, "</svg>"])


def _row(event: _Event, y: int, x: dict[str, float], origin_ns: int) -> str:
    time = (
        f'<text x="84" y="{y}" text-anchor="end" fill="#64748b" font-size="11">'
        f"{(event.at_ns - origin_ns) / 1e6:.1f} ms</text>"
    )
    if not event.source:
        return (
            f'<rect x="{LEFT}" y="{y - 15}" width="{WIDTH - LEFT}" height="20" fill="#f1f5f9"/>'
            f'{time}<text x="{LEFT + 6}" y="{y - 1}" fill="{COLOURS["step"]}" font-style="italic">'
            f"{_shown(event.label)}</text>"
        )
    start, end = x[event.source], x[event.goal]
    tip = -6 if end > start else 6
    colour = COLOURS[event.tone]
    middle = (start + end) / 2
    return (
        f'{time}<line x1="{start:.0f}" y1="{y}" x2="{end:.0f}" y2="{y}" stroke="{colour}" '
        f'stroke-width="1.3"/><path d="M{end:.0f} {y} l{tip} -4 l0 8 z" fill="{colour}"/>'
        f'<text x="{middle:.0f}" y="{y - 4}" text-anchor="middle" fill="{colour}" '
        f'stroke="#ffffff" stroke-width="3" paint-order="stroke">{_shown(event.label)}</text>'
    )
