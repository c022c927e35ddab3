"""A forked run is what a new one would be."""

import os
import subprocess
import sys

import psutil
import pytest

from tests.forked import run_behave
from tests.processes import ROOT, run

STEPS = """
import os, subprocess, sys
from behave import given

@given("it tells")
def tell(context):
    print(os.getcwd(), os.environ["MINE"], sys.argv, file=sys.stderr)

@given("it hangs")
def hang(context):
    child = subprocess.Popen(["sleep", "600"])
    with open("child", "w") as file:
        file.write(str(child.pid))
    child.wait()
"""
FEATURE = """
Feature: F
  Scenario: telling
    Given it tells
  Scenario: hanging
    Given it hangs
  Scenario: unknown
    Given it is unheard of
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "steps.py").write_text(STEPS)
    (tmp_path / "f.feature").write_text(FEATURE)
    return tmp_path


@pytest.mark.parametrize(("name", "code"), [("telling", 0), ("unknown", 1)])
def test_it_has_the_folder_the_variables_and_the_end_of_a_new_one(project, name, code):
    arguments = ("--no-capture", "--no-color", "--no-timings", "--format=plain", f"--name={name}")
    env = {"MINE": "1", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    forked = run_behave(*arguments, cwd=project, env=env)
    new = run([sys.executable, "-m", "behave", *arguments], cwd=project, env=env)
    assert forked.returncode == new.returncode == code, forked.stdout
    assert sorted(_lines(forked.stdout)) == sorted(_lines(new.stdout + new.stderr))
    if not code:
        assert f"{project} 1 " in forked.stdout


def _lines(output):
    """Return what is the same each time."""
    return [line for line in output.splitlines() if "Took" not in line and "[" not in line]


def test_one_that_hangs_is_ended_with_what_it_has_started(project):
    with pytest.raises(subprocess.TimeoutExpired):
        run_behave("--name=hanging", cwd=project, env=dict(os.environ), within_s=3)
    assert not psutil.pid_exists(int((project / "child").read_text()))
