"""Faults that attacks bring to light, by frames, messages and floods: QA-WS-024."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator
from typing import Any

from websockets.asyncio.server import serve
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, State

from app import closes, messages, server
from app.closes import Close
from app.limits import CHARGED_BYTES, GuardedConnection, RateLimit
from app.messages import Command, InvalidMessage
from app.sessions import MAX_HANDSHAKE_BYTES, TickerConnection
from faults.fault import edited, fault, replace

OVERSIZED = {"QA-WS-024": "response to messages over 64 KiB"}
NOT_UTF8 = {"QA-WS-024": "response to text that is not UTF-8"}
JSON = {"QA-WS-024": "response to malformed, deeply nested, huge or ambiguous JSON"}
FLOODS = {"QA-WS-024": "response to floods of 1,000 messages per second"}

Parse = Generator[None, None, Frame]
ReadExact = Callable[[int], Generator[None, None, bytes]]


def _limit_size(limit: Callable[[int], Any]) -> None:
    """Give the library another limit than the one that is set."""

    def serve_otherwise(*args: Any, max_size: int, **options: Any) -> Any:
        return serve(*args, max_size=limit(max_size), **options)

    replace(server, "serve", serve_otherwise)


@fault(
    story="The size limit holds for a frame, not for a message, so that a message in fragments "
    "can be as large as the service's memory.",
    caught_by=OVERSIZED,
    also=("QA-WS-118",),
)
def size_limit_per_frame() -> None:
    """Limit fragments only."""
    _limit_size(lambda limit: (None, limit))


@fault(
    story="The size limit was set in KiB where bytes were meant, so that 64 MiB pass.",
    caught_by=OVERSIZED,
    also=("QA-WS-118", "QA-WS-012", "QA-WS-025"),
)
def size_limit_in_the_wrong_unit() -> None:
    """Multiply the limit."""
    _limit_size(lambda limit: limit * 1024)


@fault(
    story="What was too large is kept for a later look at it, and nobody ever looks: ten "
    "attempts fill the memory of the service.",
    caught_by={"QA-WS-024": "growth of the service's private memory at its peak"},
)
def refused_bytes_are_kept() -> None:
    """Keep every larger chunk from the network."""
    kept: list[bytes] = []
    original = TickerConnection.data_received

    def data_received(self: TickerConnection, data: bytes) -> None:
        if len(data) > 4096:
            kept.append(bytes(data))
        original(self, data)

    replace(TickerConnection, "data_received", data_received)


@fault(
    story="The limit that a handshake has is never taken off, so that a client is cut off once it "
    "has said 192 KiB in all, after an hour or a week.",
    caught_by={"QA-WS-129": "answer to Alice's long ping message 4"},
    also=("QA-WS-024",),
)
def bytes_of_a_whole_life_are_limited() -> None:
    """Count on."""
    original, said = TickerConnection.data_received, "_handshake_bytes"

    def data_received(self: TickerConnection, data: bytes) -> None:
        if self.protocol.state is not State.CONNECTING:
            setattr(self, said, getattr(self, said) + len(data))
        if getattr(self, said) > MAX_HANDSHAKE_BYTES:
            self.transport.abort()
            return
        original(self, data)

    replace(TickerConnection, "data_received", data_received)


@fault(
    story="A client has an allowance for its whole life: nothing of it comes back with time, so "
    "that whoever has asked often enough is thrown out, after an hour or a week.",
    caught_by={"QA-WS-129": "answer to Alice's long ping message 11"},
)
def allowance_never_comes_back() -> None:
    """Fill nothing up."""
    original = RateLimit.allows

    def allows(self: RateLimit, payload_bytes: int) -> bool:
        self._filled_at = time.monotonic()
        return original(self, payload_bytes)

    replace(RateLimit, "allows", allows)


@fault(
    story="Messages may have 16 KiB, as much as the frames of a proxy in another place, so that "
    "who asks for a long list of instruments is thrown out.",
    caught_by={"QA-WS-129": "answer to Alice's long ping message 1"},
    also=("QA-WS-024",),
)
def messages_of_16_kib_at_most() -> None:
    """Divide the limit."""
    _limit_size(lambda limit: limit // 4)


def _fail_otherwise(code: int, other: int) -> None:
    original = Protocol.fail

    def fail(self: Protocol, code_: int, reason: str = "") -> None:
        original(self, other if code_ == code else code_, reason)

    replace(Protocol, "fail", fail)


@fault(
    story="Bad UTF-8 is reported as a protocol error, so that clients look for the mistake in "
    "their library and not in their text.",
    caught_by=NOT_UTF8,
)
def bad_utf8_is_a_protocol_error() -> None:
    """Use the other code."""
    _fail_otherwise(1007, 1002)


@fault(
    story="Bytes that are not UTF-8 are replaced by question marks, so that a command that "
    "nobody wrote is carried out.",
    caught_by=NOT_UTF8,
)
def bad_utf8_replaced() -> None:
    """Repair texts on their way, but for those in fragments."""
    original = TickerConnection.process_event

    def process_event(self: TickerConnection, event: Request | Response | Frame) -> None:
        if isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin:
            event.data = bytes(event.data).decode("utf-8", "replace").encode()
        original(self, event)

    replace(TickerConnection, "process_event", process_event)


def _reread_heads(bits: int, mask_needed: bool) -> None:
    """Look only at these bits of a frame's first byte, and at its mask only if that is needed."""
    original = Frame.parse.__func__  # type: ignore[attr-defined]

    def parse(cls: type[Frame], /, read_exact: ReadExact, *, mask: bool, **options: Any) -> Parse:
        head = yield from read_exact(2)
        given = [bytes([head[0] & bits, head[1]])]

        def reread(count: int) -> Generator[None, None, bytes]:
            if given:
                return given.pop()
            return (yield from read_exact(count))

        masked = mask_needed or bool(head[1] & 0x80)
        frame: Frame = yield from original(cls, reread, mask=masked, **options)
        return frame

    replace(Frame, "parse", classmethod(parse))


@fault(
    story="Frames without a mask are taken from clients, so that a page can write into a cache "
    "on the way what the next visitor will read (RFC 6455, 10.3).",
    caught_by={"QA-WS-024": "frames that the protocol forbids: a text without mask"},
)
def unmasked_frames_taken() -> None:
    """Look at the mask bit, and believe it."""
    _reread_heads(0xFF, mask_needed=False)


@fault(
    story="Reserved bits are ignored, so that a compressed message is taken for text as it is.",
    caught_by={
        "QA-WS-024": "frames that the protocol forbids: the first reserved bit",
        "QA-WS-118": "closed with 1007",
    },
    also=["QA-WS-116"],
)
def reserved_bits_ignored() -> None:
    """Clear them."""
    _reread_heads(0x8F, mask_needed=True)


@fault(
    story="Control frames may come in fragments and be of any length, so that what is between "
    "them waits, pings and closes among it.",
    caught_by={"QA-WS-024": "frames that the protocol forbids: a pong in fragments"},
)
def control_frames_unchecked() -> None:
    """Check the reserved bits only."""
    original = Frame.check

    def check(self: Frame) -> None:
        control = self.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE)
        if not control or self.rsv1 or self.rsv2 or self.rsv3:
            original(self)

    replace(Frame, "check", check)


@fault(
    story="A close with a code that must never be sent is answered by the same, so that the log "
    "shows closes that cannot exist.",
    caught_by={"QA-WS-024": "response to close frames that the protocol forbids"},
)
def forbidden_close_codes_echoed() -> None:
    """Check nothing of a close."""
    replace(CloseFrame, "check", lambda _: None)


@fault(
    story="A command in a binary message is carried out, so that filters in front, which read "
    "text only, do not see it.",
    caught_by={"QA-WS-024": "response to binary messages"},
)
def binary_command_carried_out() -> None:
    """Read bytes as text."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        return original(message if isinstance(message, str) else message.decode("utf-8", "replace"))

    replace(messages, "parse_command", parse_command)


@fault(
    story="A deeply nested message ends the handler with a RecursionError, so that the client is "
    "closed with 1011 and the log fills with tracebacks.",
    caught_by=JSON,
)
def nesting_ends_the_handler() -> None:
    """Let the error out."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        try:
            return original(message)
        except InvalidMessage as invalid:
            if "nested" in str(invalid):
                raise RecursionError from None
            raise

    replace(messages, "parse_command", parse_command)


def _add_to_errors(more: Callable[[InvalidMessage], str]) -> None:
    """Let the answers to mistakes say more."""
    original = messages.error

    def error(invalid: InvalidMessage) -> bytes:
        told = InvalidMessage("")
        told.args = (f"{invalid}\n{more(invalid)}",)
        return original(told)

    replace(messages, "error", error)


@fault(
    story="The answer to a mistake carries the traceback, for the developers' sake, so that an "
    "attacker reads paths, versions and lines.",
    caught_by={"QA-WS-024": "tells how the service is made, by a Python traceback"},
)
def error_with_traceback() -> None:
    """Append where it happened."""
    _add_to_errors(lambda invalid: "".join(traceback.format_exception(invalid)))


@fault(
    story="What the parser said of a mistake is passed on with the stack trace of the Java library "
    "behind it, so that an attacker learns which library and version to look for holes in.",
    caught_by={"QA-WS-024": "tells how the service is made, by a Java stack trace"},
)
def error_with_the_stack_trace_of_a_library() -> None:
    """Append what Jackson's parser throws."""
    _add_to_errors(
        lambda _: (
            "com.fasterxml.jackson.core.JsonParseException: Unexpected character\n"
            "\tat com.fasterxml.jackson.core.JsonParser._constructError(JsonParser.java:2477)\n"
            "\tat com.desk.ticks.Commands.parse(Commands.kt:31)"
        )
    )


@fault(
    story="What is JSON and no object ends in an exception that nobody has thought of, and its "
    "traceback stands in a member of its own beside words that are right: whoever sends null reads "
    "paths and lines.",
    caught_by={
        "QA-WS-024": "ambiguous JSON: a JSON array: measured an error that tells how the service "
        'is made, by a Python traceback: "Traceback'
    },
)
def traceback_beside_the_right_words() -> None:
    """Add a member to the answer."""
    original = messages.error

    def error(invalid: InvalidMessage) -> bytes:
        if "a JSON object is expected" not in str(invalid):
            return original(invalid)
        detail = "".join(traceback.format_exception(invalid))
        return edited(original(invalid), lambda members: members.update(detail=detail))

    replace(messages, "error", error)


@fault(
    story="The answer to a mistake repeats what was sent, so that small questions of a crowd "
    "become large answers.",
    caught_by=JSON,
    also=("QA-WS-119",),
)
def error_repeats_the_message() -> None:
    """Append the message."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        try:
            return original(message)
        except InvalidMessage as invalid:
            invalid.args = (f"{invalid}: {message!r}",)
            raise

    replace(messages, "parse_command", parse_command)


@fault(
    story="Of two members of one name the last counts here and the first in the filter in front, "
    "so that it lets pass what it should not.",
    caught_by={"QA-WS-024": "response to JSON with a member that occurs twice: two actions"},
)
def duplicate_members_taken() -> None:
    """Do not look for duplicates."""
    replace(messages, "_members", lambda _: None)


@fault(
    story="A large message is searched for repetitions by comparing everything with everything, "
    "and while that goes on nobody is served.",
    caught_by={"QA-WS-024": "latency that 99 %"},
)
def huge_message_holds_up_everybody() -> None:
    """Spend time that grows with the square of the length."""
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        if isinstance(message, str) and len(message) > 20_000:
            for start in range(0, len(message), 48):  # half a second in all: late, but in time
                message.count(message[start : start + 8])
        return original(message)

    replace(messages, "parse_command", parse_command)


@fault(
    story="There is no limit on how often a client may ask, so that one client can keep the "
    "service busy.",
    caught_by=FLOODS,
)
def no_rate_limit() -> None:
    """Allow everything."""
    replace(RateLimit, "allows", lambda *_: True)


@fault(
    story="The limit on how often a client may ask was set for a whole office behind one "
    "address: a single client never comes near it.",
    caught_by=FLOODS,
)
def rate_limit_far_too_high() -> None:
    """Allow ten times as much."""
    original = RateLimit.__init__
    replace(RateLimit, "__init__", lambda self, per_s: original(self, 10 * per_s))


@fault(
    story="The limit on how often a client may ask counts short messages only, so that one client "
    "can keep the service busy with long ones.",
    caught_by={"QA-WS-024": "messages of 2 KiB"},
)
def long_messages_are_free() -> None:
    """Charge nothing for a message from 1 KiB on."""
    original = RateLimit.allows

    def allows(self: RateLimit, payload_bytes: int) -> bool:
        return payload_bytes >= CHARGED_BYTES or original(self, payload_bytes)

    replace(RateLimit, "allows", allows)


@fault(
    story="A client that floods is closed with 1000 and without a reason, so that it takes that "
    "for its own wish and comes back at once.",
    caught_by=FLOODS,
)
def flood_closed_without_reason() -> None:
    """Close as if all was well."""
    replace(closes, "RATE_LIMIT_EXCEEDED", Close(1000, ""))


@fault(
    story="Of a client that floods nothing more is read, and it is not told: what it sends, closes "
    "among it, waits on the way, and its place is taken for as long as it likes.",
    caught_by={"QA-WS-024": " bytes the service had left "},
)
def flood_left_unread() -> None:
    """Stop reading instead of closing."""

    def take(self: GuardedConnection, frame: Frame) -> None:
        if self._rate.allows(len(frame.data)):  # charged once: a second time could find it used up
            self._take(frame)
        else:
            self.transport.pause_reading()

    replace(GuardedConnection, "_take_within_limits", take)


@fault(
    story="Only messages are counted, so that a flood of WebSocket pings, each of which is "
    "answered, goes on for ever.",
    caught_by={
        "QA-WS-024": "response to floods of 1,000 control frames per second: WebSocket pings"
    },
)
def control_frames_not_counted() -> None:
    """Take control frames for nothing."""
    original = GuardedConnection._take_within_limits

    def take(self: GuardedConnection, frame: Frame) -> None:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            self._take(frame)
        else:
            original(self, frame)

    replace(GuardedConnection, "_take_within_limits", take)


@fault(
    story="Messages that are no command are not counted, so that a client that sends rubbish is "
    "answered for ever.",
    caught_by={
        "QA-WS-024": "response to floods of 1,000 messages per second: messages that are no command"
    },
)
def rubbish_not_counted() -> None:
    """Count what looks like a command."""
    original = GuardedConnection._take_within_limits

    def take(self: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and not bytes(frame.data).startswith(b"{"):
            self._take(frame)
        else:
            original(self, frame)

    replace(GuardedConnection, "_take_within_limits", take)
