"""Runs of the suite's features in two processes: the same verdicts, in one set of reports."""

import re
from pathlib import Path

import psutil
import pytest

from qaws.runner.shares import why_alone
from qaws.sut.target_file import read_target
from tests.doubts import require_sound
from tests.e2e.test_runs import Project, descendants
from tests.waiting import HANG_S, until

REFERENCE = Path("targets/reference.toml")
SIDE_BY_SIDE = "--tags=@QA-WS-003 or @QA-WS-008 or @QA-WS-023"
OF_SOME_SECONDS = "--tags=@QA-WS-011 or @QA-WS-016 or @QA-WS-022"
"""Scenarios of three features, each of which waits for a while."""
IN_THEM = {"QA-WS-003", "QA-WS-008", "QA-WS-023"}


@pytest.fixture
def project(tmp_path, spawn):
    return Project(tmp_path, spawn)


def test_two_processes_come_to_what_one_does(project):
    code = project.run("--jobs=2", SIDE_BY_SIDE, "--tags=@p0")
    require_sound(project.rows, project.console)
    assert code == 0, project.console
    shared, record = project.rows, project.record
    assert record["processes"] == 2
    assert (record["state"], record["error"]) == ("finished", None)
    assert (project.reports / "logs" / "process-2" / "service-1.log").exists()
    assert record["longest_connection_s"] > 0
    told = re.findall(r"^ *(\d+)/(\d+)  PASSED ", project.console, re.MULTILINE)
    assert [int(number) for number, _ in told] == list(range(1, len(shared) + 1))
    junit = {file.name for file in (project.reports / "junit").iterdir()}

    assert project.run(SIDE_BY_SIDE, "--tags=@p0") == 0, project.console
    assert "processes" not in project.record
    assert sorted(map(_told, shared)) == sorted(map(_told, project.rows))
    assert {row["id"] for row in shared} == IN_THEM == set(project.allure())
    assert junit == {file.name for file in (project.reports / "junit").iterdir()}
    assert project.record["selected"] == record["selected"]


def _told(row):
    return row["id"], row["scenario"], sorted(row["row"].items()), row["status"]


def test_a_service_that_dies_in_the_other_process_is_told_like_any(project):
    process = project.start("--jobs=2", OF_SOME_SECONDS, "--tags=@p0")
    until(lambda: _service_of_the_other(project, process), "its service is there").kill()
    code = process.wait(2 * HANG_S)  # 1 where a check had failed by then, and the sentence says why
    assert code in (1, 2), project.console
    assert re.search(r'the service "reference" ended .*exit code -9', project.console)
    is_told_of_one = any(row["status"] != "passed" for row in project.rows)
    assert is_told_of_one or project.record["state"] == "broken"


def _service_of_the_other(project, process):
    """Return a service of the second process that listens now; None where none does."""
    for log in (project.reports / "logs" / "process-2").glob("service-*.log"):
        for port in re.findall(r"ticker listening on ws://[^:]+:(\d+)", log.read_text()):
            for each in descendants(process):
                if _listens_on(each, int(port)):
                    return each
    return None


def _listens_on(process, port):
    try:
        return any(
            link.laddr.port == port and link.status == psutil.CONN_LISTEN
            for link in process.net_connections(kind="tcp")
        )
    except psutil.Error:
        return False


def test_a_target_that_cannot_be_used_is_told_once(project):
    assert project.run("--jobs=2", SIDE_BY_SIDE, "-D", "feed.broker=redis://127.0.0.1:9/0") == 2
    said = "[feed] broker redis://127.0.0.1:9/0: nobody answers there"
    assert said in project.record["error"]
    assert project.console.count(said) == 1
    assert "BROKEN: none of" in project.console


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        (
            {"feed.broker": "redis://127.0.0.1:6379/0"},
            "the broker of [feed] is not the suite's own",
        ),
        ({"endpoint.url": "ws://127.0.0.1:8000/ws/ticks"}, "names a port of its own"),
    ],
)
def test_what_two_processes_cannot_have_apart_is_not_shared(changed, why):
    assert why in (said := why_alone(read_target(REFERENCE, changed)))
    assert bool(said) == bool(why)


def test_a_service_that_runs_already_is_not_shared():
    remote = read_target(REFERENCE, {}).model_copy(update={"launch": None})
    assert "has no [launch] section" in why_alone(remote)
