"""Runs the scenarios against a service of each mutant, some at a time.

A mutant is killed by a scenario that FAILED, and by nothing else. Where one breaks, hangs, is
inconclusive or does not run, what was not green is asked again, alone; where nothing follows then
either, the mutant is undecided. One whose service does not start is asked again behind all others.
What survived is asked the load scenarios that stand near it, and those that last for a whole run,
one run at a time.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from pathlib import Path

from faults.proof.judgement import STARVED, Row, shortened
from faults.proof.runs import Run
from faults.proof.scope import FUNCTIONAL, LONG_ALLOWED_S, MEASURING, Ask, any_of
from mutation.mutants import APP, Mutant, grouped
from mutation.nearness import functional, near_apart, nearest, others, rows_of
from mutation.verdicts import (
    NEAREST_ONLY,
    Trial,
    Verdict,
    added,
    doubt_of,
    failed,
    loaded,
    never_started,
    verdict_of,
)

LOOK_S = 0.05
ALLOWED_S = 120.0
"""How long one run may take at least; who hangs must not hang the whole."""
ALLOWED = 2.0
"""How long it may take, of what the same scenarios took on the sound service."""
READY_S = 10.0
"""How long the service of a mutant may take to start; one that has not by then never does."""
SLOW_S = 2.0
"""From here on a row of an outline goes behind its quicker neighbours."""
KINDS = ("sound", "mutant", "together")
APART = (*MEASURING, "@p0")
"""What holds for the rows that are asked apart."""


class Trials:
    """Runs them, and ends what it started."""

    def __init__(self, folder: Path, jobs: int = 2) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: where each run has a folder of its own, and each service its copy of the code.
            jobs: how many runs at a time.
        """
        self._folder = folder
        self._jobs = jobs
        self._running: list[tuple[Trial, Run, Path]] = []
        self._slow: set[str] = set()
        self.seconds: dict[str, float] = {}
        self.starved: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.apart_seconds: dict[str, float] = {}

    def sound(self, say: Callable[[str], None], only: Collection[str] = ()) -> None:
        """Ask the sound service everything, scenario by scenario; what is red is left out.

        What the machine is too busy for is asked of the mutants all the same: a failure kills.

        Args:
            say: told of what is not green.
            only: ids of the functional scenarios that are asked; none for all.
        """
        trials = [Trial((), n, [name]) for n, name in enumerate(sorted(only or functional()))]
        for trial, row, doubt in self._over(trials):
            [name] = trial.asked
            if doubt and not row and STARVED in doubt:
                self.starved[name] = shortened(doubt, 300)
                self.seconds[name] = trial.seconds / 2  # it was asked twice
                say(f"{name} is inconclusive on the sound service: only a failure of it counts")
            elif row or doubt:
                doubt = doubt or (row.message if row else "")
                self.left_out[name] = shortened(doubt, 300)
                say(f"the sound service does not pass {name}, so it is left out: {doubt}")
            else:
                self.seconds[name] = trial.seconds
        if not self.seconds:
            raise RuntimeError("the sound service passes no scenario: nothing can be shown")

    def verdicts(
        self, mutants: Sequence[Mutant], green: Mapping[Mutant, Verdict] | None = None
    ) -> Iterator[Verdict]:
        """Yield what came of each mutant as it is known.

        First all are asked the nearest scenarios. Of one that is green there nothing follows yet,
        so it is yielded as undecided, and then again, when it was asked all others: at first of a
        service with several mutants, and alone what is not green there. One whose service does not
        start is yielded as undecided, and asked the same again when all others are decided.

        Args:
            mutants: which.
            green: those of which it is known that they are green in the nearest scenarios.
        """
        numbers = {mutant: number for number, mutant in enumerate(mutants, 1)}
        near = {mutant: nearest(mutant, self.seconds) for mutant in mutants}
        known = dict(green or {})
        left = [mutant for mutant in mutants if mutant in known]
        first = [
            Trial((mutant,), numbers[mutant], near[mutant])
            for mutant in mutants
            if mutant not in known
        ]
        dead: list[Mutant] = []
        for trial, row, doubt in self._over(first):
            [mutant] = trial.mutants
            known[mutant] = verdict_of(trial, mutant, row, doubt)
            if never_started(doubt) and not trial.has_passed:
                dead.append(mutant)
            elif known[mutant].outcome == "survived" or (doubt and trial.has_passed):
                left.append(mutant)
                known[mutant].outcome = "undecided"
                known[mutant].words = known[mutant].words or NEAREST_ONLY
            yield known[mutant]
        alone = [mutant for mutant in left if known[mutant].words != NEAREST_ONLY]
        many = [mutant for mutant in left if mutant not in alone]
        while many:
            many = yield from self._together(many, alone, known, numbers)
        trials = [self._of_others((mutant,), known, numbers) for mutant in alone]
        for trial, row, doubt in self._over(trials):
            [mutant] = trial.mutants
            before = known[mutant]
            doubt = doubt or ("" if before.words == NEAREST_ONLY else before.words)
            yield added(before, verdict_of(trial, mutant, row, doubt))
        yield from self._started_after_all(dead, numbers, near)

    def apart(
        self, survivors: Mapping[Mutant, Verdict], say: Callable[[str], None]
    ) -> Iterator[Verdict]:
        """Ask what survived that which measures, or lasts: one run at a time. Yield each verdict.

        What the sound service does not pass now is not asked: where it is inconclusive without a
        mutant, it says nothing of one.

        Args:
            survivors: mutant → what it was asked so far.
            say: told of what is left out.
        """
        near = {mutant: near_apart(mutant) for mutant in survivors}
        wanted = sorted({each for ids in near.values() for each in ids} - {*self.apart_seconds})
        sound = [Trial((), 900 + n, [name], measures=True) for n, name in enumerate(wanted)]
        for trial, row, doubt in self._over(sound, jobs=1):
            [name] = trial.asked
            if words := doubt or (row.message if row else ""):
                self.left_out[name] = shortened(words, 300)
                say(f"the sound service does not pass {name} now, so it is left out: {words}")
            else:
                self.apart_seconds[name] = trial.seconds
                self.left_out.pop(name, None)  # of an earlier run, on a busier machine
        trials = []
        for number, (mutant, before) in enumerate(survivors.items(), 1):
            left = [n for n in near[mutant] if n in self.apart_seconds and n not in before.asked]
            if left:
                trials.append(Trial((mutant,), number, left, measures=True))
        say(f"{len(trials)} of {len(survivors)} that survived are asked apart, one at a time")
        for trial, row, doubt in self._over(trials, jobs=1):
            yield loaded(survivors[trial.mutants[0]], trial, row, doubt)

    def _of_others(
        self,
        mutants: tuple[Mutant, ...],
        known: Mapping[Mutant, Verdict],
        numbers: Mapping[Mutant, int],
    ) -> Trial:
        """Return the trial that asks some mutants, in one service, what none of them was asked."""
        ids = [each for m in mutants for each in others(m, self.seconds, known[m].asked)]
        return Trial(mutants, numbers[mutants[0]], list(dict.fromkeys(ids)))

    def _together(
        self,
        mutants: Sequence[Mutant],
        alone: list[Mutant],
        known: Mapping[Mutant, Verdict],
        numbers: Mapping[Mutant, int],
    ) -> Generator[Verdict, None, list[Mutant]]:
        """Ask several in one service; where one scenario fails, ask each of them that one, alone.

        Args:
            mutants: all are green as far as they were asked.
            alone: takes those that have to be asked the rest by themselves.
            known: what they were asked; what is green now is added.
            numbers: of their folders.

        Returns:
            Those that are green in what failed in company, to be asked again with others.
        """
        suspects: list[tuple[tuple[Mutant, ...], str]] = []
        trials = [self._of_others(group, known, numbers) for group in grouped(mutants)]
        for trial, row, doubt in self._over(trials):
            if (row or doubt) and len(trial.mutants) > 1:
                for mutant in trial.mutants:  # what was green in company is not asked again
                    known[mutant].asked += sorted(trial.green - {*known[mutant].asked})
                if row:
                    suspects.append((trial.mutants, row.id))
                else:
                    alone += trial.mutants
            else:
                trial.seconds /= len(trial.mutants)
                for mutant in trial.mutants:
                    yield added(known[mutant], verdict_of(trial, mutant, row, doubt))
        singles = [Trial((each,), numbers[each], [name]) for g, name in suspects for each in g]
        green: set[Mutant] = set()
        killed: set[Mutant] = set()
        for trial, row, doubt in self._over(singles):
            [mutant] = trial.mutants
            if row:
                killed.add(mutant)
                yield added(known[mutant], verdict_of(trial, mutant, row, doubt))
            elif doubt:
                alone.append(mutant)
            else:
                green.add(mutant)
                known[mutant].asked += trial.asked
        for group, _ in suspects:
            if not killed & {*group}:  # they fail in company only: that goes round no second time
                alone += [mutant for mutant in group if mutant in green]
                green -= {*group}
        return [mutant for mutant in mutants if mutant in green]

    def _started_after_all(
        self,
        mutants: Sequence[Mutant],
        numbers: Mapping[Mutant, int],
        near: Mapping[Mutant, list[str]],
    ) -> Iterator[Verdict]:
        """Ask those whose service did not start again: a busy machine may have been why."""
        trials = [
            Trial(
                (mutant,),
                numbers[mutant],
                near[mutant] + others(mutant, self.seconds, near[mutant]),
                is_second=True,
            )
            for mutant in mutants
        ]
        for trial, row, doubt in self._over(trials):
            yield verdict_of(trial, trial.mutants[0], row, doubt)

    def _over(self, waiting: list[Trial], jobs: int = 0) -> Iterator[tuple[Trial, Row | None, str]]:
        """Run trials; yield each that is over, with the row that failed, or what is doubtful.

        Args:
            waiting: in the order in which they begin.
            jobs: how many at a time, 0 for as many as was asked for.
        """
        yield from ((trial, None, "") for trial in waiting if not trial.ids)
        alone: list[Trial] = []
        waiting = [trial for trial in waiting if trial.ids]
        while waiting or alone or self._running:
            most = (jobs or self._jobs) if waiting else 1
            while (queue := waiting or alone) and len(self._running) < most:
                if not waiting and self._running:
                    break
                trial = queue.pop(0)
                self._running.append((trial, *self._start(trial)))
            time.sleep(LOOK_S)
            for trial, run, copy in list(self._running):
                rows = run.rows()
                row = failed(rows)
                if not (row or run.is_over()):
                    continue
                run.stop()
                row = row or failed(run.rows())
                self._running.remove((trial, run, copy))
                shutil.rmtree(copy, ignore_errors=True)
                trial.seconds += run.elapsed_s
                passed = Counter(each.id for each in run.rows() if each.status == "passed")
                trial.green |= {name for name in trial.ids if 0 < rows_of()[name] <= passed[name]}
                self._slow |= {at for at, took in run.seconds().items() if took > SLOW_S}
                doubt = "" if row else doubt_of(run, run.rows(), self.starved)
                if self._is_over(trial, doubt, run):
                    yield trial, row, "" if row else trial.doubt
                else:
                    alone.append(trial)

    def _is_over(self, trial: Trial, doubt: str, run: Run) -> bool:
        """Tell whether a trial is over; otherwise what was not green is asked again, alone."""
        trial.has_passed = any(each.status == "passed" for each in run.rows())
        is_dead = never_started(doubt) and not trial.has_passed and bool(trial.mutants)
        if doubt and not trial.is_second and not is_dead:
            trial.is_second = True
            if not run.overdue:
                unclear = self._unclear(trial.ids, run.rows())
                trial.asked += [each for each in trial.ids if each not in unclear]
                trial.ids = unclear
            return False
        trial.asked += trial.ids
        trial.doubt = doubt
        return True

    def _unclear(self, ids: Sequence[str], rows: Sequence[Row]) -> list[str]:
        """Return what has to be asked again: what is not green, or has not run; or else all."""
        ran = {row.id for row in rows}
        bad = {
            row.id
            for row in rows
            if row.status != "passed" and not (row.is_starved and row.id in self.starved)
        }
        return [each for each in ids if each in bad or each not in ran] or [*ids]

    def _start(self, trial: Trial) -> tuple[Run, Path]:
        ids = trial.ids
        kind = "apart" if trial.measures else KINDS[min(len(trial.mutants), 2)]
        folder = self._folder / f"{kind}-{trial.number:03d}"
        copy = folder.with_name(f"{folder.name}-code")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(APP, copy / "app")
        for mutant in trial.mutants:
            (copy / mutant.file).write_text(mutant.source, encoding="utf-8")
            for stale in (copy / "app" / "__pycache__").glob(f"{mutant.module}.*"):
                stale.unlink()
        known = {**self.seconds, **self.apart_seconds}
        quick_first = sorted(ids, key=lambda name: known.get(name, 0.0))
        files = dict.fromkeys(Ask((any_of([name]),), {}).files[0] for name in quick_first)
        run = Run(
            trial.name,
            folder,
            (*(APART if trial.measures else FUNCTIONAL), any_of(ids)),
            (),
            max(
                LONG_ALLOWED_S if trial.measures else ALLOWED_S,
                ALLOWED * sum(known.get(name, 0.0) for name in ids),
            ),
            slow=self._slow,
            files=tuple(files),
            settings={
                "launch.directory": str(copy),
                "last_look": "yes",
                **({"launch.ready_within_s": f"{READY_S:g}"} if trial.mutants else {}),
            },
        )
        return run, copy

    def stop(self) -> None:
        """End what is still running: all are asked first, then waited for."""
        for _, run, _ in self._running:
            run.interrupt()
        for _, run, copy in self._running:
            run.stop()
            shutil.rmtree(copy, ignore_errors=True)
        self._running.clear()
