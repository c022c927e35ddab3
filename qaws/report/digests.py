"""Digests of what a run left behind, so that a year later an auditor can tell it is unaltered.

`digests.json` has the SHA-256 of pages, verdicts, evidence and JUnit files, and of the feature
files and their data as they were when the run began. `qaws verify` holds a folder against it.
Whoever can alter the folder can alter the digests too: the console prints the digest of
`digests.json` itself, to be kept elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "digests.json"
PAGES = ("*.html", "*.md", "*.pdf")
KEPT = (*PAGES, "verdict.json", "run.json", "checks.jsonl", "junit/*", "evidence/*")
"""What belongs to a run; the README of the folder does not, nor what later runs add to."""
EVIDENCE = "evidence/"
NOT_KEPT = ("README.md", "faults.html")
EXIT_ALTERED = 1
EXIT_BROKEN = 2


def write_digests(reports: Path, features: Path) -> str:
    """Write the digests of a reports folder; return the digest of that file, in hex.

    Args:
        reports: the folder of the run, whose `run.json` has those of the feature files.
        features: the folder of the feature files, for a run that has noted none of its own.
    """
    found = {
        "reports": _of(reports, _kept(reports)),
        "features": _noted(reports) or feature_digests(features),
    }
    text = _written(found)
    (reports / NAME).write_text(text, "utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def _written(digests: dict[str, Any]) -> str:
    return json.dumps(digests, indent=1, sort_keys=True) + "\n"


def _kept(reports: Path) -> Iterator[Path]:
    for pattern in KEPT:
        for file in sorted(reports.glob(pattern)):
            if file.is_file() and file.name not in NOT_KEPT and not file.name.startswith("."):
                yield file


def feature_digests(folder: Path) -> dict[str, str]:
    """Return the digests of feature files and their data in a folder, by their path in it."""
    return _of(folder, iter(sorted([*folder.rglob("*.feature"), *folder.rglob("*.toml")])))


def _noted(reports: Path) -> dict[str, str]:
    """Return the digests of the feature files that a run has noted as it began."""
    try:
        return dict(json.loads((reports / "run.json").read_text("utf-8"))["features"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _of(folder: Path, files: Iterator[Path]) -> dict[str, str]:
    digest = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }
    return dict(sorted(digest.items()))


def differences(reports: Path, features: Path | None) -> list[str]:
    """Return what is not as it was, one line each; nothing where all is.

    Args:
        reports: the folder of the run.
        features: the feature files to hold against those that were run; None: do not.

    Raises:
        ValueError: there are no digests, or they cannot be read.
    """
    file = reports / NAME
    try:
        text = file.read_bytes().decode()
        noted = json.loads(text)
        kept, plan = dict(noted["reports"]), dict(noted["features"])
    except OSError as problem:
        raise ValueError(f"{file}: {problem.strerror}; `qaws report` writes it") from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file} cannot be read: it was altered, or cut short") from None
    lines = _compared(kept, _of(reports, _kept(reports)), str(reports))
    if text != _written(noted) or plan != (_noted(reports) or plan):
        lines.append(f"{file}: was altered")
    if features is not None:
        lines += _compared(plan, feature_digests(features), str(features))
    return lines


def _compared(noted: dict[str, str], found: dict[str, str], folder: str) -> list[str]:
    return [
        f"{folder}/{name}: {word}"
        for name in sorted(noted.keys() | found.keys())
        if (word := _word(name, noted.get(name), found.get(name)))
    ]


def _word(name: str, noted: str | None, found: str | None) -> str:
    """Say what has become of a file; "" where it is as it was, or nothing of the sheet.

    A proof of the faults, or a run beside, may leave evidence behind the sheet: that alters nothing
    of what the sheet says.
    """
    if noted == found or (noted is None and name.startswith(EVIDENCE)):
        return ""
    if noted is None:
        return "was added"
    if found is None:
        return "is missing"
    later = ", or is of a later run: `qaws report` takes it in"
    return "was altered" + later * name.startswith(EVIDENCE)


def main(arguments: list[str], reports: Path, features: Path) -> int:
    """Verify a reports folder; see USAGE of `qaws verify`.

    Returns:
        0 where all is as it was, 1 where it is not, 2 where that cannot be told.
    """
    parser = argparse.ArgumentParser(prog="qaws verify", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "reports", type=Path, nargs="?", default=reports, help=f"default: {reports}"
    )
    parser.add_argument(
        "--features",
        action="store_true",
        help="hold features and data of this tree against those that were run, too",
    )
    options = parser.parse_args(arguments)
    try:
        lines = differences(options.reports, features if options.features else None)
    except ValueError as problem:
        print(f"BROKEN: {problem}", file=sys.stderr)
        return EXIT_BROKEN
    for line in lines:
        print(line)
    digest = hashlib.sha256((options.reports / NAME).read_bytes()).hexdigest()
    verdict: Any = _told(options.reports)
    print(f"{NAME}: SHA-256 {digest}")
    many = "file" if len(lines) == 1 else "files"
    print(f"ALTERED: {len(lines)} {many}" if lines else f"UNALTERED: {verdict}")
    return EXIT_ALTERED if lines else 0


def _told(reports: Path) -> str:
    try:
        verdict = json.loads((reports / "verdict.json").read_text("utf-8"))
        return f"run {verdict['run']['verdict']}, sign-off {verdict['signoff']['verdict']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "the run left no verdict"
