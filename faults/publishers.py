"""Faults that only several publishers at once bring to light: QA-WS-103."""

from __future__ import annotations

import json
from collections.abc import Callable

from app.fanout import Fanout
from app.messages import Tick
from faults.fault import fault, replace

CROWD = 40
"""From so many ticks on within one flush window, several publishers are at work."""

OUT_OF_ORDER = "received ticks out of order"
MISSED = "never received ticks that it was due"


def _in_a_crowd(act: Callable[[Fanout, Tick, Callable[[Tick], None]], None]) -> None:
    """Let `act` publish the ticks that come when many have come in the same window."""
    original = Fanout.publish
    came = 0

    def publish(self: Fanout, tick: Tick) -> None:
        nonlocal came
        came = 1 if self._timer is None else came + 1
        if came > CROWD:
            act(self, tick, lambda each: original(self, each))
        else:
            original(self, tick)

    replace(Fanout, "publish", publish)


@fault(
    story="Between feed and fan-out there is room for forty ticks: what several publishers send at "
    "once beyond that is lost.",
    caught_by={"QA-WS-103": MISSED},
    also=("QA-WS-018", "QA-WS-111"),
)
def crowd_beyond_the_buffer_lost() -> None:
    """Take no more than fit."""
    _in_a_crowd(lambda fanout, tick, publish: None)


@fault(
    story="When much comes at once bars are handed on before the option ticks that came earlier, "
    "so that a chart is ahead of the prices beside it.",
    caught_by={"QA-WS-103": OUT_OF_ORDER},
)
def bars_overtake_in_a_crowd() -> None:
    """Put a bar before what waits."""

    def overtake(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        publish(tick)
        if tick.route.type == "underlying_bar":
            for group in fanout._subscriptions.groups_for(tick.route):
                group.pending.insert(0, group.pending.pop())

    _in_a_crowd(overtake)


@fault(
    story="One watch over the numbers of all symbols takes a number that is not higher than the "
    "last for a repeat, so that of several publishers one is not heard.",
    caught_by={"QA-WS-103": MISSED},
)
def numbers_watched_across_publishers() -> None:
    """Hold each number against the highest of whatever symbol."""
    highest = 0

    def watch(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        nonlocal highest
        number = json.loads(tick.payload).get("seq", 0)
        if number > highest:
            highest = number
            publish(tick)

    _in_a_crowd(watch)


@fault(
    story="When much comes at once a second worker takes every other tick and is slower, so that "
    "old prices come after new ones.",
    caught_by={"QA-WS-103": OUT_OF_ORDER},
    also=("QA-WS-018", "QA-WS-111"),
)
def second_worker_is_slower() -> None:
    """Hold back every other tick until five more have come."""
    held: list[Tick] = []
    count = 0

    def share(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        nonlocal count
        count += 1
        if count % 2:
            held.append(tick)
        else:
            publish(tick)
        if len(held) == 5:
            for each in held:
                publish(each)
            held.clear()

    _in_a_crowd(share)
