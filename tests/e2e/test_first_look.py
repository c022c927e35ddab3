"""Whole runs against services that are not what the target file says: broken, in one line, at once.

And runs against a service that is what the target says and makes a mistake: its scenarios say so.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.forked import run_module
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
TARGET = """
name = "mine"
dialect = "qa-ws"
[endpoint]
url = "ws://127.0.0.1:{port}/ws/ticks"
[auth]
generate_key = true
[launch]
command = ["{python}", "-m", "tests.services.mismatched", "KIND", "{broker_url}"]
ready_log = 'scripted service on (?P<port>\\d+)'
[launch.environment]
KEY_SET = "{jwks_file}"
[feed]
broker = "embedded"
[statistics]
path = "/ws/stats"
"""


@pytest.fixture
def qaws(tmp_path):
    """Run a module; return exit code, output, and the reports folder's record and rows."""

    def running(module, *arguments):
        reports = tmp_path / "reports"
        variables = {k: v for k, v in os.environ.items() if not k.startswith("QAWS_")}
        variables |= {"QAWS_REPORTS": str(reports), "PYTHONPATH": str(ROOT)}
        done = run_module(module, *arguments, env=variables, cwd=ROOT, within_s=4 * HANG_S)
        record = reports / "run.json"
        rows = reports / "checks.jsonl"
        return (
            done.returncode,
            done.stdout + done.stderr,
            json.loads(record.read_text("utf-8")) if record.exists() else {},
            [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else [],
        )

    return running


@pytest.fixture
def target(tmp_path):
    """Write the target file of a kind of service; return its path."""

    def writing(kind):
        file = tmp_path / "mine.toml"
        file.write_text(TARGET.replace("KIND", kind), "utf-8")
        return file

    return writing


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("SaysConnected", "the first message has the type 'connected'; known are connection, err"),
        ("LetsNobodyIn", "a good token was refused in every place that [auth] token_locations"),
        (
            "BeatsAtOnce",
            "the service sends what the dialect qa-ws does not know, of its own accord",
        ),
        ("Silent", "the service does not speak the dialect qa-ws: a good token is let in, but wel"),
        (
            "OtherChannel",
            "no tick came to a client subscribed to instrument 256265, and the broker",
        ),
    ],
)
def test_a_target_that_is_about_another_service_is_said_in_one_line(qaws, target, kind, said):
    file = target(kind)
    code, output, record, rows = qaws("behave", "--tags=@p0", "-D", f"target={file}")
    assert code != 0
    assert [line for line in output.splitlines() if f"{file}: {said}" in line], output
    assert "Traceback" not in output
    assert record["state"] == "broken"
    assert record["error"].startswith(f"{file}: {said}")
    assert "\n" not in record["error"]
    assert record["first_look"]["steps"]
    assert len(record["selected"]) > 100
    # A beat that comes right behind the last thing looked at is met by the first scenario.
    assert len(rows) <= (kind == "BeatsAtOnce")


def test_a_heartbeat_that_nobody_was_told_of_ends_the_run_with_the_key_that_names_it(qaws, target):
    file = target("BeatsLater")
    tags = "--tags=@QA-WS-001 or @QA-WS-003"
    code, output, record, rows = qaws("behave", tags, "-D", f"target={file}")
    said = f"{file}: the service sends what the dialect qa-ws does not know, of its own accord: "
    assert code == 1
    assert re.search(rf"the run ends here: {re.escape(said)}(Alice|Bob) received ", output), output
    assert record["state"] == "broken"
    assert record["error"].startswith(said)
    assert record["error"].endswith("name the type in [endpoint] heartbeats")
    assert [(row["id"], row["status"]) for row in rows] == [("QA-WS-001", "failed")]
    assert len(record["selected"]) > 1


def test_what_is_off_otherwise_is_noted_and_judged_by_the_scenarios(qaws, target):
    file = target("OkForConnected")
    code, output, record, rows = qaws("behave", "--tags=@QA-WS-003", "-D", f"target={file}")
    assert code == 1
    assert "note: the first look: welcome: " in output
    assert record["state"] == "finished"
    statuses = [(row["id"], row["status"]) for row in rows]
    assert ("QA-WS-003", "failed") in statuses


def test_a_service_that_dies_when_somebody_comes_is_judged_too(qaws, target):
    file = target("Dies")
    code, output, _, rows = qaws("behave", "--tags=@QA-WS-001", "-D", f"target={file}")
    assert code == 1
    died = 'the service "mine" ended in mid-run with exit code 3'
    assert f"note: the first look: service: {died}" in output
    assert [row["status"] for row in rows] == ["failed"]
    assert died in rows[0]["message"]


@pytest.mark.parametrize(
    ("fault", "test", "words"),
    [
        ("closed-after-welcome", "QA-WS-001", "open connections of Alice"),
        ("first-key-of-the-set-taken", "QA-WS-003", "of Alice: measured nothing before the end"),
    ],
)
def test_a_fault_of_the_service_itself_stays_a_failure(qaws, fault, test, words):
    launch = f"launch.command={{python}} -m faults {fault}"
    code, output, record, rows = qaws("behave", f"--tags=@{test}", "-D", launch)
    assert code == 1
    assert record["state"] == "finished", record["error"]
    assert {row["status"] for row in rows} == {"failed"}
    assert all(words in row["message"] for row in rows)
    assert "note: the first look: " in output


def test_for_proofs_the_look_is_left_out(qaws, target):
    file = target("SaysConnected")
    code, _, record, rows = qaws(
        "behave", "--tags=@QA-WS-001", "-D", f"target={file}", "-D", "first_look=no"
    )
    assert code == 1
    assert record["state"] == "finished"
    assert "first_look" not in record
    assert [row["status"] for row in rows] == ["failed"]


def test_probe_says_what_is_there_and_what_will_be_verified(qaws, target):
    code, output, _, _ = qaws("qaws", "probe", str(target("OptionsOnly")))
    assert code == 2, "what is marked !! is no file that fits"
    assert re.search(r"ok  option tick +received after \d", output)
    assert re.search(r"!!  underlying bar +.*counted 0 listeners on ticker:underlying", output)
    assert "not verified: needs [launch] with [settings]" in output
    assert re.search(
        r"p0: \d+ of \d+ scenarios and rows will run; \d+ will be NOT VERIFIED", output
    )
    assert "1 remark above" in output


def test_a_log_that_is_not_there_yet_is_no_fault_of_the_file(qaws, target):
    file = target("Ticker")
    text = file.read_text("utf-8")
    file.write_text(text.replace("ready_log =", 'log_files = ["later.log"]\nready_log ='), "utf-8")
    code, output, _, _ = qaws("qaws", "probe", str(file))
    assert code == 0, output
    assert re.search(r"--  log file later.log +is not there \(yet\)", output)
    assert "all as it should be" in output


def test_probe_ends_with_the_one_line_where_the_target_is_about_another_service(qaws, target):
    code, output, _, _ = qaws("qaws", "probe", str(target("OtherChannel")))
    assert code == 2
    assert re.search(r"ok  welcome +\{", output)
    last = output.strip().splitlines()[-1]
    assert last.startswith(f"BROKEN: {target('OtherChannel')}: no tick came")
    assert "look at [feed] options_channel" in last
    assert "Which scenarios" not in output


def test_init_writes_a_target_and_probes_it(qaws, tmp_path):
    code, output, _, _ = qaws(
        "qaws",
        *("init", "mine", "--folder", str(tmp_path), "--url", "ws://127.0.0.1:{port}/ws/ticks"),
        *("--command", "{python} -m tests.services.mismatched Ticker {broker_url}"),
        *("--ready-log", r"scripted service on (?P<port>\d+)", "--broker", "embedded"),
    )
    assert code == 0, output
    assert re.search(r"ok  option tick +received after", output)
    assert "the target file has no [statistics], [settings]" in output
