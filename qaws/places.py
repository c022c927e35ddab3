"""Where the suite's own files are, and a team's own beside them.

In the project they are in its folder; where the package is installed, inside it (setup.py puts
them there).
"""

from __future__ import annotations

from pathlib import Path

from qaws.verdict import Broken

PACKAGE = Path(__file__).resolve().parent
_WITHIN = PACKAGE / "suite"
IS_INSTALLED = (_WITHIN / "features").is_dir()

SUITE = _WITHIN if IS_INSTALLED else PACKAGE.parent
"""The folder that has `features`, `signoff` and `docs`."""

FEATURES = SUITE / "features"
DATA = FEATURES / "data"
"""What features name from a list, as data: one file for each list."""
SIGNOFF = SUITE / "signoff"

OWN_STEPS = Path("features/steps/suite.py")
"""What makes a folder a team's own repository: it loads the suite's steps."""
TARGETS = Path("targets")
REFERENCE = TARGETS / "reference.toml"


def own_features() -> Path | None:
    """Return the features of a team's own repository; None where this is not the folder of one."""
    return OWN_STEPS.parent.parent.resolve() if OWN_STEPS.is_file() else None


def default_target() -> Path:
    """Return the target file where nobody names one: the reference, or the only one there is.

    Raises:
        Broken: there are several, or none.
    """
    there = sorted(TARGETS.glob("*.toml"))
    if REFERENCE in there or (not there and not own_features()):
        return REFERENCE
    if len(there) == 1:
        return there[0]
    if there:
        raise Broken(
            f"{TARGETS}/ has {', '.join(file.name for file in there)}: say which is meant, by "
            f"-D target={there[0]} or QAWS_TARGET={there[0]}"
        )
    raise Broken(f'{TARGETS}/ has no target file; "qaws init NAME" writes one')
