"""Prove the verdicts: `python -m faults.prove` runs the suite against every fault.

First the sound service must pass. Then each fault is run against the scenarios that it names; under
load a sample of faults against one scenario each. With `--full`, each functional fault is run
against all functional scenarios, and each fault under load against the quick load scenarios too. A
fault is caught when every scenario that it names fails, and says so in the declared words; no other
scenario may be red. Load scenarios measure: they run at the end, one at a time.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faults.catalogue import FAULTS, UnknownFault, find
from faults.fault import Fault
from faults.judgement import Judgement, Mark, Row, judge, shortened
from faults.matrix import capability_of, write_matrix
from faults.runs import ROOT, Run
from faults.scope import QUICK, Ask, plan, sound

EXIT_PROVEN, EXIT_NOT_PROVEN, EXIT_USAGE, EXIT_STOPPED = 0, 1, 2, 130
TICK_S = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one fault."""

    fault: Fault
    judgements: dict[str, Judgement]
    seconds: float
    problem: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether all scenarios that it names caught it, and no other was red."""
        return not self.problem and all(j.mark.is_good for j in self.judgements.values())

    def starved(self) -> list[str]:
        """Return the ids of the scenarios that the machine kept from their verdict."""
        return [test_id for test_id, j in self.judgements.items() if j.mark is Mark.INCONCLUSIVE]

    def completed_by(self, later: Finding) -> Finding:
        """Return this with what a later run found of the scenarios that were starved."""
        return replace(
            later,
            judgements=dict(sorted((self.judgements | later.judgements).items())),
            seconds=self.seconds + later.seconds,
            problem=self.problem or later.problem,
        )

    def complaints(self) -> list[str]:
        """Say what is not as it should be, one sentence each."""
        found = [f"{self.fault.name}: {self.problem}"] if self.problem else []
        return found + [
            f"{self.fault.name}: {test_id} {j.mark}: {shortened(j.sentence, 400)}"
            for test_id, j in self.judgements.items()
            if not j.mark.is_good
        ]


@dataclass(slots=True)
class Proof:
    """The whole: which faults and scenarios there are, and what was found so far.

    `picked` tells that these very faults were named on the command line, `quick` that one scenario
    of each is enough. What is left to the full proof is in `chosen`, but not in `asks`.
    """

    full: bool
    chosen: Sequence[Fault]
    picked: bool = False
    quick: bool = False
    titles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    asks: dict[str, Ask] = field(init=False)

    def __post_init__(self) -> None:
        """Find out what is asked of each fault."""
        self.asks = plan(self.chosen, self.full, self.picked, self.quick)

    def terms(self) -> str:
        """Say in one line what is run against what."""
        load = sum(asked.measures for asked in self.asks.values())
        quick = ", ".join(test_id.rpartition("-")[2] for test_id in QUICK)
        functional = f"{len(self.asks) - load} functional faults against " + (
            "every functional scenario"
            if self.full
            else "the first scenario that they name"
            if self.quick
            else "the scenarios that they name"
        )
        if self.full:
            under = f"the load scenarios that they name, and {quick} where they name one of these"
        else:
            under = "the scenarios that they name" if self.picked else f"one of {quick} each"
        return f"{functional}; {load} under load, one at a time, against {under}"

    def as_dict(self, seconds: float) -> dict[str, Any]:
        """Return the whole as the matrix wants it: faults in order of the catalogue."""
        order = {fault.name: place for place, fault in enumerate(self.chosen)}
        return {
            "mode": "full" if self.full else "named",
            "summary": self.summary(),
            "terms": self.terms(),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "scenarios": self.titles,
            "faults": [
                {
                    "name": finding.fault.name,
                    "capability": capability_of(finding.fault),
                    "story": finding.fault.story,
                    "proven": finding.is_proven,
                    "problem": finding.problem,
                    "seconds": round(finding.seconds, 1),
                    "scenarios": {
                        test_id: {
                            "mark": str(judgement.mark),
                            "wanted": finding.fault.caught_by.get(test_id, ""),
                            "sentence": judgement.sentence,
                        }
                        for test_id, judgement in finding.judgements.items()
                    },
                }
                for finding in sorted(self.findings, key=lambda f: order[f.fault.name])
            ],
        }

    def summary(self) -> str:
        """Say in one line how it stands."""
        bad = [finding for finding in self.findings if not finding.is_proven]
        done, asked = len(self.findings), len(self.asks)
        left_out = len(self.chosen) - asked
        rest = f"; {left_out} more are left to --full: they take long" if left_out else ""
        if done < asked:
            return f"{done} of {asked} faults run: {done - len(bad)} proven"
        if bad:
            return f"{done} faults: {done - len(bad)} proven, {len(bad)} not{rest}"
        return f"{done} faults: all caught, " + (
            "none spurious" if self.full else f"none missed (--full shows spurious reds too){rest}"
        )


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


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults.prove", description=__doc__)
    parser.add_argument(
        "--full",
        action="store_true",
        help="ask every functional scenario of every functional fault, the quick load scenarios of "
        "the faults that load brings to light, and the long ones of those that name them",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one scenario of each fault: the first that it names"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these faults")
    parser.add_argument("--jobs", type=int, default=2, choices=(1, 2, 3, 4), help="runs at a time")
    parser.add_argument(
        "--reports", type=Path, default=ROOT / "reports", help="folder for the matrix and the logs"
    )
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    """Prove the faults that the command line asks for; return the exit code."""
    arguments = _arguments(given)
    try:
        chosen = [find(name) for name in arguments.only or FAULTS]
    except UnknownFault as problem:
        print(problem, file=sys.stderr)
        return EXIT_USAGE
    proof = Proof(arguments.full, chosen, picked=bool(arguments.only), quick=arguments.quick)
    prover = Prover((arguments.reports / "faults").resolve(), arguments.jobs)
    began = time.monotonic()
    # Set even where a shell has told us to ignore them: the runs inherit what is ignored.
    before = {number: signal.signal(number, _as_interrupt) for number in SIGNALS}
    print(proof.terms(), flush=True)
    try:
        code = prove(proof, prover, lambda text: print(text, flush=True))
    except KeyboardInterrupt:
        print("\nstopping: ending what is still running", file=sys.stderr)
        code = EXIT_STOPPED
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        prover.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    if proof.titles:
        write_matrix(arguments.reports, proof.as_dict(time.monotonic() - began))
        print()
        for complaint in (c for finding in proof.findings for c in finding.complaints()):
            print(complaint)
        print(f"{proof.summary()}  ({time.monotonic() - began:.0f} s)")
    elif code == EXIT_STOPPED:
        print("stopped before anything was proven")
    return code


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
