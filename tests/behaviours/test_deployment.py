"""A service is told to end: real processes, and the sentence for each way of ending badly."""

import asyncio
import re
import sys
import textwrap

import pytest

from qaws.behaviours import deliveries, deployment, lifecycle, publishing
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.sut.target import Target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, Refuted

NIFTY = selection_of("NIFTY")
PROGRAM = """
    import asyncio, os, signal, sys
    from tests.services.scripted import Ticker

    class Ending(Ticker):
        \"\"\"Says goodbye and ends, within reason.\"\"\"

        code, reason, exit_code, pause_s = 1001, "server shutdown", 0, 0.2
        over = False

        async def until_stopped(self):
            end = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
            await end.wait()
            await asyncio.sleep(self.pause_s)
            self.over = True
            await asyncio.gather(*(self.part(client) for client in [*self.clients]))
            sys.stdout.flush()
            self.end()

        def end(self):
            os._exit(self.exit_code)

        async def admit(self, client, token):
            if self.over:
                await client.close(self.code, self.reason)
            return not self.over

        async def part(self, client):
            await client.close(self.code, self.reason)

        def listens(self):
            print(f"ready on {self.port}", flush=True)

    class OtherCode(Ending):
        code = 1012

    class LetsIn(Ending):
        async def admit(self, client, token):
            return True

        async def part(self, client):
            await super().part(client)
            await asyncio.sleep(0.7)  # long enough for a newcomer

    class Cuts(Ending):
        async def part(self, client):
            client.cut()

    class Fails(Ending):
        exit_code = 3

    class AsShellsSay(Ending):
        exit_code = 143

    class BySignal(Ending):
        \"\"\"Ends by the very signal, once it has said goodbye.\"\"\"

        def end(self):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)

    class ByAnotherSignal(Ending):
        def end(self):
            os.kill(os.getpid(), signal.SIGKILL)

    class Late(Ending):
        pause_s = 0.9

    class Hangs(Ending):
        async def part(self, client):
            await super().part(client)
            await asyncio.sleep(60)

    class Forgets(Ending):
        seen = 0
        async def deliver(self, client, tick, text):
            self.seen += 1
            if self.seen < 30:
                await super().deliver(client, tick, text)

    asyncio.run(globals()[sys.argv[1]](sys.argv[2]).main())
"""


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Play a scenario against a kind of service; return the testbed's checks."""
    monkeypatch.setattr("qaws.testbed.testbed.GRACE_S", 0.5)
    (tmp_path / "service.py").write_text(textwrap.dedent(PROGRAM))

    def playing(kind, story):
        target = Target.model_validate(
            {
                "name": "scripted",
                "dialect": "qa-ws",
                "endpoint": {"url": "ws://127.0.0.1:{port}/ws/ticks"},
                "auth": {"generate_key": True},
                "feed": {"broker": "embedded"},
                "launch": {
                    "command": [sys.executable, str(tmp_path / "service.py"), kind, "{broker_url}"],
                    "environment": {"PYTHONPATH": "."},
                    "ready_log": r"ready on (?P<port>\d+)",
                },
            }
        )
        testbed = Testbed(target, tmp_path / "logs")
        try:
            testbed.use_service()

            async def do(act, *words, **named):
                return await act(testbed, *words, **named)

            try:
                testbed.loop.call(story(do, testbed), timeout_s=30)
            except Inconclusive as starved:
                pytest.skip(str(starved))
            finally:
                testbed.end_scenario(trust=True)
            return testbed.scenario.checks.done
        finally:
            testbed.stop()

    return playing


async def ending(do, testbed):
    await do(lifecycle.be_connected, ["Alice", "Bob"])
    await do(lifecycle.subscribe, ["Alice", "Bob"], NIFTY)
    await do(deployment.terminate_mid_stream, 40, NIFTY)
    await do(deployment.closed_in_time, ["Alice", "Bob"], ExpectedClose([1001], ["shutdown"]), 600)
    await do(deployment.received_what_came_before, ["Alice", "Bob"])
    await do(deployment.ends_in_good_order, 1500)
    await do(deployment.nobody_was_let_in)
    await do(deliveries.everything_was_exact)


@pytest.mark.parametrize(
    ("kind", "code"), [("Ending", "0"), ("BySignal", "-15"), ("AsShellsSay", "143")]
)
def test_a_service_that_ends_as_it_should_is_met(play, kind, code):
    done = play(kind, ending)
    assert {check.verdict for check in done} == {"met"}
    (measured,) = [check.measured for check in done if check.what.startswith("exit code")]
    assert measured == code


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("OtherCode", 'end of Alice\'s connection: .* closed with 1012 "server shutdown" by the'),
        ("Cuts", "end of Alice's connection: .* the network connection was cut"),
        ("LetsIn", "newcomers behind the first close: measured [1-9] let in"),
        (
            "Fails",
            "exit code of the service's process: measured 3, allowed 0, or by SIGTERM: -15 or",
        ),
        ("ByAnotherSignal", "exit code of the service's process: measured -9, allowed 0, or by"),
        ("Late", r"from SIGTERM to the close of \w+, the last of 2: measured 9\d\d.* 600 ms"),
        ("Hangs", "from SIGTERM to the end of the service's process: measured nothing in .*1500 m"),
        ("Forgets", "before SIGTERM, at all clients: measured Alice lacks 2[56], the first is"),
    ],
)
def test_a_service_that_ends_badly_is_refuted(play, kind, sentence):
    with pytest.raises(Refuted) as caught:
        play(kind, ending)
    assert re.search(sentence, str(caught.value), re.DOTALL), str(caught.value)


def test_a_client_that_does_not_read_is_served_and_given_up_with_the_service(play):
    async def story(do, testbed):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(deployment.stall_reader, "Zoe", selection_of("BANKNIFTY"))
        zoe = testbed.scenario.connections.named("Zoe")
        assert zoe.is_open
        assert not any(zoe.received("tick"))
        assert re.match(
            r"full: the system holds \d\.\d of 3\.0 MB", testbed.scenario.figures[-1][1]
        )
        await do(deployment.terminate_mid_stream, 40, NIFTY)
        await do(deployment.closed_in_time, ["Alice"], ExpectedClose([1001], ["shutdown"]), 600)
        testbed.services.stop()
        testbed.scenario.stash[deployment.SHUTDOWN].service.stop()
        await asyncio.wait_for(testbed.scenario.stash[deployment.SHUTDOWN].watch, 5)
        assert zoe.ending.by == "the client"
        await do(deliveries.everything_was_exact)

    play("Ending", story)


def test_a_line_that_takes_everything_is_not_full(play, monkeypatch):
    monkeypatch.setattr(deployment, "FILLING_BYTES", 2 * deployment.FILLING_TICK_BYTES)
    monkeypatch.setattr(deployment, "STALLED_BUFFER", 4 << 20)

    async def story(do, testbed):
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        with pytest.raises(Broken, match="nothing shows that its line is full: the system holds"):
            await do(deployment.stall_reader, "Zoe", selection_of("BANKNIFTY"))

    play("Ending", story)


def test_one_of_two_nodes_may_end(play):
    async def story(do, testbed):
        await asyncio.to_thread(deployment.start_second, testbed)
        await do(lifecycle.be_connected, ["Alice"])
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(deployment.join, ["Carol"], NIFTY, "the second node")
        await do(deployment.terminate_mid_stream, 40, NIFTY, "the second node")
        await do(deployment.closed_in_time, ["Carol"], ExpectedClose([1001], ["shutdown"]), 600)
        await do(deployment.received_what_came_before, ["Carol"])
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.receives_that_tick, ["Alice"], 500)
        await do(deliveries.everything_was_exact)

    assert {check.verdict for check in play("Ending", story)} == {"met"}


def test_a_herd_comes_back(play):
    names = [f"client {number}" for number in range(1, 21)]

    async def story(do, testbed):
        await do(lifecycle.be_connected, names)
        await do(lifecycle.subscribe, names, NIFTY)
        await asyncio.to_thread(testbed.use_service, afresh=True)
        await do(deployment.reconnect_all, names, NIFTY)
        with pytest.raises(Refuted, match="session ids that were there before: measured 20"):
            await do(deployment.are_back, names, 2000)
        await do(deliveries.everything_was_exact)

    play("Ending", story)  # its session ids begin anew with each process


def test_what_has_not_happened_cannot_be_judged(play):
    async def story(do, testbed):
        await do(lifecycle.be_connected, ["Alice"])
        for act, words, said in (
            (deployment.nobody_was_let_in, (), "no service has been told to end"),
            (deployment.are_back, (["Alice"], 5), "has not been restarted"),
            (deployment.join, (["Alice"], NIFTY, "the second node"), "no second node is running"),
        ):
            with pytest.raises(Broken, match=said):
                await do(act, *words)

    play("Ending", story)
