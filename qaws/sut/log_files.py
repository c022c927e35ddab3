"""What a service writes to files from a certain moment on: its output, and the logs that it names.

Whoever looks at a log later must know where it stood before. A file that was rotated meanwhile goes
on being read under its new name, and its successor from the beginning; so is a file that was
emptied.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

KNOWN_BYTES = 64
"""So much before the mark is remembered: where it reads otherwise later the file was emptied."""

Identity = tuple[int, int]
"""Device and inode of a file, which it keeps when it is renamed."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """An open file, how long it was, and what stood right before its end then."""

    file: BinaryIO
    length: int
    tail: bytes

    def start(self) -> int:
        """Return from where it is to be read: from the mark, from 0 where it was emptied since."""
        if os.fstat(self.file.fileno()).st_size < self.length:
            return 0
        self.file.seek(self.length - len(self.tail))
        return self.length if self.file.read(len(self.tail)) == self.tail else 0


class LogPlace:
    """A file, or all files that a pattern names, from now on.

    Every method raises OSError where a file cannot be read.
    """

    def __init__(self, name: str, pattern: str) -> None:
        """Note where the files stand that are there now.

        Args:
            name: what findings call it.
            pattern: a path, in which `*`, `?`, `[…]` and `**` stand for what they do in a shell.
        """
        self.name = name
        self.pattern = pattern
        self._marks: dict[Identity, _Mark] = {}
        with ExitStack() as opened:
            for path, identity in self._files():
                if identity not in self._marks:
                    file = opened.enter_context(open(path, "rb"))
                    length = file.seek(0, os.SEEK_END)
                    file.seek(max(0, length - KNOWN_BYTES))
                    self._marks[identity] = _Mark(file, length, file.read(length - file.tell()))
            self._opened = opened.pop_all()

    def _files(self) -> Iterator[tuple[str, Identity]]:
        """Yield the regular files that are there now; a pipe would hold up whoever opens it."""
        for path in sorted(glob.glob(self.pattern, recursive=True)):
            try:
                found = os.stat(path)
            except FileNotFoundError:
                continue  # rotated away in this moment
            if stat.S_ISREG(found.st_mode):
                yield path, (found.st_dev, found.st_ino)

    @property
    def is_there(self) -> bool:
        """Return whether there is a file of that name."""
        return bool(self._marks) or any(True for _ in self._files())

    def written(self) -> str:
        """Return all that was written since the place was noted, in any of its files."""
        pieces = []
        for mark in self._marks.values():
            mark.file.seek(mark.start())
            pieces.append(mark.file.read())
        seen = set(self._marks)
        for path, identity in self._files():
            if identity not in seen:
                seen.add(identity)
                with open(path, "rb") as file:
                    pieces.append(file.read())
        return b"\n".join(pieces).decode("utf-8", "replace")

    def state(self) -> tuple[tuple[Identity, int], ...]:
        """Return something that differs as soon as something is written."""
        marked = [
            (identity, os.fstat(mark.file.fileno()).st_size)
            for identity, mark in self._marks.items()
        ]
        others = [
            (identity, os.stat(path).st_size)
            for path, identity in self._files()
            if identity not in self._marks
        ]
        return (*marked, *others)

    def close(self) -> None:
        """Let go of the files."""
        self._opened.close()
