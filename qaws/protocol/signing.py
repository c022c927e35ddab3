"""Signatures: what is signed, with which key, and how the result is written.

They are HMACs (RFC 2104), digests, signatures by a private key, or whole JWTs (RFC 7519).

What may be signed has instants in it, so that a signature is good for a moment only: `times` has
them, the same ones for everything that is said at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from qaws.protocol.private_keys import (
    Algorithm,
    Hash,
    KeyEncoding,
    NoKey,
    Signing,
    jwt_name,
    key_bytes,
    signing,
)
from qaws.protocol.templates import Names, filled, in_bytes, names_in

Encoding = Literal["hex", "base64", "base64url", "raw"]

EXPIRES_IN_S = 10.0
"""After how many seconds what `{expires_s}` and `{expires_ms}` name is over, unless it is said."""
TIMES = frozenset(
    (
        *("now_s", "now_ms", "now_us", "now_iso", "now_iso_s"),
        *("expires_s", "expires_ms", "nonce"),
    )
)
"""Names of instants, and of a text that nobody has said before."""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature.

    Attributes:
        over: a template of what is signed, in UTF-8; a list of several stands for them one behind
            the other. Unused where there are claims.
        claims: those of a JWT, which is the whole result then; None for none.
        header: what its header has besides `alg` and `typ`.
        key: a template of the key; "" for a digest without one (FIPS 180-4).
        algorithm: what signs.
        encoding: how the result is written: "hex" in small letters, "base64" with its padding,
            "base64url" with it too, "raw" as the bytes, which only another signature can take.
        key_encoding: how the key is written.
    """

    over: str | list[Any] = ""
    claims: dict[str, Any] | None = None
    header: dict[str, Any] = {}
    key: str = ""
    algorithm: Algorithm = "hmac"
    hash: Hash = "sha256"
    encoding: Encoding = "hex"
    key_encoding: KeyEncoding = "text"

    @property
    def names(self) -> Iterator[str]:
        """Yield the names that its templates have."""
        return names_in([self.over, self.key, self.header, self.claims])

    def prepare(self, secrets: Mapping[str, str]) -> None:
        """Read its key ahead, where a secret has it: then the first to sign need not wait."""
        named = {*names_in(self.key)}
        if self.algorithm != "hmac" and named <= secrets.keys():
            with suppress(NoKey):
                self._signer(in_bytes(self.key, secrets))

    def of(self, names: Names, items: Sequence[Names] = ()) -> str | bytes:
        """Return it.

        Args:
            names: name → value of what its templates name.
            items: the names of each item of a selection, besides.

        Raises:
            NoKey: the key is not written as `key_encoding` says, or is none of the algorithm.
        """
        if self.claims is not None:
            head = {"alg": jwt_name(self.algorithm, self.hash), "typ": "JWT"}
            header = {**head, **filled(self.header, names, items)}
            both = (header, filled(self.claims, names, items))
            text = b".".join(_base64url(_compact(each)) for each in both)
            return b".".join((text, _base64url(self._signed(text, names)))).decode()
        parts = self.over if isinstance(self.over, list) else [self.over]
        said = b"".join(in_bytes(each, names, items) for each in parts)
        made = self._signed(said, names)
        if self.encoding == "raw":
            return made
        if self.encoding == "hex":
            return made.hex()
        encode = base64.b64encode if self.encoding == "base64" else base64.urlsafe_b64encode
        return encode(made).decode()

    def _signed(self, said: bytes, names: Names) -> bytes:
        if not self.key:
            return hashlib.new(self.hash, said).digest()
        key = in_bytes(self.key, names)
        if self.algorithm == "hmac":
            return hmac.digest(key_bytes(key, self.key_encoding), said, self.hash)
        return self._signer(key)(said)

    def _signer(self, key: bytes) -> Signing:
        for_jwt = self.claims is not None
        return signing(key, self.key_encoding, self.algorithm, self.hash, for_jwt=for_jwt)


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def signed(
    signatures: Mapping[str, Signature], names: Names, items: Sequence[Names] = ()
) -> dict[str, str | bytes]:
    """Return name → signature, in order: each may name those before it.

    Args:
        signatures: what is to be made.
        names: name → value of what their templates name.
        items: the names of each item of a selection, besides.

    Raises:
        NoKey: a key is not written as it should be; the text begins with the signature's name.
    """
    made: dict[str, str | bytes] = {}
    for name, each in signatures.items():
        try:
            made[name] = each.of({**names, **made}, items)
        except NoKey as problem:
            raise NoKey(f"sign.{name}: {problem}") from None
    return made


def lacking(signatures: Mapping[str, Signature], lacks: Collection[str]) -> list[str]:
    """Return which signatures cannot be made where some names stand for nothing."""
    found: list[str] = []
    for name, each in signatures.items():
        if {*each.names} & {*lacks, *found}:
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
