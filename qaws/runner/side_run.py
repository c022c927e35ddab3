"""Runs of behave beside the main job, in folders of their own, whose evidence goes on its sheet."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qaws import places
from qaws.report.signoff import EXIT_CODES, EXIT_INCOMPLETE, EXIT_INCONCLUSIVE, make_report
from qaws.runner.provenance import state_now
from qaws.runtime.lock import hold
from qaws.verdict import Broken

FUNCTIONAL = "@p0 and (@integration or @security)"
"""What flakiness is measured of: the functional scenarios of the plan."""
ALL_FUNCTIONAL = "(@p0 or @p1) and (@integration or @security)"
"""What coverage is measured of: all functional scenarios of the suite."""

OWN_MAIN = "`make p0` or `make signoff`"

ORDER = ("FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED")
LEFT_WITH = {"PASSED": 0, "NOT VERIFIED": EXIT_INCOMPLETE, "INCONCLUSIVE": EXIT_INCONCLUSIVE}
"""With which code behave ends, by the gravest verdict of its rows, unless something else broke."""
WORDS = {"failed": "FAILED", "skipped": "NOT VERIFIED", "passed": "PASSED"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What behave is asked to run.

    Attributes:
        arguments: behave's.
        selection: what they select, in words.
        whole: whether that is all that is usually selected.
    """

    arguments: list[str]
    selection: str
    whole: bool


def asked(arguments: Sequence[str], usual: str) -> Asked:
    """Return what to run: what tags usually select, unless the arguments select something else."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-D", "--define", action="append", default=[])
    rest = parser.parse_known_args(list(arguments))[1]
    if rest:
        return Asked(list(arguments), " ".join(rest), False)
    return Asked([f"--tags={usual}", *arguments], usual, True)


@dataclass(slots=True)
class Outcome:
    """What a run of behave came to.

    Attributes:
        verdict: PASSED, or the gravest of FAILED, BROKEN, INCONCLUSIVE and NOT VERIFIED.
        first: the first row of that verdict, with its reason; "" where all passed.
        rows: name of a row → its verdict.
        run: what `run.json` says.
    """

    verdict: str
    first: str
    rows: dict[str, str] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """Return the exit code that tells of it."""
        return EXIT_INCOMPLETE if self.verdict == "NOT VERIFIED" else EXIT_CODES[self.verdict]

    @property
    def target(self) -> dict[str, Any] | None:
        """Return the target, where the run came so far as to know it."""
        target = self.run.get("target") or {}
        return target if target.get("digest") else None

    @property
    def counted(self) -> str:
        """Return how many rows passed, as "166 of 167 scenarios passed"."""
        passed = sum(verdict == "PASSED" for verdict in self.rows.values())
        total = max(len(self.rows), len(self.run.get("selected") or []))
        return f"{passed} of {total} scenario{'' if total == 1 else 's'} passed"


def outcome_in(reports: Path, behave_exit: int) -> Outcome:
    """Return what the run that wrote into a folder came to."""
    try:
        run = dict(json.loads((reports / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Outcome("BROKEN", f"behave ended with exit code {behave_exit} and left no run.json")
    rows, reasons = _rows(reports / "allure-results")
    worst = next((word for word in ORDER if word in rows.values()), "PASSED")
    if worst not in ("FAILED", "BROKEN") and (why := _broken(run, rows, behave_exit, worst)):
        return Outcome("BROKEN", why, rows, run)
    if worst == "BROKEN" and run.get("error"):
        return Outcome("BROKEN", str(run["error"]), rows, run)
    if worst == "PASSED":
        return Outcome("PASSED", "", rows, run)
    name = next(name for name, verdict in rows.items() if verdict == worst)
    return Outcome(worst, f"{name}: {reasons[name]}", rows, run)


def _broken(run: dict[str, Any], rows: dict[str, str], behave_exit: int, worst: str) -> str:
    """Say what broke a run of which no row says so; "" for nothing."""
    if run.get("error") or run.get("state") != "finished":
        return str(run.get("error") or f'the run did not come to its end ("{run.get("state")}")')
    lacking = len(run.get("selected") or []) - len(rows)
    if lacking > 0 or not rows:
        return f"{max(lacking, 1)} scenarios left no result"
    if behave_exit not in (0, LEFT_WITH[worst]):
        return f"behave ended with exit code {behave_exit} although nothing failed"
    return ""


def _rows(results: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return each row's verdict and, where it did not pass, the reason; in the order of the run."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in results.glob("*-result.json")]
    often = Counter(str(result["name"]) for result in found)
    rows, reasons = {}, {}
    for result in sorted(found, key=lambda each: each.get("start") or 0):
        message = str((result.get("statusDetails") or {}).get("message") or "")
        stuck = "INCONCLUSIVE" if message.startswith("INCONCLUSIVE") else "BROKEN"
        name = str(result["name"])
        if often[name] > 1:  # of two features
            labels = {label["name"]: label["value"] for label in result["labels"]}
            name = f"{name} ({labels['place']})"
        rows[name] = WORDS.get(str(result.get("status")), stuck)
        reasons[name] = message.strip().splitlines()[0] if message.strip() else "no message"
    return rows, reasons


@contextmanager
def alone(reports: Path, kind: str) -> Iterator[Path]:
    """Have the folder of a kind of run empty, and to oneself while the block runs.

    Raises:
        Broken: a run of this kind is under way there, or the folder cannot be emptied or made.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Broken(f"{reports}: cannot be written: {problem.strerror}") from None
    with hold(reports, kind):
        yield emptied(reports / kind)


def emptied(folder: Path) -> Path:
    """Return a folder with nothing in it.

    Raises:
        Broken: it cannot be emptied or made.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as problem:
        raise Broken(f"{folder}: cannot be written: {problem.strerror}") from None
    return folder


def changed_since(before: dict[str, str | None]) -> str:
    """Say so where the suite has changed since a run began; "" where it has not."""
    if state_now() == before:
        return ""
    return "files of the suite were changed while it ran, so that nobody knows what it is of"


def refresh_sheet(reports: Path) -> None:
    """Make the sheet again, with new evidence, where the main job has left a run.

    Where there is none the evidence waits for it.
    """
    if not (reports / "run.json").is_file():
        main = "`qaws run --tags=@p0` or `qaws signoff`"
        print(f"The sheet will show it once {main if places.IS_INSTALLED else OWN_MAIN} has run.")
        return
    try:
        with hold(reports):
            make_report(reports)
    except Broken as problem:  # the other run makes a sheet of its own, with this evidence
        print(f"The sheet was not made again: {problem}", file=sys.stderr)
