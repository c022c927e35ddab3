"""Each row of the table of false results: what ours says, and that the stock formatter differs."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import junitparser
import pytest

from tests.processes import run

ALLURE = Path(__file__).parents[2] / "signoff" / "node_modules" / "allure" / "cli.js"

EXPECTED = {
    "QA-WS-001": ("passed", ""),
    "QA-WS-002": ("failed", "latency to <Alice>: measured 312 ms, allowed at most 200 ms"),
    "QA-WS-004": ("broken", "CLEANUP-ERROR in stop_service: OSError: the service would not stop"),
    "QA-WS-005": ("broken", "HOOK-ERROR in before_scenario: RuntimeError: the scenario could not"),
    "QA-WS-006": ("skipped", "SKIPPED: the target lacks capability: inject"),
    "QA-WS-007": ("broken", "HOOK-ERROR in after_scenario: RuntimeError: the scenario could not"),
    "QA-WS-008": ("broken", "INCONCLUSIVE: the harness stood still for 812 ms"),
    "QA-WS-009": ("broken", "broker redis://broker.example:1 refuses connections"),
    "QA-WS-011": ("passed", ""),
    "QA-WS-012": ("broken", "undefined step: Given nobody wrote this"),
    "QA-WS-014": ("failed", "Alice saw a gap: NIFTY 17 after 15"),
    "QA-WS-016": ("skipped", "SKIPPED: the target lacks capability: observe"),
    "QA-WS-018": ("passed", ""),
    "QA-WS-019": ("broken", "a scenario without steps verifies nothing"),
    "QA-WS-020": (
        "broken",
        "HOOK-ERROR around the step “Given it holds”: AssertionError: an asser",
    ),
    "QA-WS-021": ("broken", "not run: HOOK-ERROR in before_feature: RuntimeError: the feature"),
    "QA-WS-022": ("failed", "one is not two"),
    "QA-WS-025": ("passed", ""),
    "QA-WS-101": ("broken", "KeyError: 'session_id'"),
}
STOCK_DIFFERS = [f"QA-WS-{n:03}" for n in (4, 5, 6, 7, 14, 16, 19, 20, 21)]
JUNIT_ELEMENT = {"failed": "failure", "broken": "error", "skipped": "skipped"}


@pytest.fixture(scope="module")
def results(gallery):
    return gallery.results()


@pytest.fixture(scope="module")
def junit(gallery):
    cases = {}
    for file in (gallery.reports / "junit").glob("*.xml"):
        for case in ElementTree.parse(file).iter("testcase"):
            cases[case.get("name")] = case
    return cases


def test_the_console_has_a_line_for_each_result_with_its_verdict_and_why(gallery, results):
    words = {"passed": "PASSED", "failed": "FAILED", "skipped": "NOT VERIFIED", "broken": "BROKEN"}
    lines = gallery.output.splitlines()
    told = [line for line in lines if re.match(r" *\d+/\d+  [A-Z ]+  +\d+\.\d s  ", line)]
    every = [(sid, *entry) for sid, entries in results.items() for entry in entries]
    assert len(told) == len(every)
    assert told[-1].startswith(f"{len(every)}/{len(every)}  ")
    for sid, status, message, result in every:
        verdict = "INCONCLUSIVE" if message.startswith("INCONCLUSIVE") else words[status]
        name = result["name"] if sid in result["name"] else f"{sid} {result['name']}"
        [place] = [n for n, line in enumerate(lines) if line.endswith(f" s  {name}")]
        assert f"  {verdict}  " in lines[place]
        if status != "passed":
            why = message.splitlines()[0].removeprefix("INCONCLUSIVE: ")
            assert lines[place + 1].strip() == why


@pytest.mark.parametrize("sid", EXPECTED)
def test_status_and_message(results, sid):
    status, message = EXPECTED[sid]
    for got, text, _ in results[sid]:
        assert got == status
        assert text.startswith(message)
        assert message or not text


@pytest.mark.parametrize("sid", STOCK_DIFFERS)
def test_the_stock_formatter_says_otherwise(stock, sid):
    status, message = EXPECTED[sid]
    found = stock.results("stock/results").get(sid, [])
    assert all(got != status or not text.startswith(message) for got, text, _ in found)


@pytest.mark.parametrize("sid", EXPECTED)
def test_junit_says_the_same(junit, sid):
    status, message = EXPECTED[sid]
    mine = [case for name, case in junit.items() if name.startswith(sid)]
    assert mine
    for case in mine:
        problems = [child for child in case if child.tag in JUNIT_ELEMENT.values()]
        assert [child.tag for child in problems] == ([JUNIT_ELEMENT[status]] if message else [])
        is_broken = status == "broken" and not message.startswith("INCONCLUSIVE")
        first = f"BROKEN: {message}" if is_broken else message
        assert all(child.get("message").startswith(first) for child in problems)


def test_the_stock_junit_loses_the_reason_of_a_skip(stock):
    text = (stock.path / "stock/junit/TESTS-1_gallery.xml").read_text()
    assert "the target lacks capability: inject" not in text.split("<system-out>")[0]
    assert "<skipped />" in text


def test_junit_totals_agree(gallery):
    suite = ElementTree.parse(gallery.reports / "junit" / "TESTS-1_gallery.xml").getroot()
    counts = {tag: len(list(suite.iter(tag))) for tag in ("failure", "error", "skipped")}
    assert suite.get("tests") == str(len(list(suite.iter("testcase"))))
    assert suite.get("failures") == str(counts["failure"])
    assert suite.get("errors") == str(counts["error"])
    assert suite.get("skipped") == str(counts["skipped"])
    assert "hostname" not in suite.attrib


def test_every_case_of_a_junit_file_has_a_name_of_its_own(gallery):
    for file in (gallery.reports / "junit").glob("*.xml"):
        names = [case.get("name") for case in ElementTree.parse(file).iter("testcase")]
        assert len(names) == len(set(names)), file


@pytest.fixture(scope="module")
def counts(results):
    """Return how many results Allure has of each status."""
    return Counter(status for entries in results.values() for status, *_ in entries)


def test_junitparser_reads_the_same_counts(gallery, counts):
    cases = [
        case
        for file in (gallery.reports / "junit").glob("*.xml")
        for suite in junitparser.JUnitXml.fromfile(str(file))
        for case in suite
    ]
    kinds = Counter(result._tag for case in cases for result in case.result)
    assert len(cases) == sum(counts.values())
    assert kinds == {JUNIT_ELEMENT[each]: n for each, n in counts.items() if each != "passed"}


def test_allure_reads_the_same_counts_from_junit(gallery, counts, tmp_path):
    shutil.copytree(gallery.reports / "junit", tmp_path / "junit")
    made = run(["node", str(ALLURE), "awesome", "junit", "-o", "pages"], cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    stats = json.loads((tmp_path / "pages" / "summary.json").read_text("utf-8"))["stats"]
    assert stats == {**counts, "total": sum(counts.values())}


def test_one_name_twice_stays_two_results(results, gallery):
    assert len(results["QA-WS-009"]) == len(results["QA-WS-011"]) == 1
    assert gallery.verdict()["counts"]["total"] == 24


def test_the_stock_formatter_gives_two_of_one_name_one_identity(stock, results):
    def identities(found):
        return {found[sid][0][2]["historyId"] for sid in ("QA-WS-009", "QA-WS-011")}

    assert len(identities(stock.results("stock/results"))) == 1
    assert len(identities(results)) == 2


def test_deselected_scenarios_leave_nothing(results):
    assert "QA-WS-017" not in results
    (_, _, after) = results["QA-WS-018"][0]
    assert [step["name"] for step in after["steps"]] == ["Given it holds"]


def test_labels_and_identity(results):
    (_, _, result) = results["QA-WS-001"][0]
    labels = {(label["name"], label["value"]) for label in result["labels"]}
    assert {
        ("epic", "Integration"),
        ("feature", "Gallery"),
        ("severity", "critical"),
        ("ALLURE_ID", "QA-WS-001"),
        ("tag", "p0"),
    } <= labels
    assert result["titlePath"] == ["features", "Gallery"]


def test_rows_of_an_outline_are_told_apart(results):
    rows = [result for _, _, result in results["QA-WS-003"]]
    assert {row["name"].partition(" · ")[2] for row in rows} == {
        "a <broken> one, 4.5 ms",
        "one, more so, 7.5 ms",
    }
    assert len({row["historyId"] for row in rows}) == 2
    assert {parameter["name"] for parameter in rows[0]["parameters"]} == {"message", "took"}


def test_attachments_of_allure_and_of_behave_arrive(results):
    (_, _, result) = results["QA-WS-001"][0]
    assert len(result["steps"][0]["attachments"]) == 2


def test_a_failed_after_feature_is_no_success(gallery):
    files = list((gallery.reports / "allure-results").glob("*-globals.json"))
    assert any("the feature could not end" in file.read_text() for file in files)


TWICE = """Feature: Twice
  @QA-WS-001 @p0
  Scenario: One
    Given it holds
  @QA-WS-001 @p0
  Scenario: One
    Given it holds
"""
SHARED = """Feature: Shared
  @QA-WS-001 @p0
  Scenario: One
    Given it holds
  @QA-WS-001 @p0
  Scenario Outline: Two
    Given the message is <m>
    Examples:
      | m |
      | a |
      | b |
  @QA-WS-001 @p0
  Scenario Outline: Three
    Given the message is <n>
    Examples:
      | n |
      | a |
"""
PLAIN_TWICE = (
    SHARED
    + """
  @QA-WS-001 @p0
  Scenario: Four
    Given it holds
"""
)
ROWS = """Feature: Rows
  @QA-WS-001 @p0
  Scenario Outline: One
    Given the message is <m>
    Examples:
      | m |
      | a |
      | a |
"""
RULE = "Feature: R\n  Rule: S\n    @QA-WS-001\n    Scenario: One\n      Given it holds\n"
TAGS = "Feature: T\n  @QA-WS-001 @QA-WS-002\n  Scenario: One\n    Given it holds\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TWICE, "duplicate QA-WS-001: features/x.feature:3 and features/x.feature:6"),
        (PLAIN_TWICE, "duplicate QA-WS-001: features/x.feature:3 and features/x.feature:20"),
        (ROWS, "duplicate row of QA-WS-001: features/x.feature:7 and features/x.feature:8"),
        (RULE, "features/x.feature:2: Rule is not supported"),
        (TAGS, "features/x.feature:3: one QA-WS tag, not QA-WS-001 and QA-WS-002"),
    ],
    ids=["two scenarios", "two without rows", "two rows", "a rule", "two ids"],
)
def test_ambiguous_features_are_refused_before_anything_starts(project, text, says):
    done = project.feature("x", text).run("behave")
    lines = [line for line in done.stdout.splitlines() if "ConstraintError" in line]
    assert done.returncode == 2
    assert len(lines) == 1
    assert says in lines[0]
    assert "Traceback" not in done.stdout + done.stderr
    assert not (project.reports / "checks.jsonl").exists(), "before_all must not have run"
    recorded = json.loads((project.reports / "run.json").read_text("utf-8"))
    assert recorded["state"] == "broken"
    assert says in recorded["error"]


def test_scenarios_of_one_feature_that_share_an_id_stay_apart(project):
    project.feature("x", SHARED).run("behave")
    found = project.results()["QA-WS-001"]
    assert [status for status, _, _ in found] == ["passed"] * 4
    assert len({result["historyId"] for _, _, result in found}) == 4


def test_an_id_of_two_features_is_refused(project):
    one = "Feature: {}\n  @QA-WS-001\n  Scenario: {}\n    Given it holds\n"
    project.feature("x", one.format("X", "One"))
    done = project.feature("y", one.format("Y", "Two")).run("behave")
    assert "duplicate QA-WS-001: features/x.feature:3 and features/y.feature:3" in done.stdout


def test_an_interrupted_scenario_is_broken(project):
    text = "Feature: I\n  @QA-WS-001\n  Scenario: One\n    Given it is interrupted\n"
    text += "    Then it holds\n  @QA-WS-002\n  Scenario: Two\n    Given it holds\n"
    project.feature("x", text).run("behave")
    [(status, message, _)] = project.results()["QA-WS-001"]
    assert (status, message) == ("broken", "interrupted during the step “Given it is interrupted”")
    assert "QA-WS-002" not in project.results()


def test_a_dry_run_leaves_the_results_alone(project):
    project.feature("x", "Feature: D\n  @QA-WS-001\n  Scenario: One\n    Given it holds\n")
    project.run("behave")
    before = sorted(file.name for file in (project.reports / "allure-results").iterdir())
    assert project.run("behave", "--dry-run").returncode == 0
    assert sorted(file.name for file in (project.reports / "allure-results").iterdir()) == before
