"""What a client sends in fragments, as a service gets it."""

from qaws.clients.connection import Connection
from qaws.clients.sender import fragments_of
from qaws.protocol.dialect import QaWs
from tests.services.scripted import Ticker
from tests.waiting import HANG_S


def sent(loop, act):
    """Let a client do something at a service; return its connection, and what came there."""
    heard = []

    class Hears(Ticker):
        async def invalid(self, client, text):
            heard.append(text)
            await super().invalid(client, text)

    async def story(url):
        connection = Connection("Alice", QaWs())
        await connection.open(f"{url}?token=t")
        await act(connection)
        await connection.wait_for(
            lambda f: bool(f.message) and f.message["type"] == "error", None, HANG_S
        )
        await connection.close()
        return connection

    with Hears() as service:
        return loop.call(story(service.url), timeout_s=2 * HANG_S), heard


def test_a_message_in_fragments_arrives_whole_and_each_ping_between_them_is_answered(loop):
    async def act(connection):
        connection.in_fragments = True
        await connection.send("in three parts")

    connection, heard = sent(loop, act)
    pings = [f.text for f in connection.log if f.kind == "ping" and f.direction == "→"]
    pongs = [f.text for f in connection.log if f.kind == "pong" and f.direction == "←"]
    assert heard == ["in three parts"]
    assert len(set(pings)) == 3
    assert pongs == pings


def test_a_message_too_short_for_fragments_is_one_all_the_same(loop):
    async def act(connection):
        connection.in_fragments = True
        await connection.send("a")

    assert sent(loop, act)[1] == ["a"]


def test_a_long_message_is_not_written_out_in_the_log(loop):
    async def act(connection):
        await connection.send_fragments("x" * 70_000)

    connection, heard = sent(loop, act)
    (logged,) = [f.text for f in connection.log if f.kind == "text" and f.direction == "→"]
    assert heard == ["x" * 70_000]
    assert logged == "x" * 100 + "… (70,000 characters, 1 frame)"


def test_a_message_is_cut_within_a_letter_where_one_has_several_bytes():
    assert fragments_of(b"abcdefg") == [b"abc", b"def", b"g"]
    first, *others = fragments_of('{"symbol":"日経225"}'.encode())
    assert first == b'{"symbol":"\xe6'
    assert b"".join((first, *others)).decode() == '{"symbol":"日経225"}'
