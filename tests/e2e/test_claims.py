"""Whole runs whose verdicts are of claims: each by itself, and as a target declares them."""

import json
import os

import pytest

from tests.doubts import leave_in_doubt
from tests.forked import run_behave
from tests.processes import ROOT
from tests.waiting import HANG_S

REFERENCE = ROOT / "targets" / "reference.toml"
FEATURE = ROOT / "features" / "error_handling.feature"
DECLARED = '\n[deviations]\n"token expired" = { code = 1008, reason = "Authentication required" }\n'
OTHER_WORDS = "launch.command={python} -m faults error-in-other-words"
OTHER_REASON = "launch.command={python} -m faults expiry-told-as-missing-token"


@pytest.fixture
def behave(tmp_path):
    """Run scenarios; return the exit code, the record, and the rows."""

    def running(*arguments):
        reports = tmp_path / "reports"
        variables = {k: v for k, v in os.environ.items() if not k.startswith("QAWS_")}
        variables |= {"QAWS_REPORTS": str(reports), "PYTHONPATH": str(ROOT)}
        done = run_behave(*arguments, env=variables, within_s=4 * HANG_S)
        rows = (reports / "checks.jsonl").read_text("utf-8").splitlines()
        record = json.loads((reports / "run.json").read_text("utf-8"))
        return done.returncode, record, [json.loads(line) for line in rows]

    return running


def test_a_service_that_answers_in_other_words_keeps_its_other_claims(behave):
    lines = FEATURE.read_text("utf-8").splitlines()
    (at,) = (number for number, line in enumerate(lines, 1) if "| a JSON number " in line)
    code, _, [row] = behave(f"{FEATURE.relative_to(ROOT)}:{at}", "-D", OTHER_WORDS)
    assert code == 1
    assert row["message"].startswith('message of error 1 of 3 to Alice: measured "Bad request')
    verdicts = {check["what"]: check["verdict"] for check in row["checks"]}
    assert [what for what, verdict in verdicts.items() if verdict != "met"] == [
        "message of error 1 of 3 to Alice"
    ]
    assert {
        "error 1 of 3 to Alice",
        "answer to Alice's ping message",
        "messages that Bob received",
        "deliveries to 2 connections",
    } <= set(verdicts)


@pytest.mark.parametrize(
    ("more", "code", "status", "words"),
    [
        (("-D", OTHER_REASON), 4, "skipped", "DEVIATION: a close with "),
        ((), 1, "failed", 'a reason containing "Authentication required"'),
    ],
)
def test_what_is_declared_is_demanded_and_never_passed(behave, tmp_path, more, code, status, words):
    target = tmp_path / "mine.toml"
    target.write_text(REFERENCE.read_text("utf-8") + DECLARED, "utf-8")
    ended, record, [row] = behave("--tags=@QA-WS-022", "-D", f"target={target}", *more)
    leave_in_doubt([row["message"]])
    assert (ended, row["status"]) == (code, status)
    assert words in row["message"]
    assert record["target"]["deviations"] == [
        '"token expired": a close with 1008 and a reason containing "Authentication required"'
    ]


def test_a_run_tells_which_version_of_the_service_it_was_of(behave):
    asked = 'version.command={python} -c print("build-7")'
    _, record, [row] = behave("--tags=@QA-WS-001", "-D", asked)
    assert row["status"] == "passed"
    assert record["service"]["version"] == "build-7"
    assert record["service"]["address"].startswith("127.0.0.1:")
    assert record["machine"]["is"]
    assert "for-operations-only" not in json.dumps(record["target"]["resolved"])
    assert "error_handling.feature" in record["features"]
