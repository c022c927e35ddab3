"""Rows: what features name from a list, as data that whoever edits features can edit too.

Each list is a file in `features/data`: tables `[[row]]` with a name, by which features call it, the
source that demands it, and what is sent. A team's own rows are in files of the same names in a
folder that `use` names. docs/editing.md explains them, docs/rows.md shows all of them.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qaws import places
from qaws.verdict import Broken

NEAR = 0.6
"""How much of a name must be like a known one for that to be named (`difflib`)."""

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
        for file in self.files:
            data = _toml(file)
            for key in data:
                if key not in ("row", *self._tables):
                    raise Broken(f'{shown(file)}: no table "{key}" here; rows are [[row]]')
            for number, each in enumerate(_list_of_tables(file, data.get("row", [])), 1):
                row = self.checked(file, self._row, each, f"row {number}")
                if row.key in rows:
                    raise Broken(
                        f'{shown(file)}: "{row.key}" is there twice; give one another name'
                    )
                rows[row.key] = row
            for name, kind in self._tables.items():
                found = data.get(name, [] if isinstance(kind, list) else {})
                if isinstance(kind, list):
                    read = [
                        self.checked(file, kind[0], each, f"{name} {number}")
                        for number, each in enumerate(_list_of_tables(file, found), 1)
                    ]
                    tables.setdefault(name, []).extend(read)
                else:
                    tables.setdefault(name, {}).update(found)
        return rows, tables

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


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Broken(f"{shown(file)}: is gone; put it back") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise Broken(f"{shown(file)}: cannot be read: {problem}") from None
    except tomllib.TOMLDecodeError as problem:
        raise Broken(f"{shown(file)}: is not TOML: {problem}") from None


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
