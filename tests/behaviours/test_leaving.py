"""How clients leave, and what the service owes them."""

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Opcode

from qaws.behaviours import leaving, lifecycle
from qaws.protocol.market import selection_of
from qaws.verdict import NotVerified
from tests.services.faulty import connected
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")
A_CLOSE, A_RESET = "a clean close", "an abrupt reset"
AN_ERROR = "a close for an oversized message"


class OnClose(ServerConnection):
    """Does something else with a close frame than to answer it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._take = self.protocol.recv_frame
        self.protocol.recv_frame = self.take

    def take(self, frame):
        if frame.opcode is Opcode.CLOSE:
            self.instead()
        else:
            self._take(frame)

    def instead(self):
        """Keep the socket."""


class OnCloseCut(OnClose):
    def instead(self):
        self.transport.close()


class KeepsTheSocket(Ticker):
    connection = OnClose


class CutsInstead(Ticker):
    connection = OnCloseCut


class ClosesOversized(Ticker):
    async def invalid(self, client, text):
        await client.close(1009, "too large")


def leaves_by(ending, answer_within_s=HANG_S):
    async def story(do):
        await connected(do)
        connection = (await do(_connections))[0]
        connection._socket.close_timeout = answer_within_s
        await do(leaving.end_connection, "Alice", ending)
        assert not connection.is_open

    return story


async def _connections(testbed):
    return testbed.scenario.connections.all


@pytest.mark.parametrize("ending", [A_CLOSE, A_RESET])
def test_who_leaves_properly_is_let_go(scenario, ending):
    scenario(Ticker, leaves_by(ending))


def test_a_reset_awaits_no_answer(scenario):
    scenario(KeepsTheSocket, leaves_by(A_RESET))


@pytest.mark.parametrize("service", [KeepsTheSocket, CutsInstead])
def test_a_close_frame_without_an_answer_is_refuted(wrong, service):
    wrong(
        service,
        leaves_by(A_CLOSE, answer_within_s=0.3),
        r"^answer to the close frame of Alice: measured nothing .*sent no close frame in answer to "
        r"one with code 1000, which RFC 6455 demands in section 5\.5\.1",
    )


def test_who_sends_too_much_is_closed_by_the_service(scenario):
    scenario(ClosesOversized, leaves_by(AN_ERROR))


def test_where_that_closes_nobody_nothing_is_shown(scenario, monkeypatch):
    monkeypatch.setattr(leaving, "DISCONNECTED_WITHIN_S", 0.3)
    with pytest.raises(NotVerified, match=r"over 64 KiB and is still connected.*QA-WS-024"):
        scenario(Ticker, leaves_by(AN_ERROR))


def test_who_was_closed_for_an_error_was_due_no_tick(scenario):
    async def story(do):
        await connected(do)
        await do(lifecycle.subscribe, ["Alice"], NIFTY)
        await do(leaving.end_connection, "Alice", AN_ERROR)
        (connection,) = await do(_connections)
        assert not connection.was_lost

    scenario(ClosesOversized, story)


class RefusesRepetition(Ticker):
    """Takes no list that has the same twice."""

    async def _answer(self, client, text):
        if text.count('"NIFTY"') > 1:
            await self.invalid(client, text)
        else:
            await super()._answer(client, text)


@pytest.mark.parametrize("ending", [A_CLOSE, A_RESET])
def test_several_leave_together(scenario, testbed, ending):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice", "Bob", "Carol"])
        await do(leaving.end_connections, ["Alice", "Bob"], ending)
        assert [c.name for c in testbed.scenario.connections.all if c.is_open] == ["Carol"]

    scenario(Ticker, story)


@pytest.mark.parametrize("service", [Ticker, RefusesRepetition])
def test_clients_that_come_and_go(scenario, service):
    async def story(do):
        await do(leaving.come_and_go, ["Alice", "Bob"], NIFTY, BANKNIFTY, A_CLOSE)

    scenario(service, story)


def test_who_hangs_up_says_no_goodbye(scenario, testbed):
    async def story(do):
        await connected(do)
        await do(leaving.end_connection, "Alice", "an end of TCP without a close frame")
        (connection,) = await do(_connections)
        assert not any(f.kind == "close" for f in connection.log)
        assert (connection.ending.code, connection.ending.by) == (1006, "the client")

    scenario(KeepsTheSocket, story)


class OnEmptyCloseCut(OnClose):
    """Cuts off who closes without a code."""

    def take(self, frame):
        if frame.opcode is Opcode.CLOSE and not frame.data:
            self.transport.close()
        else:
            self._take(frame)


class CutsWithoutACode(Ticker):
    connection = OnEmptyCloseCut


def test_of_several_one_closes_without_a_code(wrong, scenario, testbed):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice", "Bob", "Carol", "Dave"])
        await do(leaving.end_connections, ["Alice", "Bob", "Carol", "Dave"], A_CLOSE)

    scenario(Ticker, story)
    sent = [f.code for c in testbed.scenario.connections.all for f in c.log if f.direction == "→"]
    assert [code for code in sent if code is not None] == [1000, 1001, 4001]
    wrong(CutsWithoutACode, story, "answer to the close frame of Carol.*sent no close frame")


def test_who_leaves_amid_a_request_has_asked(scenario, testbed):
    async def story(do):
        await do(leaving.come_and_go, ["Alice"], NIFTY, BANKNIFTY, A_CLOSE)
        sent = [f.text for c in await do(_connections) for f in c.log if f.direction == "→"]
        assert '"subscribe"' in sent[-2]
        assert "BANKNIFTY" in sent[-2]

    scenario(Ticker, story)


class OnOwnCode(OnClose):
    """Takes a code of an application's own for a breach of the protocol."""

    def take(self, frame):
        if frame.opcode is Opcode.CLOSE and int.from_bytes(frame.data[:2], "big") >= 3000:
            self.transport.abort()
        else:
            self._take(frame)


def test_a_goodbye_may_have_a_code_of_its_own(scenario, wrong):
    clients = [f"client {number}" for number in range(1, len(leaving.GOODBYES) + 1)]

    async def leave(do):
        await do(lifecycle.be_connected, clients)
        await do(leaving.end_connections, clients, A_CLOSE)

    class OwnCodesCut(Ticker):
        connection = OnOwnCode

    scenario(Ticker, leave)
    wrong(OwnCodesCut, leave, "answer to the close frame of client 4")
