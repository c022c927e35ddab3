"""Faults of what seldom stands in a tick, or in its symbol: QA-WS-006, 007, 008."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from faults.contents import (
    BAR,
    NOT_PUBLISHED,
    STRAY,
    edit_ticks,
    elsewhere,
    key_by,
    refuse_ticks,
    rename,
)
from faults.fault import fault


@fault(
    story="A bar with a price below zero is taken for a slip of the finger and dropped, so that "
    "on the day when oil costs less than nothing its chart stands still.",
    caught_by={"QA-WS-007": "the one that is missing has a price below zero"},
    also=elsewhere("QA-WS-007"),
)
def negative_prices_dropped() -> None:
    """Expect a price to be none or more."""

    def is_negative(tick: dict[str, Any], _: bytes) -> bool:
        return bool(tick["type"] == BAR and min(tick["low"], tick["close"]) < 0)

    refuse_ticks(is_negative)


@fault(
    story="Numbers with a capital E in front of their exponent, as Java writes them, cannot be "
    "read, so that the smallest greeks of one publisher of two never arrive.",
    caught_by={"QA-WS-006": "never received ticks that it was due"},
    also=elsewhere("QA-WS-006"),
)
def capital_exponents_not_read() -> None:
    """Know the small letter only."""
    refuse_ticks(lambda _, payload: bool(re.search(rb"[ :,]-?\d+(\.\d+)?E[+-]?\d", payload)))


def _inner_edited(value: Any, edit: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _inner_edited(inner, edit) for name, inner in value.items()}
    if isinstance(value, list):
        return edit([_inner_edited(inner, edit) for inner in value])
    return edit(value)


def _edit_others(edit: Callable[[Any], Any]) -> None:
    """Let all that ticks have besides the instrument's number be changed on its way."""

    def act(tick: dict[str, Any]) -> None:
        own = {name: value for name, value in tick.items() if name != "instrument_token"}
        tick.update(_inner_edited(own, edit))

    edit_ticks("", act)


@fault(
    story="Lists are cut to five entries, as the depth of the book had no more when the model was "
    "made: who has paid for twenty levels sees five.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=elsewhere("QA-WS-006"),
)
def lists_cut_to_five() -> None:
    """Keep the best five."""
    _edit_others(lambda value: value[:5] if isinstance(value, list) else value)


@fault(
    story="The instrument is an integer and all that is not known a double, so that the "
    "nanoseconds of the exchange's clock are off, and nobody can tell which of two trades came "
    "first.",
    caught_by={"QA-WS-006": NOT_PUBLISHED},
    also=elsewhere("QA-WS-006"),
)
def other_integers_as_doubles() -> None:
    """Read what is not known as JavaScript does."""
    _edit_others(lambda value: int(float(value)) if type(value) is int else value)


@fault(
    story="Symbols are kept in columns of 20 characters, and options of some exchanges have 22: "
    "who asks for a call gets the put of the same strike too.",
    caught_by={"QA-WS-008": STRAY},
)
def names_cut_at_20_characters() -> None:
    """Cut them on both sides."""
    key_by(lambda name: name[:20])


@fault(
    story="Blanks are run together, as on a page of HTML, and options of some exchanges have "
    "several in their names: who asks for one gets nothing.",
    caught_by={"QA-WS-008": "Alice never received ticks that it was due"},
)
def blanks_run_together() -> None:
    """Write one for several in what a client asks for."""
    rename(lambda name: re.sub(" +", " ", name))


@fault(
    story="What a library takes for no value is taken for none, so that shares which are called "
    "TRUE or NAN never tick.",
    caught_by={"QA-WS-008": "never received ticks that it was due"},
)
def names_that_mean_something_to_programs_dropped() -> None:
    """Tidy up as a table of numbers is tidied."""
    words = ("null", "none", "nan", "na", "true", "false")
    refuse_ticks(lambda tick, _: tick["symbol"].lower() in words)
