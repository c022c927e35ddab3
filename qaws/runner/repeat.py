"""`qaws repeat`: the functional scenarios of p0 over and over, each time in another order.

Counts how often each row passes. What passes alone and fails behind another scenario, or now and
then, is found so; the sheet's criterion is that every row has passed in all of ten runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from qaws.report.evidence import Evidence, Figure, Verdict
from qaws.report.signoff import EXIT_ABORTED, EXIT_INCOMPLETE
from qaws.runner.job import Interruptions, behave, refused
from qaws.runner.provenance import suite_state
from qaws.runner.side_run import (
    FUNCTIONAL,
    ORDER,
    Asked,
    Outcome,
    alone,
    asked,
    changed_since,
    outcome_in,
)
from qaws.runtime.process import ManagedProcess

QUIET, STRESSED = "repeat", "stress"
RUNS = 10
"""So many the criterion is about."""
BULK = ("allure-results", "junit", "logs")
"""What is not kept of a run that passed: what it came to and in which order is."""


@dataclass(frozen=True, slots=True)
class OneRun:
    """One of the runs.

    Attributes:
        number: from 1 on.
        order: the seed of its order.
        seconds: how long it took.
        outcome: what it came to.
        folder: where it is.
    """

    number: int
    order: int
    seconds: float
    outcome: Outcome
    folder: Path

    def __str__(self) -> str:
        said = f"run {self.number}, order {self.order}: {self.outcome.verdict.lower()}, "
        said += f"{self.outcome.counted}, {self.seconds:.0f} s"
        return said + (f"; {self.outcome.first} ({self.folder})" if self.outcome.first else "")


def usage() -> argparse.ArgumentParser:
    """Return what knows how the command is used."""
    parser = argparse.ArgumentParser(
        prog="qaws repeat",
        usage="qaws repeat [--runs N] [--seed N] [--stress] [-D KEY=VALUE]... [behave's arguments]",
        description="Runs the functional scenarios of p0 repeatedly, each time in another order.",
        allow_abbrev=False,
    )
    parser.add_argument("--runs", type=_count, default=RUNS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first order")
    parser.add_argument("--stress", action="store_true", help="keep all cores busy meanwhile")
    return parser


def run_repeat(arguments: Sequence[str], reports: Path, interruptions: Interruptions) -> int:
    """Run, tell of each run, and leave the evidence; return the exit code.

    Raises:
        Broken: a folder cannot be written.
    """
    options, rest = usage().parse_known_args(list(arguments))
    kind = STRESSED if options.stress else QUIET
    with alone(reports, kind) as folder:
        return _repeat(options, asked(rest, FUNCTIONAL), reports, folder, interruptions)


def _repeat(
    options: argparse.Namespace,
    selected: Asked,
    reports: Path,
    folder: Path,
    interruptions: Interruptions,
) -> int:
    kind = STRESSED if options.stress else QUIET
    enough = selected.whole and options.runs >= RUNS
    part = "" if options.runs >= RUNS else f"{options.runs} runs of "
    evidence = Evidence(kind, suite_state(), selection=f"{part}{selected.selection}", whole=enough)
    evidence.write(reports)
    done: list[OneRun] = []
    busy = f", {os.cpu_count()} cores kept busy" if options.stress else ""
    print(f"{options.runs} x {selected.selection}, each in another order{busy}", flush=True)
    with busy_cores(folder) if options.stress else nullcontext():
        for number in range(1, options.runs + 1):
            if interruptions.count:
                break
            one = _run(number, options.seed + number - 1, selected.arguments, folder, interruptions)
            if interruptions.count:
                break
            done.append(one)
            told = str(one).replace(f"run {number},", f"run {number} of {options.runs},", 1)
            print(f"{time.strftime('%H:%M:%S')}  {told}", flush=True)
            _note(evidence, done, options.runs)
            evidence.write(reports)
    evidence.problem = changed_since(dict(evidence.suite))
    evidence.end(reports, "aborted" if interruptions.count else "finished")
    print(f"{'Under stress' if options.stress else 'Repeated'}: {evidence.summary}")
    if evidence.problem:
        print(evidence.problem)
    return EXIT_ABORTED if interruptions.count else _exit_code(done, evidence)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of 1 or more")
    return int(text)


def _run(
    number: int, order: int, arguments: Sequence[str], folder: Path, interruptions: Interruptions
) -> OneRun:
    own = folder / f"run-{number:02d}"
    own.mkdir()
    began = time.monotonic()
    given = [*arguments, "-D", f"order={order}"]
    with (own / "behave.log").open("wb") as output:
        code = refused(given, own) or behave(given, own, interruptions, output=output)
    outcome = outcome_in(own, code)
    if outcome.verdict == "PASSED":
        for name in BULK:
            shutil.rmtree(own / name, ignore_errors=True)
    return OneRun(number, order, time.monotonic() - began, outcome, own)


def _note(evidence: Evidence, done: Sequence[OneRun], wanted: int) -> None:
    """Put what the runs so far came to into the evidence."""
    passed = sum(one.outcome.verdict == "PASSED" for one in done)
    plural = "" if len(done) == 1 else "s"
    orders = f"orders {done[0].order} to {done[-1].order}" if done[1:] else f"order {done[0].order}"
    evidence.target = done[0].outcome.target
    evidence.summary = f"{passed} of {len(done)} run{plural} passed, {orders}"
    evidence.details = [*map(str, done), *tallied(done)]
    bad = next((one for one in done if one.outcome.verdict != "PASSED"), None)
    measured = f"{passed} of {len(done)}"
    if bad:
        measured += f"; the first that did not pass: {bad}"
    verdict = verdict_of(done)
    complete = len(done) == wanted or verdict == "not met"  # no later run mends a failure
    figure = Figure("runs passed in a row", measured, f"all of {wanted}", verdict)
    evidence.figures = [figure] if complete else []


def verdict_of(done: Sequence[OneRun]) -> Verdict:
    """Return what the runs show: nobody knows where one was broken, starved or left rows out."""
    words = {one.outcome.verdict for one in done}
    return "not met" if "FAILED" in words else "met" if words == {"PASSED"} else "inconclusive"


def tallied(done: Sequence[OneRun]) -> list[str]:
    """Return how often each row passed: those that did not always, one by one; then the others."""
    passes: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for one in done:
        seen.update(one.outcome.rows)
        passes.update(row for row, verdict in one.outcome.rows.items() if verdict == "PASSED")
    always = [row for row in seen if passes[row] == len(done)]
    rest = [
        f"{row}: passed {passes[row]} of {len(done)}" for row in sorted(set(seen) - set(always))
    ]
    plural = "" if len(always) == 1 else "s"
    return [*rest, f"{len(always)} scenario{plural} passed {len(done)} of {len(done)}"]


def _exit_code(done: Sequence[OneRun], evidence: Evidence) -> int:
    gravest = [one.outcome.code for word in ORDER for one in done if one.outcome.verdict == word]
    code = next(iter(gravest), 0)
    return code or (EXIT_INCOMPLETE if evidence.problem else 0)


@contextmanager
def busy_cores(folder: Path) -> Iterator[None]:
    """Keep every core of this machine busy with a process while the block runs."""
    busy = []
    try:
        for number in range(os.cpu_count() or 1):
            command = [sys.executable, "-c", "while True: pass"]
            busy.append(ManagedProcess("a busy loop", command, folder / f"busy-{number}.log"))
        yield
    finally:
        for process in busy:
            process.stop()
