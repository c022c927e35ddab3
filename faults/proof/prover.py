"""Runs the scenarios against fault after fault, several at a time, and ends what it started."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.fault import Fault
from faults.proof.findings import Finding, Proof
from faults.proof.fork_client import CAN_FORK, ForkServer
from faults.proof.groups import ROUNDS, Cells, grouped, named_by, quiet_ids, suspected
from faults.proof.judgement import Mark, Row, accusing, judge, shortened
from faults.proof.pace import Pace
from faults.proof.progress import Progress, declared
from faults.proof.runs import Run
from faults.proof.scope import ANY_ID, FUNCTIONAL, Ask, any_of, sound

EXIT_PROVEN, EXIT_NOT_PROVEN = 0, 1
TICK_S = 0.05
SOUND = "the sound service"
TELL_S = 20.0
"""At most so often it is told how far the groups are."""
SLOW_S = 2.0
"""From here on a row of an outline goes behind its quicker neighbours."""


@dataclass(frozen=True, slots=True)
class Task:
    """A run that is to be: what is asked of the service, with a fault, several, or none.

    Attributes:
        ask: what is asked.
        folder: takes what the run leaves.
        fault: the one that is to be proven.
        group: those that are asked together, instead.
    """

    ask: Ask
    folder: Path
    fault: Fault | None = None
    group: tuple[Fault, ...] = ()

    @property
    def faults(self) -> list[str]:
        """Return the names of the service's faults."""
        return [each.name for each in ((self.fault,) if self.fault else self.group)]

    @property
    def name(self) -> str:
        """What messages call it."""
        return " with ".join(self.faults) or SOUND

    @property
    def told(self) -> str:
        """Return what is told of its fault: by that it is guessed which rows show it."""
        return f"{self.fault.name} {self.fault.story}" if self.fault else ""

    @property
    def stop_after(self) -> dict[str, list[str]]:
        """Id → words: once a row has failed in one of those, its further rows tell nothing new."""
        if not self.fault:
            return {ANY_ID: [""]} if self.group else {}
        wanted = {test_id: [words] for test_id, words in self.ask.wanted.items()}
        anywhere = {ANY_ID: accusing(self.fault.caught_by.values())}
        return anywhere | {test_id: [""] for test_id in self.fault.also} | wanted

    def again(self, ids: Sequence[str]) -> Task:
        """Return the part of it that asks these scenarios."""
        return Task(self.ask.only(ids), self.folder, self.fault)


@dataclass(slots=True)
class Soundness:
    """What the sound service has shown.

    Attributes:
        rows: every scenario and outline row that ran.
        wrong: the first thing that was wrong, "" for nothing.
    """

    rows: list[Row] = field(default_factory=list)
    wrong: str = ""


class Prover:
    """Runs the suite against the service, a few times at once, and ends what it started."""

    def __init__(self, folder: Path, jobs: int | None = None) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: where each run has a folder of its own.
            jobs: how many runs at a time; None to go by how busy the processors are.
        """
        self._folder = folder
        self._pace = Pace(jobs)
        self._server: ForkServer | None = None
        self._running: list[tuple[Task, Run]] = []
        self._seconds: dict[str, float] = {}
        self._slow: set[str] = set()

    def sound(self, asked: Sequence[Ask]) -> Soundness:
        """Run scenarios without a fault, until something is wrong.

        As with faults, what the machine spoiled is run once more, alone.
        """
        found, spoiled = Soundness(), list[Task]()
        tasks = [Task(ask, self._folder / "none" / ask.label) for ask in asked]
        for task, run in self._twice(tasks, spoiled, self._pace):
            rows, problem = _outcome(run)
            if task not in spoiled and any(row.is_starved for row in rows):
                spoiled.append(task)
                continue
            self._seconds[task.ask.label] = run.elapsed_s
            self._slow |= {place for place, took in run.seconds().items() if took > SLOW_S}
            found.rows += rows
            red = [f"{r.title}: {r.status}: {r.message}" for r in rows if r.status != "passed"]
            if problem and not rows and run.went_well:  # skipped for want of a browser
                problem = ""
            if problem or red:
                found.wrong = shortened(problem or red[0], 400)
                break
        return found

    def together(
        self,
        chosen: Sequence[tuple[Fault, Ask]],
        rows: Iterable[Row],
        progress: Progress,
        tell: Callable[[int, int, int], None] = lambda turn, done, of: None,
    ) -> dict[str, frozenset[str]]:
        """Ask several faults at once what has nothing to do with any of them.

        Args:
            chosen: faults, and what is asked of each; those of which not everything is asked are
                left to be asked alone.
            rows: of the sound service: all that is asked.
            progress: has what is known of groups, and takes what is found.
            tell: told after each group which round it is, how many of it are done, and of how many.

        Returns:
            Fault → ids of the scenarios that were green beside others, in all their rows.
        """
        expected = Counter(row.id for row in rows)
        seconds = {test_id: self._seconds.get(test_id, 0.0) for test_id in expected}
        together = [fault for fault, ask in chosen if ask.every]
        cells = {
            fault.name: Cells(named_by(fault), frozenset(expected) - named_by(fault))
            for fault in together
        }
        before = set()
        for known in progress.groups:
            for name in (f.name for f in together if known.declared.get(f.name) == declared(f)):
                cells[name].take(known.green, known.suspected[name], known.declared)
                before.add((known.turn, name))
        for turn in range(1, ROUNDS + 1):
            waiting = [(f, cells[f.name]) for f in together if (turn, f.name) not in before]
            tasks = []
            groups = grouped(waiting, seconds)
            for number, group in enumerate(groups, 1):
                ask = Ask((*FUNCTIONAL, any_of(group.asked)), {}, every=True)
                folder = self._folder / "together" / f"{turn}.{number}"
                tasks.append(Task(ask, folder, group=tuple(group.faults)))
            in_all = len(tasks)
            for done, (task, run) in enumerate(self._over(tasks, self._pace), 1):
                found = run.rows()
                green = quiet_ids(found, expected)
                red = {fault.name: suspected(fault, found) for fault in task.group}
                for fault in task.group:
                    cells[fault.name].take(green, red[fault.name], task.faults)
                progress.add_group(turn, task.group, green, red)
                tell(turn, done, in_all)
        return {name: each.quiet for name, each in cells.items()}

    def faults(
        self,
        chosen: Sequence[tuple[Fault, Ask]],
        quiet: Mapping[str, frozenset[str]],
        about: Collection[str] = (),
    ) -> Iterator[Finding]:
        """Run faults and yield each one's finding as it is done.

        The longest begin, so that none is left over at the end. Runs that measure come last, one
        at a time.

        Args:
            chosen: faults, and what is asked of each.
            quiet: fault → ids of which it is known that they are green with it.
            about: ids of the scenarios that alone are asked; none for all.
        """
        tasks = []
        for fault, ask in chosen:
            known = quiet.get(fault.name, frozenset())
            if about and known >= set(about):
                yield Finding(fault, {}, 0.0).with_quiet(known)
            else:
                tasks.append(Task(ask.without(known), self._folder / fault.name, fault))
        side_by_side = [task for task in tasks if not task.ask.measures]
        side_by_side.sort(key=self._length, reverse=True)
        for finding in self._batch(side_by_side, self._pace):
            yield finding.with_quiet(quiet.get(finding.fault.name, ()))
        yield from self._batch([task for task in tasks if task.ask.measures], Pace(1))

    def _length(self, task: Task) -> float:
        """Return how long its scenarios took on the sound service, in seconds."""
        asked = self._seconds.keys() - task.ask.spared if task.ask.every else task.ask.wanted
        return sum(self._seconds.get(test_id, 0.0) for test_id in asked)

    def _batch(self, waiting: list[Task], pace: Pace) -> Iterator[Finding]:
        """Run faults.

        The scenarios that the machine spoiled are run once more, when nothing else runs: those
        without a verdict, and those that passed while the harness stood still. What the service
        does is asked twice for no other reason, and what is spoiled twice is not proven.
        """
        first: dict[str, Finding] = {}
        spoiled: list[Task] = []
        for task, run in self._twice(waiting, spoiled, pace):
            assert task.fault
            finding = _finding(task.fault, task.ask, run, first.get(task.name))
            if task in spoiled:
                yield first[task.name].completed_by(finding)
            elif starved := finding.starved():
                first[task.name] = finding
                spoiled.append(task.again(starved))
            else:
                yield finding

    def _twice(
        self, waiting: list[Task], spoiled: list[Task], pace: Pace
    ) -> Iterator[tuple[Task, Run]]:
        """Run tasks and yield each one that is over; then, alone, those that were spoiled."""
        yield from self._over(waiting, pace)
        yield from self._over(list(spoiled), Pace(1))

    def _over(self, waiting: list[Task], pace: Pace) -> Iterator[tuple[Task, Run]]:
        """Run tasks and yield each one that is over."""
        while waiting or self._running:
            while waiting and pace.allows(len(self._running)):
                task = waiting.pop(0)
                self._running.append((task, self._start(task)))
            time.sleep(TICK_S)
            for task, run in [each for each in self._running if each[1].is_over()]:
                run.stop()
                self._running.remove((task, run))
                yield task, run

    def _start(self, task: Task) -> Run:
        ask = task.ask
        return Run(
            task.name,
            task.folder,
            ask.tags,
            task.faults,
            ask.allowed_s,
            task.stop_after,
            self._services(ask),
            self._slow,
            ask.files,
            told=task.told,
        )

    def _services(self, asked: Ask) -> socket.socket | None:
        """Return a connection to the fork server; None for runs that measure.

        What measures a service is to find it as anybody would start it.
        """
        if asked.measures or not CAN_FORK:
            return None
        self._server = self._server or ForkServer()
        return self._server.connection()

    def stop(self) -> None:
        """End what is still running: all are asked first, then waited for."""
        for _, run in self._running:
            run.interrupt()
        for _, run in self._running:
            run.stop()
        self._running.clear()
        if self._server:
            self._server.stop()
            self._server = None


def _finding(fault: Fault, asked: Ask, run: Run, before: Finding | None) -> Finding:
    rows, problem = _outcome(run)
    known = [*fault.caught_by.values(), *(before.said() if before else ())]
    return Finding(fault, judge(asked.wanted, rows, fault.also, known), run.elapsed_s, problem)


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


def prove(proof: Proof, prover: Prover, say: Callable[[str], None], progress: Progress) -> int:
    """Run the proof, telling how far it is; return the exit code.

    What `progress` knows of an earlier run is not asked again; it takes all that is found.
    """
    began = time.monotonic()
    rows: list[Row] = []
    for kind, checks in sound(proof.asks.values(), proof.full, proof.about).items():
        found = prover.sound(checks)
        rows += found.rows
        if found.wrong:
            say(f"the sound service does not pass, so nothing can be proven: {found.wrong}")
            proof.titles.clear()
            return EXIT_NOT_PROVEN
        titles = proof.titles | {row.id: row.title for row in found.rows}
        proof.titles = dict(sorted(titles.items()))
        took = time.monotonic() - began
        say(f"{took:6.1f} s  the sound service passes all {len(found.rows)} that are asked, {kind}")
    wanted = [fault for fault in proof.chosen if fault.name in proof.asks]
    proof.findings += [progress.findings[f.name] for f in wanted if f.name in progress.findings]
    if known := len(proof.findings):
        say(f"{known} faults were proven before, and {len(progress.groups)} groups asked")
    asked = [(f, proof.asks[f.name]) for f in wanted if f.name not in progress.findings]
    quiet: dict[str, frozenset[str]] = {}
    if proof.full and not proof.alone:
        quiet = prover.together(asked, rows, progress, _now_and_then(began, say))
    if quiet:
        cells = sum(map(len, quiet.values()))
        took = time.monotonic() - began
        say(f"{took:6.1f} s  quiet in {cells} cells, asked of several faults at once")
    for finding in prover.faults(asked, quiet, proof.about):
        proof.findings.append(finding)
        progress.add(finding)
        say(f"{time.monotonic() - began:6.1f} s  {_progress(finding)}")
    return EXIT_PROVEN if all(f.is_proven for f in proof.findings) else EXIT_NOT_PROVEN


def _now_and_then(began: float, say: Callable[[str], None]) -> Callable[[int, int, int], None]:
    """Return what tells how far the groups are, at most every `TELL_S`."""
    told = time.monotonic()

    def tell(turn: int, done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TELL_S:
            told = now
            say(
                f"{now - began:6.1f} s  {done} of {of} groups of faults have been asked together "
                f"(round {turn} of {ROUNDS})"
            )

    return tell


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
