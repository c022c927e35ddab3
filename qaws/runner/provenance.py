"""Which state of the suite a run is of: the commit, and what was changed since.

Figures of several runs stand on one sheet only where they are of one state and one target.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from qaws import places
from qaws.sut.spoken import code_of
from qaws.sut.target import Target
from qaws.verdict import readable

ROOT = places.PACKAGE.parent
PARTS = ("qaws", "app", "features", "targets", "signoff", "environment.py", "requirements.lock")
"""What makes the state of the project where no commit is known."""
OF_THE_PACKAGE = ("qaws",)
"""What does where the package is installed."""
PASSED_OVER = ("node_modules", "__pycache__")
DIGITS = 12
"""So much of a digest tells two states apart, and can be read."""
PATIENCE_S = 30
MOST_FILES = 3
"""So many files that were changed are named."""


@lru_cache(maxsize=1)
def suite_state() -> dict[str, str | None]:
    """Return the state of the suite that this process is of."""
    return state_now()


def state_now() -> dict[str, str | None]:
    """Return the state of the suite, with a team's own features, as it is at this moment."""
    if not (own := places.own_features()):
        return state_of(ROOT)
    suite = state_of(ROOT)
    changes = _digest(own, _files(own, ("",)), str(suite).encode())
    return {"commit": None, "changes": changes}


def state_of(root: Path) -> dict[str, str | None]:
    """Return `commit` and `changes` of a folder, and which `files` were changed since.

    `commit` is None where it is no repository of its own; `changes` is a digest of what differs
    from the commit ("" where nothing does), or of all files where there is none. `files` names a
    few of those that differ; it is there only where some do.
    """
    parts = OF_THE_PACKAGE if places.IS_INSTALLED else PARTS
    told = _git(root, "rev-parse", "HEAD", "--show-toplevel")
    commit, _, top = (told or b"").decode("utf-8", "replace").strip().partition("\n")
    if not top or Path(top).resolve() != root.resolve():
        return {"commit": None, "changes": _digest(root, _files(root, parts))}
    status = _git(root, "status", "--porcelain=v1", "-z", "--untracked-files=all") or b""
    if not status:
        return {"commit": commit, "changes": ""}
    lines = [line.decode("utf-8", "surrogateescape") for line in status.split(b"\0") if line]
    untracked = [root / line[3:] for line in lines if line.startswith("?? ")]
    difference = status + (_git(root, "diff", "HEAD", "--binary") or b"")
    changes = _digest(root, untracked, difference)
    return {"commit": commit, "changes": changes, "files": _named(lines)}


def _named(lines: Sequence[str]) -> str:
    """Return the first few files of `git status --porcelain -z`, and how many there are besides."""
    names, was_renamed = [], False
    for line in lines:
        if not was_renamed:  # the old name follows the new one, on a line of its own
            names.append(readable(line[3:]))
        was_renamed = not was_renamed and line[0] in "RC"
    told, rest = names[:MOST_FILES], len(names) - MOST_FILES
    return ", ".join([*told, *([f"and {rest} more"] if rest > 0 else [])])


def target_identity(target: Target) -> str:
    """Return a digest of a target with its overrides: other settings are another target.

    So is another file that encodes or decodes.

    Raises:
        Broken: such a file cannot be read.
    """
    whole = target.model_dump_json() + "".join(code_of(target).values())
    return hashlib.sha256(whole.encode()).hexdigest()[:DIGITS]


def _git(root: Path, *arguments: str) -> bytes | None:
    """Return what git says; None where it is missing, or says that it cannot."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _files(root: Path, parts: Sequence[str]) -> list[Path]:
    found = [root / part for part in parts if (root / part).is_file()]
    for part in parts:
        found += [
            path
            for path in (root / part).rglob("*")
            if path.is_file() and not set(PASSED_OVER).intersection(path.parts)
        ]
    return found


def _digest(root: Path, files: Iterable[Path], more: bytes = b"") -> str:
    digest = hashlib.sha256(more)
    for path in sorted(files):
        digest.update(str(path.relative_to(root)).encode("utf-8", "surrogateescape") + b"\0")
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]
