"""What a client says between handshake and welcome, with its token in it, or signed with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qaws.protocol.credentials import OF_TOKEN, of_token
from qaws.protocol.dialect import Opening
from qaws.protocol.dialect_table import REQUEST, DialectTable
from qaws.protocol.dialect_table import Opening as OpeningTable
from qaws.protocol.sign_table import raw, require, require_names, require_signable, signatures
from qaws.protocol.signing import TIMES, NoKey, lacking, signed, texts, times
from qaws.protocol.templates import names_in, said
from qaws.verdict import Broken, NotVerified, hidden

ALWAYS = REQUEST | TIMES | {*OF_TOKEN}
"""What any opening may name, besides secrets."""


class CannotSign(Broken):
    """A secret is not of the form that a key must have; the text says which keys to look at."""


def names_token(table: OpeningTable) -> bool:
    """Return whether a client without a token cannot say it, in its words or what they sign."""
    over = [text for each in table.sign.values() for text in (each.over, each.key)]
    return not {*names_in(table.say), *names_in(over)}.isdisjoint(OF_TOKEN)


def opening(
    table: OpeningTable,
    after: int | None,
    token: str | None,
    secrets: Mapping[str, str],
    further: Mapping[str, Any],
) -> Opening:
    """Return an opening as a client says it now.

    Args:
        table: how it is spelled.
        after: what it waits for, as in `Opening`.
        token: the client's; None only where it is not named.
        secrets: name → value of the dialect's secrets.
        further: other names, such as `id`.

    Raises:
        NotVerified: nobody could sign with this token.
        CannotSign: a secret is not of the form that a key must have.
    """
    names = {**of_token(token), **secrets, **times(table.expires_in_s), **further}
    made = signatures(table.sign)
    try:
        names |= (done := signed(made, names))
    except NoKey as problem:
        if lacking(made, OF_TOKEN):
            raise NotVerified(f"[[dialect.open]] {problem}: nobody could sign with it") from None
        raise CannotSign(
            f"[[dialect.open]] {problem}; look at its key and key_encoding, and [dialect] secrets"
        ) from None
    of_secrets = [value for name, value in secrets.items() if name in {*names_in(table.say)}]
    hides = tuple(map(hidden, [*of_secrets, *texts(done.values())]))
    return Opening(said(table.say, names), after, hides)


def check_openings(table: DialectTable) -> None:
    """Require that every name in an opening is known.

    Raises:
        ValueError: one is not; the text begins with where it stands.
    """
    require_names(table.secrets, ALWAYS)
    for number, each in enumerate(table.open):
        place = f"open[{number}]"
        try:
            names = {*ALWAYS, *table.secrets}
            require_names(each.sign, names)
            require_signable(each.sign, {*OF_TOKEN, *table.secrets}, names)
            require("say", each.say, (names | {*each.sign}) - raw(each.sign))
        except ValueError as problem:
            raise ValueError(f"{place}.{problem}") from None
        used = {*names_in(each.say), *names_in([s.over + s.key for s in each.sign.values()])}
        if unused := [name for name in each.sign if name not in used]:
            name = unused[0]
            raise ValueError(f"{place}.sign.{name} is used nowhere; put {{{name}}} into say")
