"""What a run with a fault shows: which scenarios noticed it, and in which words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

STARVED = "INCONCLUSIVE"
STARVED_MS = 100.0
"""A harness that stood still for so long at a time may have missed what a fault did meanwhile."""
LONGEST_SENTENCE = 120


@dataclass(frozen=True, slots=True)
class Row:
    """How one scenario, or one row of an outline, ended: a line of checks.jsonl.

    `longest_stall_ms` is for how long the harness stood still at a time meanwhile.
    """

    id: str
    title: str
    status: str
    message: str
    longest_stall_ms: float = 0.0

    @property
    def is_starved(self) -> bool:
        """Whether the machine, and not the service, kept it from a verdict."""
        return self.message.startswith(STARVED)


class Mark(StrEnum):
    """What a scenario made of a fault."""

    CAUGHT = "caught"
    QUIET = "quiet"
    MISSED = "MISSED"
    WRONG_WORDS = "WRONG WORDS"
    BROKEN = "BROKEN"
    SPURIOUS = "SPURIOUS"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT RUN"

    @property
    def is_good(self) -> bool:
        """Whether the proof may stand with it."""
        return self in (Mark.CAUGHT, Mark.QUIET)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A mark, and the sentence that it rests on."""

    mark: Mark
    sentence: str = ""


def read_rows(file: Path) -> list[Row]:
    """Read checks.jsonl; a file that is not there has no rows, nor has a line half written."""
    if not file.exists():
        return []
    whole = file.read_text(encoding="utf-8").split("\n")[:-1]
    lines = [json.loads(line) for line in whole]
    return [
        Row(o["id"], o["scenario"], o["status"], o["message"], o.get("longest_stall_ms", 0.0))
        for o in lines
    ]


def judge(
    caught_by: Mapping[str, str],
    rows: Iterable[Row],
    also: Collection[str] = (),
    known: Collection[str] = (),
) -> dict[str, Judgement]:
    """Hold what ran against what a fault declares.

    Args:
        caught_by: id → phrase, as the fault declares for the scenarios that were asked.
        rows: every scenario and outline row that ran.
        also: ids that may fail too, or not verify. So may any other fail, in words that the fault
            declares, or in a sentence about ticks that a scenario which it names has said.
        known: what the fault declares for scenarios that were not asked now, and what these said
            when they were.

    Returns:
        One judgement for each id that ran or was declared, in order of the ids.
    """
    by_id: dict[str, list[Row]] = {test_id: [] for test_id in caught_by}
    for row in rows:
        by_id.setdefault(row.id, []).append(row)
    said = [r.message for name in caught_by for r in by_id[name] if r.status == "failed"]
    words = [*caught_by.values(), *known, *_of_ticks([*said, *known])]
    return {
        test_id: _named(caught_by[test_id], mine)
        if test_id in caught_by
        else _unnamed(mine, test_id in also, words)
        for test_id, mine in sorted(by_id.items())
    }


def _named(phrase: str, rows: list[Row]) -> Judgement:
    """Judge a scenario that must notice the fault: one row that says so suffices.

    That it passed is held against it only where the harness was awake all the time: else the
    publisher, too, may have stood still in the moment at which the fault would have shown.
    """
    red = [row.message for row in rows if row.status == "failed"]
    if right := [message for message in red if phrase in message]:
        return Judgement(Mark.CAUGHT, right[0])
    if red:
        got = red[0] or "a failure without a message"
        return Judgement(Mark.WRONG_WORDS, f'wanted "{phrase}", got: {got}')
    if starved := [row.message for row in rows if row.is_starved]:
        return Judgement(Mark.INCONCLUSIVE, starved[0])
    if broken := [row for row in rows if row.status != "passed"]:
        return Judgement(Mark.BROKEN, f"{broken[0].status}: {broken[0].message}")
    if not rows:
        return Judgement(Mark.NOT_RUN, "the run ended before this scenario")
    if (stall_ms := max(row.longest_stall_ms for row in rows)) >= STARVED_MS:
        still = f"the harness stood still for {stall_ms:.0f} ms at a time"
        return Judgement(Mark.INCONCLUSIVE, f'passed, but {still}; wanted "{phrase}"')
    return Judgement(Mark.MISSED, f'passed; wanted "{phrase}"')


TELLING = 12
"""Declared words of so many characters tell one fault from another wherever they stand."""


OF_TICKS = (
    ("received ticks that differ from what was published",),
    ("against the message contract", "received a message that breaks the contract"),
    ("received ticks more than once",),
    ("received ticks out of order",),
    ("received ticks that it had not subscribed to",),
    (
        "never received ticks that it was due",
        "the end marker to ",
        "ticks that the broker had before SIGTERM, at all clients",
        "got no tick before any outage",
        "got no further tick of ",
        "got no tick any more",
    ),
)
"""Sentences in which any scenario may tell of the ticks of its clients; those of one line tell the
same."""


def _of_ticks(said: Collection[str]) -> list[str]:
    """Return the sentences about ticks that stand in what scenarios have said, and their equals."""
    return [
        each
        for alike in OF_TICKS
        if any(phrase in message for phrase in alike for message in said)
        for each in alike
    ]


def accusing(fault_words: Collection[str]) -> list[str]:
    """Return the words in which a fault that declares these may be told of by any scenario."""
    return _telling([*fault_words, *_of_ticks(fault_words)])


def _telling(words: Iterable[str]) -> list[str]:
    return [each for each in words if len(each) >= TELLING]


def _unnamed(rows: list[Row], may_fail: bool, words: Collection[str]) -> Judgement:
    """Judge a scenario that a fault does not name: it must pass, or say the same as those it names.

    Where a service loses or alters ticks, whoever receives some may notice; in other words it would
    be something else that the scenario says of the service.
    """
    noticed, telling = "", _telling(words)
    for row in rows:
        if row.status == "skipped" and may_fail:
            continue  # the fault has taken away what it would be seen by
        if row.status == "failed" and (may_fail or any(each in row.message for each in telling)):
            noticed = noticed or row.message
        elif row.status != "passed" and not row.is_starved:
            return Judgement(Mark.SPURIOUS, f"{row.status}: {row.message}")
    if noticed:
        return Judgement(Mark.CAUGHT, noticed)
    if starved := [row.message for row in rows if row.is_starved]:
        return Judgement(Mark.INCONCLUSIVE, starved[0])
    return Judgement(Mark.QUIET)


def shortened(sentence: str, longest: int = LONGEST_SENTENCE) -> str:
    """Return a sentence on one line, cut to `longest` characters."""
    line = " ".join(sentence.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
