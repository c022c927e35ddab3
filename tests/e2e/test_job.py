"""The main job: aborted runs, broken runs, folders that cannot be written, nothing left behind."""

import os
import signal
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from qaws.report.signoff import make_report
from tests.waiting import HANG_S, until

LONG = """Feature: Long
  @QA-WS-001 @p0
  Scenario: QA-WS-001 Done before
    Given it holds
  @QA-WS-002 @p0
  Scenario: QA-WS-002 Cut short
    Given it takes long
  @QA-WS-003 @p0
  Scenario: QA-WS-003 Never begun
    Given it holds
"""
SHORT = "Feature: S\n  @QA-WS-001 @p0\n  Scenario: QA-WS-001 One\n    Given it holds\n"


def wait_for(file):
    until(lambda: file.exists() and (file.suffix != ".pid" or file.read_text()), str(file))


def ended(project, job):
    """Wait for the job; return its output, and assert that nothing of it is left."""
    output, _ = job.communicate(timeout=2 * HANG_S)
    helper = int((project.reports / "helper.pid").read_text())
    assert not psutil.pid_exists(helper), "what behave started must not outlive the job"
    here = str(project.path)
    left = [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == here]
    assert not left
    return output


@pytest.fixture
def started(project, needs_node):
    def start(**env):
        project.feature("long", LONG)
        job = project.start("qaws.runner.job", "--tags=@p0", HELPER="1", **env)
        wait_for(project.reports / "long")
        return job

    return start


def interrupt_group(job):
    os.killpg(job.pid, signal.SIGINT)


def interrupt_alone(job):
    job.send_signal(signal.SIGINT)


def terminate_alone(job):
    job.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("stop", [interrupt_group, interrupt_alone, terminate_alone])
def test_a_stopped_run_is_reported_as_aborted(project, started, stop):
    job = started()
    stop(job)
    output = ended(project, job)
    assert job.returncode == 130
    assert (project.reports / "cleaned").exists(), f"behave must have ended its cleanup: {output}"
    assert project.verdict()["run"]["verdict"] == "ABORTED"
    assert "Run: ABORTED — Stopped by hand: 1 of 3 scenarios passed before." in output
    [(status, message, _)] = project.results()["QA-WS-002"]
    assert status == "broken"
    assert message.startswith("interrupted")
    assert "not run: the run was aborted before it" in project.sheet()


def test_a_second_signal_stops_at_once(project, started):
    job = started(BREAK="after_all")
    interrupt_group(job)
    wait_for(project.reports / "cleaned")
    began = time.monotonic()
    while job.poll() is None:  # two that come as one are one: so send more until it has ended
        interrupt_group(job)
        time.sleep(0.2)
    ended(project, job)
    assert time.monotonic() - began < HANG_S
    assert job.returncode == 130
    assert not (project.reports / "signoff.html").exists()


def test_a_cleanup_that_hangs_is_ended(project, started):
    job = started(BREAK="after_all", QAWS_CLEANUP_S="0.5")
    interrupt_group(job)
    output = ended(project, job)
    assert job.returncode == 130
    assert "did not end within 0.5 s" in output
    assert project.verdict()["run"]["verdict"] == "ABORTED"


def test_a_broken_before_all_claims_nothing(project, needs_node):
    project.feature("short", SHORT)
    project.reports.mkdir()
    (project.reports / "signoff.html").write_text("PASSED")
    done = project.run("qaws.runner.job", BREAK="before_all")
    verdict = project.verdict()
    assert done.returncode == 2
    assert verdict["run"]["verdict"] == "BROKEN"
    assert "broker redis://broker.example:1 refuses connections" in verdict["run"]["reason"]
    assert ">PASSED</span>" not in project.sheet()
    case = ElementTree.parse(project.reports / "junit" / "TESTS-short.xml").find("testcase/error")
    assert case.get("message") == "BROKEN: not run: the run broke before this scenario"


def test_a_feature_that_cannot_be_parsed_breaks_the_run(project, needs_node):
    done = project.feature("bad", "Scenario: without a feature\n").run("qaws.runner.job")
    assert done.returncode == 2
    assert project.verdict()["run"]["verdict"] == "BROKEN"
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Run: BROKEN — ")]
    assert "bad.feature" in line
    assert 'errors="1"' in (project.reports / "junit" / "TESTS-run.xml").read_text()


def test_tags_that_behave_cannot_read_break_the_run(project, needs_node):
    done = project.feature("short", SHORT).run(
        "qaws.runner.job", "--tags=@p0 @load", "-t", "not @scale"
    )
    assert done.returncode == 2
    said = 'BROKEN: --tags="@p0 @load": two tags in one string; write "@p0 or @load", or "and"'
    assert done.stderr.splitlines()[0] == said
    assert said.replace(": ", " — ", 1) in done.stdout
    assert not (project.reports / "checks.jsonl").exists(), "behave must not have started"


def test_a_run_that_passes(project, needs_node):
    history = project.reports / "history.jsonl"
    project.feature("short", SHORT)
    assert project.run("qaws.runner.job", "--tags=@p0").returncode == 0
    verdict = project.verdict()
    assert verdict["run"]["verdict"] == "PASSED"
    assert verdict["signoff"]["verdict"] == "INCOMPLETE"
    assert "24 not covered" in verdict["signoff"]["reason"]
    assert len(history.read_text().splitlines()) == 1
    assert project.run("qaws", "report").returncode == 0
    assert len(history.read_text().splitlines()) == 1, "the same run, told again"
    done = project.run("qaws.runner.job", "--tags=@nobody-has-this")
    assert done.returncode == 2
    assert "Run: BROKEN — No scenario was selected." in done.stdout
    assert project.run("qaws", "report").returncode == 2
    assert len(history.read_text().splitlines()) == 1, "the line of the run before"


BADLY_ENDED = """
_suites_after_all = after_all

def after_all(context):
    _suites_after_all(context)
    raise OSError("the team's database would not close")
"""


@pytest.mark.parametrize("command", ["behave", "qaws.runner.job"])
def test_a_report_that_is_made_again_is_no_better_than_its_run(project, needs_node, command):
    project.feature("short", SHORT)
    with (project.path / "features" / "environment.py").open("a") as hooks:
        hooks.write(BADLY_ENDED)
    assert project.run(command, "--tags=@p0").returncode == 2
    done = project.run("qaws", "report")
    assert done.returncode == 2
    said = "Run: BROKEN — behave ended with exit code 2 although no scenario failed"
    assert said in done.stdout


STARVED = """Feature: Starved
  @QA-WS-001 @p0
  Scenario: QA-WS-001 Starved
    Given the harness is starved
  @QA-WS-002 @p0
  Scenario: QA-WS-002 Not reached
    Given it holds
"""


@pytest.mark.parametrize("command", ["behave", "qaws.runner.job"])
def test_what_a_stopped_run_did_not_come_to_is_not_verified_for_all_readers(
    project, needs_node, command
):
    done = project.feature("starved", STARVED).run(command, "--stop", "--tags=@p0")
    assert done.returncode == 3
    suite = ElementTree.parse(project.reports / "junit" / "TESTS-starved.xml").getroot()
    assert (suite.get("errors"), suite.get("skipped")) == ("1", "1")
    [_, unreached] = suite.iter("testcase")
    said = "SKIPPED: not run: the run ended before this scenario"
    assert unreached.find("skipped").get("message") == said
    assert project.run("qaws", "report").returncode == 3
    counts = project.verdict()["counts"]
    assert (counts["INCONCLUSIVE"], counts["NOT VERIFIED"], counts["BROKEN"]) == (1, 1, 0)


def test_scenarios_of_one_title_in_two_features_answer_each_for_itself(project, needs_node):
    text = "Feature: {}\n  Scenario Outline: It is answered\n    Given it holds\n    {}\n"
    text += "    Examples:\n      | n |\n      | 1 |\n"
    project.feature("x", text.format("X", 'Given "answer" is "1" where "1" is allowed'))
    missed = 'Given "answer" is "2" where "1" is allowed, but nobody looks'
    project.feature("y", text.format("Y", missed))
    assert project.run("qaws.runner.job").returncode == 1
    verdict = project.verdict()
    assert (verdict["counts"]["PASSED"], verdict["counts"]["FAILED"]) == (1, 1)
    [failed] = verdict["unpassed"]
    assert (failed["at"], failed["title"]) == (
        "features/y.feature:7",
        "It is answered (features/y.feature)",
    )


def test_a_reports_folder_that_is_a_file(project):
    project.reports.write_text("")
    done = project.feature("short", SHORT).run("qaws.runner.job")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["BROKEN: reports/ is not writable: File exists"]
    assert not done.stdout, "behave must not have started"


def test_a_folder_where_nothing_can_be_made(project):
    if not Path("/proc").is_dir():
        pytest.skip("no /proc here")
    project.path = Path("/proc")
    done = project.run("qaws.runner.job")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("BROKEN: reports/ is not writable: ")


@pytest.fixture
def short_run(project):
    """A run without its report."""
    project.feature("short", SHORT).run("behave")
    (project.reports / "index.html").write_text("an older success")
    (project.reports / "signoff.html").write_text("an older success")
    return project


def report_fails(project, says, **env):
    done = project.run("qaws", "report", **env)
    assert done.returncode != 0
    lines = [line for line in (done.stderr + done.stdout).splitlines() if "BROKEN" in line]
    assert len(lines) == 1
    assert says in lines[0]
    assert "Traceback" not in done.stderr
    assert "BROKEN" in project.sheet()
    assert "an older success" not in project.sheet()


@pytest.mark.parametrize(
    ("version", "says"), [(None, "Node is missing"), ("v20.20.2", "Node 20.20.2 is too old")]
)
def test_no_usable_node(short_run, monkeypatch, capsys, tmp_path, version, says):
    """Node is looked for on the PATH and beside the interpreter: hide both."""
    if version:
        (tmp_path / "node").write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert make_report(short_run.reports) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert "run `make setup`" in line
    assert "BROKEN" in short_run.sheet()
    assert not (short_run.reports / "index.html").exists()


def test_no_node_modules(short_run, monkeypatch, capsys, tmp_path, needs_node):
    monkeypatch.setattr("qaws.report.signoff.SIGNOFF", tmp_path)
    assert make_report(short_run.reports) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "signoff/node_modules is missing: run `make setup`" in line
    assert "an older success" not in short_run.sheet()


def test_reports_of_runs_that_did_not_finish(short_run, needs_node):
    run = short_run.reports / "run.json"
    text = run.read_text()
    run.write_text(text.replace('"finished"', '"running"'))
    report_fails(short_run, "its last state is “running”")
    run.unlink()
    report_fails(short_run, "run.json is missing")
    run.write_text("{")
    report_fails(short_run, "run.json cannot be read")


def test_no_results_at_all(project, needs_node):
    report_fails(project, "behave ended before any scenario could start")


def test_a_second_run_leaves_the_first_ones_folder_alone(project, started):
    job = started()
    second = project.run("qaws.runner.job", "--tags=@QA-WS-001")
    report = project.run("qaws", "report")
    for refused in (second, report):
        assert refused.returncode == 2
        assert f"another run (process {job.pid}" in refused.stderr
        assert "is writing here; wait for its end" in refused.stderr
        assert "Run: " not in refused.stdout, "the first one's results are not this one's to tell"
    interrupt_alone(job)
    assert "Run: ABORTED" in ended(project, job)


@pytest.mark.skipif(sys.platform != "linux", reason="others tell no child of its parent's death")
def test_behave_cleans_up_also_where_the_job_is_killed_outright(project, started):
    job = started()
    job.kill()
    job.wait(HANG_S)
    wait_for(project.reports / "cleaned")
    helper = psutil.Process(int((project.reports / "helper.pid").read_text()))
    helper.kill()  # which behave leaves behind on purpose, for a job that lives to find
    here = str(project.path)
    until(
        lambda: not [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == here],
        "the end of behave",
    )
