"""What tells the ticks of a run from those of another."""

import asyncio
from types import SimpleNamespace

import pytest

from qaws.clients.frame_log import Frame
from qaws.feed.run_mark import RunMark
from qaws.oracle.ledger import Ledger
from qaws.verdict import Refuted
from tests.bare import bare_testbed

OURS, THEIRS = RunMark(), RunMark()


def test_a_tick_bears_number_due_time_and_mark_behind_its_fields():
    tick = OURS.stamped({"symbol": "NIFTY"}, 7, 10**9)
    assert [*tick] == ["symbol", "seq", "due_us", "qaws_run"]
    assert (tick["seq"], tick["qaws_run"]) == (7, OURS.text)


@pytest.mark.parametrize(
    ("tick", "is_of_another_now"),
    [
        ({"qaws_run": OURS.text, "due_us": OURS.since_us}, False),
        ({"qaws_run": THEIRS.text, "due_us": OURS.since_us}, True),
        ({"qaws_run": THEIRS.text, "due_us": OURS.since_us - 1}, False),
        ({"qaws_run": THEIRS.text}, False),
        ({"qaws_run": 5, "due_us": OURS.since_us}, False),
        ({"due_us": OURS.since_us}, False),
    ],
)
def test_a_tick_of_another_run_is_of_now_where_it_was_due_since_ours_began(tick, is_of_another_now):
    assert bool(OURS.of_another_now(tick)) is is_of_another_now


class Client:
    """One that has received a tick."""

    name, breaches, is_open = "Alice", (), True

    def __init__(self, tick):
        self.log = [Frame(1, "←", "text", str(tick), message=tick)]

    def received(self, kind):
        return self.log


def scenario(tick):
    state = bare_testbed().scenario
    state.connections = SimpleNamespace(all=[Client(tick)])
    return state


def of_others(tick, heard=""):
    async def hear():
        return heard

    feed = SimpleNamespace(others=SimpleNamespace(heard=hear), run=OURS)
    return asyncio.run(scenario(tick).of_others(feed))


def test_another_run_is_known_by_its_ticks_where_nobody_can_listen():
    now = OURS.since_us + 5
    said = of_others({"symbol": "NIFTY", "seq": 1, "qaws_run": THEIRS.text, "due_us": now})
    assert said.startswith("another run of the suite publishes to this service: Alice received ")
    assert "give the suite a broker, or channels in [feed], of its own" in said
    assert of_others({"symbol": "NIFTY", "seq": 1, "qaws_run": OURS.text, "due_us": now}) == ""
    assert of_others({"symbol": "NIFTY"}, "somebody else") == "somebody else"


def test_what_the_service_has_kept_of_an_earlier_run_is_the_cause_and_not_the_number_it_bears():
    kept = {"symbol": "NIFTY", "seq": 1, "qaws_run": THEIRS.text, "due_us": 5}
    said = Refuted("copies of NIFTY #1: measured Alice got 2, allowed 1")
    assert scenario(kept).cause_of(said, Ledger(run=OURS.text)) == [
        f'Alice received NIFTY #1 with the mark "{THEIRS.text}" of an earlier run of the suite '
        "(qaws_run)"
    ]
    assert of_others(kept) == ""
    assert scenario(kept).cause_of(Refuted("Bob got 2"), Ledger(run=OURS.text)) == []
