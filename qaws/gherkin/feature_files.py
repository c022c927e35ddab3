"""Feature files as editors leave them: UTF-8, with a byte order mark or without."""

from __future__ import annotations

import codecs
from pathlib import Path

from behave import parser
from behave.model import Feature
from behave.parser import ParserError, parse_feature

MERGE_MARKS = ("<<<<<<< ", ">>>>>>> ", "||||||| ")
OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # which begins like UTF-16
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
HERE = Path.cwd


class UnreadableFile(ParserError):  # type: ignore[misc]
    """A feature file that is no text of ours, in one line with its name and the line in it."""

    def __init__(self, file: str, line: int, said: str) -> None:
        path = Path(file)
        inside = path.is_absolute() and path.is_relative_to(HERE())
        self.said = f"{path.relative_to(HERE()) if inside else path}:{line}: {said}"
        super().__init__(self.said, line, file, use_annotated_message=False)

    def __str__(self) -> str:
        return self.said


def parse_file(filename: str, language: str | None = None) -> Feature | None:
    """Parse a feature file; do in behave's place what its function of that name does.

    Raises:
        ParserError: it cannot be read; the message names file and line.
    """
    return parse_feature(text_of(filename), language, filename)


def text_of(filename: str) -> str:
    """Return the text of a feature file, without the byte order mark that some editors write.

    Raises:
        UnreadableFile: it is not UTF-8, or an unfinished merge is in it.
    """
    data = Path(filename).read_bytes()
    for mark, encoding in OTHERS.items():
        if data.startswith(mark):
            raise UnreadableFile(filename, 1, f"is {encoding}; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        said = f"is not UTF-8 (byte 0x{data[problem.start]:02x}); save it as UTF-8"
        raise UnreadableFile(filename, line, said) from None
    for number, words in enumerate(text.splitlines(), 1):
        if words.startswith(MERGE_MARKS):
            said = f'an unfinished merge: "{words[:40]}"; choose a side and take the marks out'
            raise UnreadableFile(filename, number, said)
    return text


def read_by_behave() -> None:
    """Let behave itself read feature files so."""
    parser.parse_file = parse_file
