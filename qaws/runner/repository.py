"""What a folder needs to be a team's own repository, and `qaws init` puts there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from qaws import places
from qaws.verdict import Broken

SCHEMA = "target.schema.json"
"""Where editors find the keys of a target file: beside it."""

RUNNER = "runner = qaws.runner.own:Runner"
"""What behave.ini must say, so that behave finds the suite."""

FILES = {
    "behave.ini": """\
[behave]
# Runs your scenarios and the suite's; with a file or a folder on the command line, those alone.
runner = qaws.runner.own:Runner
default_format = qaws.report.console:RowFormatter
format = qaws.report.formatter:SignoffFormatter
outfiles = reports/allure-results
scenario_outline_annotation_schema = {name}
show_skipped = false
show_snippets = false
junit = true
junit_directory = reports/junit

[behave.userdata]
behave.reporter.junit.show_hostname = no
""",
    "features/environment.py": '''\
"""behave's hooks, which are the suite's. A function of yours of the same name calls the suite's."""

from qaws.runner.own import (
    after_all,
    after_scenario,
    after_step,
    before_all,
    before_scenario,
    before_step,
)

__all__ = [
    "after_all",
    "after_scenario",
    "after_step",
    "before_all",
    "before_scenario",
    "before_step",
]
''',
    str(places.OWN_STEPS): '''\
"""The suite's steps. Your own go into files beside this one."""

from qaws.runner.own import load_steps

load_steps()
''',
    "features/own/example.feature": """\
@integration @own
Feature: What our service does besides
  Scenarios of our own, in the suite's phrases and those of features/steps.

  Background:
    Given the ticker service is running

  @p0 @normal
  Scenario: A client of ours is answered
    > Team: an example; put your own in its place.

    When Alice connects with a valid token
    Then Alice is connected
    And a ping message from Alice is answered within 1 second
""",
    ".gitignore": "/reports/\n__pycache__/\n",
}
"""File → what it has in the beginning."""


def is_for_a_team(root: Path) -> bool:
    """Return whether a folder is not the suite's own."""
    return (root / "features").resolve() != places.FEATURES


def lay_out(root: Path) -> Iterator[str]:
    """Write what is not there yet; yield what was done, one line for each file.

    Raises:
        Broken: a file cannot be written.
    """
    try:
        for name, text in FILES.items():
            file = root / name
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
                yield f"wrote {name}"
            elif name == "behave.ini" and RUNNER not in file.read_text("utf-8"):
                yield f'{name} is yours, and stays: put "{RUNNER}" into it'
        target_folder = root / places.TARGETS
        target_folder.mkdir(exist_ok=True)
        shutil.copyfile(places.SUITE / "docs" / SCHEMA, target_folder / SCHEMA)
    except OSError as problem:
        raise Broken(f"{problem.filename}: cannot be written: {problem.strerror}") from None
