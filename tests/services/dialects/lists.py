"""What `ticker.py` speaks where messages are lists."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from itertools import count
from typing import Any

ROWS = '["ticks", ['
"""How a message of several ticks begins; it ends with `]]`."""

LONGEST_NAME, MOST_NAMES = 64, 1000


class Lists:
    """The dialect `lists`: verb, number of the request, and keys; ticks of both kinds together."""

    shown_in = "header"
    speaks = list

    def __init__(self, refused: Callable[[str], Exception]) -> None:
        """Begin.

        Args:
            refused: makes what is raised at a message that is not understood.
        """
        self._refused = refused

    def told(self, status: str) -> Any:
        """Return what clients are told of the feed: nothing."""
        return None

    def welcome(self, client: Any) -> Any:
        """Return the first message to a client."""
        client.joins, client.session = True, secrets.token_hex(32)
        return ["hello", client.session]

    def opened_by(self, message: Any) -> str | None:
        """Return the token of an opening message: there is none."""
        return None

    def answer(self, client: Any, message: Any) -> Any:
        """Do what a client asks for; return what it is told."""
        verb, number, keys = (*message, None, None, None)[:3]
        if verb == "ping" and len(message) == 2:
            return ["pong", number]
        if verb not in ("add", "drop") or len(message) != 3:
            raise self._refused("Invalid message format: no such verb")
        if not isinstance(keys, list) or not keys or not all(map(_is_name, keys)):
            raise self._refused("Invalid message format: keys are a list of texts")
        if len(keys) > MOST_NAMES:
            raise self._refused(f"Invalid message format: more than {MOST_NAMES} names")
        (client.wanted.update if verb == "add" else client.wanted.difference_update)(keys)
        return [verb, number, "ok"]

    def error(self, words: str) -> Any:
        """Return an error."""
        return ["error", words]

    def published(self, tick: dict[str, Any]) -> tuple[Any, str]:
        """Return what a tick is of, and the message that clients get."""
        kind = "quote" if "p" in tick else "bar"
        key, *values = tick.values()
        row = json.dumps([kind, key, *values], ensure_ascii=False)
        return key, f"{ROWS}{row}]]"


class Numbered(Lists):
    """The dialect `numbered`: a client is given a number for each key, and ticks begin with it.

    A number that is given back is given out again to the next who asks: the same client, for
    another key.
    """

    def welcome(self, client: Any) -> Any:
        """Return the first message to a client, whose numbers begin where nobody else's do."""
        client.session, client.numbers = secrets.token_hex(32), {}
        client.begin = secrets.randbelow(1000) * 1000
        return ["hello", client.session]

    def answer(self, client: Any, message: Any) -> Any:
        """Do what a client asks for; return what it is told."""
        verb, request, what = (*message, None, None, None)[:3]
        numbers: dict[str, int] = client.numbers
        if len(message) == 3 and verb == "add" and _is_name(what) and len(numbers) < MOST_NAMES:
            free = (n for n in count(client.begin) if n not in numbers.values())
            number = numbers.setdefault(what, next(free))
            client.wanted.add(what)
            return [verb, request, "ok", number, what]
        if len(message) == 3 and verb == "drop" and type(what) is int:
            for key in [key for key, number in numbers.items() if number == what]:
                client.wanted.discard(key)
                del numbers[key]
                return [verb, request, "ok"]
            raise self._refused("Invalid message format: no such number")
        if verb == "ping" and len(message) == 2:
            return ["pong", request]
        raise self._refused("Invalid message format: no such verb")

    def published(self, tick: dict[str, Any]) -> tuple[Any, str]:
        """Return what a tick is of, and the message that clients get, without their number."""
        key, *values = tick.values()
        return key, json.dumps(["quote", *values], ensure_ascii=False)

    def addressed(self, client: Any, key: Any, text: str) -> str:
        """Return the message with the number that a client was given."""
        return f"[{client.numbers.get(key, 0)}, {text[1:]}"


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME and value.isprintable()
