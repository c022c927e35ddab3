"""What all clients of a group receive alike: parsed and checked once, for the rest compared.

A service sends every subscriber of the same ticks the same bytes. So the first client to receive
them (whoever that is at the moment) has its frames decoded and checked; of any other, a chunk that
is byte for byte what stands at the same place of the segment has been checked already, and one
comparison of memory is the whole work. A client whose bytes differ anywhere leaves the segment at
that very frame, and is decoded on its own from there. Nothing is taken on trust: every byte of
every client is either decoded or compared. Only ticks that are in order enter a segment.

Segments are of limited length, so that a long run does not fill the memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from qaws.load.subscriber.alike import Alike
from qaws.load.subscriber.layout import Layout, Longer
from qaws.load.subscriber.message import SEVERAL, Message
from qaws.load.subscriber.ordering import Sequence
from qaws.load.subscriber.verifier import AnyVerifier
from qaws.load.violation import Violation
from qaws.protocol.market import Selection

LENGTH = 20_000
"""Frames of one segment: some 7 MB of ticks."""

MOST_LAYOUTS = 16
"""For so many lengths of clients' own numbers a segment is laid out; others are taken singly."""

NEVER = 1 << 62


class Segment:
    """A part of the shared stream: frames, and what was found out about each.

    Attributes:
        data: the frames, one after the other, headers included.
        ends: where each frame ends in `data`.
        due_us: when each was due; 0 for one that is no tick.
        messages: what each is.
        others: (index, kind) of the frames that are no ticks.
        faults: (index of a frame, what is wrong with what it says); filled by `verify`.
        sequence: where the stream stands behind the last frame.
        fence_at: how many frames a client must have had to be past the fence.
        next: the segment after this one, once this one is full.
    """

    def __init__(self, sequence: Sequence, fence: Mapping[str, int] | None) -> None:
        self.data = bytearray()
        self.ends: list[int] = []
        self.due_us = array("q")
        self.messages: list[Message] = []
        self.others: list[tuple[int, str]] = []
        self.faults: list[tuple[int, Violation]] = []
        self.sequence = sequence
        self.next: Segment | None = None
        self.fence_at = NEVER
        self._start = sequence.copy()
        self._fence: dict[str, int] | None = None
        self._verified = 0
        self._alikes: list[Alike | None] = []
        self._inflated: dict[int, bytes] = {}
        self._layouts: dict[Longer, Layout] = {}
        if fence is not None:
            self.set_fence(fence)

    def __len__(self) -> int:
        return len(self.ends)

    def start_of(self, frame: int) -> int:
        """Return where a frame begins, or would begin, in `data`."""
        return self.ends[frame - 1] if frame else 0

    def reached(self, frame: int, chunk: bytes) -> int:
        """Return how far `chunk`, received from `frame` on, leads, if it is what stands there.

        Returns:
            How many frames of the segment are complete at the end of the chunk; -1 if the chunk
            differs, or goes beyond what is known.
        """
        start = self.ends[frame - 1] if frame else 0
        if not self.data.startswith(chunk, start):
            return -1
        return bisect_right(self.ends, start + len(chunk), frame)

    def behind(self, frame: int) -> int:
        """Return how many places are complete once the frame that begins at a place is."""
        return bisect_right(self.ends, self.ends[frame], frame)

    def holds(self, frame: int, whole: bytes) -> bool:
        """Return whether the frame at this place is exactly `whole`."""
        start = self.start_of(frame)
        return len(whole) == self.ends[frame] - start and self.data.startswith(whole, start)

    def append(self, whole: bytes, message: Message, inflated: bytes | None = None) -> None:
        """Add a frame that has been decoded and is in order; `sequence` has taken it already.

        `inflated` is what it says, where it is deflated or binary and so does not say that itself.
        Of several messages in one frame each has a place of its own; all but the first are empty.
        """
        if message.kind == SEVERAL:
            first, *others = message.parts
            self.append(whole, first, inflated)
            for other in others:
                self.append(b"", other)
            return
        if inflated is not None:
            self._inflated[len(self.ends)] = inflated
        self.data += whole
        self.ends.append(len(self.data))
        self.messages.append(message)
        self.due_us.append(message.due_us)
        if not message.is_tick:
            self.others.append((len(self.ends) - 1, message.kind))
        elif self._fence and self.fence_at == NEVER and self.sequence.reaches(self._fence):
            self.fence_at = len(self.ends)

    def payload(self, frame: int) -> bytes:
        """Return what the frame at a place says; nothing for all but the first of several."""
        if (inflated := self._inflated.get(frame)) is not None:
            return inflated
        whole = bytes(self.data[self.start_of(frame) : self.ends[frame]])
        return whole[header_of(whole) :] if whole else b""

    def takes_all(self, ticks: Iterable[Message]) -> bool:
        """Take the ticks of one frame if they are just what must come; return whether they were."""
        trial = self.sequence.copy()
        if not all(tick.is_tick and trial.fits(tick) for tick in ticks):
            return False
        self.sequence = trial
        return True

    def turn(self) -> Segment:
        """Return the segment after this one."""
        if self.next is None:
            self.next = Segment(self.sequence.copy(), self._fence)
        return self.next

    def set_fence(self, fence: Mapping[str, int]) -> None:
        """Find, or wait for, the frame that completes a fence (symbol → number)."""
        self._fence = dict(fence)
        if self.next is not None:
            self.next.set_fence(fence)
        self.fence_at = NEVER
        if not self.sequence.reaches(fence):
            return
        last = self._start.last.copy()
        waiting = {s: n for s, n in fence.items() if last.get(s, 0) < n}
        self.fence_at = 0
        for index, message in enumerate(self.messages):
            if not waiting:
                break
            self.fence_at = index + 1
            if message.is_tick and message.sequence >= waiting.get(message.symbol, NEVER):
                del waiting[message.symbol]

    def sequence_at(self, frame: int) -> Sequence:
        """Return where the stream stood before a frame."""
        found = self._start.copy()
        moved = {s for s, number in self.sequence.last.items() if found.last.get(s) != number}
        for message in reversed(self.messages[:frame]):
            if not moved:
                break
            if message.is_tick and message.symbol in moved:
                moved.discard(message.symbol)
                found.last[message.symbol] = message.sequence
        return found

    # --- copies that are alike ------------------------------------------------------------------

    def alike(self, frame: int, verifier: AnyVerifier) -> Alike | None:
        """Return what copies of a frame must have; None: they must be the same.

        What was wrong with the frame is wrong with these too: it stands in the bytes they share.
        """
        for place in range(len(self._alikes), frame + 1):
            payload = self.payload(place)
            self._alikes.append(verifier.learn(payload, self.messages[place]) if payload else None)
        return self._alikes[frame]

    def layout(self, longer: Longer, frame: int, verifier: AnyVerifier) -> Layout | None:
        """Return where frames stand, for clients whose free numbers are so much longer.

        Args:
            longer: by how many digits.
            frame: which frame they must reach back to.
            verifier: what the first copies are learnt by.

        Returns:
            None: there are too many such clients.
        """
        layout = self._layouts.get(longer)
        if layout is None or layout.first > frame:
            if layout is None and len(self._layouts) >= MOST_LAYOUTS:
                return None
            layout = self._layouts[longer] = Layout(longer, frame)
        for place in range(layout.behind, len(self.ends)):
            whole = bytes(self.data[self.start_of(place) : self.ends[place]])
            layout.append(whole, self.alike(place, verifier))
        return layout

    # --- judging --------------------------------------------------------------------------------

    def verify(self, verifier: AnyVerifier, most: int) -> bool:
        """Hold up to `most` more frames against contract and feed; return whether all are done."""
        for index in range(self._verified, min(self._verified + most, len(self.ends))):
            payload = self.payload(index)
            if payload and (fault := verifier.fault(payload)):
                self.faults.append((index, fault))
            self._verified = index + 1
        return self._verified >= len(self.ends)


def header_of(whole: bytes | bytearray) -> int:
    """Return how many bytes of a frame come before its payload (RFC 6455, section 5.2)."""
    return 2 if whole[1] < 126 else 4 if whole[1] == 126 else 10


class SharedStream:
    """What the clients with one selection share: the segment that is being written.

    Attributes:
        fitted: the tick that was read or learnt last, of those whose copies may be alike.
    """

    CACHED = 50_000

    def __init__(
        self, selection: Selection, first: Mapping[str, int], verifier: AnyVerifier
    ) -> None:
        self.selection = selection
        self.first = {s: n for s, n in first.items() if s in selection.symbols}
        self.verifier = verifier
        self.members = 0
        self._fence: dict[str, int] | None = None
        self.head = Segment(self.new_sequence(), None)
        self._cache: dict[bytes, tuple[Message, Violation | None]] = {}
        self._alike: dict[tuple[str, int], Alike | None] = {}
        self.fitted: Alike | None = None
        self._learnt: Alike | None = None

    def new_sequence(self) -> Sequence:
        """Return where a client stands that has had nothing yet."""
        return Sequence(self.selection, self.first)

    def restart(self, sequence: Sequence) -> Segment:
        """Begin a new segment at the place where `sequence` stands; nobody is in the old one."""
        self.head = Segment(sequence.copy(), self._fence)
        return self.head

    def turn(self, segment: Segment) -> Segment:
        """Return the segment after a full one."""
        following = segment.turn()
        if segment is self.head:
            self.head = following
        return following

    @property
    def fence(self) -> dict[str, int] | None:
        """Return the fence as far as it concerns this selection; None before there is one."""
        return self._fence

    def set_fence(self, fence: Mapping[str, int], segments: set[Segment]) -> None:
        """Tell all segments where the end is.

        Args:
            fence: symbol → last number.
            segments: those that clients are in.
        """
        self._fence = {s: n for s, n in fence.items() if s in self.selection.symbols}
        for segment in {self.head, *segments}:
            segment.set_fence(self._fence)

    def read(self, payload: bytes) -> tuple[Message, Violation | None]:
        """Decode a payload and hold it against the contract, once for all that are alike.

        Raises:
            ValueError: it cannot be decoded.
        """
        known = self._cache.get(payload)
        if known is not None:
            return known
        message = self.verifier.read(payload)
        tick = message.symbol, message.sequence
        alike = self._alike.get(tick)
        if alike is not None and alike.fits(payload):
            self.fitted = alike
            return alike.message, None
        known = (message, self.verifier.fault(payload))
        if len(self._cache) >= self.CACHED:
            self._cache.clear()
        self._cache[payload] = known
        if known[1] is None and tick not in self._alike:  # who did not fit it would not fit others
            self._learn(payload, message)
        return known

    def _learn(self, payload: bytes, message: Message) -> None:
        """Keep a tick of the selection that was found right, for others that are alike."""
        if not message.is_tick or not message.belongs_to(self.selection):
            return
        alike = self.verifier.learn(payload, message)
        if len(self._alike) >= self.CACHED:
            self._alike.clear()
        self._alike[message.symbol, message.sequence] = alike
        if alike is None:
            return
        if self._learnt is not None:
            self._learnt.following = alike
        self._learnt = self.fitted = alike
