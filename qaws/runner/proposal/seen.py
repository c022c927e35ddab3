"""What a search has seen of a service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from qaws.runner.proposal.guess import Document, Tick
from qaws.runner.proposal.ways import Way
from qaws.verdict import without_tokens

SHOWN = 150
"""Characters of a message that are shown."""

UNREAD = "?"
"""What binary messages hold that no known encoding reads."""

Form = Literal["instruments", "symbols", "underlying"]
FORMS: tuple[Form, ...] = ("instruments", "symbols", "underlying")
"""By what a client may say what it wants."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the service calls NIFTY and its first instrument, and what else templates may name."""

    symbol: str
    instrument: Any
    further: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Answered:
    """Something that was said and not refused.

    Attributes:
        way: whose words they are.
        template: the words.
        number: the id of the request.
        said: the words as they were sent.
        answer: what came; None where nothing did.
    """

    way: Way
    template: Any
    number: int
    said: str
    answer: Document | None = None


@dataclass(slots=True)
class Seen:
    """All that was seen.

    Attributes:
        place: where the token is shown; "" where nobody was let in.
        opening: whose first messages opened the session.
        welcome: the first message.
        others: further messages that came unasked.
        ping: the ping that was understood.
        asked: what is selected → the subscription that was not refused.
        ended: the same for the end of a subscription.
        ticks: shapes of ticks, and one message of each.
        refusals: what was said of what was not understood.
        several: how several messages stand in one.
        received: what binary messages hold, "text" where none came.
        lists: messages that are lists themselves.
        other_texts: texts that are no JSON.
        wanting: name in a template → ways that were passed over for the lack of it.
    """

    place: str = ""
    opening: Way | None = None
    welcome: Document | None = None
    others: list[Document] = field(default_factory=list)
    ping: Answered | None = None
    asked: dict[Form, Answered] = field(default_factory=dict)
    ended: dict[Form, Answered] = field(default_factory=dict)
    ticks: list[tuple[Tick, Document]] = field(default_factory=list)
    refusals: list[Document] = field(default_factory=list)
    several: str = "no"
    received: str = "text"
    lists: list[list[Any]] = field(default_factory=list)
    other_texts: list[str] = field(default_factory=list)
    wanting: dict[str, set[str]] = field(default_factory=dict)


def shown(document: Document | list[Any] | None) -> str:
    """Return a message as far as it is shown."""
    if document is None:
        return "nothing"
    text = without_tokens(json.dumps(document, ensure_ascii=False))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
