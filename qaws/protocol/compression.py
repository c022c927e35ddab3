"""Compression as browsers offer it, permessage-deflate (RFC 7692), and what is made of it here."""

from __future__ import annotations

import zlib

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
)

AS_BROWSERS = ClientPerMessageDeflateFactory(client_max_window_bits=True)
"""What browsers offer: `permessage-deflate; client_max_window_bits` (RFC 7692)."""

DEFLATED = 0xC1
"""First byte of a whole text frame that is deflated: FIN, RSV1 and opcode 1 (section 6)."""

_TAIL = b"\x00\x00\xff\xff"
"""What a message leaves out at its end (section 7.2.1)."""


class Inflater:
    """Inflates what one side of a connection sends.

    Attributes:
        window_bits: of the other side's window, as agreed.
        forgets: whether each message stands for itself (`server_no_context_takeover`): then what is
            the same when deflated is the same, to whomever it is sent.
    """

    def __init__(self, agreed: PerMessageDeflate) -> None:
        """Prepare.

        Args:
            agreed: the library's own; it has the memory of the messages before, which it needs for
                those that it takes itself.
        """
        self.window_bits = agreed.remote_max_window_bits
        self.forgets = agreed.remote_no_context_takeover
        self._agreed = agreed

    def __str__(self) -> str:
        memory = "each message for itself" if self.forgets else "with the memory of those before"
        return f"permessage-deflate, {memory}"

    def inflate(self, payload: bytes, most: int) -> bytes:
        """Return what the payload of a whole message says.

        Raises:
            ValueError: it is not deflated as agreed, or says more than `most` bytes.
        """
        decoder = zlib.decompressobj(-self.window_bits) if self.forgets else self._agreed.decoder
        try:
            whole = decoder.decompress(payload + _TAIL, most)
        except zlib.error as problem:
            raise ValueError(f"it cannot be inflated: {problem}") from None
        if decoder.unconsumed_tail:
            raise ValueError(f"it is more than {most:,} bytes when inflated")
        return whole


def agreed_inflater(protocol: ClientProtocol) -> Inflater | None:
    """Return what inflates what a service sends, once the handshake is done; None: nothing does."""
    for extension in protocol.extensions:
        if isinstance(extension, PerMessageDeflate):
            return Inflater(extension)
    return None


def text_frame(payload: bytes) -> bytes:
    """Return a service's text frame that is not deflated (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
