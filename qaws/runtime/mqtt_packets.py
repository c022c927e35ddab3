"""How MQTT 3.1.1 lays out a CONNECT, and its lengths (OASIS, sections 2.2.3, 3.1 and 3.2)."""

from __future__ import annotations

import secrets

CONNECT, CONNACK = 0x10, 0x20
REFUSALS = {4: "bad user name or password", 5: "not authorised"}
"""Answers to a CONNECT that time does not mend (section 3.2.2.3)."""


def connect_packet(user: str, password: str, keep_alive_s: int) -> bytes:
    """Return the packet CONNECT: a clean session, and credentials if there are.

    Args:
        user: who signs in; "" for nobody.
        password: what that one shows; "" for nothing.
        keep_alive_s: after how many seconds of silence a broker may end the connection, or after
            one and a half times as many; 0: never.
    """
    flags = 0x02 | (0x80 if user else 0) | (0x40 if user and password else 0)
    texts = [f"qaws-asks-{secrets.token_hex(4)}", *([user] if user else [])]
    texts += [password] if user and password else []
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + keep_alive_s.to_bytes(2, "big")
    for text in map(str.encode, texts):
        body += len(text).to_bytes(2, "big") + text
    return bytes([CONNECT]) + length_of(body) + body


def length_of(body: bytes) -> bytes:
    """Return the length of what follows, seven bits a byte, the lowest first."""
    length, rest = b"", len(body)
    while True:
        rest, low = divmod(rest, 128)
        length += bytes([low | (0x80 if rest else 0)])
        if not rest:
            return length
