"""Target files that `qaws init` has written and that their probe did not bear out.

As long as nobody has changed such a file it is no more than a first guess: the next `qaws init` may
write it anew. Which these are is kept beside the probe's logs.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path


def note(file: Path) -> None:
    """Note that a file is as it was written, and was not borne out."""
    place = _place(file)
    with suppress(OSError):  # then one has to say --replace
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_digest(file), encoding="utf-8")


def is_as_written(file: Path) -> bool:
    """Return whether it was noted, and is still the same."""
    try:
        return _place(file).read_text(encoding="utf-8") == _digest(file)
    except (OSError, UnicodeDecodeError):
        return False


def _place(file: Path) -> Path:
    whole = hashlib.sha256(str(file.absolute()).encode()).hexdigest()
    return Path(os.environ.get("QAWS_REPORTS") or "reports") / "probe" / f"unproven-{whole[:12]}"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
