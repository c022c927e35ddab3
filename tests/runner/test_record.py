"""Runs that end before they have begun: the record and the JUnit files say so."""

import json
import os
import sys
from xml.etree import ElementTree

import pytest

from qaws.runner import record
from qaws.runtime.lock import hold
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
    done, recorded = behave(project, path)
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
