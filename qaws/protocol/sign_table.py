"""The tables `sign` of a target file: what is signed before a connection, and behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qaws.protocol.private_keys import Algorithm, Hash, KeyEncoding
from qaws.protocol.signing import Encoding, Signature
from qaws.protocol.templates import NULL, names_in, require_known

Name = Annotated[str, Field(min_length=1)]
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Sign(BaseModel):
    """One signature: `over` is what is signed, a template; it is an HMAC with a `key`.

    Without a key it is a digest. With `claims` it is a JWT, whose header has `header` besides its
    `alg`. `algorithm` says what signs where that is no HMAC. `hash`, `encoding` and `key_encoding`
    are as in `qaws.protocol.signing.Signature`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    over: Name | Annotated[list[Any], Field(min_length=1)] = ""
    claims: dict[str, Any] | None = None
    header: dict[str, Any] = {}
    key: str = ""
    algorithm: Algorithm = "hmac"
    hash: Hash = "sha256"
    encoding: Encoding = "hex"
    key_encoding: KeyEncoding = "text"

    @model_validator(mode="after")
    def _fits(self) -> Sign:
        given = self.model_fields_set
        if bool(self.over) == (self.claims is not None):
            raise ValueError("needs over, which is signed, or claims, for a JWT: one of them")
        if self.header and self.claims is None:
            raise ValueError("header is that of a JWT, which has claims; leave it out")
        if self.claims is not None and "encoding" in given:
            raise ValueError("a JWT is written in one way only (RFC 7515); leave out encoding")
        if "alg" in self.header:
            raise ValueError("header.alg is what algorithm and hash come to; leave it out")
        if self.claims is not None and self.algorithm == "ecdsa-der":
            raise ValueError('a JWT is signed with algorithm = "ecdsa" (RFC 7518, section 3.4)')
        if not self.key and (self.claims is not None or self.algorithm != "hmac"):
            what = "a JWT" if self.claims is not None else self.algorithm
            raise ValueError(f'key is missing, and {what} needs one: key = "{{secret}}"')
        if self.algorithm == "ed25519" and "hash" in given:
            raise ValueError("ed25519 has a hash of its own (RFC 8032); leave out hash")
        return self

    @property
    def names(self) -> Iterator[str]:
        """Yield the names that its templates have."""
        return names_in([self.over, self.key, self.header, self.claims])

    @property
    def signature(self) -> Signature:
        """Return the same as a step has it."""
        return Signature(**self.model_dump())


def signatures(table: Mapping[str, Sign]) -> dict[str, Signature]:
    """Return name → signature."""
    return {name: each.signature for name, each in table.items()}


def require_names(names: Iterable[str], reserved: Collection[str]) -> None:
    """Raise `ValueError` where what somebody has named cannot be called so."""
    for name in names:
        if name in reserved or name == NULL or not _NAME.fullmatch(name):
            taken = ", ".join(sorted({*reserved, NULL}))
            raise ValueError(
                f'"{name}" cannot be the name of a value: small letters, digits and _, and not '
                f"{taken}"
            )


def require_signable(
    table: Mapping[str, Sign], keys: Collection[str], said: Collection[str]
) -> None:
    """Require that each signature names what is known before it.

    Args:
        table: name → signature, in order.
        keys: names that may stand in a key.
        said: names that may stand in what is signed.

    Raises:
        ValueError: one is not known; the text begins with the key that has it.
    """
    earlier: list[str] = []
    for name, each in table.items():
        places = (("over", each.over), ("header", each.header), ("claims", each.claims))
        for key, template in places:
            of_jwt = raw({n: table[n] for n in earlier}) if key != "over" else set()
            require(f"sign.{name}.{key}", template, {*said, *earlier} - of_jwt)
        require(f"sign.{name}.key", each.key, {*keys, *earlier})
        if each.key and not any(names_in(each.key)):
            raise ValueError(
                f"sign.{name}.key: is no place for a secret; export it as a variable, and say "
                'secrets = { secret = "VARIABLE" } and key = "{secret}"'
            )
        earlier.append(name)
    used = {n for each in table.values() for n in names_in([each.over, each.key])}
    for name, each in table.items():
        if each.encoding == "raw" and name not in used:
            raise ValueError(
                f'sign.{name}.encoding = "raw": is bytes, which only over and key of a later '
                "signature can take; say hex, base64 or base64url"
            )


def require(key: str, template: Any, known: Collection[str]) -> None:
    """Raise `ValueError`, which begins with a key, where its template names what nobody knows."""
    try:
        require_known(template, known)
    except ValueError as problem:
        raise ValueError(f"{key}: {problem}") from None


def require_no_items(table: Mapping[str, Sign]) -> None:
    """Raise `ValueError` where a signature is over items, and there is no selection."""
    for name, each in table.items():
        if _has_items([each.over, each.header, each.claims]):
            raise ValueError(
                f'sign.{name}: has each = "items", and only subscribe and unsubscribe have items'
            )


def _has_items(template: Any) -> bool:
    if isinstance(template, Mapping):
        return template.get("each") == "items" or any(map(_has_items, template.values()))
    return isinstance(template, list) and any(map(_has_items, template))


def raw(table: Mapping[str, Sign]) -> set[str]:
    """Return the names of signatures that are bytes, which nothing but another one can take."""
    return {name for name, each in table.items() if each.encoding == "raw"}
