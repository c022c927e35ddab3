"""The record of a run, `run.json`, and the JUnit case of a run that broke as a whole."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

from allure_commons import plugin_manager
from behave.exception import (
    ClassNotFoundError,
    ConfigError,
    ConstraintError,
    InvalidClassError,
    InvalidFileLocationError,
    InvalidFilenameError,
    ModuleNotFoundError,
)
from behave.parser import ParserError
from behave.reporter.summary import SummaryReporter
from behave.runner import Runner as BehaveRunner
from behave.runner_util import FileLocationParser

from qaws.gherkin.feature_files import UnreadableFile, read_by_behave
from qaws.report.console import RowFormatter
from qaws.report.identity import place_of
from qaws.report.junit import RUN, clear_junit
from qaws.report.node import ReportError
from qaws.report.outcome import Outcome, outcome_of
from qaws.report.run_files import note_end
from qaws.report.signoff import (
    EXIT_BROKEN,
    EXIT_CODES,
    EXIT_FAILED,
    delete_pages,
    reports_folder,
)
from qaws.runner.exit_code import exit_code
from qaws.runner.provenance import suite_state
from qaws.runner.shares import Shares, is_for_all
from qaws.runtime.lock import hold
from qaws.verdict import Broken, readable

ACCEPT_UNVERIFIED = "accept_unverified"
"""With -D: what the target cannot show is nothing to complain of, in the exit code."""
TRUE = ("true", "yes", "on", "1")
BEHAVE_ERRORS = (
    ParserError,
    ConfigError,
    ConstraintError,
    FileNotFoundError,
    InvalidFileLocationError,
    InvalidFilenameError,
    ModuleNotFoundError,
    ClassNotFoundError,
    InvalidClassError,
    ImportError,
)
"""What behave tells of in one line."""

USER = "KeyboardInterrupt"
"""The reason behave gives for a run that was stopped by hand."""

BEFORE_ANYTHING = ("HOOK-ERROR in hook=before_all", f"HOOK-ERROR in before_all: {USER}")
"""The reasons behave gives where what comes before any scenario failed, or was stopped."""

JUNIT = f"TESTS-{RUN}.xml"
"""The JUnit file of the run as a whole: there only when it broke."""


def new_record(selected: list[dict[str, str]], versions: dict[str, str]) -> dict[str, Any]:
    """Return the record of a run that begins now.

    Args:
        selected: the scenarios that it is to run.
        versions: of Python and the packages.
    """
    return {
        "state": "running",
        "error": None,
        "target": None,
        "selected": selected,
        "versions": versions,
        "suite": suite_state(),
        "order": None,
        "started": now(),
        "ended": None,
        "harness": {"worst_stall_ms": 0.0},
    }


def ended_by(problem: BaseException) -> dict[str, Any]:
    """Return what the record says of a run that ended before its first scenario."""
    if isinstance(problem, KeyboardInterrupt):
        return {"state": "aborted", "ended": now()}
    return {"state": "broken", "error": str(problem), "ended": now()}


def write_record(reports: Path, record: dict[str, Any]) -> None:
    """Write `run.json`."""
    (reports / "run.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def now() -> str:
    """Return the time of day, UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_junit(folder: Path, error: str | None) -> None:
    """Write the JUnit case of a run that broke, or take away that of an earlier one.

    Args:
        folder: where JUnit files go.
        error: why the run broke; None where it did not.
    """
    file = folder / JUNIT
    if error is None:
        file.unlink(missing_ok=True)
        return
    counts = {"tests": "1", "errors": "1", "failures": "0", "skipped": "0"}
    suite = ElementTree.Element("testsuite", {"name": "run", **counts})
    names = {"classname": "run", "name": "The run", "status": "broken"}
    case = ElementTree.SubElement(suite, "testcase", names)
    said = f"BROKEN: {readable(error)}"
    ElementTree.SubElement(case, "error", {"type": "Broken", "message": said}).text = said
    folder.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)


def tell_of_break(config: Any, error: str) -> None:
    """Tell JUnit and Allure that the run as a whole broke.

    Args:
        config: behave's.
        error: why.
    """
    if config.junit:
        write_junit(Path(config.junit_directory), error)
    plugin_manager.hook.global_error(message=readable(f"BROKEN: {error}"), trace=None)


class Runner(BehaveRunner):  # type: ignore[misc]
    """behave's runner, which also records a run that ends before it has begun.

    A feature file that is missing or cannot be read ends behave before any hook is asked; without
    this the record and the JUnit files of the run before would stay, and look like this one's.
    """

    broke = False
    """Whether a hook has found that the run as a whole is broken."""
    shares: Shares | None = None
    """This process's part, where several share the run."""
    _by_user = False
    _began = 0.0
    _selected: Sequence[Any] = ()

    def run(self) -> bool:
        """Run; return whether something failed.

        Raises:
            SystemExit: with what more there is to tell the shell, see `exit_code`.
        """
        try:
            self._require_paths()
            read_by_behave()
            failed = bool(super().run())
        except Exception as problem:
            said = " ".join(str(problem).split())
            if isinstance(problem, InvalidFilenameError):
                said = f"{problem}: is no feature file; its name must end with .feature"
            self._record(said)
            if not isinstance(problem, BEHAVE_ERRORS):
                traceback.print_exc()
            kind = "" if isinstance(problem, UnreadableFile) else f"{type(problem).__name__}: "
            print(f"{kind}{problem}")
            raise SystemExit(EXIT_BROKEN) from None
        if self.config.dry_run:
            return failed
        code = exit_code(
            [self._outcome(scenario) for scenario in self._selected],
            failed=failed,
            broke=self.broke,
            aborted=self._by_user,
            accept_unverified=self.config.userdata.get(ACCEPT_UNVERIFIED) in TRUE,
        )
        with suppress(OSError, ReportError):
            note_end(reports_folder(), code, aborted=self._by_user)
        if code not in (0, EXIT_FAILED):
            raise SystemExit(code)
        return bool(code)

    def run_model(self, features: Any = None) -> bool:
        """Run the features, and remember which scenarios are to run: a skip would hide it."""
        self._selected = [
            scenario
            for feature in self.features
            for scenario in feature.walk_scenarios()
            if scenario.should_run(self.config)
        ]
        for formatter in self.formatters:
            if isinstance(formatter, RowFormatter):
                formatter.expect(len(self._selected))
        self._began = time.monotonic()
        jobs = min(self.config.jobs, sum(is_for_all(f, self.config) for f in self.features))
        if jobs < 2 or self.config.dry_run:
            return bool(super().run_model(features))
        self.shares = Shares(self, jobs)
        if self.shares.number:
            self._run_share(self.shares)
        try:
            failed = bool(super().run_model(self.shares.features()))
        finally:
            self.shares.close()
        return failed or self.shares.has_failed

    def _run_share(self, shares: Shares) -> NoReturn:
        """Be one of the other processes: run what is left of the run, and end."""
        code = EXIT_BROKEN
        try:
            if shares.may_begin():
                self.config.reporters = _without_summary(self.config.reporters)
                if super().run_model(shares.features()):
                    shares.tell_of_failure()
            code = 0
        except KeyboardInterrupt:
            code = EXIT_CODES["ABORTED"]
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def report(self, feature: Any, *, has_run: bool) -> None:
        """Have the summary count a feature that another process has run, which told JUnit of it.

        What nobody has run this process tells of.
        """
        for reporter in self.config.reporters:
            if isinstance(reporter, SummaryReporter) or not has_run:
                reporter.feature(feature)

    def _outcome(self, scenario: Any) -> Outcome:
        told = self.shares.outcomes if self.shares else {}
        return told.get(place_of(scenario)) or outcome_of(scenario)

    def abort(self, reason: str | None = None) -> None:
        """Stop the run; a hook that failed has said why, and it was not the user.

        Where that was the first hook, behave would count the features without a selected scenario
        as passed, and some others as failed: nothing has run.
        """
        stopped = reason == USER or str(reason).endswith(f": {USER}")  # in a step, or in a hook
        self._by_user = self._by_user or stopped
        if reason in BEFORE_ANYTHING:
            self.config.reporters = _without_summary(self.config.reporters)
            word = "ABORTED" if stopped else "BROKEN"
            print(f"{word}: none of {len(self._selected)} selected scenarios has run")
        for scenario in () if self._by_user else self._selected:
            if scenario.status.name == "untested":
                scenario.kept_from = "not run: the run broke before this scenario"
        if self.shares and not self.shares.number:
            self.shares.end_others()
        if self._by_user or self.context is None:
            super().abort(USER if self._by_user else reason)
        else:
            self.aborted = True

    def run_hook_with_capture(self, hook_name: str, *args: Any, **kwargs: Any) -> bool:
        """Run a hook; behind the last one behave says "ABORTED: By user" of every stopped run."""
        went_well = bool(super().run_hook_with_capture(hook_name, *args, **kwargs))
        if hook_name == "after_all":
            if self.aborted and not self._by_user:
                self.aborted = False  # the failed hook is counted, and fails the run
            for reporter in self.config.reporters:
                if isinstance(reporter, SummaryReporter):  # it adds up what features took
                    reporter.duration = time.monotonic() - self._began
        return went_well

    def _require_paths(self) -> None:
        for path in map(str, self.config.paths):
            name = path[1:] if path.startswith("@") else FileLocationParser.parse(path).filename
            if not os.path.exists(name):
                raise ConfigError(f"{name}: there is no such file or folder")

    def _record(self, error: str) -> None:
        if self.config.dry_run:
            return
        elsewhere = os.environ.get("QAWS_REPORTS")
        reports = Path(elsewhere or "reports")
        junit = reports / "junit" if elsewhere else Path(self.config.junit_directory)
        # Where another run writes, or nobody can, nothing is said.
        with suppress(OSError, Broken, ReportError):
            reports.mkdir(parents=True, exist_ok=True)
            with hold(reports):
                delete_pages(reports)  # those of the run before would look like this one's
                clear_junit(junit)
                record = new_record([], {}) | {"state": "broken", "error": error, "ended": now()}
                write_record(reports, record)
                if self.config.junit:
                    write_junit(junit, error)


def _without_summary(reporters: Sequence[Any]) -> list[Any]:
    return [each for each in reporters if not isinstance(each, SummaryReporter)]
