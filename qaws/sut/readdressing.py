"""What a Kafka broker tells its clients of its address, told as the relay's.

A client of Kafka connects to the address that it was given only to ask who the brokers are, and
from then on to the addresses that the answer names. So a relay that handed the answer on as it is
would be passed by. The answer is a frame, its length first, and in it the host is a text with its
length and the port four bytes: of the same length both, so that nothing else has to change.
"""

from __future__ import annotations

import re

LENGTH_BYTES = 4
HOSTS = (b"127.0.0.1", b"localhost")
"""What this machine calls itself; both are of nine letters."""
PAYLOAD = re.compile(rb'[\[{]\s*"')
"""How a payload of the suite begins: what a broker says of itself has none."""


class Readdressing:
    """Reads the frames of one connection, and puts the relay's port in the place of the broker's.

    A frame is handed on when it is whole.
    """

    def __init__(self, port: int, relay_port: int) -> None:
        """Begin between two frames.

        Args:
            port: the broker's.
            relay_port: the relay's.
        """
        told = relay_port.to_bytes(4, "big")
        self._told = {host + port.to_bytes(4, "big"): HOSTS[0] + told for host in HOSTS}
        self._begun = b""

    def __call__(self, data: bytes) -> bytes:
        """Return what is to be handed on of what has come."""
        self._begun += data
        whole = b""
        while len(self._begun) >= LENGTH_BYTES:
            length = LENGTH_BYTES + int.from_bytes(self._begun[:LENGTH_BYTES], "big")
            if len(self._begun) < length:
                break
            whole += self._readdressed(self._begun[:length])
            self._begun = self._begun[length:]
        return whole

    def _readdressed(self, frame: bytes) -> bytes:
        if has_payload(frame):
            return frame
        for address, told in self._told.items():
            frame = frame.replace(address, told)
        return frame


def has_payload(data: bytes) -> bool:
    """Return whether a frame of a broker has a tick in it."""
    return PAYLOAD.search(data) is not None
