"""Evidence of other runs: what of it stands on a run's sheet, and how it is named."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from qaws.report.evidence import Evidence, Figure, read_checks, read_evidence
from qaws.report.node import find_node
from tests.waiting import HANG_S

HERE = {"commit": "1234567890abcdef", "changes": ""}
TARGET = {"name": "reference", "digest": "aaa"}
REQUIREMENTS = {
    "title": "T",
    "beyond": "Beyond",
    "requirements": [
        {"id": "QA-WS-001", "section": "S", "kind": "integration", "title": "One"},
    ],
    "criteria": [
        {
            "name": "Coverage",
            "bound": "at least 85 %",
            "from": "coverage",
            "measures": [{"what": "coverage of it", "at_least": 85}],
        },
    ],
    "further": [
        {
            "name": "Hour",
            "bound": "less than 10 %",
            "from": "hour",
            "measures": [{"what": "growth over one hour"}],
        },
        {"name": "Faults", "bound": "all", "from": "faults"},
    ],
    "signatures": ["QA Lead"],
}
RESULT = {
    "id": "QA-WS-001",
    "title": "QA-WS-001",
    "name": "QA-WS-001",
    "at": "x.feature:3",
    "rowName": "",
    "status": "passed",
    "message": "",
}
REACHED = {
    "what": "coverage of it",
    "measured": "91.4 % (75 of 82 lines)",
    "allowed": "at least 85 % of the lines",
    "verdict": "met",
}
FEWER = REACHED | {"measured": "60.0 % (6 of 10 lines)", "verdict": "not met"}


def record(**changes):
    facts = {
        "kind": "coverage",
        "suite": HERE,
        "target": TARGET,
        "selection": "@p0",
        "whole": True,
        "state": "finished",
        "summary": "9 of 9 scenarios passed",
        "problem": "",
        "figures": [REACHED],
        "details": [],
        "started": "2026-11-28T01:02:03+00:00",
    }
    return facts | changes


def case(evidence, *, suite=HERE, target=TARGET):
    run = {"state": "finished", "suite": suite, "target": target}
    run["selected"] = [{"id": "QA-WS-001", "at": "x.feature:3", "name": "QA-WS-001"}]
    facts = {"requirements": REQUIREMENTS, "run": run, "checks": [], "results": [RESULT]}
    return facts | {"evidence": evidence}


# name: (input, the criterion's verdict, what is said of it, the sign-off)
CASES = {
    "there": (case({"coverage": record()}), "MET", "", "READY TO SIGN"),
    "none": (case({}), "NOT MEASURED", "not run for this commit: make coverage", "INCOMPLETE"),
    "not met": (case({"coverage": record(figures=[FEWER])}), "NOT MET", "", "FAILED"),
    "exempt": (
        case({}, target=TARGET | {"file": "t.toml", "exempt": {"coverage": "written in Go"}}),
        "EXEMPT",
        "written in Go",
        "READY TO SIGN",
    ),
    "another commit": (
        case({"coverage": record(suite={"commit": "fedcba9876543210", "changes": ""})}),
        "NOT MEASURED",
        "not run for this commit, the last one was of commit fedcba9876: make coverage",
        "INCOMPLETE",
    ),
    "uncommitted changes": (
        case({"coverage": record(suite=HERE | {"changes": "abc"})}),
        "NOT MEASURED",
        "of commit 1234567890, with uncommitted changes (abc)",
        "INCOMPLETE",
    ),
    "a file that was changed": (
        case({"coverage": record(suite=HERE | {"changes": "abc", "files": "targets/yours.toml"})}),
        "NOT MEASURED",
        "of commit 1234567890, with uncommitted changes (targets/yours.toml; abc): make coverage",
        "INCOMPLETE",
    ),
    "none of a target of one's own": (
        case({}, target=TARGET | {"file": "targets/yours.toml"}),
        "NOT MEASURED",
        "not run for this commit: qaws coverage -D target=targets/yours.toml; of a service that is "
        "no Python program, say so in targets/yours.toml: [coverage] exempt",
        "INCOMPLETE",
    ),
    "the same uncommitted changes": (
        case(
            {"coverage": record(suite=HERE | {"changes": "abc"})}, suite=HERE | {"changes": "abc"}
        ),
        "MET",
        "",
        "READY TO SIGN",
    ),
    "another target": (
        case({"coverage": record(target={"name": "yours", "digest": "bbb"})}),
        "NOT MEASURED",
        "not run for this target, the last one was of yours: make coverage",
        "INCOMPLETE",
    ),
    "the target with other settings": (
        case({"coverage": record(target=TARGET | {"digest": "bbb"})}),
        "NOT MEASURED",
        "of reference with other settings",
        "INCOMPLETE",
    ),
    "a run that tells no commit": (
        case({"coverage": record()}, suite=None),
        "NOT MEASURED",
        "does not say of which commit",
        "INCOMPLETE",
    ),
    "a part": (
        case({"coverage": record(whole=False, figures=[FEWER])}),
        "NOT MEASURED",
        "run for a part only (@p0): make coverage",
        "INCOMPLETE",
    ),
    "killed": (
        case({"coverage": record(state="running", figures=[])}),
        "NOT MEASURED",
        "it has not come to its end: make coverage",
        "INCOMPLETE",
    ),
    "stopped by hand": (
        case({"coverage": record(state="aborted")}),
        "NOT MEASURED",
        "it was stopped by hand",
        "INCOMPLETE",
    ),
    "stopped behind a failure": (
        case({"coverage": record(state="aborted", figures=[FEWER])}),
        "NOT MET",
        "",
        "FAILED",
    ),
    "what the machine has spoilt": (
        case({"coverage": record(figures=[REACHED | {"verdict": "inconclusive"}])}),
        "INCONCLUSIVE",
        "",
        "INCOMPLETE",
    ),
    "a problem": (
        case({"coverage": record(figures=[], problem="the service left no data")}),
        "NOT MEASURED",
        "the service left no data",
        "INCOMPLETE",
    ),
}


@pytest.fixture(scope="module")
def models(needs_node):
    text = json.dumps({"inputs": [each[0] for each in CASES.values()] + FURTHER})
    command = [find_node(), str(Path(__file__).with_name("models.mjs"))]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["models"]


HOUR = record(
    kind="hour",
    figures=[
        {"what": "growth per cycle", "measured": "3 bytes", "allowed": "", "verdict": "not met"},
        {"what": "growth over one hour", "measured": "2 %", "allowed": "", "verdict": "met"},
    ],
)
FAULTS = record(kind="faults", target=None, figures=[FEWER | {"measured": "1 of 9 not caught"}])
FURTHER = [
    case({"coverage": record(), "hour": HOUR, "faults": FAULTS}),
    case({"coverage": record()}),
]


def test_whoever_signs_reads_what_is_exempt_and_why(models):
    reason = models[list(CASES).index("exempt")]["signoffVerdict"]["reason"]
    assert "All other criteria are met. Exempt by the target: coverage (written in Go)." in reason
    assert models[list(CASES).index("exempt")]["criteria"][0]["source"] == "said by t.toml"


@pytest.mark.parametrize("name", CASES)
def test_what_counts_is_of_this_commit_and_this_target(models, name):
    _, verdict, said, signoff = CASES[name]
    model = models[list(CASES).index(name)]
    [criterion] = model["criteria"]
    assert criterion["verdict"] == verdict
    assert said in criterion["why"]
    assert bool(said) == bool(criterion["why"])
    assert model["signoffVerdict"]["verdict"] == signoff


def test_a_figure_names_the_run_that_it_is_from(models):
    [criterion] = models[0]["criteria"]
    assert criterion["source"] == (
        "coverage run; 2026-11-28, 01:02 UTC; commit 1234567890; target reference"
    )


def test_uncommitted_changes_are_told_where_it_is_ready_to_sign(models):
    model = models[list(CASES).index("the same uncommitted changes")]
    assert "The suite's tree has uncommitted changes." in model["signoffVerdict"]["reason"]
    assert "uncommitted" not in models[0]["signoffVerdict"]["reason"]


def test_the_sign_off_says_what_it_lacks_and_how(models):
    reasons = {name: models[at]["signoffVerdict"]["reason"] for at, name in enumerate(CASES)}
    assert reasons["none"].endswith("Not measured: coverage.")
    assert reasons["what the machine has spoilt"].endswith("Inconclusive: coverage.")


def test_what_holds_no_signature_back_is_shown_or_named_as_not_run(models):
    shown, lacking = models[-2:]
    told = [(one["measured"], one["verdict"], one["why"]) for one in shown["further"]]
    assert told == [("2 %", "MET", ""), ("1 of 9 not caught", "NOT MET", "")]
    missing = [(one["verdict"], one["why"]) for one in lacking["further"]]
    assert missing == [
        ("NOT RUN", "not run for this commit: make nightly"),
        ("NOT RUN", "not run for this commit: make faults"),
    ]
    verdicts = {model["signoffVerdict"]["verdict"] for model in (shown, lacking)}
    assert verdicts == {"READY TO SIGN"}


def test_where_there_is_no_makefile_it_says_what_there_is(needs_node):
    done = subprocess.run(
        [find_node(), "tests/report/models.mjs"],
        input=json.dumps({"inputs": [case({})]}),
        env={**os.environ, "QAWS_INSTALLED": "1"},
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=True,
    )
    [model] = json.loads(done.stdout)["models"]
    assert [one["why"] for one in (*model["criteria"], *model["further"])] == [
        "not run for this commit: qaws coverage",
        "not run for this commit: qaws nightly",
        "not run for this commit: make faults, in the suite's own folder",
    ]


def test_rows_of_one_name_are_told_apart_on_the_sheet(needs_node):
    titles = ("QA-WS-001 Short ones", "QA-WS-001 Long ones")
    rows = [
        RESULT | {"title": title, "at": f"{n} {row}", "rowName": row, "link": f"{n}{row}"}
        for n, title in enumerate(titles)
        for row in ("query parameter", f"row {n}")
    ]
    done = subprocess.run(
        [find_node(), "tests/report/sheets.mjs"],
        input=json.dumps([case({}) | {"results": rows}]),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=True,
    )
    [sheet] = json.loads(done.stdout)
    assert re.findall(r'<a href="index.html#[^>]*>([^<]*)</a>', sheet) == [
        "Short ones: query parameter",
        "row 0",
        "Long ones: query parameter",
        "row 1",
    ]


def test_evidence_is_read_as_it_was_written(tmp_path):
    evidence = Evidence("repeat", {"commit": None, "changes": "é"}, selection="@p0")
    evidence.figures = [Figure("runs passed in a row", "10 of 10", "all of 10", "met")]
    evidence.end(tmp_path, "finished")
    assert read_evidence(tmp_path, "repeat") == evidence
    (tmp_path / "evidence" / "repeat.json").write_text('{"kind": "rep')
    assert read_evidence(tmp_path, "repeat") is None
    assert read_evidence(tmp_path, "coverage") is None


def test_a_line_of_checks_that_was_cut_short_is_left_out(tmp_path):
    assert read_checks(tmp_path) == []
    (tmp_path / "checks.jsonl").write_text('{"id": "QA-WS-001", "checks": []}\n{"id": "QA')
    assert read_checks(tmp_path) == [{"id": "QA-WS-001", "checks": []}]
