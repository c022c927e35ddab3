"""Where the suite's own files are: features, target files, sign-off page."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_INSTALLED = _HERE / "suite"

SUITE = _INSTALLED if (_INSTALLED / "features").is_dir() else _HERE.parent
"""The folder that has `features`, `targets` and `signoff`: that of the project, or, where the
package is installed, one inside it."""

FEATURES = SUITE / "features"
DATA = FEATURES / "data"
"""What features name from a list, as data: one file for each list."""
