"""A service is told to end: real processes, and the sentence for each way of ending badly."""

import asyncio
import re

import pytest

from qaws.behaviours import deliveries, deployment, lifecycle, shutdown, stalled_readers
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified
from tests.services.faulty import AMPLE_MS, NIFTY
from tests.services.relay import Relay
from tests.waiting import HANG_S, soon

GOODBYE = ExpectedClose([1001], ["shutdown"])


def ending(closed_ms=AMPLE_MS, ended_ms=AMPLE_MS):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice", "Bob"])
        await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        await do(shutdown.closed_in_time, ["Alice", "Bob"], GOODBYE, closed_ms)
        await do(shutdown.received_what_came_before, ["Alice", "Bob"])
        await do(shutdown.ends_in_good_order, ended_ms)
        await do(shutdown.nobody_was_let_in)
        await do(deliveries.everything_was_exact)

    return story


@pytest.mark.parametrize(
    ("kind", "code"), [("Ending", "0"), ("BySignal", "-15"), ("AsShellsSay", "143")]
)
def test_a_service_that_ends_as_it_should_is_met(met, launched, kind, code):
    done = met(lambda: launched("ending", kind, ending()))
    (measured,) = [check.measured for check in done if check.what.startswith("exit code")]
    assert measured == code


@pytest.mark.parametrize(
    ("kind", "bounds", "sentence"),
    [
        (
            "OtherCode",
            {},
            'end of Alice\'s connection: .* closed with 1012 "server shutdown" by the',
        ),
        ("Cuts", {}, "end of Alice's connection: .* the network connection was cut"),
        ("LetsIn", {}, "newcomers behind the first close: measured [1-9] let in"),
        (
            "Fails",
            {},
            "exit code of the service's process: measured 3, allowed 0, or by SIGTERM: -15 or",
        ),
        ("ByAnotherSignal", {}, "exit code of the service's process: measured -9, allowed 0, or"),
        (
            "Late",
            {"closed_ms": 50},
            r"from SIGTERM to the close of \w+, the last of 2: measured (9|\d\d)\d\d\.\d .* 50 ms",
        ),
        (
            "Hangs",
            {"ended_ms": 800},
            "from SIGTERM to the end of the service's process: measured nothing in .* 800 ms",
        ),
        ("Forgets", {}, "before SIGTERM, at all clients: measured Alice lacks 2[56], the first is"),
    ],
)
def test_a_service_that_ends_badly_is_refuted(launched, refuted, kind, bounds, sentence):
    refuted(lambda: launched("ending", kind, ending(**bounds)), sentence)


def test_a_client_that_does_not_read_is_served_and_given_up_with_the_service(launched, testbed):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        zoe = testbed.scenario.connections.named("Zoe")
        assert zoe.is_open
        assert not any(zoe.received("tick"))
        assert re.match(
            r"full: the system holds \d\.\d of \d\.\d MB", testbed.scenario.figures[-1][1]
        )
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        await do(shutdown.closed_in_time, ["Alice"], GOODBYE, AMPLE_MS)
        testbed.services.stop()
        testbed.scenario.stash[shutdown.SHUTDOWN].service.stop()
        await asyncio.wait_for(testbed.scenario.stash[shutdown.SHUTDOWN].watch, HANG_S)
        assert zoe.ending.by == "the client"
        await do(deliveries.everything_was_exact)

    launched("ending", "Hasty", story)


def test_a_line_that_had_looked_full_is_filled_before_the_signal(launched, testbed):
    """A service that had no turn for a while took the rest later, and nothing was owed then."""

    async def story(do):
        await do(lifecycle.be_subscribed, ["Alice"], NIFTY)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        (before,) = testbed.scenario.stash[stalled_readers.STALLED]
        await soon(lambda: stalled_readers._held(before.connection) >= before.published)
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        (behind,) = testbed.scenario.stash[stalled_readers.STALLED]
        assert behind.published > before.published
        await do(shutdown.closed_in_time, ["Alice"], GOODBYE, AMPLE_MS)

    launched("ending", "GetsNoTurn", story)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("CutsWhoDoesNotRead", "Zoe (may have been evicted|was not there any more)"),
        (
            "ForgetsWhoDoesNotRead",
            "counted 1 sessions before SIGTERM, where 2 .*: Zoe may have been evicted",
        ),
    ],
)
def test_an_end_without_the_client_that_does_not_read_shows_nothing(launched, kind, said):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        await do(shutdown.terminate_mid_stream, 40, NIFTY)

    with pytest.raises(NotVerified, match=said):
        launched("ending", kind, story)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("CountsInTwoProcesses", "answered 2 and 1 sessions within .*: several processes seem to"),
        ("CountsNobody", "tell 0 sessions, where 2 clients of the suite are connected"),
    ],
)
def test_statistics_that_cannot_be_believed_say_nothing_of_who_does_not_read(
    met, launched, testbed, kind, why
):
    """One answer is that of one process, by chance: the line itself shows that Zoe is there."""

    async def story(do):
        await do(lifecycle.be_subscribed, ["Alice", "Bob"], NIFTY)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        await do(shutdown.closed_in_time, ["Alice", "Bob"], GOODBYE, AMPLE_MS)

    met(lambda: launched("ending", kind, story))
    left_aside = dict(testbed.scenario.figures)["statistics before SIGTERM, left aside"]
    assert re.search(why, left_aside)


def test_a_service_that_got_no_turn_for_a_moment_is_no_full_line(launched, testbed, monkeypatch):
    looks, real = [], stalled_readers._is_full

    async def first_look_deceives(connection, published):
        looks.append(published)
        return (len(looks) == 2) or await real(connection, published)  # behind the first ticks

    async def story(do):
        monkeypatch.setattr(stalled_readers, "_is_full", first_look_deceives)
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        (reader,) = testbed.scenario.stash[stalled_readers.STALLED]
        assert reader.published > looks[1] >= stalled_readers.FILLING_TICK_BYTES

    launched("ending", "Ending", story)


def test_a_line_that_takes_everything_is_not_full(launched, monkeypatch, grace):
    monkeypatch.setattr(stalled_readers, "FILLING_BYTES", 2 * stalled_readers.FILLING_TICK_BYTES)
    monkeypatch.setattr(stalled_readers, "STALLED_BUFFER", 4 << 20)

    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        grace(1.0)  # for what will not come
        with pytest.raises(Broken, match="nothing shows that its line is full: the system holds"):
            await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))

    launched("ending", "Ending", story)


def test_a_line_that_takes_everything_after_all_is_not_waited_for_for_ever(
    launched, testbed, monkeypatch, grace
):
    monkeypatch.setattr(stalled_readers, "FILLING_BYTES", 2 * stalled_readers.FILLING_TICK_BYTES)
    monkeypatch.setattr(stalled_readers, "STALLED_BUFFER", 4 << 20)
    real = stalled_readers._is_full

    async def seems_full(_, published):
        return published >= stalled_readers.FILLING_BYTES

    async def story(do):
        await do(lifecycle.be_subscribed, ["Alice"], NIFTY)
        monkeypatch.setattr(stalled_readers, "_is_full", seems_full)
        await do(stalled_readers.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        monkeypatch.setattr(stalled_readers, "_is_full", real)
        (reader,) = testbed.scenario.stash[stalled_readers.STALLED]
        await soon(lambda: stalled_readers._held(reader.connection) >= reader.published)
        grace(1.0)
        with pytest.raises(Broken, match="nothing shows that its line is full: the system holds"):
            await asyncio.wait_for(do(shutdown.terminate_mid_stream, 40, NIFTY), HANG_S)

    launched("ending", "Ending", story)


def test_what_has_not_happened_cannot_be_judged(launched):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        for act, words, said in (
            (shutdown.nobody_was_let_in, (), "no service has been told to end"),
            (deployment.are_back, (["Alice"], 5), "has not been restarted"),
            (deployment.join, (["Alice"], NIFTY, "the second node"), "no second node is running"),
        ):
            with pytest.raises(Broken, match=said):
                await do(act, *words)

    launched("ending", "Ending", story)


def test_newcomers_whom_a_relay_takes_and_closes_at_once_were_not_let_in(met, launched, testbed):
    async def story(do):
        with Relay(testbed.service.port) as relay:
            testbed.service.url = relay.url
            await ending()(do)
            assert relay.turned_away

    done = met(lambda: launched("ending", "Ending", story))
    assert any("newcomers behind the first close" in check.what for check in done)


def test_an_end_that_nobody_tried_to_pass_shows_nothing_of_newcomers(launched, testbed):
    async def story(do):
        await do(lifecycle.be_subscribed, ["Alice"], NIFTY)
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        end = testbed.scenario.stash[shutdown.SHUTDOWN]
        await do(shutdown.closed_in_time, ["Alice"], GOODBYE, AMPLE_MS)
        await asyncio.wait([end.attempting])
        end.attempts.clear()
        with pytest.raises(NotVerified, match="nobody tried to get in"):
            await do(shutdown.nobody_was_let_in)

    launched("ending", "Ending", story)


def test_what_comes_behind_the_signal_may_come_or_not(met, launched, testbed):
    """The ticks go on across the order to end; the service takes none of those behind it."""

    def flow():
        told = dict(testbed.scenario.figures)["ticks between SIGTERM and the last close"]
        sent, came = told.removesuffix(" came").split(", of which ")
        return int(sent), int(came)

    met(lambda: launched("ending", "Deaf", ending()))
    sent, came = flow()
    assert sent > shutdown.BEHIND
    assert came < sent
    met(lambda: launched("ending", "Late", ending()))
    _, came = flow()
    assert came > shutdown.BEHIND


def test_ticks_of_each_part_of_a_selection_are_owed(launched, refuted):
    async def story(do):
        both = selection_of("NIFTY and BANKNIFTY")
        await do(lifecycle.be_subscribed, ["Alice"], both)
        await do(shutdown.terminate_mid_stream, 40, both)
        await do(shutdown.closed_in_time, ["Alice"], GOODBYE, AMPLE_MS)
        await do(shutdown.received_what_came_before, ["Alice"])

    said = refuted(
        lambda: launched("ending", "ForgetsTheSecond", story),
        "40 ticks that the broker had before SIGTERM, at all clients: measured Alice lacks 1,",
    )
    assert "the first is BANKNIFTY option tick #" in said


def test_what_came_before_is_looked_for_once_clients_are_closed(launched, met, refuted):
    """Whatever order a feature says it in: until then a good service may still be delivering."""

    async def story(do):
        await do(lifecycle.be_subscribed, ["Alice", "Bob"], NIFTY)
        await do(shutdown.terminate_mid_stream, 40, NIFTY)
        await do(shutdown.received_what_came_before, ["Alice", "Bob"])
        await do(shutdown.closed_in_time, ["Alice", "Bob"], GOODBYE, AMPLE_MS)

    met(lambda: launched("ending", "Leisurely", story))
    refuted(lambda: launched("ending", "Forgets", story), "at all clients: measured Alice lacks 2")
