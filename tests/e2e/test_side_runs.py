"""Coverage and repeated runs of a tiny selection: the real service, and what the sheet says."""

import json
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec

import psutil
import pytest

from tests.processes import ROOT, is_alive, run
from tests.waiting import HANG_S, until

ONE = "--tags=@QA-WS-001"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def qaws(reports, needs_node):
    def go(*arguments):
        variables = {"QAWS_REPORTS": str(reports), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "qaws", *arguments]
        return run(command, cwd=ROOT, env={**os.environ, **variables})

    done = go("run", ONE)
    assert done.returncode == 0, done.stdout + done.stderr
    return go


def criterion(reports, name):
    found = json.loads((reports / "verdict.json").read_text("utf-8"))["criteria"]
    return next(each for each in found if each["name"] == name)


def evidence(reports, kind):
    return json.loads((reports / "evidence" / f"{kind}.json").read_text("utf-8"))


@pytest.mark.skipif(find_spec("coverage") is None, reason="coverage.py is missing: `make setup`")
def test_coverage_of_the_real_service(qaws, reports):
    done = qaws("coverage", ONE)
    assert done.returncode == 1, done.stdout + done.stderr
    found = evidence(reports, "coverage")
    figures = {each["what"]: each for each in found["figures"]}
    cleanup = figures["coverage of cleanup_connection"]
    assert (cleanup["measured"], cleanup["verdict"]) == ("100.0 % (3 of 3 lines)", "met")
    assert figures["coverage of handle_subscribe"]["verdict"] == "not met"
    assert found["summary"] == "1 of 1 scenario passed"
    judged = criterion(reports, "Coverage per function")
    assert judged["verdict"] == "NOT MEASURED", "one scenario is not the suite"
    assert "run for a part only" in judged["why"] + judged.get("measured", "")


def test_repeated_runs_in_shuffled_orders(qaws, reports):
    done = qaws("repeat", "--runs=2", "--seed=7", ONE)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if " of 2, order " in line]
    assert [re.sub(r"^\S+|\d+ s$", "", line).strip() for line in lines] == [
        "run 1 of 2, order 7: passed, 1 of 1 scenario passed,",
        "run 2 of 2, order 8: passed, 1 of 1 scenario passed,",
    ]
    run_2 = json.loads((reports / "repeat" / "run-02" / "run.json").read_text("utf-8"))
    assert run_2["order"] == 8
    assert not (reports / "repeat" / "run-02" / "allure-results").exists()
    assert evidence(reports, "repeat")["details"][-1] == "1 scenario passed 2 of 2"
    assert criterion(reports, "Flakiness")["verdict"] == "NOT MEASURED"
    assert (reports / "run.json").is_file(), "the main job's run is left alone"


def test_a_run_that_does_not_pass_is_named_and_kept(qaws, reports):
    done = qaws(
        "repeat", "--runs=2", "--seed=1", ONE, "-D", "endpoint.url=ws://127.0.0.1:{port}/no"
    )
    assert done.returncode in (1, 2), done.stdout + done.stderr
    found = evidence(reports, "repeat")
    assert found["summary"].startswith("0 of 2 runs passed")
    assert str(reports / "repeat" / "run-01") in found["details"][0]
    assert (reports / "repeat" / "run-01" / "allure-results").is_dir()


def test_repeated_runs_that_are_stopped_by_hand(qaws, reports, spawn):
    job = spawn(
        [sys.executable, "-m", "qaws", "repeat", "--stress", "--runs=99", ONE],
        cwd=ROOT,
        env={**os.environ, "QAWS_REPORTS": str(reports), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until(lambda: (reports / "stress" / "run-02" / "run.json").exists(), "the second run")
    family = psutil.Process(job.pid).children(recursive=True)
    job.send_signal(signal.SIGINT)
    output, _ = job.communicate(timeout=2 * HANG_S)
    assert job.returncode == 130, output
    assert not [one for one in family if is_alive(one.pid)]
    found = evidence(reports, "stress")
    assert found["state"] == "aborted"
    assert re.match(r"\d+ of \d+ runs? passed, orders? \d+", found["summary"])
