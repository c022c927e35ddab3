"""What the console shows of a run: one line per scenario row, and why where it did not pass."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from typing import Any

from behave.formatter.base import Formatter

from qaws.report.identity import full_name, row_text
from qaws.report.outcome import Outcome, hook_finding, outcome_of
from qaws.verdict import readable

WIDTH = len("INCONCLUSIVE")
COLOURS = {"PASSED": 32, "FAILED": 31, "BROKEN": 35}
OTHER_COLOUR = 33
TOLD = ("Broken", "Inconclusive", "Refuted", "NotVerified", "skipped", "AssertionError")
"""Kinds of outcomes that say all in their message: a traceback would only hide it."""
INDENT = " " * 4


class RowFormatter(Formatter):  # type: ignore[misc]
    """behave's `--format=qaws.report.console:RowFormatter`.

    A line has how many scenarios have come to their end, the verdict, how long it took, and which
    row it was. Each is written in one piece, so that those of processes which share a run do not
    mix; they count together.
    """

    name = "rows"
    description = "One line per scenario row, with verdict and reason"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        self.stream = self.open()
        self._ended, name = tempfile.mkstemp(prefix="qaws-ended-")  # a byte per scenario
        os.unlink(name)
        self._total = 0
        self._feature: Any = None
        self._running: Any = None
        self._told: set[int] = set()

    def expect(self, total: int) -> None:
        """Learn how many scenarios the run has."""
        self._total = total

    def feature(self, feature: Any) -> None:
        """Begin a feature."""
        self._feature = feature

    def scenario(self, scenario: Any) -> None:
        """Tell of the scenario before; say on a terminal which one is running now."""
        self._tell()
        self._running = scenario
        if self._is_terminal():
            self._write(f"\r\033[K{' ' * 10}… {_name(scenario)}"[: _columns() + 4])

    def eof(self) -> None:
        """Tell of the last scenario of a feature, and of those that its hook kept from running."""
        self._tell()
        if self._feature and self._feature.hook_failed:
            why = f"not run: {hook_finding(self._feature).message}"
            for scenario in self._feature.walk_scenarios():
                if scenario.should_run(self.config) and id(scenario) not in self._told:
                    self._tell_of(scenario, Outcome("broken", "hook", why))
        self._feature = None

    def close(self) -> None:
        """Tell of the scenario that an interruption ended."""
        self._tell()
        os.close(self._ended)
        self.close_stream()

    def _tell(self) -> None:
        scenario, self._running = self._running, None
        if scenario is None:
            return
        if self.config.dry_run:
            self._write(f"{scenario.location}: {_name(scenario)}\n")
            return
        self._tell_of(scenario, outcome_of(scenario))

    def _tell_of(self, scenario: Any, outcome: Outcome) -> None:
        self._told.add(id(scenario))
        fcntl.lockf(self._ended, fcntl.LOCK_EX)  # other processes of the run count in it too
        try:  # until it is written: lines come in the order of their numbers
            os.write(self._ended, b".")
            self._write(self._line(scenario, outcome, os.fstat(self._ended).st_size))
        finally:
            fcntl.lockf(self._ended, fcntl.LOCK_UN)

    def _line(self, scenario: Any, outcome: Outcome, number: int) -> str:
        verdict = outcome.verdict
        total = max(self._total, number)
        place = f"{number:>{len(str(total))}}/{total}"
        word = self._coloured(verdict, f"{verdict:<{WIDTH}}")
        line = f"{place}  {word}  {scenario.duration:6.1f} s  {_name(scenario)}\n"
        start = "\r\033[K" if self._is_terminal() else ""
        return start + line + _reason(scenario, outcome)

    def _coloured(self, verdict: str, text: str) -> str:
        if not self._is_terminal() or os.environ.get("NO_COLOR") or self.config.color == "never":
            return text
        return f"\033[{COLOURS.get(verdict, OTHER_COLOUR)}m{text}\033[0m"

    def _is_terminal(self) -> bool:
        return bool(getattr(self.stream, "isatty", bool)())

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _name(scenario: Any) -> str:
    row, name = row_text(scenario), full_name(scenario)
    return readable(f"{name} · {row}" if row else name)


def _reason(scenario: Any, outcome: Outcome) -> str:
    """Return the lines below that of a scenario which did not pass; "" for one that did."""
    if outcome.status == "passed":
        return ""
    said = outcome.message.removeprefix("INCONCLUSIVE: ").splitlines() or ["no reason was given"]
    if outcome.status != "skipped":
        step = next((s for s in scenario.all_steps if s.status.has_failed()), None)
        place = f"{step.location}: {step.keyword} {step.name}" if step else scenario.location
        said.append(f"at {place}")
        if outcome.kind not in TOLD:
            said += outcome.trace.splitlines()
        captured = scenario.captured
        if captured.has_output():
            said += captured.make_report().splitlines()
    return "".join(f"{INDENT}{readable(line)}\n" if line else "\n" for line in said)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 80
