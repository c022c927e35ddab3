"""Rows: what features name from a list, as data that whoever edits features can edit too.

Each list is a file in `features/data`: tables `[[row]]` with a name, by which features call it, the
source that demands it, and what is sent. A team's own rows are in files of the same names in a
folder that `use` names. docs/editing.md explains them, docs/rows.md shows all of them.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qaws import places
from qaws.verdict import Broken

NEAR = 0.6
"""How much of a name must be like a known one for that to be named (`difflib`)."""
ROW = "row"
"""The table that has the rows of a list: `[[row]]`."""

_OWN: list[Path] = []
_LISTS: dict[str, RowList[Any]] = {}


class Table(BaseModel):
    """A table of a data file: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(Table):
    """A row.

    Attributes:
        name: what features call it.
        source: who demands it, as docs/specification.md, section 7, has it.
        what: what it is in words, where what is sent does not say so.
    """

    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    what: str = ""

    @property
    def key(self) -> str:
        """Return what no other row of the list may have too."""
        return self.name


@dataclass(frozen=True, slots=True)
class Written:
    """A table as its file has it, and where.

    Attributes:
        file: the data file.
        line: of its heading.
        members: what stands in it, as TOML has read it.
    """

    file: Path
    line: int
    members: dict[str, Any]


R = TypeVar("R", bound=Row)


class RowList(Generic[R]):
    """One list: its rows by name, in the order of the files."""

    def __init__(
        self, stem: str, noun: str, row: type[R], tables: dict[str, Any] | None = None
    ) -> None:
        """Declare a list; nothing is read yet.

        Args:
            stem: the file's name, without `.toml`.
            noun: what messages call one row.
            row: what a row has.
            tables: what the file may have besides: name → type, each a dict or a list.
        """
        self.stem, self.noun, self._row = stem, noun, row
        self._tables = tables or {}
        self._read: tuple[dict[str, R], dict[str, Any]] | None = None
        self._written: dict[str, dict[str, Written]] = {}
        _LISTS[stem] = self

    @property
    def files(self) -> list[Path]:
        """Return the files that the list is read from, the suite's own first."""
        own = [folder / f"{self.stem}.toml" for folder in _OWN]
        return [places.DATA / f"{self.stem}.toml", *(file for file in own if file.is_file())]

    @property
    def place(self) -> str:
        """Return where messages say that a row belongs: the last of its files."""
        return shown(self.files[-1])

    def forget(self) -> None:
        """Read the files again when they are asked for next."""
        self._read = None

    @property
    def rows(self) -> dict[str, R]:
        """Return the rows by their keys.

        Raises:
            Broken: a file is not as it should be; the message is one line.
        """
        return self._content()[0]

    @property
    def tables(self) -> dict[str, Any]:
        """Return what the files have besides rows.

        Raises:
            Broken: as with `rows`.
        """
        return self._content()[1]

    @property
    def written(self) -> dict[str, dict[str, Written]]:
        """Return what the files have, as it is written: table → key or name → its members.

        Raises:
            Broken: as with `rows`.
        """
        self._content()
        return self._written

    def defaults(self, table: str) -> dict[str, Any]:
        """Return what a member of a table is where nobody writes it."""
        model = self._row if table == ROW else (self._tables[table] or [None])[0]
        fields = model.model_fields if model else {}
        return {field.alias or name: field.default for name, field in fields.items()}

    def named(self, name: str) -> R:
        """Return a row by its key.

        Raises:
            Broken: there is none; the message has the nearest.
        """
        if name not in self.rows:
            raise Broken(self.unknown(name, self.rows))
        return self.rows[name]

    def unknown(self, name: str, known: Iterable[str]) -> str:
        """Say that nothing is called so, and what may have been meant."""
        known = list(known)
        near = difflib.get_close_matches(name, known, 1, NEAR)
        meant = f'did you mean "{near[0]}"' if near else f"known are {', '.join(known)}"
        return f'no {self.noun} "{name}"; {meant}; {self.place}'

    def _content(self) -> tuple[dict[str, R], dict[str, Any]]:
        if self._read is None:
            self._read = self._read_all()
        return self._read

    def _read_all(self) -> tuple[dict[str, R], dict[str, Any]]:
        rows: dict[str, R] = {}
        tables: dict[str, Any] = {}
        self._written = {ROW: {}, **{name: {} for name in self._tables}}
        for file in self.files:
            text, data = _toml(file)
            for key in data:
                if key not in (ROW, *self._tables):
                    raise Broken(f'{shown(file)}: no table "{key}" here; rows are [[row]]')
            for number, each in enumerate(_list_of_tables(file, data.get(ROW, [])), 1):
                row = self.checked(file, self._row, each, f"row {number}")
                if row.key in rows:
                    raise Broken(
                        f'{shown(file)}: "{row.key}" is there twice; give one another name'
                    )
                rows[row.key] = row
                self._note(ROW, row.key, file, _line(text, ROW, number), each)
            for name, kind in self._tables.items():
                found = data.get(name, [] if isinstance(kind, list) else {})
                if isinstance(kind, list):
                    for number, each in enumerate(_list_of_tables(file, found), 1):
                        read = self.checked(file, kind[0], each, f"{name} {number}")
                        tables.setdefault(name, []).append(read)
                        self._note(name, read.name, file, _line(text, name, number), each)
                else:
                    tables.setdefault(name, {}).update(found)
                    for key, each in found.items():
                        self._note(name, key, file, _line(text, name, key), each)
        return rows, {**{name: type(kind)() for name, kind in self._tables.items()}, **tables}

    def _note(self, table: str, key: str, file: Path, line: int, members: Any) -> None:
        known = members if isinstance(members, dict) else {"": members}
        self._written[table][key] = Written(file, line, known)

    def checked(self, file: Path, model: type[Any], table: dict[str, Any], place: str) -> Any:
        """Return a table as what it is.

        Raises:
            Broken: it is not; the message names file, row, key and the way out.
        """
        try:
            return model.model_validate(table)
        except ValidationError as problem:
            name = table.get("name")
            called = f'"{name}"' if isinstance(name, str) else place
            raise Broken(f"{shown(file)}: {called}: {_first_problem(problem, model)}") from None


def meant(name: str, known: Iterable[str]) -> str:
    """Return words for what may have been meant by a name, "" where nothing is like it."""
    near = difflib.get_close_matches(name, list(known), 1, NEAR)
    return f'did you mean "{near[0]}"? ' if near else ""


def unknown_name(noun: str, name: str, known: Iterable[str]) -> str:
    """Say that something has nothing of that name, and what it has."""
    known = list(known)
    return f'has no {noun} "{name}"; {meant(name, known)}it has {", ".join(known)}'


def lists() -> list[RowList[Any]]:
    """Return all lists that are declared, by the names of their files."""
    return [_LISTS[stem] for stem in sorted(_LISTS)]


def preload() -> None:
    """Read all lists; what is wrong with one is told to whoever asks for it."""
    for each in lists():
        with suppress(Broken):
            each.rows  # noqa: B018


def use(folder: Path) -> None:
    """Read a team's own rows too, from files of the same names in a folder; those may be absent.

    Raises:
        Broken: a file there is of no list.
    """
    if folder.resolve() == places.DATA.resolve() or folder in _OWN or not folder.is_dir():
        return
    for file in sorted(folder.glob("*.toml")):
        if file.stem not in _LISTS:
            raise Broken(f"{shown(file)}: no list is called so; known are {', '.join(_LISTS)}")
    _OWN.append(folder)
    for each in lists():
        each.forget()


def shown(file: Path) -> str:
    """Return a path as messages have it: from the folder of the suite, or of the run."""
    for base in (places.SUITE, Path.cwd()):
        if file.is_relative_to(base):
            return str(file.relative_to(base))
    return str(file)


def _toml(file: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a file, and what it says."""
    try:
        text = file.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise Broken(f"{shown(file)}: is gone; put it back") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise Broken(f"{shown(file)}: cannot be read: {problem}") from None
    except tomllib.TOMLDecodeError as problem:
        raise Broken(f"{shown(file)}: is not TOML: {problem}") from None


def _line(text: str, table: str, which: int | str) -> int:
    """Return the line in which a table begins: by its number among its kind, or by its key.

    1 for one that is written otherwise: `row = [{ name = "…" }]`.
    """
    key = rf"\[\[{table}\]\]" if isinstance(which, int) else rf"\[{table}\..?{re.escape(which)}.?\]"
    heads = [found.start() for found in re.finditer(rf"^[ \t]*{key}", text, re.MULTILINE)]
    number = which if isinstance(which, int) else 1
    return text[: heads[number - 1]].count("\n") + 1 if number <= len(heads) else 1


def _list_of_tables(file: Path, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Broken(f"{shown(file)}: rows are written as [[row]], with two brackets each side")
    return value


def _first_problem(problem: ValidationError, model: type[Any]) -> str:
    """Say the first problem of a row in one line."""
    errors = problem.errors()  # a key that is misspelt explains one that is missing
    error = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    key = ".".join(str(part) for part in error["loc"])
    known = [field.alias or name for name, field in model.model_fields.items()]
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        near = difflib.get_close_matches(key, known, 1)
        meant = f'did you mean "{near[0]}"' if near else f"it may have {', '.join(known)}"
        return f'has no key "{key}"; {meant}'
    if error["type"] == "missing":
        return f'lacks "{key}"; add {key} = …'
    said = str(error["msg"]).removeprefix("Value error, ")
    at = f"{key}: " if key else ""
    return f"{at}{said[:1].lower()}{said[1:]}"
