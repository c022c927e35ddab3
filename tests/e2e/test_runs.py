"""Whole runs of behave, each in a process of its own, on a copy of the project's features.

The real service, the real broker; reports go to the copy. What a run leaves behind is read as a
reader would: exit code, console, run.json, checks.jsonl, and the processes.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
import redis

from tests.doubts import leave_in_doubt, require_sound
from tests.forked import run_behave
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 2 * HANG_S
slow = pytest.mark.slow


class Project:
    """A copy of the features, to be edited and run."""

    def __init__(self, path: Path, spawn):
        self.path, self.reports, self.spawn = path, path / "reports", spawn
        shutil.copytree(ROOT / "features", path / "features")
        shutil.copytree(ROOT / "targets", path / "targets")
        for name in ("environment.py", "behave.ini"):
            shutil.copy(ROOT / name, path / name)

    def edit(self, file, old, new):
        text = (self.path / file).read_text("utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new), "utf-8")

    def start(self, *arguments, **variables):
        """Start behave; its output is collected in a file."""
        environment = self._environment(variables)
        with (self.path / "console.txt").open("w") as console:
            return self.spawn(
                [sys.executable, "-m", "behave", "--no-color", *arguments],
                cwd=self.path,
                env=environment,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *arguments, within_s=LIMIT_S, **variables):
        """Run behave to its end, which must come in time; return the exit code."""
        environment = self._environment(variables)
        done = run_behave(
            "--no-color", *arguments, cwd=self.path, env=environment, within_s=within_s
        )
        (self.path / "console.txt").write_text(done.stdout, "utf-8")
        return done.returncode

    def _environment(self, variables):
        self.reports.mkdir(exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QAWS_")}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **variables}

    @property
    def console(self):
        return (self.path / "console.txt").read_text("utf-8")

    @property
    def record(self):
        return json.loads((self.reports / "run.json").read_text("utf-8"))

    @property
    def rows(self):
        file = self.reports / "checks.jsonl"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def statuses(self):
        """Return {id: status} of the rows, the last row of an id."""
        return {row["id"]: row["status"] for row in self.rows}

    def allure(self):
        """Return {id: [(status, message)]} of the Allure results."""
        found = {}
        for file in (self.reports / "allure-results").glob("*-result.json"):
            result = json.loads(file.read_text("utf-8"))
            label = next(x["value"] for x in result["labels"] if x["value"].startswith("QA-WS-"))
            said = (result.get("statusDetails") or {}).get("message", "")
            found.setdefault(label, []).append((result["status"], said))
        return found


@pytest.fixture
def project(tmp_path, spawn):
    return Project(tmp_path, spawn)


@pytest.fixture
def running(project):
    """Start a run of some scenarios."""

    def start(*ids, files=()):
        chosen = [f"--tags={' or '.join('@' + i for i in ids)}", "--tags=not @scale"]
        return project.start(*chosen, *files)

    return start


def descendants(process):
    return psutil.Process(process.pid).children(recursive=True)


def waiting_in_011(project, process, until):
    """Return when the run is in the middle of QA-WS-011, whose service is the run's second."""
    log = project.reports / "logs" / "service-2.log"
    until(lambda: log.exists() and "ticker listening" in log.read_text())
    service = next(p for p in descendants(process) if str(log) in _outputs(p))
    port = int(re.search(r"ticker listening on ws://[^:]+:(\d+)", log.read_text())[1])
    until(lambda: len(_clients(service, port)) >= 3)  # Alice, Bob and Carol
    return service


def _outputs(process):
    try:
        return os.readlink(f"/proc/{process.pid}/fd/1")
    except OSError:
        return ""


def _clients(service, port):
    return [
        link
        for link in service.net_connections(kind="tcp")
        if link.status == psutil.CONN_ESTABLISHED and link.laddr.port == port
    ]


# --- bounds and selections -----------------------------------------------------------------------


def test_a_bound_that_is_edited_changes_the_verdict(project):
    file = "features/broadcasting.feature"
    text = (project.path / file).read_text("utf-8")
    assert "within 200 ms" in text
    (project.path / file).write_text(text.replace("within 200 ms", "within 0.01 ms"), "utf-8")
    code = project.run("--tags=@QA-WS-006", "-n", "An option tick reaches")
    leave_in_doubt(row["message"] for row in project.rows)
    assert code == 1
    pattern = r"latency of NIFTY option tick .* measured \d+\.\d ms, allowed at most 0\.01 ms"
    assert re.search(pattern, project.console)
    assert project.statuses() == {"QA-WS-006": "failed"}
    last = project.rows[0]["checks"][-1]
    assert (last["verdict"], last["allowed"]) == ("not met", "at most 0.01 ms")
    assert project.record["state"] == "finished"
    ((status, said),) = project.allure()["QA-WS-006"]
    assert status == "failed"
    assert re.search(pattern, said)


def test_a_bound_that_is_looser_than_planned_is_told_and_runs(project):
    file = "features/broadcasting.feature"
    project.edit(file, "once, within 200 ms", "once, within 2 seconds")
    code = project.run("--tags=@QA-WS-006", "-n", "An option tick reaches")
    require_sound(project.rows, project.console)
    assert code == 0, project.console
    said = (
        "QA-WS-006 is looser than planned: as planned: Then Alice receives each of them exactly "
        "once, within 200 ms; as run: Then Alice receives each of them exactly once, within 2 "
        "seconds"
    )
    notes = [line for line in project.console.splitlines() if line.startswith("note: features/")]
    assert [note.partition(": QA")[2] for note in notes] == [said.removeprefix("QA")]
    [edit] = project.record["edits"]
    assert (edit["id"], edit["kind"], edit["deviates"]) == ("QA-WS-006", "looser", True)
    [result] = (project.reports / "allure-results").glob("*-result.json")
    assert f"<b>Edited: {edit['words']}</b>" in json.loads(result.read_text())["descriptionHtml"]


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["-n", "arrives? untouched|An option tick reaches"], {"QA-WS-006"}),
        (
            ["features/broadcasting.feature", "--tags=@p0"],
            {"QA-WS-006", "QA-WS-007", "QA-WS-008", "QA-WS-009"},
        ),
        (["--tags=@QA-WS-003"], {"QA-WS-003"}),
    ],
)
def test_a_name_a_file_or_a_tag_selects_what_it_should(project, arguments, ids):
    code = project.run(*arguments)
    require_sound(project.rows, project.console)
    assert code == 0, project.console
    assert {row["id"] for row in project.rows} == ids == set(project.allure())
    assert {entry["id"] for entry in project.record["selected"]} == ids
    assert set(project.statuses().values()) == {"passed"}
    assert project.record["state"] == "finished"


# --- nothing vanishes ----------------------------------------------------------------------------

LIFECYCLE = "features/lifecycle.feature"


@pytest.fixture
def shortened(project):
    """The project without the last row of QA-WS-005; `.examples` is the line of its Examples."""
    text = (project.path / LIFECYCLE).read_text("utf-8")
    head, tag, rest = text.partition("@QA-WS-005 ")
    row = "      | an abrupt reset |\n"
    assert row in rest
    project.examples = (head + tag + rest[: rest.index("Examples:")]).count("\n") + 1
    (project.path / LIFECYCLE).write_text(head + tag + rest.replace(row, "", 1), "utf-8")
    return project


def test_a_row_that_was_deleted_breaks_the_run(shortened):
    assert shortened.run("--tags=@QA-WS-005") != 0
    said = f'{LIFECYCLE}:{shortened.examples}: QA-WS-005 lacks 1 row of the plan: "an abrupt reset"'
    assert [line for line in shortened.console.splitlines() if said in line]
    assert "Traceback" not in shortened.console
    assert shortened.record["state"] == "broken"
    assert shortened.record["error"].startswith(said)
    assert shortened.rows == []
    junit = shortened.reports / "junit"
    assert said in ElementTree.parse(junit / "TESTS-run.xml").find("testcase/error").get("message")
    (shortened.path / "behave.ini").write_text("")  # without the suite's own formatter and runner
    assert shortened.run("--tags=@QA-WS-005") != 0
    assert shortened.record["error"].startswith(said)


@pytest.fixture
def whole(project):
    """The project with the suite itself in it, which reads the data files that stand beside it."""
    shutil.copytree(ROOT / "qaws", project.path / "qaws")
    there = os.pathsep.join([str(project.path), str(ROOT)])
    return lambda *arguments: project.start(*arguments, PYTHONPATH=there).wait(HANG_S)


def test_what_is_taken_from_the_data_breaks_the_run_and_what_is_altered_is_noted(project, whole):
    file = project.path / "features" / "data" / "malformed-messages.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('sends = "null"', 'sends = "42"', 1), "utf-8")
    assert whole("--tags=@QA-WS-010", "-n", "first message") == 0
    assert project.record["edits"] == []  # those rows are not played
    assert whole("--tags=@QA-WS-010") == 0, project.console
    [edit] = project.record["edits"]
    assert (edit["id"], edit["rows"], edit["deviates"]) == ("QA-WS-010", ["null"], True)
    assert f"note: {edit['words']}" in project.console
    assert edit["words"].endswith('as planned: sends = "null"; as run: sends = "42"')
    file.write_text("", "utf-8")
    assert whole("--tags=@QA-WS-010") != 0
    said = "features/data/malformed-messages.toml:1: lacks 10 rows of the plan: "
    assert project.record["error"].startswith(said)
    assert project.rows == []
    assert "Traceback" not in project.console


def test_a_row_that_was_not_selected_is_not_missed(shortened):
    left = f"{LIFECYCLE}:{shortened.examples + 2}"
    assert shortened.run(left) == 0, shortened.console
    assert [row["row"] for row in shortened.rows] == [{"ending": "a clean close"}]
    assert not (shortened.reports / "junit" / "TESTS-run.xml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tags=@p0", "-n", "arrives by mail"], '-n "arrives by mail": selects no scenario'),
        (["features/steps"], "features/steps: has no feature file in it"),
        pytest.param(
            ["--tags=@p0 and @p1"], '--tags="@p0 and @p1": selects no scenario', marks=slow
        ),
    ],
)
def test_what_selects_nothing_breaks_the_run(project, arguments, said):
    assert project.run(*arguments) != 0
    assert said in project.console
    assert project.record["state"] == "broken"
    assert project.record["error"].startswith(said)


# --- what cannot be used -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["-D", "target=targets/stagign.toml"],
            "targets/stagign.toml: no such target file; targets has",
        ),
        pytest.param(
            ["-D", "auth.isuer=x"],
            "-D auth.isuer=x: no such key in a target file; did you mean auth.iss",
            marks=slow,
        ),
        (["-D", "taget=x"], "-D taget=…: no such setting; known are target"),
        *(
            (["-D", f"{name}=x"], f'-D {name}=…: must be like {{"QA-WS-002": "words"}}')
            for name in ("stop_after_expected_failure", "enough")
        ),
        (["-D", 'enough={"*": [7]}'], '-D enough=…: must be like {"QA-WS-002": "words"} (7 are'),
        (
            ["-D", "feed.broker=redis://127.0.0.1:9/0"],
            "[feed] broker redis://127.0.0.1:9/0: nobody answers there",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line_and_the_run_is_broken(project, arguments, said):
    start = time.monotonic()
    assert project.run("--tags=@QA-WS-001", *arguments) != 0
    assert time.monotonic() - start < HANG_S
    lines = [line for line in project.console.splitlines() if said in line]
    assert lines, project.console
    assert "Traceback" not in project.console
    assert "By user" not in project.console
    assert "BROKEN: none of 1 selected scenarios has run" in project.console
    assert "features passed" not in project.console
    record = project.record
    assert record["state"] == "broken"
    assert said in record["error"]
    assert "\n" not in record["error"]
    assert record["ended"]
    assert [entry["id"] for entry in record["selected"]] == ["QA-WS-001"]
    assert project.rows == []


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "launch.command={python} -c raise(SystemExit('no-such-feed'))",
            "ended before it was ready",
        ),
        pytest.param(
            "launch.command={python} -c import(time)",
            "ended before it was ready (exit code 1)",
            marks=slow,
        ),
        pytest.param(
            "launch.command=no-such-program", "'no-such-program' cannot be started", marks=slow
        ),
        (
            r"launch.ready_log=never (?P<port>\d+)",
            "was not ready within 1 s, waiting for its ready line",
        ),
        pytest.param(
            "launch.ready_path=/nowhere",
            "was not ready within 20 s, waiting for http://127.0.0.1:",
            marks=slow,
        ),
    ],
)
def test_a_service_that_cannot_be_started_breaks_the_run_within_seconds(project, override, said):
    start = time.monotonic()
    given_up_s = re.search(r"within (\d+) s", said)  # or else it ends by itself
    ready_within_s = float(given_up_s[1]) if given_up_s else HANG_S
    code = project.run(
        "--tags=@QA-WS-001", "-D", override, "-D", f"launch.ready_within_s={ready_within_s:g}"
    )
    assert code != 0
    assert time.monotonic() - start < HANG_S
    assert [line for line in project.console.splitlines() if said in line]
    assert "Traceback" not in project.console
    assert project.record["state"] == "broken"
    assert said in project.record["error"]
    assert "\n" not in project.record["error"]
    assert project.rows == []


# --- interruptions and deaths --------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_processes_and_keeps_what_was_checked(
    project, running, until, number
):
    files = ["features/lifecycle.feature", "features/error_handling.feature"]
    process = running("QA-WS-003", "QA-WS-011", "QA-WS-012", files=files)
    waiting_in_011(project, process, until)
    family = descendants(process)
    assert len(family) >= 3  # a broker and two services
    process.send_signal(number)
    assert process.wait(HANG_S) != 0
    _, alive = psutil.wait_procs(family, timeout=HANG_S)
    assert alive == []
    assert project.record["state"] == "aborted"
    assert project.record["ended"]
    finished = [row for row in project.rows if row["status"] == "passed"]
    assert [row["id"] for row in finished] == ["QA-WS-003"] * 4
    assert all(check["verdict"] == "met" for row in finished for check in row["checks"])
    assert "QA-WS-012" not in project.statuses()
    assert project.statuses().get("QA-WS-011") != "passed"


def test_a_service_that_is_killed_in_mid_run_is_said_and_the_next_scenario_gets_another(
    project, running, until
):
    process = running("QA-WS-011", "QA-WS-003", "QA-WS-012")
    service = waiting_in_011(project, process, until)
    service.kill()
    assert process.wait(LIMIT_S) != 0
    said = next(row["message"] for row in project.rows if row["id"] == "QA-WS-011")
    assert 'the service "reference" ended in mid-run with exit code -9' in said
    assert project.statuses()["QA-WS-011"] != "passed"
    assert project.statuses()["QA-WS-012"] == "passed"
    assert project.record["state"] == "finished"


@slow
def test_a_shared_service_that_is_killed_is_replaced_for_the_next_scenario(project, running, until):
    """Killed while another service's scenario runs: it is said once, then there is a living one."""
    files = ["features/error_handling.feature", "features/lifecycle.feature"]
    process = running("QA-WS-011", "QA-WS-003", files=files)
    waiting_in_011(project, process, until)
    log = str(project.reports / "logs" / "service-1.log")
    next(p for p in descendants(process) if log in _outputs(p)).kill()
    assert process.wait(LIMIT_S) != 0
    assert [(row["id"], row["status"] == "passed") for row in project.rows] == [
        ("QA-WS-011", True),
        ("QA-WS-003", False),
        ("QA-WS-003", True),
    ]
    assert "ended in mid-run with exit code -9" in project.rows[1]["message"]


def test_a_broker_that_is_killed_in_mid_run_is_not_held_against_the_service_and_is_replaced(
    project, running, until
):
    process = running("QA-WS-011", "QA-WS-003", "QA-WS-012")
    waiting_in_011(project, process, until)
    broker = next(p for p in descendants(process) if "valkey" in p.name())
    broker.kill()
    assert process.wait(LIMIT_S) != 0
    said = next(row["message"] for row in project.rows if row["id"] == "QA-WS-011")
    assert "the embedded broker ended with exit code -9" in said
    ((status, _),) = project.allure()["QA-WS-011"]
    assert status == "broken"
    assert {status for status, _ in project.allure()["QA-WS-012"]} == {"passed"}


def test_a_service_that_dies_behind_the_last_check_does_not_pass(project):
    """It ends as soon as its last client has left, after every step: nobody asks it any more."""
    (project.path / "dies.py").write_text(
        "import os, app.routes_websocket as routes, runpy\n"
        "import app.server\n"
        "kept = routes.cleanup_connection\n"
        "def cleanup_connection(service, session):\n"
        "    kept(service, session)\n"
        "    os._exit(9)\n"
        "routes.cleanup_connection = cleanup_connection\n"
        "runpy.run_module('app', run_name='__main__')\n"
    )
    project.reports.mkdir(exist_ok=True)
    for page in ("signoff.html", "index.html", "signoff.md", "verdict.json"):
        (project.reports / page).write_text("PASSED, yesterday")
    code = project.run("--tags=@QA-WS-001", "-D", "launch.command={python} dies.py")
    assert code != 0, project.console
    assert not list(project.reports.glob("*.html")), "nobody is to read yesterday's verdict"
    assert not (project.reports / "verdict.json").exists()
    assert 'the service "reference" ended in mid-run with exit code 9' in project.console
    if project.statuses()["QA-WS-001"] == "passed":  # it died a moment after the scenario's end
        assert project.record["state"] == "broken"
        assert "ended in mid-run with exit code 9" in project.record["error"]
        whole = ElementTree.parse(project.reports / "junit" / "TESTS-run.xml")
        assert "ended in mid-run with exit code 9" in whole.find("testcase/error").get("message")
        [globals_] = (project.reports / "allure-results").glob("*-globals.json")
        [told] = json.loads(globals_.read_text("utf-8"))["errors"]
        assert told["message"].startswith('BROKEN: the service "reference" ended in mid-run')


# --- order, independence, load -------------------------------------------------------------------


def features():
    return sorted(str(file.relative_to(ROOT)) for file in (ROOT / "features").glob("*.feature"))


P0 = ("--tags=@p0", "--tags=@integration", "--tags=not @scale")


@slow
def test_the_integration_features_are_green_in_reverse_order(project):
    assert project.run(*P0, *reversed(features())) == 0, project.console
    assert set(project.statuses().values()) == {"passed"}
    assert len(project.rows) == len(project.record["selected"])


def ids_of(file):
    return re.findall(r"@(QA-WS-\d{3}) @p0", (ROOT / file).read_text("utf-8"))


INTEGRATION = [f for f in features() if "@integration" in (ROOT / f).read_text("utf-8")]


@slow
@pytest.mark.parametrize("test_id", [i for f in INTEGRATION for i in ids_of(f)])
def test_every_integration_scenario_runs_alone(project, test_id):
    assert project.run(f"--tags=@{test_id}", "--tags=not @scale") == 0, project.console


@slow
def test_green_while_two_other_programs_burn_both_cores(project, spawn):
    burners = [spawn([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    assert project.run(*P0, within_s=4 * HANG_S) == 0, project.console
    assert all(burner.poll() is None for burner in burners)
    assert set(project.statuses().values()) == {"passed"}


def test_what_somebody_else_publishes_breaks_the_scenario_and_blames_no_service(project, broker):
    """On a broker that others know, too: a colleague's run, numbered as ours is."""
    tick = {
        "type": "option_tick",
        "instrument_token": 256265,
        "symbol": "NIFTY",
        "last_price": 1.5,
        "seq": 1,
    }
    ended = threading.Event()

    def publish():
        with redis.Redis.from_url(broker.url) as client:
            while not ended.wait(0.01):
                client.publish("ticker:options", json.dumps(tick))

    somebody = threading.Thread(target=publish)
    somebody.start()
    try:
        assert project.run("--tags=@QA-WS-006", "-D", f"feed.broker={broker.url}") != 0
    finally:
        ended.set()
        somebody.join()
    assert {row["status"] for row in project.rows} == {"error"}
    said = f"somebody else publishes at {broker.url}, on the channel ticker:options: "
    assert [row["message"] for row in project.rows if not row["message"].startswith(said)] == []
