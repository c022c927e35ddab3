"""The tables `sign` of a target file: what is signed before a connection, and behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from qaws.protocol.signing import Encoding, Hash, KeyEncoding, Signature
from qaws.protocol.templates import NULL, names_in, require_known

Name = Annotated[str, Field(min_length=1)]
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Sign(BaseModel):
    """One signature: `over` is what is signed, a template; it is an HMAC with a `key`.

    Without a key it is a digest. `hash`, `encoding` and `key_encoding` are as in
    `qaws.protocol.signing.Signature`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    over: Name
    key: str = ""
    hash: Hash = "sha256"
    encoding: Encoding = "hex"
    key_encoding: KeyEncoding = "text"

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
        for key, template, known in (("over", each.over, said), ("key", each.key, keys)):
            require(f"sign.{name}.{key}", template, {*known, *earlier})
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


def raw(table: Mapping[str, Sign]) -> set[str]:
    """Return the names of signatures that are bytes, which nothing but another one can take."""
    return {name for name, each in table.items() if each.encoding == "raw"}
