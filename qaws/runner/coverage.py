"""`qaws coverage`: which lines of the service the acceptance scenarios reach.

Runs all functional scenarios against the service under coverage.py, a process as ever, and holds
the figures against the bounds of `signoff/requirements.json`. What was not measured is never
counted as reached, nor as missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import floor
from pathlib import Path
from typing import Any

from qaws import places
from qaws.report.evidence import Evidence, Figure
from qaws.report.signoff import EXIT_ABORTED, EXIT_FAILED, EXIT_INCOMPLETE, SIGNOFF
from qaws.runner.job import Interruptions, behave, refused
from qaws.runner.measured import COVERAGE_FOLDER, DATA, PLACES, SETTINGS
from qaws.runner.provenance import suite_state
from qaws.runner.side_run import (
    ALL_FUNCTIONAL,
    Asked,
    Outcome,
    alone,
    asked,
    changed_since,
    outcome_in,
)
from qaws.verdict import Broken

KIND = "coverage"
FILE = "routes_websocket.py"
"""What the source plan calls the file, whatever a service calls it."""
NO_DATA = (
    "the service left no data: coverage.py 7.13 or newer must be installed in its environment, and "
    "it must end by SIGTERM in time, or of its own accord"
)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file or a function: how many there are, which were not reached."""

    reached: int
    missed: Sequence[int]
    excluded: int = 0

    @property
    def percent(self) -> float:
        """Return the share that was reached, in %, never rounded up."""
        total = self.reached + len(self.missed)
        return floor(1000 * self.reached / total) / 10 if total else 0.0

    def __str__(self) -> str:
        total = self.reached + len(self.missed)
        said = f"{self.percent:.1f} % ({self.reached} of {total} lines)"
        if self.missed:
            said += f"; not reached: {ranges(self.missed)}"
        return said + (f"; {self.excluded} left out by the source" if self.excluded else "")


def ranges(numbers: Sequence[int]) -> str:
    """Return line numbers as "12, 14–16"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if run[1:] else str(run[0]) for run in runs)


def run_coverage(arguments: Sequence[str], reports: Path, interruptions: Interruptions) -> int:
    """Measure, print the figures, and leave them as evidence; return the exit code.

    Raises:
        Broken: nothing could be measured.
    """
    if find_spec("coverage") is None:
        way = "pip install coverage" if places.IS_INSTALLED else "make setup"
        raise Broken(f"coverage.py is not installed: run `{way}`")
    with alone(reports, KIND) as folder:
        return _measure(asked(arguments, ALL_FUNCTIONAL), reports, folder, interruptions)


def _measure(selected: Asked, reports: Path, folder: Path, interruptions: Interruptions) -> int:
    evidence = Evidence(KIND, suite_state(), selection=selected.selection, whole=selected.whole)
    evidence.write(reports)
    run = folder / "run"
    run.mkdir()
    variables = {COVERAGE_FOLDER: str(folder.resolve())}
    code = refused(selected.arguments, run)
    code = code or behave(selected.arguments, run, interruptions, variables=variables)
    outcome = outcome_in(run, code)
    evidence.target, evidence.summary = outcome.target, outcome.counted
    if interruptions.count:
        evidence.end(reports, "aborted")
        return EXIT_ABORTED
    return _conclude(evidence, outcome, reports, folder)


def _conclude(evidence: Evidence, outcome: Outcome, reports: Path, folder: Path) -> int:
    evidence.problem = changed_since(dict(evidence.suite))
    ran = outcome.verdict != "BROKEN" or bool(outcome.rows)
    try:
        if not ran:
            raise Broken(outcome.first)
        evidence.figures = [_of_a_part(each, outcome) for each in measured_figures(folder)]
    except Broken as problem:
        evidence.problem = evidence.problem or str(problem)
    if outcome.verdict != "PASSED":
        evidence.details = [f"{outcome.verdict}: {outcome.first}"]
    evidence.end(reports, "finished" if ran else "broken")
    for figure in evidence.figures:
        print(f"{figure.verdict.upper():<8} {figure.what}: {figure.measured}, {figure.allowed}")
    print(f"Coverage: {evidence.summary}; {evidence.problem or 'measured'}")
    for line in evidence.details:
        print(line)
    if any(each.verdict == "not met" for each in evidence.figures):
        return EXIT_FAILED
    return outcome.code or (EXIT_INCOMPLETE if evidence.problem else 0)


def _of_a_part(figure: Figure, outcome: Outcome) -> Figure:
    """Return what a figure shows where scenarios were broken off: they might have reached more."""
    if figure.verdict == "met" or outcome.verdict not in ("BROKEN", "INCONCLUSIVE"):
        return figure
    return replace(figure, verdict="inconclusive")


def measured_figures(folder: Path) -> list[Figure]:
    """Return the figures of what a run has left in a folder, each held against its bound.

    Raises:
        Broken: it was not measured: there is no data, or nothing but definitions was reached.
    """
    where = json.loads((folder / PLACES).read_text(encoding="utf-8"))
    files = _combined(folder)
    routes = files.get(where["routes"])
    if routes is None or not routes["summary"]["covered_lines"]:
        raise Broken(NO_DATA)
    if not any(each["summary"]["covered_lines"] for each in _functions(routes).values()):
        raise Broken(
            f"of {Path(where['routes']).name} nothing but definitions was seen to run, so the "
            f"process that served left no data: {NO_DATA.partition(': ')[2]}"
        )
    found = []
    for name, bound in bounds().items():
        lines = _lines(routes) if name == FILE else _function(files, where, name)
        met = lines.percent >= bound
        allowed = f"at least {bound:g} % of the lines"
        found.append(
            Figure(f"coverage of {name}", str(lines), allowed, "met" if met else "not met")
        )
    return found


def bounds() -> dict[str, float]:
    """Return the plan's bounds in %: of the file, and of each function."""
    requirements = json.loads((SIGNOFF / "requirements.json").read_text(encoding="utf-8"))
    return {
        measure["what"].removeprefix("coverage of "): float(measure["at_least"])
        for criterion in requirements["criteria"]
        if criterion.get("from") == KIND
        for measure in criterion["measures"]
    }


def _combined(folder: Path) -> dict[str, Any]:
    """Combine what the processes have left; return coverage.py's report, by whole paths."""
    report = folder / "coverage.json"
    settings = f"--rcfile={folder / SETTINGS}"
    if not any((folder / DATA).iterdir()):
        raise Broken(NO_DATA)
    _coverage("combine", "--keep", settings)
    _coverage("json", settings, "-o", str(report))
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    return {str(Path(name).resolve()): each for name, each in files.items()}


def _coverage(*arguments: str) -> None:
    command = [sys.executable, "-m", "coverage", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip()
    if done.returncode and "No data" in said:
        raise Broken(NO_DATA)
    if done.returncode:
        raise Broken(f"coverage {arguments[0]}: {said.splitlines()[-1] if said else 'no message'}")


def _functions(file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the functions of a file by name; what is outside of any is not among them."""
    return {name: each for name, each in file["functions"].items() if name}


def _function(files: Mapping[str, Any], where: Mapping[str, Any], name: str) -> Lines:
    """Return the lines of one of the plan's functions.

    Raises:
        Broken: the target says that it is where it is not.
    """
    file, function = where["functions"].get(name) or (where["routes"], name)
    known = _functions(files[file]) if file in files else {}
    if function not in known:
        near = ", ".join(sorted(known)) or "none"
        raise Broken(
            f"{Path(file).name} has no function {function} (it has {near}); say in "
            f'[coverage.functions] where it is: {name} = "file.py:Class.name"'
        )
    return _lines(known[function])


def _lines(part: Mapping[str, Any]) -> Lines:
    return Lines(
        part["summary"]["covered_lines"], part["missing_lines"], part["summary"]["excluded_lines"]
    )
