"""Runs that end before they have begun: the record and the JUnit files say so."""

import json
import os
import sys
from xml.etree import ElementTree

import pytest

from qaws.report.signoff import PAGES
from qaws.runner import record
from qaws.runtime.lock import hold
from qaws.verdict import Broken
from tests.processes import run


def test_the_junit_case_of_a_broken_run_is_an_error_and_goes_with_the_next_run(tmp_path):
    file = tmp_path / "junit" / record.JUNIT
    record.write_junit(file.parent, None)
    record.write_junit(file.parent, 'a <b> & "c"\x01')
    suite = ElementTree.parse(file).getroot()
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    error = suite.find("testcase/error")
    assert error.get("message") == 'BROKEN: a <b> & "c"\\x01'
    record.write_junit(file.parent, None)
    assert not file.exists()


@pytest.fixture
def project(tmp_path):
    """A project with behave's own hooks, its steps folder empty."""
    (tmp_path / "features" / "steps").mkdir(parents=True)
    (tmp_path / "features" / "bad.feature").write_text("Scenario: without a feature\n")
    (tmp_path / "features" / "notes.txt").touch()
    (tmp_path / "behave.ini").write_text(
        "[behave]\nrunner = qaws.runner.record:Runner\njunit = true\njunit_directory = reports/j\n"
    )
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "run.json").write_text('{"state": "finished"}')
    return tmp_path


def behave(project, *arguments):
    environment = {name: text for name, text in os.environ.items() if name != "QAWS_REPORTS"}
    done = run([sys.executable, "-m", "behave", *arguments], cwd=project, env=environment)
    return done, json.loads((project / "reports" / "run.json").read_text())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("features/nope.feature", "features/nope.feature: there is no such file or folder"),
        ("features/nope.feature:7", "features/nope.feature: there is no such file or folder"),
        ("nope", "nope: there is no such file or folder"),
        ("features/notes.txt", "features/notes.txt: is no feature file; its name must end with"),
        ("features/bad.feature", "bad.feature"),
    ],
)
def test_a_file_that_cannot_be_used_is_in_the_record(project, path, said):
    """What is left of the run before would look like this one's."""
    reports = project / "reports"
    (reports / "j").mkdir()
    former = [reports / name for name in (*PAGES, "j/TESTS-old.xml")]
    for file in former:
        file.touch()
    done, recorded = behave(project, path)
    assert not any(file.exists() for file in former)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert recorded["state"] == "broken"
    assert said in recorded["error"]
    assert "\n" not in recorded["error"]
    assert recorded["ended"]
    assert (project / "reports" / "j" / record.JUNIT).exists()


def test_a_dry_run_records_nothing(project):
    assert behave(project, "--dry-run", "nope")[1] == {"state": "finished"}


def test_the_record_of_another_run_is_left_alone(project):
    with hold(project / "reports"):
        assert behave(project, "nope")[1] == {"state": "finished"}


HOOKS = ("before_all", "before_scenario", "after_scenario", "after_all")


@pytest.mark.parametrize("hook", HOOKS)
def test_who_stops_a_run_within_a_hook_has_stopped_it(project, hook):
    """Runs spend their waits there: a service starts, clients say goodbye."""
    stops = f"def {hook}(*_):\n    raise KeyboardInterrupt\n"
    (project / "features" / "environment.py").write_text(stops)
    empty = "Feature: of one\n  Scenario: without steps\n  Scenario: another\n"
    (project / "features" / "bad.feature").write_text(empty)
    done, _ = behave(project)
    assert done.returncode == 130
    assert "Traceback" not in done.stdout + done.stderr
    assert "ABORTED" in done.stdout + done.stderr
    if hook == "before_all":
        assert "ABORTED: none of 2 selected scenarios has run\n" in done.stdout
        assert "passed" not in done.stdout


def test_a_second_stop_in_the_last_hook_takes_nothing_back(project):
    stops = "".join(f"def {hook}(*_):\n    raise KeyboardInterrupt\n" for hook in HOOKS[2:])
    (project / "features" / "environment.py").write_text(stops)
    (project / "features" / "bad.feature").write_text("Feature: of one\n  Scenario: alone\n")
    assert behave(project)[0].returncode == 130


def test_what_ends_a_run_before_its_first_scenario_is_what_its_record_says():
    stopped, broken = record.ended_by(KeyboardInterrupt()), record.ended_by(Broken("no broker"))
    assert (stopped["state"], stopped.get("error")) == ("aborted", None)
    assert (broken["state"], broken["error"]) == ("broken", "no broker")
