"""How a run ended, and the runs before it: as true in a report that is made again."""

import json
import subprocess

import pytest

from qaws.report import signoff
from qaws.report.node import ReportError, find_node
from qaws.report.run_files import note_end, read_run, told_once
from qaws.report.signoff import make_report
from tests.waiting import HANG_S

RESULT = {
    "uuid": "1",
    "name": "QA-WS-001 One",
    "historyId": "1",
    "status": "passed",
    "labels": [
        {"name": "ALLURE_ID", "value": "QA-WS-001"},
        {"name": "place", "value": "x.feature:3"},
    ],
}
SELECTED = [{"id": "QA-WS-001", "at": f"x.feature:{line}", "name": "x"} for line in (3, 4, 5)]


def history(folder):
    file = folder / "history.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def record(folder, selected=1, **facts):
    run = {"state": "finished", "started": "T", "selected": SELECTED[:selected]}
    (folder / "run.json").write_text(json.dumps(run | facts))


def leave_result(folder):
    (folder / "allure-results").mkdir(exist_ok=True)
    (folder / "allure-results" / "1-result.json").write_text(json.dumps(RESULT))


@pytest.mark.parametrize(
    ("ended", "code"),
    [({"behave_exit": 0}, 0), ({"behave_exit": 2}, 2), ({"behave_exit": 2, "aborted": True}, 130)],
)
def test_a_report_that_is_made_again_knows_how_behave_ended(
    tmp_path, needs_node, capsys, ended, code
):
    record(tmp_path)
    leave_result(tmp_path)
    assert make_report(tmp_path, **ended) == code
    [told] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("Run: ")]
    assert make_report(tmp_path) == code
    assert told in capsys.readouterr().out.splitlines()


def test_a_run_that_was_stopped_before_it_had_a_record_stays_stopped(tmp_path, needs_node):
    assert make_report(tmp_path, behave_exit=1, aborted=True) == 130
    assert make_report(tmp_path) == 130


def test_what_is_noted_leaves_the_record_as_it_was(tmp_path):
    note_end(tmp_path, 2, aborted=False)
    assert read_run(tmp_path) == {}
    record(tmp_path)
    before = read_run(tmp_path)
    note_end(tmp_path, 2, aborted=False)
    assert read_run(tmp_path) == before | {"behave_exit": 2, "aborted": False}


def test_a_run_without_a_result_takes_no_line_of_the_history(tmp_path, needs_node):
    record(tmp_path)
    leave_result(tmp_path)
    assert make_report(tmp_path, behave_exit=0) == 0
    before = history(tmp_path)
    assert len(before) == 1
    (tmp_path / "allure-results" / "1-result.json").unlink()
    record(tmp_path, selected=0, state="broken", error="no broker", started="U")
    for _ in range(3):
        assert make_report(tmp_path) == 2
        assert history(tmp_path) == before


def test_a_run_that_is_told_again_keeps_its_one_line(tmp_path, needs_node):
    record(tmp_path, selected=3)
    leave_result(tmp_path)
    for _ in range(2):
        make_report(tmp_path)
        [line] = history(tmp_path)
        assert (len(line["testResults"]), line["selected"]) == (1, 3)


@pytest.mark.parametrize("earlier", [None, "T"])
@pytest.mark.parametrize("text", ['{"a": 1}\n{"a": 2}\n', None])
def test_a_report_that_fails_leaves_the_history_alone(tmp_path, earlier, text):
    record(tmp_path)
    leave_result(tmp_path)
    file = tmp_path / "history.jsonl"
    if text:
        file.write_text(text)

    def fail():
        with told_once(tmp_path, earlier):
            file.write_text('{"a": 3}\n')
            raise ReportError("index.html would load from the network")

    with pytest.raises(ReportError):
        fail()
    assert (file.read_text() if file.exists() else None) == text


def test_the_trend_tells_scenarios_from_results(needs_node):
    results = {"1": {"status": "passed"}, "2": {"status": "failed"}}
    lines = [
        {"timestamp": 0, "name": name, "testResults": results} | selected
        for name, selected in (("stopped", {"selected": 240}), ("whole", {"selected": 2}))
    ]
    code = f"import {{ renderTrend }} from '{signoff.SIGNOFF}/sections.mjs';"
    code += f"console.log(renderTrend({json.dumps(lines)}))"
    done = subprocess.run(
        [find_node(), "--input-type=module", "-e", code],
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=True,
    )
    assert "<td>stopped</td><td>2 of 240</td><td>1</td><td>1</td>" in done.stdout
    assert "<td>whole</td><td>2</td>" in done.stdout
