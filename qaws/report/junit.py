"""JUnit XML that says the same as the Allure results, skip reasons included."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import chain, count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from allure_commons.model2 import Status
from behave.reporter.junit import JUnitReporter
from behave.runner_util import collect_feature_locations

from qaws import places
from qaws.report.identity import full_name
from qaws.report.outcome import Outcome, outcome_of
from qaws.verdict import readable

RUN = "run"
"""What the file about the run as a whole is called; no feature's is."""
ELEMENTS = {Status.FAILED: "failure", Status.BROKEN: "error", Status.SKIPPED: "skipped"}


class SignoffJUnitReporter(JUnitReporter):  # type: ignore[misc]
    """behave's JUnit reporter with verdicts and messages taken from `outcome_of`.

    behave's own loses the reason of a skip, has no message for a failed cleanup, and calls the
    scenarios of a run that broke before them "skipped". Deselected scenarios are left out. No two
    cases of a file share a name: readers such as Allure take the second for a retry of the first.
    """

    def __init__(self, config: Any, selected: Callable[[Any], bool]) -> None:
        super().__init__(config)
        self.show_skipped_always = True
        self._selected = selected
        self._names: dict[Path, str] = {}

    def feature(self, feature: Any) -> None:
        """Write one XML file for a feature that has selected scenarios."""
        if any(self._selected(scenario) for scenario in feature.walk_scenarios()):
            directory = Path(self.config.junit_directory)
            directory.mkdir(parents=True, exist_ok=True)  # behave's fails where two do it at once
            super().feature(feature)

    def make_feature_filename(self, feature: Any) -> str:
        """Return the name of a feature's file, and the beginning of a class name."""
        if not self._names:
            files = collect_feature_locations(self.config.paths)
            here = Path(self.config.base_dir).resolve()
            self._names = names_of([Path(each.filename).resolve() for each in files], here)
        return self._names[Path(feature.filename).resolve()]

    def _process_scenario(self, scenario: Any, report: Any) -> None:
        if not self._selected(scenario):
            return
        counts = (report.counts_errors, report.counts_failed, report.counts_skipped)
        super()._process_scenario(scenario, report)
        report.counts_errors, report.counts_failed, report.counts_skipped = counts
        case = report.testcases[-1]
        for stale in [child for child in case if child.tag in ELEMENTS.values()]:
            case.remove(stale)
        outcome = outcome_of(scenario)
        case.set("status", str(outcome.status))
        name = full_name(scenario) + (f" [{outcome.row}]" if outcome.row else "")
        if any(other.get("name") == name for other in report.testcases[:-1]):
            name = f"{name} (line {scenario.line})"
        case.set("name", readable(name))
        if outcome.status in ELEMENTS:
            case.insert(0, _element(outcome))
            report.counts_failed += outcome.status == Status.FAILED
            report.counts_errors += outcome.status == Status.BROKEN
            report.counts_skipped += outcome.status == Status.SKIPPED


def names_of(files: Iterable[Path], folder: Path) -> dict[Path, str]:
    """Return what the JUnit files of features are called, no two alike: one would replace another.

    The suite's bear their names wherever it is installed. Others bear those that are left, of their
    path from the features folder on.

    Args:
        files: the feature files of the run.
        folder: the features folder.
    """
    suite = sorted(places.FEATURES.rglob("*.feature"))
    taken = {RUN: folder} | {_dotted(file, places.FEATURES): file for file in suite}
    for file in sorted({*files}.difference(suite)):
        name = _dotted(file, folder)
        numbered = (f"{name}-{number}" for number in count(2))
        names = chain([name, f"{folder.name}.{name}"], numbered)
        taken[next(each for each in names if each not in taken)] = file
    return {file: name for name, file in taken.items()}


def _dotted(file: Path, folder: Path) -> str:
    from_here = Path(os.path.relpath(file, folder)).with_suffix("")
    return ".".join(part for part in from_here.parts if part != os.pardir)


def clear_junit(directory: Path) -> None:
    """Delete the JUnit files of earlier runs from `directory`, and nothing else in it."""
    for file in directory.glob("TESTS-*.xml"):
        file.unlink()


def _element(outcome: Outcome) -> ElementTree.Element:
    """Return what JUnit has for a verdict; what is no failure says so in its first word.

    Many readers count errors among the failures: there the message alone tells them apart.
    """
    element = ElementTree.Element(ELEMENTS[outcome.status])
    message = outcome.message.strip()
    if outcome.status == Status.BROKEN and outcome.verdict == "BROKEN":
        message = f"BROKEN: {message}"
    element.set("type", outcome.kind)
    element.set("message", message.partition("\n")[0])
    element.text = "\n".join(part for part in (message, outcome.trace) if part)
    return element
