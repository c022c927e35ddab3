"""A forked run is what a new one would be."""

import os
import subprocess
import sys

import psutil
import pytest

from faults.proof.fork_client import CAN_FORK, ForkServer, Services, hang_up
from tests.forked import run_behave
from tests.processes import ROOT, run
from tests.services import fork_server

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


@pytest.mark.skipif(not CAN_FORK, reason="wants Linux")
def test_a_service_of_the_tests_has_its_arguments_and_reads_its_own_variables(tmp_path):
    server = ForkServer(fork_server.__name__)
    connection = server.connection()
    assert connection
    services = Services(connection)

    def run_to_its_end(*arguments, **environment):
        ticker = [sys.executable, "-m", "tests.services.dialects.ticker", *arguments]
        with (tmp_path / "log").open("wb") as log:
            what = fork_server.of_the_tests(ticker) or {}
            pid = services.start(what, environment, str(ROOT), log.fileno())
            code = services.code(pid)
        return code, (tmp_path / "log").read_text().splitlines()[-1]

    try:
        assert run_to_its_end("unheard-of") == (1, "KeyError: 'unheard-of'")
        assert run_to_its_end("tokens") == (1, "KeyError: 'BROKER'")
        assert run_to_its_end("tokens", LINES="x")[1].startswith("ValueError: invalid literal")
    finally:
        hang_up(connection)
        server.stop()


@pytest.mark.parametrize("command", ["app", "tests.e2e.foreign.node"])
def test_other_programs_are_none_of_the_services_of_the_tests(command):
    assert fork_server.of_the_tests([sys.executable, "-m", command]) is None


def test_services_of_the_tests_are_forked_from_what_knows_nothing_of_the_reference_service():
    """It would not be another service otherwise: the reference sets limits of the library."""
    asked = "import sys, tests.services.fork_server; print('app' in sys.modules)"
    done = run([sys.executable, "-c", asked], cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "False\n")


LOOK = """
import importlib, sys
import jwt, msgspec, redis.asyncio, websockets.asyncio.server, websockets.http11

before = {name: dict(vars(module)) for name, module in sys.modules.items()}
importlib.import_module(sys.argv[1])
for name, was in before.items():
    now = vars(sys.modules[name])
    for each in was:
        if each.isupper() and now.get(each) is not was[each]:
            print(f"{name}.{each}")
"""


@pytest.mark.parametrize(
    "module",
    ["app.__main__", "tests.services.variants", "tests.services.dialects.ticker"],
)
def test_importing_a_service_changes_no_constant_of_a_library_that_others_share_with_it(module):
    done = run([sys.executable, "-c", LOOK, module], cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
