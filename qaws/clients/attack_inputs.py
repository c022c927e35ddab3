"""What hostile clients do, by the names that the features give it: QA-WS-024.

An attack is a group of inputs under one rule; `features/data/hostile-inputs.toml` has them all.
Each input is what one client does on a connection of its own: `Frames` on an open one, `Flood` on
an open one again and again, `Handshake` instead of a handshake. Where a name has a number in it,
that is the number that is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator
from websockets.frames import Opcode

from qaws.clients.raw_connection import frame
from qaws.protocol.content import AmountField, Commands, Content, ContentField, content, reckoned
from qaws.protocol.rows import Row, RowList, Table
from qaws.verdict import Broken, NotVerified

OPCODES = {
    "text": Opcode.TEXT,
    "binary": Opcode.BINARY,
    "continuation": Opcode.CONT,
    "ping": Opcode.PING,
    "pong": Opcode.PONG,
    "close": Opcode.CLOSE,
}
RESERVED_BITS = {0: 0, 1: 4, 2: 2, 3: 1}
"""Which reserved bit → its value among the three (RFC 6455, section 5.2)."""
AT_ONCE = 10
"""Frames of a flood that are written at a time, where its row says nothing else."""
NUMBER = "{number}"
LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames, one behind the other, on an open connection.

    `answer_in` is the test that judges whether and how they are answered, "" for the attack itself;
    `may_be_taken` says that a service may acknowledge what they ask for as well.
    """

    frames: Sequence[bytes]
    answer_in: str = ""
    may_be_taken: bool = False


@dataclass(frozen=True, slots=True)
class Flood:
    """Frames in turn, `per_second` of them, `at_once` by one write, on an open connection."""

    frames: Sequence[bytes]
    per_second: int
    at_once: int = 10


@dataclass(frozen=True, slots=True)
class Handshake:
    """Bytes in place of a handshake, then `drop` again and again, if there is one.

    `{path}`, `{host}` and `{token}` stand for the endpoint's. One that `stalls` is right as far as
    it goes: all that a service can do is wait for the rest, until it has waited long enough.
    """

    opening: str
    drop: str = ""
    stalls: bool = False


@dataclass(frozen=True, slots=True)
class HoldOpen:
    """Frames on an open connection, and no leave is taken when the service closes it."""

    frames: Sequence[bytes]


Input: TypeAlias = Frames | Flood | Handshake | HoldOpen


# --- the data file --------------------------------------------------------------------------------


class FrameRow(Table):
    """One frame, or `times` of them; `reserved_bit`: the first, second or third is set."""

    kind: Literal["text", "binary", "continuation", "ping", "pong", "close"] | int = "text"
    sends: ContentField = content("")
    fin: bool = True
    masked: bool = True
    reserved_bit: Literal[0, 1, 2, 3] = 0
    announces: int | None = None
    times: AmountField = 1

    @field_validator("kind")
    @classmethod
    def _opcode(cls, kind: str | int) -> str | int:
        if isinstance(kind, int) and not 0 <= kind <= 15:
            raise ValueError(f"{kind} is no kind of frame: they have numbers from 0 to 15")
        return kind

    def made(self, number: int, commands: Commands) -> list[bytes]:
        """Return the frames, as they go onto the wire.

        Args:
            number: that in the name of the attack.
            commands: those of the target. A text is of the kind that its clients send it in, and
                where it is none of them, a binary message if they send no texts.
        """
        kind, said = self.kind, self.sends.made(number, commands=commands)
        if kind == "text":
            is_binary = commands.sends_binary
            if self.fin:  # a fragment is an attack for its frames
                said, is_binary = commands.wire(said)
            kind = "binary" if is_binary else "text"
        once = frame(
            kind if isinstance(kind, int) else OPCODES[kind],
            said,
            fin=self.fin,
            masked=self.masked,
            reserved=RESERVED_BITS[self.reserved_bit],
            announced=self.announces,
        )
        return [once] * reckoned(self.times, number)


class Line(Table):
    """A line of a handshake, `times` times."""

    line: ContentField
    times: AmountField = 1


class Attack(Table):
    """A group of inputs, or several groups: those that `of` names."""

    name: str = Field(min_length=1)
    what: str = Field(min_length=1)
    of: list[str] = Field(default=[])


class HostileInput(Row):
    """What one hostile client does.

    It `sends` a message, or `frames`: once, or `per_second` times per second, `at_once` by one
    write. Where it `stays`, it takes no leave when it is closed; where `answer_in` names the test
    that judges whether and how it is answered, its answer must only tell no internals; where it
    `may_be_taken`, an acknowledgement will do as well as an error. Or it begins
    with `lines` and a `handshake` behind them in the place of a handshake, and goes on with `drop`;
    one that `stalls` is right as far as it goes. `{path}`, `{host}` and `{token}` stand for the
    endpoint's there.
    """

    attack: str
    sends: ContentField | None = None
    frames: list[FrameRow] | None = None
    per_second: AmountField | None = None
    at_once: AmountField = AT_ONCE
    stays: bool = False
    answer_in: str = Field(default="", pattern=r"(QA-WS-\d{3})?")
    may_be_taken: bool = False
    lines: list[str | Line] | None = None
    handshake: ContentField | None = None
    drop: str = ""
    stalls: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> HostileInput:
        shakes = self.lines is not None or self.handshake is not None
        if [self.sends is not None, self.frames is not None, shakes].count(True) != 1:
            raise ValueError('has one of "sends", "frames", and "lines" or "handshake"')
        if shakes and (self.per_second is not None or self.stays):
            raise ValueError('"per_second" and "stays" are of messages, not of a handshake')
        if self.may_be_taken and (self.sends is None or self.per_second is not None or self.stays):
            raise ValueError('"may_be_taken" is of a message that is sent once')
        if not shakes and (self.drop or self.stalls):
            raise ValueError('"drop" and "stalls" are of a handshake, not of messages')
        return self

    @property
    def key(self) -> str:
        """Return what no other input of its attack may have too."""
        return f"{self.attack}: {self.name}"

    def made(self, number: int, commands: Commands) -> Input:
        """Return the input.

        Args:
            number: that in the name of the attack; 0 where there is none.
            commands: those of the target.

        Raises:
            NotVerified: the target has no command that the input is made of, or it is no attack.
        """
        if self.lines is not None or self.handshake is not None:
            return Handshake(self._opening(), self.drop, self.stalls)
        rows = self.frames or [FrameRow.model_construct(sends=self.sends)]
        _require_attack(rows, number, commands)
        frames = [each for row in rows for each in row.made(number, commands)]
        if self.per_second is not None:
            return Flood(frames, reckoned(self.per_second, number), reckoned(self.at_once, number))
        if self.stays:
            return HoldOpen(frames)
        return Frames(frames, self.answer_in, self.may_be_taken)

    def _opening(self) -> str:
        parts = list[bytes]()
        for each in self.lines or []:
            line = each if isinstance(each, Line) else Line(line=each)
            parts.append((line.line.made() + LINE_END) * reckoned(line.times, 0))
        if isinstance(self.handshake, Content):
            parts.append(self.handshake.made())
        return b"".join(parts).decode("latin-1")


def _require_attack(rows: Sequence[FrameRow], number: int, commands: Commands) -> None:
    """Raise `NotVerified` where clients send binary messages, and an input is no attack then.

    That is a command in a binary message, where they send it so; and a text that is not UTF-8,
    where they send no texts: a service that takes none may well say so with another code.
    """
    kinds = [row.kind for row in rows]
    if kinds[0] != "binary" and not ("text" in kinds and commands.sends_binary):
        return
    text = b"".join(row.sends.made(number, commands=commands) for row in rows)
    try:
        text.decode()
    except UnicodeDecodeError:
        if "text" in kinds:
            raise NotVerified("clients of the target send binary messages, and no texts") from None
        return
    if kinds[0] == "binary" and _is_said_in_binary(text, commands):
        raise NotVerified("clients of the target send binary messages: a command in one is good")


def _is_said_in_binary(text: bytes, commands: Commands) -> bool:
    """Return whether that is a command, and clients send it as JSON in a binary message."""
    try:
        said = json.loads(text)
        data, is_binary = commands.wire(text)
        return is_binary and isinstance(said, dict | list) and json.loads(data) == said
    except (ValueError, NotVerified):
        return False


INPUTS = RowList("hostile-inputs", "hostile input", HostileInput, {"attack": [Attack]})


def attacks() -> dict[str, list[HostileInput]]:
    """Return the inputs of each attack, by the name that it has in the data file.

    Raises:
        Broken: an input is of no attack, or an attack of attacks that are not there.
    """
    groups: dict[str, Attack] = {}
    for each in INPUTS.tables["attack"]:
        if each.name in groups:
            raise Broken(f'{INPUTS.place}: the attack "{each.name}" is there twice; rename one')
        groups[each.name] = each
    own: dict[str, list[HostileInput]] = {name: [] for name in groups}
    for row in INPUTS.rows.values():
        if row.attack not in groups:
            raise Broken(f'{INPUTS.place}: "{row.name}": {_unknown(row.attack, groups)}')
        own[row.attack].append(row)
    for group in groups.values():
        if strange := [name for name in group.of if name not in groups]:
            raise Broken(f'{INPUTS.place}: "{group.name}": {_unknown(strange[0], groups)}')
    return {
        name: [*own[name], *(row for part in group.of for row in own[part])]
        for name, group in groups.items()
    }


def _unknown(name: str, groups: Any) -> str:
    return INPUTS.unknown(name, groups).replace(INPUTS.noun, "attack", 1)


def number_in(attack: str) -> tuple[str, int]:
    """Return an attack's name as the data file has it, and the number in it; 0 for none.

    Raises:
        Broken: there is no such attack.
    """
    for name in attacks():
        pattern = re.escape(name).replace(re.escape(NUMBER), r"([\d,]+)")
        if found := re.fullmatch(pattern, attack):
            return name, int(found[1].replace(",", "")) if found.groups() else 0
    raise Broken(_unknown(attack, attacks()))


def inputs(
    attack: str, count: int, commands: Commands
) -> tuple[dict[str, Input], dict[str, NotVerified]]:
    """Return the first `count` inputs of an attack, and those that the target has no words for.

    Args:
        attack: its name.
        count: how many.
        commands: those of the target.

    Raises:
        Broken: there is no such attack, or it has not so many inputs.
    """
    name, number = number_in(attack)
    known = attacks()[name]
    if count > len(known):
        raise Broken(f"{attack}: {count} are wanted, but {len(known)} are known")
    made: dict[str, Input] = {}
    unsaid: dict[str, NotVerified] = {}
    for row in known[:count]:
        try:
            made[row.name] = row.made(number, commands)
        except NotVerified as problem:
            unsaid[row.name] = problem
    return made, unsaid


def rounds(flood: Flood) -> Iterator[bytes]:
    """Yield what a flood writes at a time, without end."""
    number = 0
    while True:
        frames = [flood.frames[(number + i) % len(flood.frames)] for i in range(flood.at_once)]
        yield b"".join(frames)
        number += flood.at_once
