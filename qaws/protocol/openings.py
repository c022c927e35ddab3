"""What the messages of a dialect's clients may name, sign, and take from the service's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from qaws.protocol.credentials import OF_TOKEN
from qaws.protocol.dialect_table import (
    CHANNEL,
    ITEM,
    REQUEST,
    DialectTable,
    Market,
    Spoken,
    further_keys,
)
from qaws.protocol.sign_table import (
    raw,
    require,
    require_names,
    require_no_items,
    require_signable,
)
from qaws.protocol.signing import TIMES
from qaws.protocol.speech import needed_signatures
from qaws.protocol.templates import names_in

ALWAYS = REQUEST | TIMES | {*OF_TOKEN}
"""What any message of a client may name, besides secrets and what it has taken."""


def names_token(table: DialectTable) -> bool:
    """Return whether a client says anything that it cannot say without a token."""
    said = [each for _, spoken, _ in _messages(table) for each in _templates(spoken)]
    return not {*names_in(said)}.isdisjoint(OF_TOKEN)


def takes(table: DialectTable) -> list[str]:
    """Return the names of what a client takes from what opens its session."""
    return [name for each in table.open for name in each.take]


def _templates(spoken: Spoken) -> list[Any]:
    of_sign = [[s.over, s.key, s.header, s.claims] for s in spoken.sign.values()]
    return [*spoken.templates.values(), *of_sign]


def _messages(table: DialectTable) -> Iterator[tuple[str, Spoken, set[str]]]:
    """Yield place, message, and what is known there that is not known everywhere."""
    taken: set[str] = set()
    for number, opening in enumerate(table.open):
        taken |= {*opening.take}
        yield f"open[{number}]", opening, {*taken}
    yield "ping", table.ping, {*taken}
    yield "subscribe", table.subscribe, {*taken}
    yield "unsubscribe", table.unsubscribe, {*taken}
    for number, answer in enumerate(table.answers):
        yield f"answers[{number}]", answer, {*answer.take}


def check_messages(table: DialectTable, market: Market) -> None:
    """Require that every name in what clients say, or sign, is known.

    Raises:
        ValueError: one is not; the text begins with where it stands.
    """
    secrets = {*table.secrets, *table.secret_files}
    require_names([*table.secrets, *table.secret_files], ALWAYS)
    if both := {*table.secrets} & {*table.secret_files}:
        raise ValueError(f'"{min(both)}" is a name of secrets and of secret_files; rename one')
    of_item = ITEM | further_keys(market)
    for place, spoken, taken in _messages(table):
        known = ALWAYS | secrets | taken
        of_token = {*OF_TOKEN}
        if place.startswith("answers"):  # any client gives it, whatever token it has shown
            known, of_token = known - of_token, set()
        if place.endswith("subscribe"):
            known |= of_item | ({CHANNEL} if table.channels and place[0] == "u" else set())
        try:
            require_names([*spoken.sign, *taken], ALWAYS | secrets | of_item)
            if both := {*spoken.sign} & taken:
                raise ValueError(f'"{min(both)}" is a name of take and of sign; rename one')
            if not place.endswith("subscribe"):
                require_no_items(spoken.sign)
            require_signable(spoken.sign, of_token | secrets, known)
            _check_says(spoken, known | {*spoken.sign})
        except ValueError as problem:
            raise ValueError(f"{place}.{problem}") from None
    _check_takes(table)


def _check_says(spoken: Spoken, known: Collection[str]) -> None:
    for key, template in spoken.templates.items():
        require(key, template, {*known} - raw(spoken.sign))
    used = {n for each in spoken.templates.values() for n in needed_signatures(each, spoken.sign)}
    if unused := [name for name in spoken.sign if name not in used]:
        into = " or ".join(spoken.templates) or "say"
        raise ValueError(f"sign.{unused[0]} is used nowhere; put {{{unused[0]}}} into {into}")


def _check_takes(table: DialectTable) -> None:
    """Raise `ValueError` where what is taken is taken twice, or for nothing."""
    used = {n for _, spoken, _ in _messages(table) for n in names_in(_templates(spoken))}
    for number, each in enumerate(table.open):
        for name in each.take:
            if takes(table).count(name) > 1:
                raise ValueError(f"open[{number}].take.{name}: is taken twice; rename one")
            if name not in used:
                raise ValueError(
                    f"open[{number}].take.{name} is used nowhere; put {{{name}}} into what is "
                    "said, or signed, behind it"
                )
