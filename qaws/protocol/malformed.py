"""What is malformed, by the names that the features give it.

Messages (QA-WS-010) are in `features/data/malformed-messages.toml`, payloads of the feed
(QA-WS-102) in `malformed-payloads.toml`.
"""

from __future__ import annotations

from typing import Any, Literal

from qaws.protocol.content import ContentField
from qaws.protocol.market import TickKind
from qaws.protocol.rows import Row, RowList

Payload = tuple[TickKind, bytes]
"""The kind of tick whose channel it is published on, and what is published."""

KIND: dict[str, TickKind] = {"option tick": "option_tick", "underlying bar": "underlying_bar"}


class Message(Row):
    """A message that no service may take; `any_dialect`: in whatever dialect it speaks."""

    sends: ContentField
    any_dialect: bool = False


class FeedPayload(Row):
    """A payload that is no tick, published where ticks of that kind are."""

    published_as: Literal["option tick", "underlying bar"] = "option tick"
    sends: ContentField


MESSAGES = RowList("malformed-messages", "malformed message", Message)
PAYLOADS = RowList("malformed-payloads", "malformed payload", FeedPayload, {"tick": {}})


def message(name: str) -> str:
    """Return the text of a message that is malformed in `qa-ws`, by its name in the features.

    Raises:
        Broken: there is none of that name.
    """
    return str(MESSAGES.named(name).sends.made().decode())


def payload(name: str) -> Payload:
    """Return a malformed payload by its name in the features.

    Raises:
        Broken: there is none of that name.
    """
    row = PAYLOADS.named(name)
    ticks: dict[str, Any] = PAYLOADS.tables["tick"]
    return KIND[row.published_as], row.sends.made(ticks=ticks)
