"""What a row of data sends, written so that it can be read: text, and pieces that repeat.

A content is a text, a piece, or a list of both. A piece is a table with one of

- `text`: characters, sent as UTF-8;
- `hex`: bytes, "E2 28 A1";
- `every_byte`: all bytes from the first to the last, `["80", "FF"]`;
- `code`: the code of a close frame;
- `tick`: a good tick, "option tick" or "underlying bar", of which `with` replaces members and
  `without` leaves some out; with `open`, its last brace is missing;

- `says`: a command in the target's own words, which the dialect spells:
  `"ping"`, with `further` members; `"subscribe"`, with an `item` in the place of each name, `items`
  of them, of what clients name first `of` `["instruments", "symbols"]`; `"ping and subscribe"`, in
  one message; `"an action"`, a message with nothing but what is asked for, which `is` that;
  `"a malformed message"`, the one that is `named` so in `malformed-messages.toml`;

and with `times` (how often; a number, or a sum such as "number * 1024 + 1" where the name of the
row has a number in it), `between` (a text between two) and `counted` (`{n}` in a text counts from
0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import AfterValidator

KINDS = ("text", "hex", "every_byte", "code", "tick", "says")
OF_TICKS = ("with", "without", "open")
OF_COMMANDS = ("further", "item", "items", "of", "is", "named")
KEYS = (*KINDS, "times", "between", "counted", *OF_TICKS, *OF_COMMANDS)
SAYS: Mapping[str, Sequence[str]] = {
    "ping": ("further",),
    "subscribe": ("item", "items", "of"),
    "ping and subscribe": (),
    "an action": ("is",),
    "a malformed message": ("named",),
}
"""A command → what may be said of it besides."""
NAMED = ("a malformed message",)
FORMS = ("instruments", "symbols")
SUM = re.compile(r"number(?: \* (\d+))?(?: \+ (\d+))?")


class Commands(Protocol):
    """How the target spells commands: `qaws.protocol.commands`."""

    @property
    def sends_binary(self) -> bool:
        """Return whether clients send binary messages, and no texts."""

    def wire(self, text: bytes) -> tuple[bytes, bool]:
        """Return a message as clients send it, and whether it is binary."""

    def ping(self, further: bytes = b"") -> bytes:
        """Return a ping with further members."""

    def subscribe(self, forms: Sequence[str], item: bytes, times: int) -> bytes:
        """Return a subscribe with an item where names stand."""

    def both(self) -> bytes:
        """Return ping and subscribe in one message."""

    def action(self, value: bytes) -> bytes:
        """Return a message that asks for a value and has nothing else."""

    def malformed(self, name: str) -> bytes:
        """Return the malformed message of that name."""


class Supply(NamedTuple):
    """What pieces are made of: good ticks by their kinds, the target's commands, and the number."""

    ticks: Mapping[str, Any]
    commands: Commands | None
    number: int


Maker = Callable[[Supply], bytes]


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent, made when it is needed: some of it is large."""

    pieces: tuple[tuple[Maker, int | str, bytes, bool], ...]

    def made(
        self,
        number: int = 0,
        ticks: Mapping[str, Any] | None = None,
        commands: Commands | None = None,
    ) -> bytes:
        """Return the bytes.

        Args:
            number: the number in the name of an attack.
            ticks: the good ticks by their kinds, where a piece is made of one.
            commands: the target's, where a piece is one of them.

        Raises:
            NotVerified: the target has no such command.
        """
        supply = Supply(ticks or {}, commands, number)
        return b"".join(
            _repeated(make(supply), reckoned(times, number), between, counted)
            for make, times, between, counted in self.pieces
        )


def _repeated(data: bytes, times: int, between: bytes, counted: bool) -> bytes:
    if counted:
        return between.join(data.replace(b"{n}", b"%d" % n) for n in range(times))
    return between.join([data] * times) if between else data * times


def reckoned(amount: int | str, number: int) -> int:
    """Return an amount: a number, or a sum with the number that a name has in it."""
    if isinstance(amount, int):
        return amount
    found = SUM.fullmatch(amount)
    assert found is not None, amount  # what is read from a file is checked there
    return number * int(found[1] or 1) + int(found[2] or 0)


def _amount(value: Any) -> int | str:
    """Check an amount; raise ValueError where it is none."""
    right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if right or (isinstance(value, str) and SUM.fullmatch(value)):
        return value  # type: ignore[no-any-return]
    raise ValueError(f'{value!r} is no amount: write 1000, or a sum such as "number * 1024 + 1"')


def content(value: Any) -> Content:
    """Read a content as a data file has it.

    Raises:
        ValueError: it is none; the sentence says what is wrong.
    """
    listed = value if isinstance(value, list) else [value]
    return Content(tuple(_piece(each) for each in listed))


def _piece(value: Any) -> tuple[Maker, int | str, bytes, bool]:
    piece = {"text": value} if isinstance(value, str) else value
    if not isinstance(piece, dict):
        raise ValueError(f"{value!r} is neither a text nor a table: write it in quotation marks")
    if strange := [key for key in piece if key not in KEYS]:
        raise ValueError(f'a piece has no key "{strange[0]}"; it may have {", ".join(KEYS)}')
    kinds = [kind for kind in KINDS if kind in piece]
    if len(kinds) != 1:
        raise ValueError(f"a piece has one of {', '.join(KINDS)}, not {len(kinds)} of them")
    if (of := [key for key in OF_TICKS if key in piece]) and "tick" not in piece:
        raise ValueError(f'"{of[0]}" is about a tick: write tick = "option tick" beside it')
    if (of := [key for key in OF_COMMANDS if key in piece]) and "says" not in piece:
        raise ValueError(f'"{of[0]}" is about a command: write says = "ping" beside it')
    between = piece.get("between", "")
    if not isinstance(between, str):
        raise ValueError(f'"between" is a text, not {between!r}')
    times = _amount(piece.get("times", 1))
    return _MAKERS[kinds[0]](piece), times, between.encode(), bool(piece.get("counted", False))


def _text(piece: Mapping[str, Any]) -> Maker:
    if not isinstance(text := piece["text"], str):
        raise ValueError(f'"text" is a text, not {text!r}')
    data = text.encode()
    return lambda _: data


def _hex(piece: Mapping[str, Any]) -> Maker:
    data = _bytes_of(piece["hex"])
    return lambda _: data


def _bytes_of(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise ValueError(f'{value!r} is not hexadecimal: write "E2 28 A1"') from None


def _every_byte(piece: Mapping[str, Any]) -> Maker:
    ends = piece["every_byte"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise ValueError(f'"every_byte" is from one to another: ["80", "FF"], not {ends!r}')
    first, last = (int.from_bytes(_bytes_of(end)) for end in ends)
    if not first <= last < 256:
        raise ValueError(f'"every_byte" is from one byte to a later one: ["80", "FF"], not {ends}')
    return lambda _: bytes(range(first, last + 1))


def _code(piece: Mapping[str, Any]) -> Maker:
    code = piece["code"]
    if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code < 1 << 16:
        raise ValueError(f'"code" is a number from 0 to 65535, not {code!r}')
    return lambda _: code.to_bytes(2, "big")


def _tick(piece: Mapping[str, Any]) -> Maker:
    kind, changed, absent = piece["tick"], piece.get("with", {}), piece.get("without", [])
    if not isinstance(kind, str):
        raise ValueError(f'"tick" is "option tick" or "underlying bar", not {kind!r}')
    if not isinstance(changed, dict):
        raise ValueError(f'"with" is a table of members, not {changed!r}')
    if not isinstance(absent, list) or not all(isinstance(name, str) for name in absent):
        raise ValueError(f'"without" is a list of members: ["symbol"], not {absent!r}')
    is_open = bool(piece.get("open", False))

    def make(supply: Supply) -> bytes:
        members = {k: v for k, v in {**supply.ticks[kind], **changed}.items() if k not in absent}
        data = json.dumps(members).encode()
        return data[:-1] if is_open else data

    return make


def _says(piece: Mapping[str, Any]) -> Maker:
    command = piece["says"]
    if command not in SAYS:
        raise ValueError(f'"says" is one of {", ".join(SAYS)}, not {command!r}')
    if strange := [key for key in OF_COMMANDS if key in piece and key not in SAYS[command]]:
        raise ValueError(f'"{strange[0]}" is not about "{command}"')
    forms = piece.get("of", list(FORMS))
    if not isinstance(forms, list) or not forms or not set(forms) <= set(FORMS):
        raise ValueError(f'"of" is a list of {" and ".join(FORMS)}, not {forms!r}')
    if not isinstance(named := piece.get("named", ""), str) or (command in NAMED and not named):
        raise ValueError(f'"{command}" is "named" by a text, not {named!r}')
    items = _amount(piece.get("items", 1))
    part = content(next((piece[key] for key in ("further", "item", "is") if key in piece), ""))

    def make(supply: Supply) -> bytes:
        commands, bytes_ = supply.commands, part.made(supply.number)
        assert commands is not None, "whoever has rows that say commands hands these over"
        if command == "ping":
            return commands.ping(bytes_)
        if command == "subscribe":
            return commands.subscribe(forms, bytes_, reckoned(items, supply.number))
        if command in NAMED:
            return commands.malformed(named)
        return commands.both() if command == "ping and subscribe" else commands.action(bytes_)

    return make


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Maker]] = {
    "text": _text,
    "hex": _hex,
    "every_byte": _every_byte,
    "code": _code,
    "tick": _tick,
    "says": _says,
}

ContentField = Annotated[Any, AfterValidator(content)]
"""A content in a row, read."""
AmountField = Annotated[Any, AfterValidator(_amount)]
"""An amount in a row, checked."""


def shown(value: Any, most: int = 120) -> str:
    """Return how a table in the docs shows a content that is plain text, "" for any other."""
    pieces: Sequence[Any] = value if isinstance(value, list) else [value]
    if len(pieces) != 1 or not isinstance(pieces[0], str):
        return ""
    return pieces[0] if len(pieces[0]) <= most else ""
