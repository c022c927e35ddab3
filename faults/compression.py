"""Faults that only clients with compression meet: QA-WS-118."""

from __future__ import annotations

import zlib
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import PayloadTooBig
from websockets.extensions.permessage_deflate import PerMessageDeflate

from app import compression
from app.fanout import Fanout
from app.sessions import Session
from faults.fault import fault, replace

MEBIBYTE = 1024 * 1024


@fault(
    story="The limit of a message is held to what is on the wire, so that a few kilobytes that "
    "inflate to gigabytes end the service.",
    caught_by={"QA-WS-118": "closed by the service with 1009"},
)
def inflated_size_unlimited() -> None:
    """Inflate whatever comes."""
    decode = PerMessageDeflate.decode

    def decode_all(self: PerMessageDeflate, frame: Any, *, max_size: int | None = None) -> Any:
        return decode(self, frame, max_size=None)

    replace(PerMessageDeflate, "decode", decode_all)


@fault(
    story="A message is inflated as a whole before it is found too large, so that a few kilobytes "
    "take as many megabytes as their sender likes, for a moment.",
    caught_by={"QA-WS-118": "growth of the service's private memory"},
)
def inflated_as_a_whole_and_then_measured() -> None:
    """Inflate whatever comes, and look at what came of it."""
    decode = PerMessageDeflate.decode

    def decode_all(self: PerMessageDeflate, frame: Any, *, max_size: int | None = None) -> Any:
        inflated = decode(self, frame, max_size=None)
        if max_size is not None and len(bytes(inflated.data).decode()) > max_size:
            raise PayloadTooBig(None, max_size)
        return inflated

    replace(PerMessageDeflate, "decode", decode_all)


@fault(
    story="Messages are deflated with the memory of those before, although the service has said "
    "that it would not: from the second tick on, clients read nonsense or cut the connection.",
    caught_by={"QA-WS-118": "because the service broke the WebSocket protocol"},
    also=["QA-WS-116"],
)
def context_taken_over_in_spite() -> None:
    """Use one compressor for all messages."""
    shared = zlib.compressobj(level=1, wbits=-15)

    def message(payload: bytes) -> bytes:
        data = shared.compress(payload) + shared.flush(zlib.Z_SYNC_FLUSH)
        return data.removesuffix(b"\x00\x00\xff\xff")

    replace(compression, "message", message)


@fault(
    story="What was deflated is kept by its length and first bytes, so that now and then a client "
    "with compression gets a tick of before, once more, in place of the new one.",
    caught_by={"QA-WS-118": "the end marker to "},
    also=["QA-WS-116"],
)
def deflated_ticks_mixed_up() -> None:
    """Keep deflated frames under a key that others share."""
    deflated = compression.deflated
    kept: dict[tuple[int, bytes], bytes] = {}

    def mixed_up(frames: bytes) -> bytes:
        if b"_tick" not in frames:
            return deflated(frames)
        return kept.setdefault((len(frames), frames[:24]), deflated(frames))

    replace(compression, "deflated", mixed_up)


@fault(
    story="Ticks that gain little by being deflated are left out by mistake, so that clients with "
    "compression miss the short ones.",
    caught_by={"QA-WS-118": "never received ticks that it was due"},
    also=["QA-WS-116"],
)
def short_ticks_not_deflated() -> None:
    """Drop what is shorter than most."""
    deliver = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if session.connection.protocol.extensions and ticks == 1 and len(frames) % 4 == 0:
            return
        deliver(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="What a group of clients gets is deflated anew for each of them, in three ways to send "
    "the shortest, so that a hundred with compression cost hundreds of times as much as one, and "
    "ticks pile up.",
    caught_by={"QA-WS-118": "clients had not received the last tick "},
)
def deflated_for_each_client() -> None:
    """Keep nothing of what was deflated."""
    deflate = compression.deflated.__wrapped__
    replace(compression, "deflated", lambda frames: min((deflate(frames) for _ in "abc"), key=len))


@fault(
    story="The compressor of each client is kept when the client has gone, a quarter of a megabyte "
    "each time, until the service is out of memory on a busy day.",
    caught_by={"QA-WS-118": "growth of the service's private memory"},
)
def compressors_kept() -> None:
    """Hold a compressor for every client that has agreed, for ever."""
    kept: list[object] = []
    made = ServerConnection.connection_lost

    def connection_lost(self: ServerConnection, exc: Exception | None) -> None:
        if self.protocol.extensions:
            deflate = zlib.compressobj(level=9, memLevel=9)
            deflate.compress(bytes(MEBIBYTE // 4))
            kept.append((deflate, bytearray(b"x" * (MEBIBYTE // 4))))
        made(self, exc)

    replace(ServerConnection, "connection_lost", connection_lost)


@fault(
    story="What waits for a client that does not read is counted before it is deflated, in a place "
    "that no deflated tick passes: a sleeping browser is kept, with all that it has not read.",
    caught_by={"QA-WS-118": "slow clients that the service let go, by its own statistics"},
)
def unsent_deflated_ticks_without_limit() -> None:
    """Bound who takes ticks as they are, and nobody else."""
    bound = Fanout._bound

    def _bound(self: Fanout, session: Session) -> None:
        if not session.connection.protocol.extensions:
            bound(self, session)

    replace(Fanout, "_bound", _bound)
