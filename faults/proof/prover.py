"""Runs the scenarios against fault after fault, a few at a time, and ends what it started."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from faults.fault import Fault
from faults.proof.findings import Finding, Proof
from faults.proof.judgement import Mark, Row, judge, shortened
from faults.proof.runs import Run
from faults.proof.scope import Ask, sound

EXIT_PROVEN, EXIT_NOT_PROVEN = 0, 1
TICK_S = 0.05


class Prover:
    """Runs faults, a few at a time, and ends what it started."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._folder = folder
        self._jobs = jobs
        self._running: dict[str, tuple[Fault, Ask, Run]] = {}

    def sound(self, asked: Ask) -> tuple[list[Row], str]:
        """Run scenarios without a fault; return the rows, and what was wrong or "".

        As with faults, what the machine spoiled is run once more.
        """
        rows, wrong = self._sound(asked)
        if any(row.is_starved for row in rows):
            rows, wrong = self._sound(asked)
        return rows, wrong

    def _sound(self, asked: Ask) -> tuple[list[Row], str]:
        folder = self._folder / ("none-load" if asked.measures else "none")
        run = Run("the sound service", folder, asked.tags, None, asked.allowed_s)
        try:
            while not run.is_over():
                time.sleep(TICK_S)
        finally:
            run.stop()
        rows, problem = _outcome(run)
        red = [
            f"{row.title}: {row.status}: {row.message}" for row in rows if row.status != "passed"
        ]
        red = [problem, *red] if problem else red
        return rows, shortened(red[0], 400) if red else ""

    def faults(self, chosen: Sequence[tuple[Fault, Ask]]) -> Iterator[Finding]:
        """Run faults and yield each one's finding as it is done.

        Runs that measure come last, one at a time.
        """
        yield from self._batch([each for each in chosen if not each[1].measures], self._jobs)
        yield from self._batch([each for each in chosen if each[1].measures], 1)

    def _batch(self, waiting: list[tuple[Fault, Ask]], jobs: int) -> Iterator[Finding]:
        """Run faults, so many at a time.

        The scenarios that the machine spoiled are run once more; what the service does is never
        asked twice.
        """
        spoiled: dict[str, Finding] = {}
        while waiting or self._running:
            while waiting and len(self._running) < jobs:
                self._start(*waiting.pop(0))
            time.sleep(TICK_S)
            for fault, asked, run in [each for each in self._running.values() if each[2].is_over()]:
                run.stop()
                del self._running[fault.name]
                finding = self._finding(fault, asked, run)
                if fault.name in spoiled:
                    yield spoiled[fault.name].completed_by(finding)
                elif starved := finding.starved():
                    spoiled[fault.name] = finding
                    waiting.append((fault, asked.only(starved)))
                else:
                    yield finding

    def stop(self) -> None:
        """End what is still running: all are asked first, then waited for."""
        for _, _, run in self._running.values():
            run.interrupt()
        for _, _, run in self._running.values():
            run.stop()
        self._running.clear()

    def _start(self, fault: Fault, asked: Ask) -> None:
        folder, allowed_s = self._folder / fault.name, asked.allowed_s
        run = Run(fault.name, folder, asked.tags, fault.name, allowed_s, asked.wanted)
        self._running[fault.name] = fault, asked, run

    def _finding(self, fault: Fault, asked: Ask, run: Run) -> Finding:
        rows, problem = _outcome(run)
        return Finding(fault, judge(asked.wanted, rows, fault.also), run.elapsed_s, problem)


def _outcome(run: Run) -> tuple[list[Row], str]:
    """Return the rows of a run that is over, and what kept it from its end, "" for nothing.

    The scenario in which a run was stuck has no verdict, so it is told in the problem.
    """
    rows = run.rows()
    if run.overdue:
        stuck = rows.pop().title if rows and rows[-1].status not in ("passed", "failed") else ""
        return rows, f"not done within {run.allowed_s:g} s" + (
            f", stuck in {stuck}" if stuck else ""
        )
    return rows, "" if rows else f"no scenario ran: {run.last_line()}"


def prove(proof: Proof, prover: Prover, say: Callable[[str], None]) -> int:
    """Run the proof, telling of its progress; return the exit code."""
    began = time.monotonic()
    for check in sound(proof.asks.values(), proof.full):
        rows, wrong = prover.sound(check)
        if wrong:
            say(f"the sound service does not pass, so nothing can be proven: {wrong}")
            proof.titles.clear()
            return EXIT_NOT_PROVEN
        proof.titles = dict(sorted((proof.titles | {row.id: row.title for row in rows}).items()))
        kind = "under load" if check.measures else "functional"
        took = time.monotonic() - began
        say(f"{took:6.1f} s  the sound service passes all {len(rows)} that are asked, {kind}")
    asked = [(fault, proof.asks[fault.name]) for fault in proof.chosen if fault.name in proof.asks]
    for finding in prover.faults(asked):
        proof.findings.append(finding)
        say(f"{time.monotonic() - began:6.1f} s  {_progress(finding)}")
    return EXIT_PROVEN if all(f.is_proven for f in proof.findings) else EXIT_NOT_PROVEN


def _progress(finding: Finding) -> str:
    lines = [f"{'proven' if finding.is_proven else 'FAILED'}  {finding.fault.name}"]
    if finding.problem:
        lines.append(f"{finding.problem}")
    lines += [
        f"{test_id} {j.mark}: {shortened(j.sentence)}"
        for test_id, j in finding.judgements.items()
        if j.mark is not Mark.QUIET
    ]
    return "\n                   ".join(lines)
