"""Allure results that a sign-off may rest on: allure-behave without its false results.

Stock allure-behave calls a scenario whose cleanup failed "passed", loses the reason of a skip,
merges two scenarios of one name into a "retry", and leaves nothing behind where a hook failed.
Here every selected scenario has exactly one result, which says what `outcome_of` says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import allure_commons
from allure_behave import formatter as allure_formatter
from allure_behave import listener as allure_listener
from allure_commons.model2 import Label, Status, StatusDetails
from allure_commons.utils import md5, now
from behave.exception import ConstraintError
from behave.reporter.junit import JUnitReporter
from behave.runner import Context
from behave.runner_util import collect_feature_locations, parse_features

from qaws.ids import test_id
from qaws.report.identity import check_identities, identity, place_of, row_text
from qaws.report.junit import SignoffJUnitReporter, clear_junit
from qaws.report.outcome import Outcome, gravity, hook_finding, outcome_of, step_findings
from qaws.report.sole_writer import require_sole_writer
from qaws.runtime.lock import hold
from qaws.verdict import Broken

EPICS = {"integration": "Integration", "load": "Load", "security": "Security"}
RESULT_FILES = re.compile(
    r".*-(result|container|globals)\.json(\.tmp)?$|.*-attachment\..*$"
    r"|^(environment\.properties|executor\.json|categories\.json)$"
)


# ------------------------------------------------------------------------------ Allure's listener
class Listener(allure_listener.AllureListener):  # type: ignore[misc]
    """Turns behave's scenarios into Allure results, one each, deselected ones left out."""

    current_scenario_uuid: str | None
    current_step_uuid: str | None

    def start_scenario(self, scenario: Any) -> None:
        """Open the result of a scenario: identity, labels, parameters."""
        self.steps.clear()  # the steps of a deselected scenario must not leak into this one
        super().start_scenario(scenario)
        test = self.logger.get_test(self.current_scenario_uuid)
        sid = test_id(scenario)
        row = row_text(scenario)
        where = os.path.relpath(scenario.filename)
        test.fullName = f"{where}: {scenario.name}"
        test.titlePath = [*Path(where).parts[:-1], scenario.feature.name]
        test.testCaseId = md5(sid or test.fullName)  # type: ignore[no-untyped-call]
        test.historyId = md5(identity(scenario))  # type: ignore[no-untyped-call]
        if row:
            test.name = f"{test.name} · {row}"
        kinds = [EPICS[tag] for tag in EPICS if tag in scenario.effective_tags]
        test.labels.extend(Label("epic", kind) for kind in kinds[:1])
        test.labels.append(Label("place", place_of(scenario)))
        if sid:
            test.labels.append(Label("ALLURE_ID", sid))

    @allure_commons.hookimpl
    def stop_test(
        self,
        parent_uuid: str | None,
        uuid: str,
        name: str,
        context: dict[str, Any],
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Close the result; an exception that comes this far is an interruption."""
        context["scenario"].interrupted = exc_val is not None
        self.stop_scenario(context["scenario"])

    def stop_scenario(self, scenario: Any) -> None:
        """Write the result of a selected scenario, drop that of a deselected one."""
        if scenario.selected:
            self.flush_steps()
            self._close(outcome_of(scenario))
        else:
            self.steps.clear()
            self.logger.drop_test(self.current_scenario_uuid)
        self.group_context.exit()
        self.current_scenario_uuid = None
        self.current_step_uuid = None

    def never_ran(self, scenario: Any, why: str) -> None:
        """Write a broken result for a scenario that a failed hook kept from starting."""
        scenario.kept_from = why
        self.start_scenario(scenario)
        self._close(outcome_of(scenario))
        self.group_context.exit()
        self.current_scenario_uuid = None

    def stop_behave_step(self, result: Any) -> None:
        """Close a step with the status that `outcome_of` would give it."""
        found = sorted(step_findings(result), key=gravity)
        if found:
            status, details = found[0].status, _details(found[0])
        else:
            status = Status.PASSED if result.status.name == "passed" else Status.SKIPPED
            details = None
        self.logger.stop_step(
            self.current_step_uuid, stop=_now(), status=status, statusDetails=details
        )

    def _close(self, outcome: Outcome) -> None:
        uuid = self.current_scenario_uuid
        test = self.logger.get_test(uuid)
        test.stop = _now()
        test.status = outcome.status
        test.statusDetails = _details(outcome)
        self.logger.close_test(uuid)
        self.group_context.append_test(uuid)


def _now() -> int:
    return int(now())  # type: ignore[no-untyped-call]


def _details(outcome: Outcome) -> StatusDetails | None:
    if not outcome.message:
        return None
    return StatusDetails(message=outcome.message, trace=outcome.trace or None)


# ------------------------------------------------------------------------------------ formatter
class SignoffFormatter(allure_formatter.AllureFormatter):  # type: ignore[misc]
    """behave's `--format=qaws.report.formatter:SignoffFormatter --outfile=DIRECTORY`.

    Refuses ambiguous features and other writers of Allure results before anything is started,
    clears the results and JUnit files of earlier runs, and makes behave's JUnit reporter say the
    same as the Allure results. A dry run writes nothing. With QAWS_REPORTS in the environment
    everything goes into that folder.
    """

    description = "Allure results for the sign-off"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        self.dry_run = bool(config.dry_run)
        self._feature: Any = None
        self._cleanup_errors: list[tuple[str, BaseException]] = []
        if self.dry_run:
            allure_formatter.Formatter.__init__(self, stream_opener, config)
            return
        check_identities(_features(config))
        if elsewhere := os.environ.get("QAWS_REPORTS"):
            stream_opener.name = str(Path(elsewhere) / "allure-results")
            config.junit_directory = str(Path(elsewhere) / "junit")
        results = Path(stream_opener.name)
        require_sole_writer(config.format, SignoffFormatter, results)
        results.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = hold(results.parent)
        except Broken as problem:
            raise ConstraintError(str(problem)) from None
        clear_results(results)
        clear_junit(Path(config.junit_directory))
        self._print_cleanup_error = Context.print_cleanup_error
        Context.print_cleanup_error = staticmethod(self._on_cleanup_error)
        original, allure_formatter.AllureListener = allure_formatter.AllureListener, Listener
        try:
            super().__init__(stream_opener, config)
        finally:
            allure_formatter.AllureListener = original
        _replace_junit(config)

    def uri(self, uri: str) -> None:
        """Open the group of a feature file."""
        if not self.dry_run:
            super().uri(uri)

    def feature(self, feature: Any) -> None:
        """Take over the scenarios of a feature that is about to run."""
        self._feature = feature
        if self.dry_run:
            return
        self._cleanup_errors.clear()
        for scenario in feature.walk_scenarios():
            scenario.selected = bool(scenario.should_run(self.config))
            scenario.reported = False
            scenario.run = self._observed(scenario, scenario.run)

    def _observed(self, scenario: Any, run: Callable[[Any], bool]) -> Callable[[Any], bool]:
        tested = allure_commons.test(  # type: ignore[no-untyped-call]
            self._with_cleanup_errors(scenario, run), context={"scenario": scenario}
        )

        def observed(runner: Any) -> bool:
            scenario.reported = True
            return bool(tested(runner))

        return observed

    def _with_cleanup_errors(
        self, scenario: Any, run: Callable[[Any], bool]
    ) -> Callable[[Any], bool]:
        def collecting(runner: Any) -> bool:
            self._cleanup_errors.clear()
            try:
                return run(runner)
            finally:
                scenario.cleanup_errors = tuple(self._cleanup_errors)
                self._cleanup_errors.clear()

        return collecting

    def _on_cleanup_error(self, context: Any, function: Any, error: BaseException) -> None:
        self._cleanup_errors.append((getattr(function, "__name__", repr(function)), error))
        self._print_cleanup_error(context, function, error)

    def step(self, step: Any) -> None:
        """Expect a step."""
        if not self.dry_run:
            super().step(step)

    def match(self, match: Any) -> None:
        """Open a step."""
        if not self.dry_run:
            super().match(match)

    def result(self, result: Any) -> None:
        """Close a step."""
        if not self.dry_run:
            super().result(result)

    def embedding(self, mime_type: str, data: str | bytes) -> None:
        """Carry `context.attach` over to Allure."""
        if not self.dry_run:
            self.listener.attach_data(data, "attachment", mime_type, None)

    def eof(self) -> None:
        """Close a feature; report what its hooks kept from running or from ending well."""
        if self.dry_run:
            return
        self._report_feature_errors()
        super().eof()

    def _report_feature_errors(self) -> None:
        feature, self._feature = self._feature, None
        if feature is None:
            return
        errors = [f"CLEANUP-ERROR in {name}: {error}" for name, error in self._cleanup_errors]
        self._cleanup_errors.clear()
        if feature.hook_failed:
            errors.insert(0, hook_finding(feature).message)
        if not errors:
            return
        missing = [s for s in feature.walk_scenarios() if s.selected and not s.reported]
        for scenario in missing:
            self.listener.never_ran(scenario, f"not run: {errors[0]}")
        if not missing:
            message = f"{feature.name}: {'; '.join(errors)}"
            allure_commons.plugin_manager.hook.global_error(message=message, trace=None)

    def close(self) -> None:
        """Take leave of Allure; all results are on disk already."""
        if self.dry_run:
            return
        self._report_feature_errors()  # behave skips eof() where an interruption ends a feature
        Context.print_cleanup_error = staticmethod(self._print_cleanup_error)
        super().close()


def clear_results(directory: Path) -> None:
    """Delete the Allure results of earlier runs from `directory`, and nothing else in it."""
    if directory.is_dir():
        for file in directory.iterdir():
            if RESULT_FILES.match(file.name) and file.is_file():
                file.unlink()


def _features(config: Any) -> list[Any]:
    """Parse the features that behave is about to run: it has not shown them to formatters yet."""
    locations = [f for f in collect_feature_locations(config.paths) if not config.exclude(f)]
    features: list[Any] = parse_features(locations, language=config.lang)
    return features


def _replace_junit(config: Any) -> None:

    def selected(scenario: Any) -> bool:
        return bool(getattr(scenario, "selected", scenario.should_run(config)))

    config.reporters = [
        SignoffJUnitReporter(config, selected) if type(reporter) is JUnitReporter else reporter
        for reporter in config.reporters
    ]
