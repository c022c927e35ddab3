"""Commands of a dialect that rows of data alter: what hostile clients say must be its own words.

A row names a command, and bytes of JSON for a part of it: those stand there as they are, however
wrong they are. Which member says what is asked for, and where names of instruments or symbols go,
is read off the dialect's own messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from qaws.protocol.dialect import Dialect
from qaws.protocol.encoder import Unsayable, meaning
from qaws.protocol.market import selection_of
from qaws.verdict import NotVerified

MARK = "qaws-any-name"
"""Stands for a name in a message until a row's bytes take its place."""
QUOTED = json.dumps(MARK).encode()
LONGEST = 60_100
"""Bytes of a message at most, of a row that repeats an item: under the 64 KiB of QA-WS-024."""
USUAL = "NIFTY"
LARGE_BYTES = 4096
"""What is as long as this is said for its length: an encoder that leaves half of it out does not
say it."""


class Commands:
    """A dialect's ping and subscribe, as rows alter them.

    Every method raises `NotVerified` where the dialect has no message that could be altered so.
    """

    def __init__(self, dialect: Dialect) -> None:
        """Take them from a dialect."""
        self._dialect = dialect

    @cached_property
    def sends_binary(self) -> bool:
        """Return whether clients send them in binary messages, and none in a text."""
        dialect = self._dialect
        if dialect.encoding.sends_json:
            return dialect.encoding.sends_binary
        said = [dialect.encoding.wire(dialect.ping())]
        with suppress(NotVerified):
            asked = dialect.subscribing(dialect.sayable(selection_of(USUAL)))
            said += map(dialect.encoding.wire, asked)
        return not any(isinstance(each, str) for each in said)

    def wire(self, text: bytes) -> tuple[bytes, bool]:
        """Return a message as clients send it, and whether it is binary.

        Args:
            text: what it says, in JSON; anything else goes out as it is.

        Raises:
            NotVerified: it cannot be said so; or it is said for its length, and much of that is
                lost.
        """
        try:
            said = text.decode()
        except UnicodeDecodeError:
            return text, self.sends_binary
        self._require_meaning(said)
        message = self._dialect.encoding.wire(said)
        whole = message.encode() if isinstance(message, str) else message
        if len(text) > LARGE_BYTES and len(whole) < len(text) // 2:
            raise NotVerified(
                f"clients of the target send {self._dialect.encoding.sent}, in which {len(text):,} "
                f"bytes of JSON are {len(whole):,}"
            )
        return whole, isinstance(message, bytes)

    def _require_meaning(self, text: str) -> None:
        """Require that a text can be said in what clients send, whoever makes that of its value.

        What is wrong stands by itself in the reason, so that it is the same for all such texts.
        """
        encoding = self._dialect.encoding
        try:
            if not encoding.sends_json:
                meaning(text)
        except Unsayable as problem:
            raise NotVerified(
                f"clients of the target send {encoding.sent}, in which it cannot be said: {problem}"
            ) from None
        except ValueError:
            return  # it is no JSON, and goes out as it is

    def ping(self, further: bytes = b"") -> bytes:
        """Return the ping, with further members if any: `"note":1`, as bytes of JSON.

        Behind a ping that is a list these are an object, as its last element.
        """
        text = str(self._dialect.ping()).encode()
        if not further:
            return text
        if self.says_lists:
            return text.strip()[:-1] + b",{" + further + b"}]"
        inner = self._members_of(text, "ping")
        return b"{" + b",".join(filter(None, (inner, further))) + b"}"

    @property
    def says_lists(self) -> bool:
        """Return whether clients ping with a list that is not empty."""
        try:
            found = json.loads(str(self._dialect.ping()))
        except ValueError:
            return False
        return isinstance(found, list) and bool(found)

    def subscribe(self, forms: Sequence[str], item: bytes, times: int) -> bytes:
        """Return a subscribe in which an item stands where names go.

        Args:
            forms: "instruments" and "symbols": the first that clients of the service name.
            item: its bytes, as JSON; it may be no name at all.
            times: how often it stands there; as often as fits into 60 KB.
        """
        one, mark = self._naming(forms, 1), QUOTED
        if QUOTED not in one and item.startswith(b'"'):
            mark, item = MARK.encode(), item[1:-1]  # a text within a text
        if one.count(mark) != 1:
            raise self._lacking("a name that stands in a message by itself")
        if times == 1:
            return one.replace(mark, item)
        two = self._naming(forms, 2)
        if two.count(mark) != 2:
            raise self._lacking("a message that names several")
        begin, between, end = two.split(mark)
        further = (b"," if between == b", " else between) + item
        room = (LONGEST - len(begin) - len(item) - len(end)) // len(further)
        return begin + item + further * min(times - 1, room) + end

    def both(self) -> bytes:
        """Return ping and subscribe as one message: what is asked for stands there twice."""
        self.verb()
        ping = self._members_of(str(self._dialect.ping()).encode(), "ping")
        wish = str(self._dialect.subscribe(selection_of(USUAL))).encode()
        return b"{" + ping + b"," + self._members_of(wish, "subscribe") + b"}"

    def action(self, value: bytes) -> bytes:
        """Return a message that has nothing but what is asked for, which is that value."""
        return b"{" + json.dumps(self.verb()).encode() + b":" + value + b"}"

    def malformed(self, name: str) -> bytes:
        """Return the malformed message of that name, as the dialect spells it."""
        return self._dialect.malformed(name).encode()

    def verb(self) -> str:
        """Return the member that says what is asked for: in ping and subscribe it differs."""
        ping = self._object(str(self._dialect.ping()).encode()) or {}
        wish = self._object(self._naming(("instruments", "symbols"), 1)) or {}
        for name, value in ping.items():
            other = wish.get(name)
            if isinstance(value, str) and isinstance(other, str) and value != other:
                return name
        raise self._lacking("a member that says what is asked for, in ping and subscribe alike")

    def _naming(self, forms: Sequence[str], times: int) -> bytes:
        for form in forms:
            if (text := self._dialect.naming(form, [MARK] * times)) is not None:
                return text.encode()
        raise self._lacking(f"a message that subscribes to {' or '.join(forms)}")

    def _members_of(self, text: bytes, what: str) -> bytes:
        """Return the members of a message, without its braces."""
        if self._object(text) is None:
            raise self._lacking(f"a {what} that is a JSON object")
        return text.strip()[1:-1].strip()

    @staticmethod
    def _object(text: bytes) -> dict[str, Any] | None:
        try:
            found = json.loads(text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _lacking(self, what: str) -> NotVerified:
        return NotVerified(f"the dialect {self._dialect.name} has not {what}")
