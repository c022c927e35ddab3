"""What tells of a service: believed once it was seen to move, on processes of its own."""

import asyncio

import pytest

from qaws.behaviours import leaving, lifecycle, resources
from qaws.sut.resources import CLIENT_PARTS
from qaws.verdict import NotVerified
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY
from tests.services.several import LINGERS_S

LATE_BOUND_MS = 10 * LINGERS_S * 1000


async def recorded(do):
    await do(lifecycle.be_connected, ["Alice"])
    await do(resources.record)
    await do(resources.record_memory)


async def small(do):
    await recorded(do)
    names = ["client 1", "client 2", "client 3"]
    await do(leaving.come_and_go, names, NIFTY, BANKNIFTY, "a clean close")
    await do(resources.return_to_baseline, CLIENT_PARTS, AMPLE_MS)
    await do(resources.memory_grew_less, 10)


def test_a_service_that_has_left_its_launchers_family_is_observed(met, launched):
    met(lambda: launched("several", "Ticker-stray", small))


def test_what_it_keeps_there_is_refuted(launched, refuted):
    sentence = r"growth of the service's private memory: measured 1[12]\.\d\d MB"
    refuted(lambda: launched("several", "KeepsMemory-stray", small), sentence)


def test_a_service_that_closes_lines_late_has_no_visitor_in_its_baseline(met, launched):
    met(lambda: launched("several", "Lingers", small))


async def nothing_more(do):
    await do(lifecycle.be_connected, ["Alice"])
    await do(resources.record, ("sessions", "sockets", "files"))
    await do(resources.no_more_than_baseline, ("sessions", "sockets", "files"), LATE_BOUND_MS)


@pytest.mark.parametrize("kind", ["LingersWithFirstAnswers", "LingersWithAnswers"])
def test_a_line_over_which_statistics_were_read_is_none_that_stays(met, launched, kind):
    met(lambda: launched("several", kind, nothing_more))


async def again(do):
    """Record once more, right behind clients that have left."""
    await recorded(do)
    names = ["client 1", "client 2", "client 3"]
    await do(leaving.come_and_go, names, NIFTY, BANKNIFTY, "a clean close")
    await do(resources.record)
    await do(resources.return_to_baseline, CLIENT_PARTS, AMPLE_MS)
    await asyncio.sleep(LINGERS_S)
    await do(resources.return_to_baseline, CLIENT_PARTS, AMPLE_MS)


def test_a_baseline_counts_none_of_those_who_have_just_left(met, launched):
    met(lambda: launched("several", "Lingers", again))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "Constant",
            "did not follow 4 clients that came within .* they told 7 sessions before and 7",
        ),
        (
            "CountsSessionsOnly",
            "did not follow a subscription within .* they told 7 subscriptions before and 7 then",
        ),
        ("Stale", r"did not follow . clients that came"),
        (
            "Ticker-two",
            "did not follow 4 clients|several processes seem to answer|did not come to rest",
        ),
    ],
)
def test_statistics_that_do_not_count_who_comes_show_nothing(launched, kind, said):
    """Which of two processes answers is chance: all may come to the same one."""

    def up_to_ten_times():
        for _ in range(10):
            launched("several", kind, recorded)

    with pytest.raises(NotVerified, match=said):
        up_to_ten_times()


async def memory(do):
    await do(lifecycle.be_connected, ["Alice"])
    await do(resources.record_memory)


@pytest.mark.parametrize("statistics", [True, False], ids=["counted", "no statistics"])
def test_a_process_that_holds_the_port_and_none_of_our_clients_shows_nothing(launched, statistics):
    """It would be told that memory grew by 0.00 MB, whatever the one that serves them keeps."""
    said = r"4 clients came and the processes of the service have 0 sockets on port \d+, 0 before"
    with pytest.raises(NotVerified, match=said):
        launched("several", "KeepsMemory-elsewhere", memory, statistics)


def test_without_statistics_the_sockets_are_seen_to_move(launched, testbed):
    seen = []

    async def story(do):
        await memory(do)
        seen.append(testbed.service.moved)

    launched("several", "Ticker", story, statistics=False)
    assert seen == [True]
