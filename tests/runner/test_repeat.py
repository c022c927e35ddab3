"""Repeated runs: what each came to, how often each row passed, and what that shows."""

import json
import os

import psutil
import pytest

from qaws.report.evidence import Evidence
from qaws.runner import repeat
from qaws.runner.job import Interruptions
from qaws.runner.repeat import OneRun, run_repeat, tallied, verdict_of
from qaws.runner.side_run import Outcome, asked, outcome_in
from qaws.runtime.lock import hold
from qaws.verdict import Broken
from tests.processes import is_alive

PASSED = Outcome("PASSED", "", {"a": "PASSED", "b · 1": "PASSED"}, {"target": {"digest": "x"}})
FAILED = Outcome("FAILED", "b · 1: late", {"a": "PASSED", "b · 1": "FAILED"})
STARVED = Outcome("INCONCLUSIVE", "a: stalled", {"a": "INCONCLUSIVE", "b · 1": "PASSED"})


def runs(folder, *outcomes):
    return [
        OneRun(number, 100 + number, 80.4, outcome, folder / f"run-{number:02d}")
        for number, outcome in enumerate(outcomes, 1)
    ]


def noted(folder, *outcomes, wanted):
    evidence = Evidence("repeat", {"commit": "1", "changes": ""})
    repeat._note(evidence, runs(folder, *outcomes), wanted)
    return evidence


def test_ten_of_ten(tmp_path):
    evidence = noted(tmp_path, *[PASSED] * 10, wanted=10)
    [figure] = evidence.figures
    assert (figure.measured, figure.verdict) == ("10 of 10", "met")
    assert evidence.summary == "10 of 10 runs passed, orders 101 to 110"
    assert evidence.details[-1] == "2 scenarios passed 10 of 10"
    assert evidence.target == {"digest": "x"}


def test_nothing_is_shown_before_the_last_run(tmp_path):
    assert noted(tmp_path, *[PASSED] * 9, wanted=10).figures == []


def test_a_failure_shows_at_once_with_the_row_and_the_folder(tmp_path):
    [figure] = noted(tmp_path, PASSED, FAILED, PASSED, wanted=10).figures
    assert figure.verdict == "not met"
    assert figure.measured == (
        "2 of 3; the first that did not pass: run 2, order 102: failed, 1 of 2 scenarios passed, "
        f"80 s; b · 1: late ({tmp_path}/run-02)"
    )


def test_what_the_machine_has_spoilt_is_neither(tmp_path):
    assert verdict_of(runs(tmp_path, PASSED, STARVED)) == "inconclusive"
    assert verdict_of(runs(tmp_path, STARVED, FAILED)) == "not met"
    assert noted(tmp_path, PASSED, STARVED, wanted=10).figures == []


def test_passes_are_counted_row_by_row(tmp_path):
    lines = tallied(runs(tmp_path, PASSED, FAILED, STARVED))
    assert lines == ["a: passed 2 of 3", "b · 1: passed 2 of 3", "0 scenarios passed 3 of 3"]
    vanished = Outcome("BROKEN", "", {"a": "PASSED"})
    assert tallied(runs(tmp_path, PASSED, vanished))[0] == "b · 1: passed 1 of 2"


def test_a_selection_of_one_s_own_is_a_part():
    assert asked(["-D", "target=x.toml", "--define=a.b=c"], "@p0").whole
    own = asked(["--tags=@QA-WS-001"], "@p0")
    assert (own.arguments, own.whole) == (["--tags=@QA-WS-001"], False)
    assert not asked(["features/tokens.feature"], "@p0").whole


# --------------------------------------------------------------------------------- what a run left
def result(folder, name, status="passed", message="", start=0, file="x"):
    text = {"name": name, "status": status, "start": start, "statusDetails": {"message": message}}
    text["labels"] = [{"name": "place", "value": f"features/{file}.feature:3"}]
    folder.mkdir(exist_ok=True)
    (folder / f"{file}-{name}-result.json").write_text(json.dumps(text))


def record(folder, **changes):
    facts = {"state": "finished", "error": None, "selected": [{"id": "1"}, {"id": "2"}]}
    (folder / "run.json").write_text(json.dumps(facts | changes))


def test_what_a_run_came_to(tmp_path):
    results = tmp_path / "allure-results"
    record(tmp_path)
    result(results, "a")
    assert outcome_in(tmp_path, 0).first == "1 scenarios left no result"
    result(results, "b")
    outcome = outcome_in(tmp_path, 0)
    assert (outcome.verdict, outcome.counted) == ("PASSED", "2 of 2 scenarios passed")
    assert outcome_in(tmp_path, 1).verdict == "BROKEN"
    result(results, "b", "skipped", "SKIPPED: the target lacks: relay")
    assert outcome_in(tmp_path, 4).verdict == "NOT VERIFIED"
    result(results, "b", "broken", "INCONCLUSIVE: stalled")
    assert outcome_in(tmp_path, 3).verdict == "INCONCLUSIVE"
    result(results, "a", "failed", "late\nvery", start=5)
    outcome = outcome_in(tmp_path, 1)
    assert (outcome.verdict, outcome.first) == ("FAILED", "a: late")
    assert (outcome.counted, outcome.code) == ("0 of 2 scenarios passed", 1)


@pytest.mark.parametrize("failed", ["x", "y"])
def test_scenarios_of_one_title_in_two_features_are_two_rows(tmp_path, failed):
    record(tmp_path)
    for start, file in enumerate("xy"):
        status = "failed" if file == failed else "passed"
        result(tmp_path / "allure-results", "a", status, "late", start, file)
    outcome = outcome_in(tmp_path, 1)
    assert outcome.verdict == "FAILED"
    assert outcome.first == f"a (features/{failed}.feature:3): late"
    assert outcome.counted == "1 of 2 scenarios passed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "broken", "error": "no broker"}, "no broker"),
        ({"state": "running"}, 'did not come to its end ("running")'),
    ],
)
def test_a_run_that_broke(tmp_path, changes, said):
    result(tmp_path / "allure-results", "a")
    record(tmp_path, **changes)
    outcome = outcome_in(tmp_path, 2)
    assert outcome.verdict == "BROKEN"
    assert said in outcome.first


def test_a_failure_stands_whatever_else_went_wrong(tmp_path):
    result(tmp_path / "allure-results", "a", "failed", "late")
    record(tmp_path, state="broken", error="the service has ended")
    outcome = outcome_in(tmp_path, 1)
    assert (outcome.verdict, outcome.first, outcome.code) == ("FAILED", "a: late", 1)
    assert verdict_of(runs(tmp_path, PASSED, outcome)) == "not met"


@pytest.mark.parametrize("message", ["SKIPPED: the target lacks: relay", "INCONCLUSIVE: stalled"])
def test_rows_without_a_verdict_hide_none_that_left_no_result(tmp_path, message):
    status = "skipped" if message.startswith("SKIPPED") else "broken"
    result(tmp_path / "allure-results", "a", status, message)
    record(tmp_path)
    outcome = outcome_in(tmp_path, 0)
    assert (outcome.verdict, outcome.first) == ("BROKEN", "1 scenarios left no result")


def test_what_broke_behind_rows_without_a_verdict_is_told(tmp_path):
    for name in ("a", "b"):
        result(tmp_path / "allure-results", name, "broken", "INCONCLUSIVE: stalled")
    record(tmp_path)
    assert outcome_in(tmp_path, 3).verdict == "INCONCLUSIVE"
    assert outcome_in(tmp_path, 2).first == "behave ended with exit code 2 although nothing failed"


@pytest.mark.parametrize("arguments", [[], ["--stress"]])
def test_a_second_one_is_refused_and_leaves_the_first_ones_folder_alone(tmp_path, arguments):
    kind = "stress" if arguments else "repeat"
    kept = tmp_path / kind / "run-01" / "run.json"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with hold(tmp_path, kind), pytest.raises(Broken, match=rf"{kind}: another run \(process"):
        run_repeat(arguments, tmp_path, Interruptions())
    assert kept.exists()


def test_a_run_that_left_nothing(tmp_path):
    assert "left no run.json" in outcome_in(tmp_path, 2).first


def test_all_cores_are_busy_while_it_lasts_and_no_longer(tmp_path):
    before = set(psutil.Process().children())
    with repeat.busy_cores(tmp_path):
        busy = [child.pid for child in set(psutil.Process().children()) - before]
        assert len(busy) == os.cpu_count()
    assert not any(map(is_alive, busy))
