"""A run whose features several processes share: behave's `--jobs`.

The process that was started forks the others before anything of the run is there. They begin once
its own target, broker and service are up, each with broker and services of its own. A feature is
for whoever takes it first. What is under load, and what is about the whole run, the first process
runs by itself when all others have ended: nobody disturbs a measurement.

Results, JUnit files and checks go into the same folders. What the processes tell each other is in
a folder of files, each written whole or not at all.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from behave.model import Feature, Scenario, Step
from behave.model_type import Status

from qaws.gherkin.tags import WHOLE_RUN
from qaws.report.identity import place_of
from qaws.report.outcome import Outcome, outcome_of
from qaws.sut.target import Target

LOAD = "load"
POLL_S = 0.05
ENDING_S = 60.0
"""How long another process may clean up when the run is stopped."""
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
LONGEST = "longest_connection_s"
GO, STOP, LEFT, FAILED = "go.json", "stop", "left.json", "failed"


class Run(Protocol):
    """What a share needs of behave's runner."""

    features: list[Feature]
    aborted: bool
    broke: bool
    config: Any

    def abort(self, reason: str | None = None) -> None:
        """Stop the run."""

    def report(self, feature: Feature, *, has_run: bool) -> None:
        """Have a feature counted that another process has run, or nobody."""


class Shares:
    """One process's part of a run.

    Attributes:
        number: 0 in the process that was started, 1 and up in the others.
        told: what the first tells the others when they may begin: what the first look found.
        why_alone: why the first does all by itself after all; "" where it does not.
        outcomes: what scenarios came to that another process has run, by where they stand.
        problems: what went wrong with other processes.
        records: what the others left in their records.
    """

    def __init__(self, run: Run, jobs: int) -> None:
        """Fork the others: behind this line there are `jobs` processes."""
        self._run = run
        self._folder = Path(tempfile.mkdtemp(prefix="qaws-shares-"))
        self._names = {id(feature): str(index) for index, feature in enumerate(run.features)}
        self._pids: dict[int, int] = {}
        self._codes: dict[int, int] = {}
        self._mine: set[int] = set()
        self._are_told = False
        self.number = 0
        self.told: dict[str, Any] = {}
        self.why_alone = ""
        self.outcomes: dict[str, Outcome] = {}
        self.problems: list[str] = []
        self.records: list[dict[str, Any]] = []
        self.has_failed = False
        sys.stdout.flush()
        sys.stderr.flush()
        for number in range(1, jobs):
            parent = os.getpid()
            if (pid := os.fork()) == 0:
                self.number = number
                _belong_to(parent)
                return
            self._pids[number] = pid

    # --- the others -------------------------------------------------------------------------------

    def may_begin(self) -> bool:
        """Wait until the first is ready; return False where it needs nobody."""
        while not (self._folder / GO).exists():
            if (self._folder / STOP).exists():
                return False
            time.sleep(POLL_S)
        signal.signal(signal.SIGTERM, _as_interrupt)
        self.told = json.loads((self._folder / GO).read_text(encoding="utf-8"))
        return True

    def leave(self, record: dict[str, Any]) -> None:
        """Leave the record of this process's part to the first."""
        _write(self._folder / f"{self.number}-{LEFT}", record)

    def tell_of_failure(self) -> None:
        """Tell the first that behave counts this part as failed: a hook of a feature may have."""
        (self._folder / FAILED).touch()

    def _taken_by_another(self) -> Iterator[Feature]:
        for feature in self._run.features:
            if self._run.aborted or (self._folder / STOP).exists():
                return
            if is_for_all(feature, self._run.config) and self._take(feature):
                yield feature
                _write(self._folder / f"{self._names[id(feature)]}.json", _results(feature))
                if self._run.config.stop and feature.status.has_failed():
                    self.stop()

    # --- the first --------------------------------------------------------------------------------

    def features(self) -> Iterator[Feature]:
        """Yield the features that this process is to run, as it comes to them."""
        if self.number:
            yield from self._taken_by_another()
            return
        if self._run.aborted or self.why_alone:
            self.stop()
            self._wait()
            yield from self._run.features
            return
        _write(self._folder / GO, self.told)
        shared = [
            feature for feature in self._run.features if is_for_all(feature, self._run.config)
        ]
        for feature in shared:
            if not self._has_ended() and self._take(feature):
                yield feature
                if self._run.config.stop and feature.status.has_failed():
                    self.stop()
        self._wait()
        self.has_failed = (self._folder / FAILED).exists()
        for feature in shared:
            if id(feature) not in self._mine:
                self._take_over(feature)
        if self._wrong:
            print(f"BROKEN: {self._wrong}", file=sys.stderr)
            self._run.broke = True
            self._run.abort(self._wrong)
        for feature in self._run.features:
            if is_for_all(feature, self._run.config):
                continue
            if self._has_ended():  # behave would call its hooks, and count it as failed
                self._pass_over(feature)
            else:
                yield feature

    def add_to(self, record: dict[str, Any]) -> str:
        """Add to the run's record what the others have in theirs; return what was wrong, or ""."""
        record["processes"] = 1 + len(self.records)
        for other in self.records:
            stalls_ms = [each["harness"]["worst_stall_ms"] for each in (record, other)]
            record["harness"]["worst_stall_ms"] = max(stalls_ms)
            record[LONGEST] = max(each.get(LONGEST, 0.0) for each in (record, other))
        return self._wrong

    @property
    def _wrong(self) -> str:
        """Return the first thing that went wrong in another process; "" where nothing did."""
        wrong = [*self.problems, *(each["error"] for each in self.records if each["error"])]
        return str(wrong[0]) if wrong else ""

    def stop(self) -> None:
        """Have nobody begin a further feature."""
        (self._folder / STOP).touch()

    def end_others(self) -> None:
        """Have the others stop where they are, and clean up: a second signal would cut that off."""
        self.stop()
        if self._are_told:
            return
        self._are_told = True
        for number, pid in self._pids.items():
            if number not in self._codes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

    def close(self) -> None:
        """End what is left of the others, and delete what was told."""
        if self.number:
            return
        self.end_others()
        self._wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _has_ended(self) -> bool:
        return self._run.aborted or (self._folder / STOP).exists()

    def _wait(self) -> None:
        """Wait for the others; take over what they left. A run that is stopped stops them."""
        deadline = float("inf")
        while len(self._codes) < len(self._pids):
            try:
                self._reap()
                if self._run.aborted and deadline == float("inf"):
                    self.end_others()
                    deadline = time.monotonic() + ENDING_S
                if time.monotonic() > deadline:
                    self._kill()
                time.sleep(POLL_S)
            except KeyboardInterrupt:
                self._run.abort("KeyboardInterrupt")

    def _reap(self) -> None:
        for number, pid in self._pids.items():
            if number in self._codes:
                continue
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            self._codes[number] = os.waitstatus_to_exitcode(status)
            left = self._folder / f"{number}-{LEFT}"
            if left.exists():
                self.records.append(json.loads(left.read_text(encoding="utf-8")))

    def _kill(self) -> None:
        for number, pid in self._pids.items():
            if number not in self._codes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _take(self, feature: Feature) -> bool:
        """Return whether nobody had taken a feature: now this process has."""
        name = self._folder / f"{self._names[id(feature)]}.taken"
        try:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        self._mine.add(id(feature))
        return True

    def _pass_over(self, feature: Feature) -> None:
        """Report a feature that nobody runs."""
        for scenario in feature.walk_scenarios():
            if not scenario.should_run(self._run.config):
                scenario.mark_skipped()
        self._run.report(feature, has_run=False)

    def _take_over(self, feature: Feature) -> None:
        """Take over what became of a feature that another process had, or nobody has run."""
        name = self._names[id(feature)]
        file = self._folder / f"{name}.json"
        if file.exists():
            left = json.loads(file.read_text(encoding="utf-8"))
            self.outcomes |= _restore(feature, left)
            self.has_failed |= feature.status.has_failed()
            self._run.report(feature, has_run=True)
            return
        if (self._folder / f"{name}.taken").exists() and not self._run.aborted:
            codes = ", ".join(str(code) for code in self._codes.values())
            self.problems.append(
                f"{feature.filename}: the process that ran it beside this one ended in the midst "
                f"of it (exit code {codes}); run it again, with --jobs=1 if that comes again"
            )
        self._pass_over(feature)


def is_for_all(feature: Feature, config: Any) -> bool:
    """Return whether any process may run a feature; else the first does, by itself."""
    selected = [each for each in feature.walk_scenarios() if each.should_run(config)]
    is_load = any(LOAD in scenario.effective_tags for scenario in selected)
    return bool(selected) and not is_load and WHOLE_RUN not in feature.tags


def why_alone(target: Target) -> str:
    """Return why one process has to run all of a target's scenarios; "" where several can."""
    if target.launch is None:
        return f"{target.file} has no [launch] section, and all would come to one service"
    texts = [target.endpoint.url, *target.launch.command, *target.launch.environment.values()]
    if not any("{port}" in text for text in texts):
        return f"{target.file} names a port of its own, and no second service could listen there"
    if target.feed and not target.feed.is_apart:
        return f"{target.file}: the broker of [feed] is not the suite's own, and all would hear all"
    return ""


def _belong_to(parent: int) -> None:
    """End with the first process, and leave a terminal's Ctrl-C to it."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, _heed_not)  # no SIG_IGN, which the services would inherit


def _heed_not(number: int, frame: FrameType | None) -> None:
    """Leave it to the first process, which says what to do."""


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _write(file: Path, content: dict[str, Any]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    new.rename(file)


def _results(feature: Feature) -> dict[str, Any]:
    """Return what became of the scenarios of a feature, by where they stand."""
    return {
        place_of(scenario): {
            "status": scenario.status.name,
            "steps": [step.status.name for step in scenario.all_steps],
            "outcome": asdict(outcome_of(scenario)),
        }
        for scenario in feature.walk_scenarios()
    }


def _restore(feature: Feature, left: dict[str, Any]) -> dict[str, Outcome]:
    """Give the scenarios of a feature what another process found; return their outcomes."""
    for item in feature.run_items:
        item.clear_status()
    for scenario in feature.walk_scenarios():
        found = left[place_of(scenario)]
        _restore_steps(scenario, found["steps"])
        scenario.set_status(Status[found["status"]])
    feature.clear_status()
    return {place: Outcome(**found["outcome"]) for place, found in left.items()}


def _restore_steps(scenario: Scenario, statuses: Sequence[str]) -> None:
    while len(list(scenario.all_steps)) < len(statuses):  # the closing step came as it ran
        scenario.steps.append(Step(scenario.filename, scenario.line, "And", "then", "…"))
    for step, status in zip(scenario.all_steps, statuses, strict=True):
        step.status = Status[status]
