"""What stands in the answer to a request before a connection: values by name, and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal

import msgspec

from qaws.protocol import paths

LONGEST_TEXT = 4096
"""Characters that a body may have which is a value itself: what has more is a page."""
Headers = Sequence[tuple[str, str]]


class Taken(msgspec.Struct, frozen=True):
    """Where a value stands in an answer.

    Attributes:
        where: a JSON member, a header, a cookie, or the body as it is.
        name: the member's path, or the name of header or cookie.
        each: a path to tables, of which the first that fits has the member; "" for the answer.
        match: what that table has, as in `paths.Pattern`.
    """

    where: Literal["member", "header", "cookie", "body"]
    name: str = ""
    each: str = ""
    match: dict[str, Any] = {}

    def __str__(self) -> str:
        if self.where == "body":
            return "the body"
        of = f' of the first that fits in "{self.each}"' if self.each else ""
        return f'{self.where} "{self.name}"{of}'


class NotThere(ValueError):
    """An answer has not what is to be taken from it; the text says what it has."""


class Answer:
    """One answer; its body is read as JSON at most once."""

    def __init__(self, headers: Headers, body: bytes) -> None:
        self.headers, self.body = headers, body
        self._document: Any = None
        self._is_read = False

    @property
    def document(self) -> Any:
        """Return the body as JSON.

        Raises:
            NotThere: it is none.
        """
        if not self._is_read:
            try:
                self._document = json.loads(self.body)
            except (ValueError, RecursionError):
                raise NotThere(
                    f"the answer is not JSON, but {self._kind}; look at url, or take a header, a "
                    "cookie or the body"
                ) from None
            self._is_read = True
        return self._document

    @property
    def _kind(self) -> str:
        kind = _header("content-type", self.headers) or "no Content-Type"
        return f"{len(self.body)} bytes of {kind}"

    def refuses(self, patterns: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the body says what refuses; a body that is no JSON is a text."""
        if not patterns:
            return False
        try:
            said = self.document
        except NotThere:
            said = self.body.decode("utf-8", "replace").strip()
        return any(paths.Pattern(each).fits(said) for each in patterns)

    def value(self, at: Taken) -> str:
        """Return what stands somewhere.

        Raises:
            NotThere: nothing does, or nothing that is text or a number.
        """
        if at.where == "body":
            return self._text()
        if at.where == "header":
            value: Any = _header(at.name, self.headers)
        elif at.where == "cookie":
            value = _cookie(at.name, self.headers)
        else:
            value = self._member(at)
        if value is None or isinstance(value, bool | dict | list):
            has_no = f"has no such {at.where}" if value is None else "has no text or number there"
            raise NotThere(f"the answer {has_no}")
        return str(value)

    def _member(self, at: Taken) -> Any:
        document = self.document
        if at.each:
            tables = paths.Path(at.each).all(document)
            pattern = paths.Pattern(at.match)
            if (table := next(filter(pattern.fits, tables), None)) is None:
                raise NotThere(f'the answer has {len(tables)} in "{at.each}", of which none fits')
            document = table
        value = paths.Path(at.name).get(document)
        if value is paths.MISSING:
            is_table = isinstance(document, dict)
            has = ", ".join(document) if is_table else f"a {type(document).__name__}"
            raise NotThere(f"the answer has no such member; it has {has or 'none'}")
        return value

    def _text(self) -> str:
        try:
            text = self.body.decode().strip()
        except UnicodeDecodeError:
            text = ""
        if not text or len(text) > LONGEST_TEXT or not text.isprintable():
            raise NotThere(
                f"the answer is not one line of text, but {self._kind}; look at url, or take a "
                "member, a header or a cookie"
            )
        return text


def _header(name: str, headers: Headers) -> str | None:
    return next((v for n, v in headers if n.lower() == name.lower()), None)


def _cookie(name: str, headers: Headers) -> str | None:
    for each, value in headers:
        if each.lower() == "set-cookie":
            jar = SimpleCookie()
            try:
                jar.load(value)
            except CookieError:
                continue
            if name in jar:
                return jar[name].coded_value
    return None
