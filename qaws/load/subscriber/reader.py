"""A fast client: receives, checks and time-stamps at a fraction of a microsecond a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from websockets.client import ClientProtocol

from qaws.load.refusal import Refusal
from qaws.load.subscriber.alike import Alike
from qaws.load.subscriber.connection import BINARY, TEXT, FastConnection, new_handshake
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.layout import Longer, text_frame
from qaws.load.subscriber.message import OWN, SEVERAL, Message
from qaws.load.subscriber.ordering import Sequence
from qaws.load.subscriber.position import Diverged, Position
from qaws.load.subscriber.shared_stream import LENGTH, Segment, SharedStream
from qaws.load.violation import Violation
from qaws.measure.clock import now_us

__all__ = ["Diverged", "Position", "Reader", "Refusal", "new_handshake", "now_us"]

FIRST_PAUSE = 4
"""A client that leaves the shared stream stays away for four times so many ticks, then for four
times as many again, and so on: whose bytes always differ soon tries no more."""

FEW = 1500
"""Bytes of so few frames that it is quicker to look at each."""


class Reader(FastConnection):
    """One client that reads everything at once, mostly in step with the others of its group.

    Attributes:
        shared: what it shares with them; see `segment`.
        position: how far it has come along the shared stream; None while it has diverged.
        frame: how many frames of the position's segment it has had.
        diverged: what it received while it had diverged.
        times_diverged: how often it left the shared stream.
        kinds: messages that were for itself or came while it had diverged, ticks not counted.
        completed_us: when it received the fence; None before.
    """

    def __init__(
        self,
        name: str,
        shared: SharedStream,
        protocol: ClientProtocol,
        on_fault: Callable[[str, Violation], None],
        on_position: Callable[[Reader, Position], None],
        on_finished: Callable[[Reader], None],
        deflated: Callable[[int], SharedStream] | None = None,
    ) -> None:
        """Prepare; give it to a loop's `create_connection`.

        Args:
            name: what sentences call it.
            shared: what it shares with its group.
            protocol: with its handshake written.
            on_fault: told of every violation outside the shared stream.
            on_position: given every position that is over.
            on_finished: told when the fence has come, and when the connection is over.
            deflated: bits of the window → what it shares instead with those who get each message
                deflated for itself; None where compression is not offered.
        """
        super().__init__(name, protocol)
        self.shared, self.encoding = shared, shared.verifier.dialect.encoding
        self.kinds: Counter[str] = Counter()
        self.completed_us: int | None = None
        self.diverged = Diverged()
        self.times_diverged = 0
        self._on_fault, self._on_position, self._on_finished = on_fault, on_position, on_finished
        self._of_deflated = deflated
        self._conversation: Conversation | None = None
        self._before = 0
        self._sequence: Sequence | None = None
        self._alike: Alike | None = None
        self._longer: Longer | None = None
        self._pause, self._away = FIRST_PAUSE, 0
        self.position: Position | None = None
        self.frame = 0
        self._join(shared.head)

    def converse(self, conversation: Conversation) -> None:
        """Say what to say until the service has acknowledged this client's subscription."""
        self._conversation = conversation

    def opened(self) -> None:
        """Open the session."""
        inflater = self._inflater
        if inflater is not None and inflater.forgets and self._of_deflated is not None:
            self.shared.members -= 1
            self.shared = self._of_deflated(inflater.window_bits)
            self._join(self.shared.head)
        if self._conversation is not None:
            self._say(self._conversation.opened())

    def _say(self, texts: list[str]) -> None:
        """Say what is owed, and what is wished for once this client is welcome."""
        conversation = self._conversation
        if conversation is not None and conversation.is_welcome:
            texts = texts + conversation.wishes()
        for text in texts:
            self.say(text)

    def ended(self) -> None:
        """Learn that the connection is over."""
        if self.position is not None:
            self.shared.members -= 1
        self._on_finished(self)

    def accuse(self, kind: Literal["contract", "protocol"], words: str) -> None:
        """Note a violation."""
        self._on_fault(self.name, Violation(kind, 1, words))

    # --- in step --------------------------------------------------------------------------------

    def take_chunk(self, chunk: bytes, now: int) -> bytes:
        """Take what is known of a chunk: all of it as a rule; return the remainder."""
        position = self.position
        if position is None:
            return self._take_alike(chunk, now)
        segment = position.segment
        start = segment.start_of(self.frame)
        frame = segment.reached(self.frame, chunk)
        if frame < 0:
            known = len(segment.data) - start
            if 0 < known < len(chunk) and segment.data.startswith(memoryview(chunk)[:known], start):
                self._advance(len(segment), now)
                return chunk[known:]
            if self._longer is not None or self._begins_as_copy(segment, chunk):
                return self._take_copies(segment, chunk, now)
            return chunk
        if frame != self.frame:
            self._advance(frame, now)
        self._tail = chunk[segment.start_of(frame) - start :]
        return b""

    def _begins_as_copy(self, segment: Segment, chunk: bytes) -> bool:
        """Return whether a chunk begins with a copy of the segment's next frame."""
        whole, header = text_frame(chunk, 0) if self._inflater is None else (b"", 0)
        is_known = bool(whole) and self.frame < len(segment)
        return is_known and self._is_copy(segment, self.frame, whole[header:])

    def _take_copies(self, segment: Segment, chunk: bytes, now: int) -> bytes:
        """Take copies of a segment's frames that are alike; return the remainder."""
        at, size, frame, verifier = 0, len(chunk), self.frame, self.shared.verifier
        while at < size and frame < len(segment):
            if size - at > FEW and (layout := segment.layout(self._longer or (), frame, verifier)):
                frame, at, is_right = layout.reached(frame, chunk, at)
                if frame == len(segment):
                    break
                if is_right:  # what is left is the beginning of a frame
                    self._advance(frame, now)
                    self._tail = chunk[at:]
                    return b""
            whole, header = text_frame(chunk, at)
            if not whole or not self._is_copy(segment, frame, whole[header:]):
                break
            frame, at = segment.behind(frame), at + len(whole)
        if frame != self.frame:
            self._advance(frame, now)
        rest = chunk[at:]
        has_turned = self.position is not None and self.position.segment is not segment
        return self.take_chunk(rest, now) if rest and has_turned else rest

    def _is_copy(self, segment: Segment, frame: int, payload: bytes) -> bool:
        """Return whether a payload is like the one at a place; remember how it differs."""
        alike = segment.alike(frame, self.shared.verifier)
        longer = alike.longer(payload) if alike is not None else None
        is_plain = not (self.encoding.reads_binary or self.encoding.reads_texts)
        if longer is not None and self._inflater is None and is_plain:
            self._longer = longer  # only copies of text are laid out
        return longer is not None

    def take_text(self, whole: bytes, header: int, now: int) -> None:
        """Take a frame as the shared stream's next, or else decode it."""
        position = self.position
        goes_on = position is not None and self.frame < len(position.segment)
        if position is not None and goes_on and position.segment.holds(self.frame, whole):
            self._step(now)
            return
        payload, inflated = whole[header:], None
        if whole[0] not in (TEXT, BINARY):
            inflated = self.inflated(payload)
            if inflated is None:
                return
            payload = inflated
        if whole[0] == BINARY or self.encoding.reads_texts:
            inflated = self.decoded(payload, binary=whole[0] == BINARY)
            if inflated is None:
                return
            payload = inflated
        if position is not None:
            if goes_on:
                if self._is_copy(position.segment, self.frame, payload):
                    self._step(now)
                    return
            elif self._lead(whole, payload, inflated, now):
                return
        self.take_message(payload, now)

    def took_frames(self, now: int) -> None:
        """Mark how far the chunk has led; come back to the shared stream if that can be."""
        self._mark(now)
        if self.position is None:
            self._rejoin()
            self.let_others_run()

    def _lead(self, whole: bytes, payload: bytes, inflated: bytes | None, now: int) -> bool:
        """Add a frame to the segment, as the first to receive it, if it may stand there."""
        assert self.position
        segment = self.position.segment
        try:
            message = self.shared.verifier.read(payload)
        except ValueError:
            return False
        if message.kind == SEVERAL:
            if not segment.takes_all(message.parts):
                return False
        elif message.kind in OWN or (message.is_tick and not segment.sequence.fits(message)):
            return False
        segment.append(whole, message, inflated)
        self._step(now)
        return True

    def _join(self, segment: Segment) -> None:
        self.shared.members += 1
        self.frame = len(segment)
        self.position = Position(segment, self.frame)
        self._sequence = None

    def _step(self, now: int) -> None:
        """Go one frame on; its time is marked with the whole chunk's."""
        assert self.position
        self.frame = self.position.segment.behind(self.frame)
        if self.frame >= LENGTH or self.frame >= self.position.segment.fence_at:
            self._mark(now)

    def _advance(self, frame: int, now: int) -> None:
        """Go on to a frame, and mark the time."""
        self.frame = frame
        self._mark(now)

    def _mark(self, now: int) -> None:
        position = self.position
        if position is None:
            return
        if self.frame > (position.frames[-1] if position.frames else position.first):
            position.times.append(now)
            position.frames.append(self.frame)
        if self.frame >= position.segment.fence_at and self.completed_us is None:
            self._complete(now)
        if self.frame >= LENGTH:
            self._hand_in(position)
            self.frame = 0
            self.position = Position(self.shared.turn(position.segment), 0)
            self.fence_set()

    # --- diverged -------------------------------------------------------------------------------

    def take_message(self, payload: bytes, now: int) -> None:
        """Take a message that the shared stream does not have at this place."""
        try:
            message, fault = self.shared.read(payload)
        except ValueError as problem:
            self.accuse("contract", f"received what cannot be read: {problem} ({payload[:120]!r})")
            return
        if fault:
            self._on_fault(self.name, fault)
        for part in message.parts:
            self._take(part, now)
        if not message.parts:
            self._take(message, now)

    def _take(self, message: Message, now: int) -> None:
        """Take one message by itself."""
        if message.kind in OWN:
            self._take_own(message)
        elif message.is_tick:
            self._take_tick(message, now)
        else:
            self._part(now)
            self.kinds[message.kind] += 1

    def _take_own(self, message: Message) -> None:
        self.kinds[message.kind] += 1
        if message.kind == "error":
            self.refuse(f"answered with the error {message.text!r}")
        if (conversation := self._conversation) is None:
            return
        self._say(conversation.heard(message))
        if conversation.is_acknowledged and not self.acknowledged.done():
            self.acknowledged.set_result(None)

    def _take_tick(self, tick: Message, now: int) -> None:
        sequence = self._part(now)
        for wrong in sequence.take(tick):
            self._on_fault(self.name, wrong)
        self._alike = self.shared.fitted
        self._away += 1
        self.diverged.times.append(now)
        self.diverged.due.append(tick.due_us)
        fence = self.shared.fence
        if fence is not None and self.completed_us is None and sequence.reaches(fence):
            self._complete(now)

    def _take_alike(self, chunk: bytes, now: int) -> bytes:
        """Take ticks from the beginning of a chunk that are in order, and like one judged already.

        It is what `take_message` would do with each of them; it returns what is left to that.
        """
        sequence, alike = self._sequence, self._alike
        if alike is None:
            return chunk
        assert sequence
        position, size, due = 0, len(chunk), self.diverged.due
        taken = len(due)
        while size - position >= 4 and chunk[position] == TEXT:
            length, start = chunk[position + 1], position + 2
            if length > 126:
                break  # 64 kB and more, or masked
            if length == 126:
                length, start = chunk[start] << 8 | chunk[start + 1], position + 4
            end = start + length
            if end > size:
                break
            following = alike.following
            if following is None or not following.fits(chunk[start:end]):
                break
            tick = following.message
            if not sequence.goes_on(tick):
                break
            due.append(tick.due_us)
            alike, position = following, end
        self._alike = alike
        if taken := len(due) - taken:
            self._away += taken
            self.diverged.times.extend([now] * taken)
            fence = self.shared.fence
            if fence is not None and self.completed_us is None and sequence.reaches(fence):
                self._complete(now)
            if position == size:
                self.took_frames(now)
        return chunk[position:]

    def _part(self, now: int) -> Sequence:
        """Leave the shared stream, unless it has left already; return where this client stands."""
        if self.position is not None:
            self._mark(now)
            position, self.position = self.position, None
            assert position
            self._sequence = position.segment.sequence_at(self.frame)
            self._hand_in(position)
            self.shared.members -= 1
            self.times_diverged += 1
            self._away = 0
            self._pause *= 4
        assert self._sequence
        return self._sequence

    def _rejoin(self) -> None:
        """Come back to the shared stream where that stands at the same place."""
        assert self._sequence
        if self._away < self._pause or self._fragments:
            return
        if self.shared.members == 0:
            self._join(self.shared.restart(self._sequence))
        elif self._sequence.same_as(self.shared.head.sequence):
            self._join(self.shared.head)  # never full: whoever fills it turns the page

    # --- the end --------------------------------------------------------------------------------

    def _complete(self, now: int) -> None:
        self.completed_us = now
        self._on_finished(self)

    @property
    def received(self) -> int:
        """Return how many messages have come, those for this client alone not counted."""
        along = self.frame - self.position.first if self.position is not None else 0
        return self._before + along + len(self.diverged.times)

    def _hand_in(self, position: Position) -> None:
        self._before += self.frame - position.first
        self._on_position(self, position)

    def expected(self) -> int | None:
        """Return how many ticks are due at the fence; None when first or last is not known."""
        fence, first = self.shared.fence, self.shared.first
        if fence is None or any(symbol not in first for symbol in fence):
            return None
        return sum(last - first[symbol] + 1 for symbol, last in fence.items())

    def fence_set(self) -> None:
        """Look whether a fence that was just set is behind this client already."""
        fence = self.shared.fence
        if fence is None or self.completed_us is not None:
            return
        if self.position is not None:
            if self.frame >= self.position.segment.fence_at:
                self._complete(self.position.times[-1] if self.position.times else now_us())
        elif self._sequence and self._sequence.reaches(fence):
            self._complete(self.diverged.times[-1] if self.diverged.times else now_us())
