"""Compression as browsers offer it: permessage-deflate (RFC 7692).

What clients send is inflated by the library, and held to the limit of a message as it then is. What
they get is deflated message by message without a memory of the one before (``server_no_context_
takeover``): so what a group of clients gets is deflated once, and nobody costs memory of their own.
"""

import zlib
from functools import lru_cache

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

EXTENSIONS = (
    ServerPerMessageDeflateFactory(
        server_no_context_takeover=True,
        client_max_window_bits=12,  # 4 KiB for each client: its messages are short
        compress_settings={"memLevel": 5},
    ),
)
"""What is agreed to with a client that offers it."""

_WINDOW_BITS = -15
_TAIL = b"\x00\x00\xff\xff"
"""What a sync flush ends with, and a message leaves out (RFC 7692, section 7.2.1)."""
_TEXT, _TEXT_DEFLATED = 0x81, b"\xc1"


@lru_cache(maxsize=16)
def deflated(frames: bytes) -> bytes:
    """Return whole unmasked text frames, one behind the other, with each one's payload deflated.

    All clients of a group get the same frames, so the last answers are kept.
    """
    parts, position = [], 0
    while position < len(frames):
        start, end = _payload(frames, position)
        payload = message(frames[start:end])
        parts += [_TEXT_DEFLATED, length(len(payload)), payload]
        position = end
    return b"".join(parts)


def message(payload: bytes) -> bytes:
    """Return the payload of a message, deflated on its own."""
    deflate = zlib.compressobj(level=1, wbits=_WINDOW_BITS)
    data = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return data.removesuffix(_TAIL)


def length(size: int) -> bytes:
    """Return the length of a server's frame as it stands behind the first byte."""
    if size < 126:
        return bytes((size,))
    if size < 65_536:
        return b"\x7e" + size.to_bytes(2, "big")
    return b"\x7f" + size.to_bytes(8, "big")


def _payload(frames: bytes, position: int) -> tuple[int, int]:
    """Return where the payload of the frame at `position` starts and ends."""
    assert frames[position] == _TEXT
    size, start = frames[position + 1], position + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, start = int.from_bytes(frames[start : start + width], "big"), start + width
    return start, start + size
