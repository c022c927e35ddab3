"""Faults of what RFC 6455 asks of every endpoint: QA-WS-001, 004, 005 and 006."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from websockets.frames import Frame, Opcode
from websockets.protocol import State

from app import fanout
from app.limits import GuardedConnection
from app.sessions import Session, TickerConnection
from faults.fault import fault, replace

HEAD = "received bytes against RFC 6455: a frame of"
LONG_TICK = "to Alice: measured nothing"
UNANSWERED = "answer to the close frame of "
FRAGMENTS = (
    "Carol asked in fragments, with pings between them, to subscribe to instrument 256265, 256521"
)
OTHERS_PONG = "received a pong with the payload of"
LATER_S = 0.05


def _on_frame(act: Any) -> None:
    """Let each frame of a client be taken in another way; the right one is handed over."""
    original = GuardedConnection._take_within_limits

    def take(self: GuardedConnection, frame: Frame) -> None:
        act(original, self, frame)

    replace(GuardedConnection, "_take_within_limits", take)


# --- the length of a frame ------------------------------------------------------------------------


def _frame_heads(longer: tuple[int, int], head: bytes, length_bytes: int) -> None:
    """Write the length of payloads of so many bytes in more bytes than it takes."""
    original = fanout.text_frame

    def text_frame(payload: bytes) -> bytes:
        if longer[0] <= len(payload) <= longer[1]:
            return head + len(payload).to_bytes(length_bytes, "big") + payload
        return original(payload)

    replace(fanout, "text_frame", text_frame)


@fault(
    story="A short frame states its length in two bytes more than it needs, which strict clients "
    "and proxies refuse.",
    caught_by={"QA-WS-001": HEAD, "QA-WS-006": HEAD},
)
def short_lengths_in_two_bytes() -> None:
    """Take the form of 16 bits for less than 126 bytes."""
    _frame_heads((0, 125), b"\x81\x7e", 2)


@fault(
    story="A frame of some hundred bytes states its length in eight bytes, which strict clients "
    "and proxies refuse.",
    caught_by={"QA-WS-006": HEAD},
)
def lengths_in_eight_bytes() -> None:
    """Take the form of 64 bits for 126 to 65,535 bytes."""
    _frame_heads((126, 65_535), b"\x81\x7f", 8)


@fault(
    story="A frame of just 65,535 bytes, the most that two bytes of a length can say, states it in "
    "eight, which strict clients and proxies refuse.",
    caught_by={"QA-WS-129": HEAD},
)
def longest_short_length_in_eight_bytes() -> None:
    """Be off by one where the form of 64 bits begins."""
    _frame_heads((65_535, 65_535), b"\x81\x7f", 8)


@fault(
    story="A tick whose frame needs a length of eight bytes is never sent: a long order book ends "
    "the listener, and everybody waits.",
    caught_by={"QA-WS-129": LONG_TICK},
)
def no_frames_beyond_64_kib() -> None:
    """Have no form for it, and stumble."""
    original = fanout.text_frame

    def text_frame(payload: bytes) -> bytes:
        if len(payload) > 65_535:
            raise OverflowError("int too big to convert")
        return original(payload)

    replace(fanout, "text_frame", text_frame)


# --- goodbye --------------------------------------------------------------------------------------


@fault(
    story="A client that says goodbye gets no answer: its program hangs until it gives up, each "
    "time that a user closes a window.",
    caught_by={"QA-WS-004": UNANSWERED, "QA-WS-005": UNANSWERED},
    also=(
        "QA-WS-011",
        "QA-WS-012",
        "QA-WS-024",
        "QA-WS-107",
        "QA-WS-108",
        "QA-WS-115",
        "QA-WS-118",
        "QA-WS-119",
    ),
)
def close_frame_not_answered() -> None:
    """Drop the close frame of a client."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is not Opcode.CLOSE or connection.protocol.state is not State.OPEN:
            original(connection, frame)

    _on_frame(take)


@fault(
    story="A client that says goodbye is cut off without an answer, so that its program reports an "
    "error each time that a user closes a window.",
    caught_by={"QA-WS-004": UNANSWERED, "QA-WS-005": UNANSWERED},
    also=("QA-WS-024", "QA-WS-121"),
)
def close_frame_answered_by_a_cut() -> None:
    """Close the network connection instead."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and connection.protocol.state is State.OPEN:
            connection.transport.close()
        else:
            original(connection, frame)

    _on_frame(take)


# --- pings ----------------------------------------------------------------------------------------


@fault(
    story="The answer to one client's ping goes to everybody, so that each client hears how all "
    "the others are doing.",
    caught_by={"QA-WS-001": OTHERS_PONG},
)
def pongs_to_everybody() -> None:
    """Send a pong on all connections."""
    here = WeakSet[TickerConnection]()
    made = Session.__init__

    def note(self: Session, connection: TickerConnection, *args: Any) -> None:
        here.add(connection)
        made(self, connection, *args)

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        original(connection, frame)
        if frame.opcode is Opcode.PING:
            for other in tuple(here):
                if other is not connection and other.protocol.state is State.OPEN:
                    other.protocol.send_pong(frame.data)
                    other.send_data()

    replace(Session, "__init__", note)
    _on_frame(take)


@fault(
    story="The payload of a ping is kept in one place for all clients, so that whoever pings at "
    "the same moment as another gets the other's answer, and takes its own line for dead.",
    caught_by={"QA-WS-001": OTHERS_PONG},
    also=(
        "QA-WS-011",
        "QA-WS-012",
        "QA-WS-016",
        "QA-WS-017",
        "QA-WS-022",
        "QA-WS-023",
        "QA-WS-024",
        "QA-WS-102",
        "QA-WS-106",
        "QA-WS-107",
        "QA-WS-121",
        "QA-WS-125",
        "QA-WS-126",
        "QA-WS-132",
        "QA-WS-131",
    ),
)
def pongs_with_the_last_payload() -> None:
    """Answer a moment later, with what has come last."""
    last = [b""]

    def answer(connection: GuardedConnection) -> None:
        if connection.protocol.state is State.OPEN:
            connection.protocol.send_pong(last[0])
            connection.send_data()

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.PING and connection.protocol.state is State.OPEN:
            last[0] = bytes(frame.data)
            asyncio.get_running_loop().call_later(LATER_S, answer, connection)
        else:
            original(connection, frame)

    _on_frame(take)


# --- fragments ------------------------------------------------------------------------------------


@fault(
    story="A command that comes in fragments is taken for several broken ones, so that clients "
    "behind some proxies and libraries cannot subscribe at all.",
    caught_by={"QA-WS-006": FRAGMENTS},
    also=("QA-WS-024", "QA-WS-118", "QA-WS-008"),
)
def fragments_taken_for_messages() -> None:
    """Take each fragment for a whole message."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            frame = Frame(Opcode.TEXT, frame.data, fin=True)
        original(connection, frame)

    _on_frame(take)


@fault(
    story="A ping between the fragments of a command ends the connection, so that a client whose "
    "library pings by itself is thrown out now and then.",
    caught_by={"QA-WS-006": FRAGMENTS},
    also=("QA-WS-024", "QA-WS-008"),
)
def ping_between_fragments_closes() -> None:
    """Allow nothing but fragments until the last has come."""
    begun = WeakSet[GuardedConnection]()

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.PING and connection in begun:
            connection.protocol.fail(1002, "fragments out of place")
            return
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            (begun.discard if frame.fin else begun.add)(connection)
        original(connection, frame)

    _on_frame(take)


def _answer_pings(with_what: Callable[[bytes], bytes | None]) -> None:
    """Let a ping be answered with something else than its payload; None for not at all."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is not Opcode.PING or connection.protocol.state is not State.OPEN:
            original(connection, frame)
        elif (payload := with_what(bytes(frame.data))) is not None:
            connection.protocol.send_pong(payload)
            connection.send_data()

    _on_frame(take)


@fault(
    story="The answer to a long ping is cut to 32 bytes, so that libraries that compare the two "
    "take the line for dead.",
    caught_by={"QA-WS-001": "answer to Alice's WebSocket ping with a payload of 125 bytes"},
    also=("QA-WS-024",),
)
def long_pongs_cut_short() -> None:
    """Keep what fits into a small buffer."""
    _answer_pings(lambda payload: payload[:32])


@fault(
    story="A ping without a payload, as browsers' proxies and many libraries send it, is not "
    "answered, so that they take the line for dead.",
    caught_by={"QA-WS-001": "answer to Alice's WebSocket ping with a payload of 0 bytes"},
    also=("QA-WS-024",),
)
def empty_pings_not_answered() -> None:
    """Ask `if payload`."""
    _answer_pings(lambda payload: payload or None)


@fault(
    story="A message of exactly 126 bytes is dropped, by a comparison that is off by one where "
    "the length of a frame takes another form: now and then a client gets no answer.",
    caught_by={"QA-WS-129": "answer to Alice's long ping message 1, of 126 characters"},
)
def messages_of_126_bytes_dropped() -> None:
    """Take 126 for neither the one form nor the other."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is not Opcode.TEXT or len(frame.data) != 126:
            original(connection, frame)

    _on_frame(take)


@fault(
    story="A pong that nobody has asked for is a breach of the protocol here, and many libraries "
    "send one every half minute to keep the line open: their clients are thrown out as often.",
    caught_by={"QA-WS-001": "unsolicited pong"},
    also=("QA-WS-024",),
)
def unsolicited_pongs_close() -> None:
    """Allow answers only."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG and bytes(frame.data) not in connection.pending_pings:
            connection.protocol.fail(1002, "unsolicited pong")
        else:
            original(connection, frame)

    _on_frame(take)


# --- segments -------------------------------------------------------------------------------------


@fault(
    story="One message is read each time that the network has brought something: what came along "
    "with it lies in the buffer until its client says something more, and one chart of a page "
    "stays empty.",
    caught_by={"QA-WS-006": "Dora asked to subscribe to instrument 256265, to unsubscribe from it"},
    also=("QA-WS-024", "QA-WS-025", "QA-WS-118", "QA-WS-011"),
)
def one_message_of_a_segment_read() -> None:
    """Keep the others for the next time."""
    kept: dict[GuardedConnection, list[Frame]] = {}
    taken = WeakSet[GuardedConnection]()
    received = GuardedConnection.data_received

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is not Opcode.TEXT or connection not in taken:
            taken.add(connection)
            original(connection, frame)
        else:
            kept.setdefault(connection, []).append(frame)

    def data_received(self: GuardedConnection, data: bytes) -> None:
        taken.discard(self)
        for frame in kept.pop(self, []):
            self._take_within_limits(frame)
        received(self, data)

    _on_frame(take)
    replace(GuardedConnection, "data_received", data_received)


@fault(
    story="What the network brings at a time is taken for whole frames: where it has cut one in "
    "two, as mobile networks do, the client is thrown out for a breach of the protocol.",
    caught_by={"QA-WS-006": FRAGMENTS},
    also=("QA-WS-024", "QA-WS-118", "QA-WS-129", "QA-WS-008"),
)
def a_part_of_a_frame_closes() -> None:
    """Expect that nothing is left over when all has been parsed."""
    received = GuardedConnection.data_received

    def data_received(self: GuardedConnection, data: bytes) -> None:
        was_open = self.protocol.state is State.OPEN
        received(self, data)
        if was_open and self.protocol.state is State.OPEN and self.protocol.reader.buffer:
            self.protocol.fail(1002, "incomplete frame")
            self.send_data()

    replace(GuardedConnection, "data_received", data_received)


@fault(
    story="Whether a text is UTF-8 is looked at frame by frame: where a library cuts a message "
    "within a letter, who asks for a symbol in Chinese is thrown out.",
    caught_by={"QA-WS-008": "Bob asked in fragments, with pings between them, to subscribe to"},
    also=("QA-WS-024",),
)
def utf8_checked_frame_by_frame() -> None:
    """Decode each fragment by itself."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        try:
            if frame.opcode in (Opcode.TEXT, Opcode.CONT):
                bytes(frame.data).decode()
        except UnicodeDecodeError:
            connection.protocol.fail(1007, "not UTF-8")
        else:
            original(connection, frame)

    _on_frame(take)


@fault(
    story="A message that begins with an empty fragment, as streams of some libraries do, is "
    "taken for a breach of the protocol, and their clients are thrown out.",
    caught_by={"QA-WS-006": FRAGMENTS},
    also=("QA-WS-008", "QA-WS-024"),
)
def empty_first_fragment_closes() -> None:
    """Expect that there is something in it."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and not frame.fin and not frame.data:
            connection.protocol.fail(1002, "empty fragment")
        else:
            original(connection, frame)

    _on_frame(take)


@fault(
    story="A goodbye with a code of an application's own is taken for a breach of the protocol "
    "and not echoed: pages that say why they leave report an error each time.",
    caught_by={"QA-WS-004": "the service sent no close frame in answer to one with code 4001"},
    also=("QA-WS-024",),
)
def own_codes_of_goodbyes_refused() -> None:
    """Know the codes of the RFC."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and int.from_bytes(frame.data[:2], "big") >= 3000:
            connection.transport.abort()
        else:
            original(connection, frame)

    _on_frame(take)


@fault(
    story="A goodbye is expected to have two bytes, and one that gives a reason is cut off: "
    "programs that say why they leave report an error each time.",
    caught_by={"QA-WS-004": 'and the reason "'},
    also=("QA-WS-024",),
)
def goodbyes_with_a_reason_cut_off() -> None:
    """Read a code and no more."""

    def take(original: Any, connection: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and len(frame.data) > 2:
            connection.transport.abort()
        else:
            original(connection, frame)

    _on_frame(take)
