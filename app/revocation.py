"""Tokens that their issuer has taken back: a list of their ``jti`` in a file, one on each line."""

import logging
from os import stat_result
from pathlib import Path

LOOK_EVERY_S = 0.5
"""How often the file is looked at while nobody connects, for those who are connected already."""

_log = logging.getLogger(__name__)


class Denylist:
    """The ids of the file, as it is now; a file that is not there yet has none.

    The file is looked at with each token that comes: one that was taken back a moment ago opens
    nothing, and a list that outlives the service holds for the next one too. When the file cannot
    be read any more, what was known is kept: a slip must not let anybody in again.
    """

    def __init__(self, file: str) -> None:
        self._file = Path(file)
        self._seen: tuple[int, int, int] | None = None
        self._complaint = ""
        self.ids: frozenset[str] = frozenset()
        self.look_again()

    def has(self, jti: str | None) -> bool:
        """Tell whether a token of this id was revoked; one without an id cannot be."""
        self.look_again()
        return jti is not None and jti in self.ids

    def look_again(self) -> None:
        """Take over what has changed."""
        try:
            seen = _state(self._file.stat())
            if seen != self._seen:
                self.ids, self._seen = _ids(self._file), seen
            self._complaint = ""
        except (OSError, UnicodeDecodeError) as problem:
            absent = isinstance(problem, FileNotFoundError) and self._seen is None
            if not absent and (complaint := f"{self._file}: {problem}") != self._complaint:
                self._complaint = complaint
                _log.warning("%s; the revoked tokens known so far are kept", complaint)


def _state(found: stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _ids(file: Path) -> frozenset[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip())
