"""Signatures: what is signed, with which key, and how the result is written (RFC 2104).

What may be signed has instants in it, so that a signature is good for a moment only: `times` has
them, the same ones for everything that is said at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from qaws.protocol.templates import in_bytes, names_in

Hash = Literal["sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64", "base64url", "raw"]
KeyEncoding = Literal["text", "hex", "base64"]

EXPIRES_IN_S = 10.0
"""After how many seconds what `{expires_s}` and `{expires_ms}` name is over, unless it is said."""
TIMES = frozenset(
    (
        *("now_s", "now_ms", "now_us", "now_iso", "now_iso_s"),
        *("expires_s", "expires_ms", "nonce"),
    )
)
"""Names of instants, and of a text that nobody has said before."""


class NoKey(ValueError):
    """What is to be a key is not written as the target says."""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature.

    Attributes:
        over: a template of what is signed, in UTF-8.
        key: a template of the key; "" for a digest without one (FIPS 180-4).
        encoding: how the result is written: "hex" in small letters, "base64" with its padding,
            "base64url" with it too, "raw" as the bytes, which only another signature can take.
        key_encoding: how the key is written.
    """

    over: str
    key: str = ""
    hash: Hash = "sha256"
    encoding: Encoding = "hex"
    key_encoding: KeyEncoding = "text"

    def of(self, names: Mapping[str, Any]) -> str | bytes:
        """Return it.

        Args:
            names: name → value of what its templates name.

        Raises:
            NoKey: the key is not written as `key_encoding` says.
        """
        said = in_bytes(self.over, names)
        if self.key:
            made = hmac.digest(_key(in_bytes(self.key, names), self.key_encoding), said, self.hash)
        else:
            made = hashlib.new(self.hash, said).digest()
        if self.encoding == "raw":
            return made
        if self.encoding == "hex":
            return made.hex()
        encode = base64.b64encode if self.encoding == "base64" else base64.urlsafe_b64encode
        return encode(made).decode()


def _key(written: bytes, encoding: KeyEncoding) -> bytes:
    if encoding == "text":
        return written
    try:
        if encoding == "hex":
            return binascii.unhexlify(written.strip())
        urlsafe = written.strip().replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        return base64.b64decode(urlsafe + b"=" * (-len(urlsafe) % 4), validate=True)
    except ValueError:
        raise NoKey(f"what is to be the key is no {encoding}") from None


def signed(signatures: Mapping[str, Signature], names: Mapping[str, Any]) -> dict[str, str | bytes]:
    """Return name → signature, in order: each may name those before it.

    Raises:
        NoKey: a key is not written as it should be; the text begins with the signature's name.
    """
    made: dict[str, str | bytes] = {}
    for name, each in signatures.items():
        try:
            made[name] = each.of({**names, **made})
        except NoKey as problem:
            raise NoKey(f"sign.{name}: {problem}") from None
    return made


def lacking(signatures: Mapping[str, Signature], lacks: Collection[str]) -> list[str]:
    """Return which signatures cannot be made where some names stand for nothing."""
    found: list[str] = []
    for name, each in signatures.items():
        if {*names_in([each.over, each.key])} & {*lacks, *found}:
            found.append(name)
    return found


def times(expires_in_s: float = EXPIRES_IN_S, now_ns: int | None = None) -> dict[str, Any]:
    """Return name → value of the instants that a template may name, and of a nonce.

    Args:
        expires_in_s: how much later than now `expires_s` and `expires_ms` are.
        now_ns: ns since 1970; None: now.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    iso = datetime.fromtimestamp(now_ns // 1_000_000 / 1000, UTC).isoformat("T", "milliseconds")
    until_ms = now_ns // 1_000_000 + round(expires_in_s * 1000)
    return {
        "now_s": now_ns // 1_000_000_000,
        "now_ms": now_ns // 1_000_000,
        "now_us": now_ns // 1000,
        "now_iso": iso.replace("+00:00", "Z"),
        "now_iso_s": iso.partition(".")[0],
        "expires_s": until_ms // 1000,
        "expires_ms": until_ms,
        "nonce": secrets.token_hex(16),
    }


def texts(values: Iterable[str | bytes]) -> list[str]:
    """Return what of some signatures somebody could read."""
    return [value for value in values if isinstance(value, str)]
