"""`qaws signoff`: everything that the sign-off sheet asks for, in one command.

The plan and what lies beyond it, coverage, and ten quiet runs in shuffled order. `qaws nightly`
adds what holds no signature back: the real hour.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qaws.report.evidence import Evidence, figures_of, read_checks
from qaws.report.signoff import (
    EXIT_ABORTED,
    EXIT_FAILED,
    EXIT_INCOMPLETE,
    make_report,
    read_verdict,
)
from qaws.runner.coverage import run_coverage
from qaws.runner.job import Interruptions, run_and_report
from qaws.runner.provenance import suite_state
from qaws.runner.repeat import run_repeat
from qaws.runner.side_run import changed_since, outcome_in
from qaws.runtime.lock import hold
from qaws.verdict import Broken

MAIN = "@p0 or @p1"
SOAK = "QA-WS-015"
NIGHTLY = "nightly"
EXEMPT = "EXEMPT"
"""The verdict of a criterion that a target says why it cannot be measured of."""


def run_signoff(arguments: Sequence[str], reports: Path, interruptions: Interruptions) -> int:
    """Run it all, but stop where no later part could make the sheet ready; return the exit code.

    Args:
        arguments: -D settings, for all parts alike.
        reports: where the sheet and its evidence go.
        interruptions: what asks to stop.
    """
    began = time.monotonic()
    _say("1 of 3: the plan and what lies beyond it", began)
    code = run_and_report([f"--tags={MAIN}", *arguments], reports, interruptions)
    if code not in (0, EXIT_INCOMPLETE):
        print("Sign-off: stopped here, because no other run could make up for that.")
        return code
    started = _started(reports)
    exempt = any(each["verdict"] == EXEMPT for each in read_verdict(reports).get("criteria", []))
    for words, part in (("2 of 3: coverage", run_coverage), ("3 of 3: ten runs", run_repeat)):
        _say(words, began)
        if exempt and part is run_coverage:
            print("nothing to measure: the target is exempt")
            continue
        try:
            part(arguments, reports, interruptions)
        except Broken as problem:
            print(f"BROKEN: {problem}", file=sys.stderr)  # the sheet has what else there is
        if interruptions.count:
            with suppress(Broken):  # the other run makes a sheet of its own
                _sheet_of(reports, started)
            return EXIT_ABORTED
    _say("done", began)
    code = _sheet_of(reports, started, pdf=True)
    signoff = read_verdict(reports).get("signoff", {}).get("verdict")
    if code not in (0, EXIT_INCOMPLETE):
        return code
    return {"READY TO SIGN": 0, "FAILED": EXIT_FAILED}.get(signoff, EXIT_INCOMPLETE)


def _started(reports: Path) -> str:
    """Return when the run began whose record is in a folder."""
    try:
        return str(json.loads((reports / "run.json").read_text(encoding="utf-8"))["started"])
    except (OSError, ValueError, KeyError):
        return ""


def _sheet_of(reports: Path, started: str, pdf: bool = False) -> int:
    """Make the sheet of the run that began then; return its exit code.

    Raises:
        Broken: another run is writing there, or has written there since.
    """
    with hold(reports):
        if _started(reports) != started:
            raise Broken(f"{reports}: another run has written here: run the sign-off again")
        return make_report(reports, pdf=pdf)


def run_nightly(arguments: Sequence[str], reports: Path, interruptions: Interruptions) -> int:
    """Run the real durations in a folder of their own; return the exit code."""
    reports.mkdir(parents=True, exist_ok=True)
    with hold(reports, NIGHTLY):
        return _nightly(arguments, reports, reports / NIGHTLY, interruptions)


def _nightly(
    arguments: Sequence[str], reports: Path, folder: Path, interruptions: Interruptions
) -> int:
    evidence = Evidence("hour", suite_state(), selection="@nightly", whole=not arguments)
    evidence.write(reports)
    code = run_and_report(["--tags=@nightly", *arguments], folder, interruptions)
    outcome = outcome_in(folder, code)
    lines = [line for line in read_checks(folder) if line.get("id") == SOAK]
    evidence.target, evidence.summary = outcome.target, outcome.counted
    evidence.figures = figures_of([check for line in lines for check in line["checks"]])
    evidence.details = [outcome.first] if outcome.first else []
    evidence.problem = changed_since(dict(evidence.suite))
    evidence.end(reports, "aborted" if interruptions.count else "finished")
    return code


def _say(words: str, began: float) -> None:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\n{time.strftime('%H:%M:%S')}  [{minutes}:{seconds:02d}]  {words}", flush=True)
