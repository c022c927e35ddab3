"""Runs whose features two processes share: in files of their own, with behave's real runner."""

import json
import os
import re
import signal
import sys
from xml.etree import ElementTree

import pytest

from tests.processes import run
from tests.waiting import HANG_S, until

HOOKS = f"""
import os, time
from pathlib import Path

def note(name):
    Path(name).write_text(str(os.getpid()))

def before_feature(context, feature):
    note(f"begun-{{feature.name}}")

def after_feature(context, feature):
    note(f"ended-{{feature.name}}")

def after_all(context):
    note(f"cleaned-{{os.getpid()}}")

def await_file(file):
    deadline = time.monotonic() + {HANG_S}
    while not Path(file).exists():
        assert time.monotonic() < deadline, f"no {{file}}"
        time.sleep(0.01)
"""
STEPS = """
import os, signal, time
from behave import step
from environment import await_file, note

@step("it holds")
def holds(context):
    pass

@step("it fails")
def fails(context):
    raise AssertionError("one is not two")

@step("{name} has begun")
def begun(context, name):
    await_file(f"begun-{name}")

@step("{name} has ended")
def ended(context, name):
    assert os.path.exists(f"ended-{name}")

@step("nobody is to begin a further one")
def stopped(context):
    await_file(context._runner.shares._folder / "stop")

@step("a process beside the first is killed")
def killed(context):
    if context._runner.shares.number:
        os.kill(os.getpid(), signal.SIGKILL)

@step("it takes long")
def takes_long(context):
    note(f"long-{context.feature.name}")
    for _ in range(6000):
        time.sleep(0.1)
"""


@pytest.fixture
def shared(tmp_path):
    """A project with two features that run only side by side, and two that run alone."""
    (tmp_path / "features" / "steps").mkdir(parents=True)
    (tmp_path / "features" / "environment.py").write_text(HOOKS)
    (tmp_path / "features" / "steps" / "phrases.py").write_text(STEPS)
    (tmp_path / "behave.ini").write_text(
        "[behave]\nrunner = qaws.runner.record:Runner\njunit = true\njunit_directory = junit\n"
        "format = qaws.report.formatter:SignoffFormatter\noutfiles = reports/allure-results\n"
        "default_format = qaws.report.console:RowFormatter\nshow_skipped = false\n"
    )
    feature(tmp_path, "a", "b has begun")
    feature(tmp_path, "b", "a has begun")
    feature(tmp_path, "load", "a has ended", "b has ended", tags="@load")
    feature(tmp_path, "whole", "load has ended", tags="@whole-run")
    return tmp_path


def feature(folder, name, *steps, tags=""):
    lines = [tags, f"Feature: {name}", f"  Scenario: the one of {name}"]
    lines += [f"    Given {step}" for step in steps]
    (folder / "features" / f"{name}.feature").write_text("\n".join(lines) + "\n")


def command(*arguments):
    return [sys.executable, "-m", "behave", "--jobs=2", *arguments]


def behave(folder, *arguments):
    done = run(command(*arguments), cwd=folder, env=variables())
    return done.returncode, done.stdout + done.stderr


def variables():
    kept = {name: text for name, text in os.environ.items() if not name.startswith("QAWS_")}
    return kept | {"PYTHONUNBUFFERED": "1"}


def process_of(folder, name):
    return (folder / f"begun-{name}").read_text()


def statuses(folder):
    files = (folder / "reports" / "allure-results").glob("*-result.json")
    found = [json.loads(file.read_text()) for file in files]
    return sorted((each["name"], each["status"]) for each in found)


def test_features_run_side_by_side_and_what_is_under_load_alone(shared):
    code, said = behave(shared)
    assert code == 0, said
    first = process_of(shared, "load")
    assert process_of(shared, "whole") == first
    assert sorted([process_of(shared, "a"), process_of(shared, "b")]).count(first) == 1
    assert statuses(shared) == [(f"the one of {n}", "passed") for n in ("a", "b", "load", "whole")]
    assert "4 features passed, 0 failed" in said
    assert "4 scenarios passed, 0 failed" in said
    assert "5 steps passed, 0 failed" in said
    lines = re.findall(r"^(\d)/4  PASSED +\d+\.\d s  the one of \w+$", said, re.MULTILINE)
    assert lines == ["1", "2", "3", "4"]
    for name in ("a", "b", "features.load", "whole"):  # the suite itself has a load.feature
        suite = ElementTree.parse(shared / "junit" / f"TESTS-{name}.xml").getroot()
        assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert len(list(shared.glob("cleaned-*"))) == 2


@pytest.mark.parametrize("culprit", ["a", "b"])
def test_what_fails_in_either_process_fails_the_run(shared, culprit):
    other = "b" if culprit == "a" else "a"
    feature(shared, culprit, f"{other} has begun", "it fails")
    code, said = behave(shared)
    assert code == 1, said
    assert said.count("FAILED") == 1
    assert f"one is not two\n    at features/{culprit}.feature:5: Given it fails\n" in said
    assert f"features/{culprit}.feature:3  the one of {culprit}" in said
    assert "3 features passed, 1 failed" in said
    assert "4 steps passed" not in said
    assert (f"the one of {culprit}", "failed") in statuses(shared)


def test_a_hook_of_a_feature_that_fails_in_either_process_fails_the_run(shared):
    hooks = shared / "features" / "environment.py"
    hooks.write_text(
        hooks.read_text().replace(
            'note(f"ended-{feature.name}")',
            'note(f"ended-{feature.name}")\n'
            "    if context._runner.shares.number:\n"
            '        raise OSError("the feature could not end")',
        )
    )
    code, said = behave(shared)
    assert code == 2, said
    assert "the feature could not end" in said


def test_a_process_that_dies_in_the_midst_of_a_feature_breaks_the_run(shared):
    feature(shared, "b", "a has begun", "a process beside the first is killed")
    feature(shared, "a", "b has begun", "a process beside the first is killed")
    code, said = behave(shared)
    assert code == 2, said
    told = r"features/[ab]\.feature: the process that ran it beside this one ended in the midst"
    assert re.search(told, said)
    assert not (shared / "begun-load").exists()


def test_a_failure_that_ends_the_run_ends_it_in_both_processes(shared):
    feature(shared, "a", "b has begun", "nobody is to begin a further one")
    feature(shared, "b", "a has begun", "it fails")
    feature(shared, "c", "it holds")
    code, said = behave(shared, "--stop")
    assert code != 0, said
    assert not (shared / "begun-c").exists()
    assert not (shared / "begun-load").exists()


def test_ctrl_c_ends_both_processes_and_both_clean_up(shared, spawn):
    feature(shared, "a", "it takes long")
    feature(shared, "b", "it takes long")
    with (shared / "said").open("w") as said:
        process = spawn(
            command(), cwd=shared, env=variables(), stdout=said, stderr=said, start_new_session=True
        )
    until(lambda: len(list(shared.glob("long-*"))) == 2, "both are in the midst of it")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(HANG_S) == 130
    assert len(list(shared.glob("cleaned-*"))) == 2
    assert not (shared / "begun-load").exists()
    assert statuses(shared) == [("the one of a", "broken"), ("the one of b", "broken")]


def test_one_feature_needs_one_process(shared):
    feature(shared, "a", "it holds")
    code, said = behave(shared, "features/a.feature")
    assert code == 0, said
    assert "1/1  PASSED" in said
