"""What a run selects, and whether it is what was meant: nothing vanishes unnoticed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from behave.model_type import FileLocation

from qaws import places
from qaws.gherkin.comparison import compare
from qaws.gherkin.edits import Edit, told
from qaws.gherkin.hollow import without_checks, without_rows
from qaws.gherkin.plan import read_plan
from qaws.gherkin.row_comparison import compare_rows
from qaws.gherkin.row_plan import read_row_plan
from qaws.gherkin.selection import Selection, require_names, require_sound_tags
from qaws.ids import ids_of, test_id
from qaws.report.panel import EDITED
from qaws.verdict import Broken


def require_selection(
    runner: Any, folder: Path, selected: Sequence[object]
) -> list[dict[str, Any]]:
    """Raise `Broken` where behave would run other scenarios than were meant, or none, and pass.

    What is in the plan and gone is such a case, as far as the command line selects it. What is
    there and planned otherwise is noted, and shown where the scenario is described.

    Args:
        runner: behave's runner, with config and features.
        folder: the features folder, with its plan.
        selected: what the run is going to run.

    Returns:
        The edits, with the attributes of `Edit`, `deviates` and `words` (all in one line).
    """
    config, features = runner.config, runner.features
    tags = [str(tag) for tag in config.tags or ()]
    every = [scenario for feature in features for scenario in feature.walk_scenarios()]
    planned, rows_planned = read_plan(folder), read_row_plan()
    borne = {str(tag) for scenario in every for tag in scenario.effective_tags}
    require_sound_tags(tags, {*borne, *planned})
    _require_scenarios_in_files(runner)
    _require_ids_of_the_suite(features, folder)
    selection = _selection(runner)
    found = compare(planned, features, folder, selection, runner.step_registry)
    found.add(compare_rows(rows_planned, found.runs, runner.step_registry, every=False))
    shares = getattr(runner, "shares", None)
    if not (shares and shares.number):  # one process of several tells of it
        for line in [*found.additions, *told(found.edits)]:
            print(f"note: {line}", file=sys.stderr)
    known = tuple(line.partition(": ")[0] + ": " for line in found.problems)
    empty = [line for line in without_rows(features, selection) if not line.startswith(known)]
    if problems := [*without_checks(features, selection), *found.problems, *empty]:
        for line in problems[1:]:
            print(line, file=sys.stderr)
        more = f" (and {len(problems) - 1} more: qaws lint)" if problems[1:] else ""
        raise Broken(f"{problems[0]}{more}")
    require_names(config.name or (), {s.name for s in every if not s.should_skip})
    if not selected:
        usual = (runner.base_dir, str(places.FEATURES))
        chosen = ", ".join(
            [f'--tags="{tag}"' for tag in tags]
            + [f'-n "{name}"' for name in config.name or ()]
            + [str(path) for path in config.paths if str(path) not in usual]
        )
        raise Broken(
            f"{chosen or 'this run'}: selects no scenario; docs/editing.md says which tags "
            "there are"
        )
    _tell_edits(found.edits, features)
    return [{**asdict(edit), "deviates": edit.deviates, "words": str(edit)} for edit in found.edits]


def _tell_edits(edits: Sequence[Edit], features: Sequence[Any]) -> None:
    """Tell in the scenarios' descriptions what was planned otherwise."""
    lines: dict[tuple[str, str], list[str]] = {}
    for edit in edits:
        lines.setdefault((edit.id, edit.title), []).append(str(edit))
    for item in (item for feature in features if lines for item in feature.scenarios):
        for line in lines.get((test_id(item) or "", item.name), ()):
            item.description.append(f"{EDITED} {line}")


def _require_ids_of_the_suite(features: Sequence[Any], folder: Path) -> None:
    """Raise `Broken` where a scenario that is not the suite's would stand for one that is."""
    for feature in features:
        if Path(feature.filename).resolve().is_relative_to(folder.resolve()):
            continue
        for scenario in feature.scenarios:
            for name, place in ids_of(scenario).items():
                raise Broken(
                    f"{place}: @{name}: ids of this form are the suite's; take it out: a scenario "
                    "of your own needs none"
                )


def _locations(runner: Any) -> list[FileLocation]:
    config = runner.config
    return [each for each in runner.feature_locations() if not config.exclude(each)]


def _require_scenarios_in_files(runner: Any) -> None:
    """Raise `Broken` for a file, or a folder, in which behave would find nothing to run."""
    full = {Path(f.filename).resolve() for f in runner.features if f.scenarios}
    files = {location.filename for location in _locations(runner)}
    for file in sorted(files):
        if Path(file).resolve() not in full:
            raise Broken(f"{file}: has no scenario; put back what was in it, or delete it")
    found = [Path(file).resolve() for file in files]
    for path in map(str, runner.config.paths):
        folder = Path(path).resolve()
        if folder.is_dir() and not any(file.is_relative_to(folder) for file in found):
            raise Broken(f"{path}: has no feature file in it")


def _selection(runner: Any) -> Selection:
    """Return what the command line says about tags, names, files and lines."""
    config = runner.config
    lines: dict[Path, set[int]] = {}
    whole = set()
    for location in _locations(runner):
        file = Path(location.filename).resolve()
        if location.line:
            lines.setdefault(file, set()).add(location.line)
        else:
            whole.add(file)
    folders = [Path(str(path)).resolve() for path in config.paths]
    return Selection(
        config.tag_expression,
        config.name_re if config.name else None,
        [*whole, *lines, *(folder for folder in folders if folder.is_dir())],
        config.exclude,
        {file: chosen for file, chosen in lines.items() if file not in whole},
    )
