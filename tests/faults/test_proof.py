"""The prover: how it judges, what it repeats, what it tells, where it writes."""

import json
import re
from pathlib import Path

import pytest
from behave.configuration import Configuration

from faults import prove as proving
from faults import runs
from faults.catalogue import FAULTS, find
from faults.judgement import Judgement, Mark, Row, judge, read_rows, shortened
from faults.matrix import LEGEND, SIGNS, page, write_matrix
from faults.prove import Finding, Proof, Prover

STARVED = "INCONCLUSIVE: latency: the harness itself stood still for 90 ms of that"


def row(test_id: str, status: str = "passed", message: str = "") -> Row:
    return Row(test_id, f"{test_id} Something", status, message)


def marks(caught_by: dict[str, str], *rows: Row) -> dict[str, Mark]:
    return {test_id: judged.mark for test_id, judged in judge(caught_by, rows).items()}


# --- judging -----------------------------------------------------------------------------------


def test_caught_is_failed_with_the_phrase():
    found = judge({"A": "too late"}, [row("A", "failed", "latency: too late by 3 ms")])
    assert found == {"A": Judgement(Mark.CAUGHT, "latency: too late by 3 ms")}


def test_one_row_of_an_outline_suffices():
    rows = [row("A"), row("A", "failed", "else"), row("A", "failed", "too late"), row("A")]
    assert marks({"A": "too late"}, *rows) == {"A": Mark.CAUGHT}


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        ([row("A")], Mark.MISSED),
        ([row("A", "failed", "another reason")], Mark.WRONG_WORDS),
        ([row("A", "failed", "")], Mark.WRONG_WORDS),
        ([row("A", "error", "phrase")], Mark.BROKEN),
        ([row("A", "hook_error", "phrase")], Mark.BROKEN),
        ([row("A", "undefined")], Mark.BROKEN),
        ([row("A", "error", STARVED + " phrase")], Mark.INCONCLUSIVE),
        ([row("A"), row("A", "error", STARVED)], Mark.INCONCLUSIVE),
        ([], Mark.NOT_RUN),
    ],
)
def test_a_named_scenario_that_does_not_catch_it(rows, mark):
    assert marks({"A": "phrase"}, *rows) == {"A": mark}
    assert not mark.is_good


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        ([row("B")], Mark.QUIET),
        ([row("B"), row("B", "failed", "red")], Mark.SPURIOUS),
        ([row("B", "error", "broken")], Mark.SPURIOUS),
        ([row("B", "error", STARVED)], Mark.INCONCLUSIVE),
        ([row("B", "error", STARVED), row("B", "failed", "red")], Mark.SPURIOUS),
    ],
)
def test_a_scenario_that_the_fault_does_not_name(rows, mark):
    found = marks({"A": "phrase"}, row("A", "failed", "phrase"), *rows)
    assert found == {"A": Mark.CAUGHT, "B": mark}


def test_wrong_words_show_both_what_was_wanted_and_what_came():
    found = judge({"A": "wanted words"}, [row("A", "failed", "other words")])
    assert '"wanted words"' in found["A"].sentence
    assert "other words" in found["A"].sentence


def test_rows_are_read_from_checks_jsonl(tmp_path):
    file = tmp_path / "checks.jsonl"
    assert read_rows(file) == []
    line = {"id": "A", "scenario": "A Title", "row": {"x": "1"}, "status": "failed"}
    file.write_text(json.dumps({**line, "message": "why", "checks": []}) + "\n")
    assert read_rows(file) == [Row("A", "A Title", "failed", "why")]


def test_shortened_is_one_line():
    assert shortened("a\n  b") == "a b"
    assert shortened("x" * 300, 10) == "x" * 9 + "…"


# --- running -----------------------------------------------------------------------------------


class FakeRun:
    """Ends at once with what the script says, run by run."""

    script: dict[str, list[list[Row]]]
    started: list[tuple[str, tuple[str, ...]]]
    alive = 0
    most_alive = 0

    def __init__(self, name, folder, tags, fault):
        self.name, self.overdue, self.elapsed_s = name, False, 1.0
        self.started.append((name, tuple(tags)))
        self._rows = self.script[name].pop(0)
        FakeRun.alive += 1
        FakeRun.most_alive = max(FakeRun.most_alive, FakeRun.alive)

    def is_over(self):
        return True

    def rows(self):
        return self._rows

    def last_line(self):
        return "Broken: the broker did not start"

    def interrupt(self): ...

    def stop(self):
        FakeRun.alive -= 1


NAMES = ("price-rounded", "tick-delayed", "volume-zero")


@pytest.fixture
def script(monkeypatch) -> dict[str, list[list[Row]]]:
    """What the runs will show: name → rows of the first run, of the second …"""
    FakeRun.started, FakeRun.alive, FakeRun.most_alive = [], 0, 0
    FakeRun.script = {"the sound service": [[row("QA-WS-006"), row("QA-WS-007")]]}
    for name in NAMES:
        caught = [row(i, "failed", phrase) for i, phrase in find(name).caught_by.items()]
        FakeRun.script[name] = [caught]
    monkeypatch.setattr(proving, "Run", FakeRun)
    monkeypatch.setattr(proving, "TICK_S", 0)
    return FakeRun.script


def run_proof(folder: Path, *names: str, full: bool = False) -> tuple[int, Proof, list[str]]:
    proof = Proof(full, [find(name) for name in names or NAMES])
    said: list[str] = []
    code = proving.prove(proof, Prover(folder, 2, full), said.append)
    return code, proof, said


def test_all_caught(script, tmp_path):
    code, proof, said = run_proof(tmp_path)
    assert code == 0
    assert proof.summary().startswith("3 faults: all caught, none missed")
    assert len(said) == 4
    assert FakeRun.most_alive <= 2
    assert FakeRun.alive == 0


def test_a_named_run_asks_only_the_scenarios_that_the_fault_names(script, tmp_path):
    run_proof(tmp_path)
    assert FakeRun.started[0] == ("the sound service", proving.SCOPE)
    assert FakeRun.started[1] == ("price-rounded", (*proving.SCOPE, "@QA-WS-006"))


def test_a_full_run_asks_all_and_finds_what_is_spurious(script, tmp_path):
    script["volume-zero"][0].append(row("QA-WS-009", "failed", "nobody asked"))
    code, proof, _ = run_proof(tmp_path, full=True)
    assert code == 1
    assert {tags for _, tags in FakeRun.started} == {proving.SCOPE}
    assert [c for f in proof.findings for c in f.complaints()] == [
        "volume-zero: QA-WS-009 SPURIOUS: failed: nobody asked"
    ]
    assert proof.summary() == "3 faults: 2 proven, 1 not"


def test_an_unsound_service_stops_the_proof_with_one_line(script, tmp_path):
    script["the sound service"] = [[row("QA-WS-006", "failed", "late"), row("QA-WS-007")]]
    code, _, said = run_proof(tmp_path)
    assert code == 1
    assert len(said) == 1
    assert "QA-WS-006 Something: failed: late" in said[0]


def test_a_run_without_scenarios_is_no_proof(script, tmp_path):
    script["volume-zero"] = [[]]
    code, proof, _ = run_proof(tmp_path, "volume-zero")
    assert code == 1
    assert "no scenario ran: Broken: the broker" in proof.findings[0].complaints()[0]


def test_a_run_that_is_stuck_says_where(script, tmp_path):
    script["volume-zero"][0].append(row("QA-WS-011", "error", ""))
    run = FakeRun("volume-zero", tmp_path, (), "volume-zero")
    run.overdue = True
    rows, problem = proving._outcome(run)
    assert [each.id for each in rows] == ["QA-WS-007"]
    assert problem == "not done within 120 s, stuck in QA-WS-011 Something"


def test_what_the_machine_spoiled_is_run_once_more(script, tmp_path):
    script["tick-delayed"].insert(0, [row("QA-WS-006", "error", STARVED)])
    code, proof, _ = run_proof(tmp_path)
    assert code == 0
    assert len(proof.findings) == 3
    assert [name for name, _ in FakeRun.started].count("tick-delayed") == 2


def test_twice_inconclusive_is_no_proof(script, tmp_path):
    script["tick-delayed"] = [[row("QA-WS-006", "error", STARVED)]] * 2
    code, proof, _ = run_proof(tmp_path)
    assert code == 1
    assert "tick-delayed: QA-WS-006 INCONCLUSIVE" in "".join(
        c for f in proof.findings for c in f.complaints()
    )


def test_a_miss_is_never_run_again(script, tmp_path):
    script["tick-delayed"] = [[row("QA-WS-006")]]
    code, _, _ = run_proof(tmp_path)
    assert code == 1
    assert [name for name, _ in FakeRun.started].count("tick-delayed") == 1


def test_an_interruption_tells_what_was_proven(script, tmp_path, monkeypatch, capsys):
    def interrupt(self):
        if self.name == "tick-delayed":
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(FakeRun, "is_over", interrupt)
    code = proving.main(["--only", *NAMES, "--jobs", "1", "--reports", str(tmp_path)])
    assert code == 130
    assert "1 of 3 faults run: 1 proven" in capsys.readouterr().out
    assert FakeRun.alive == 0
    assert json.loads((tmp_path / "faults.json").read_text())["summary"].startswith("1 of 3")


def test_an_unknown_fault_is_refused_before_anything_runs(capsys):
    assert proving.main(["--only", "tick-twise"]) == 2
    assert "did you mean tick-twice?" in capsys.readouterr().err


# --- the folder of a run ------------------------------------------------------------------------


def test_a_run_writes_nothing_into_the_real_reports(tmp_path, monkeypatch):
    (tmp_path / "behave.ini").write_text(runs.CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    configuration = Configuration(["--tags=@x"], load_config=True)
    assert configuration.format == ["null"]
    assert not configuration.junit
    assert [output.name for output in configuration.outputs] == ["null.output"]


def test_a_run_has_its_own_reports_and_no_foreign_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("QAWS_TARGET", "elsewhere.toml")
    monkeypatch.setenv("QAWS_PATIENCE", "3")
    monkeypatch.setenv("TICKER_PORT", "1")
    variables = runs._environment(tmp_path)
    assert variables["QAWS_REPORTS"] == str(tmp_path)
    assert variables["QAWS_PATIENCE"] == "3"
    assert not {"QAWS_TARGET", "TICKER_PORT"} & variables.keys()


# --- the matrix ---------------------------------------------------------------------------------


@pytest.fixture
def matrix() -> dict[str, object]:
    chosen = [find("price-rounded"), find("volume-zero")]
    proof = Proof(True, chosen, {"QA-WS-006": "QA-WS-006 A <tick>", "QA-WS-007": "QA-WS-007 Bars"})
    caught, quiet = Judgement(Mark.CAUGHT, 'said "so"'), Judgement(Mark.QUIET)
    missed = Judgement(Mark.MISSED, "passed")
    proof.findings = [
        Finding(chosen[1], {"QA-WS-006": quiet, "QA-WS-007": missed}, 2.0),
        Finding(chosen[0], {"QA-WS-006": caught}, 1.0),
    ]
    return proof.as_dict(3.0)


def test_the_matrix_is_in_order_of_the_catalogue(matrix, tmp_path):
    write_matrix(tmp_path, matrix)
    read = json.loads((tmp_path / "faults.json").read_text())
    assert [each["name"] for each in read["faults"]] == ["price-rounded", "volume-zero"]
    assert [each["proven"] for each in read["faults"]] == [True, False]


def test_the_page_tells_marks_by_words_and_is_self_contained(matrix):
    text = page(matrix)
    assert "<small>caught</small>" in text
    assert "<small>MISSED</small>" in text
    assert "&lt;tick&gt;" in text
    assert 'title="said &quot;so&quot;"' in text
    assert 'class="off"' in text  # price-rounded was not held against 007
    assert not re.search(r"https?://|<script|<link", text)


def test_every_mark_has_a_sign_and_an_explanation():
    assert set(SIGNS) == set(LEGEND) == set(Mark)
    assert len(set(SIGNS.values())) == len(Mark)


def test_the_whole_catalogue_fits_the_page():
    proof = Proof(True, list(FAULTS.values()), {"QA-WS-006": "QA-WS-006 T"})
    proof.findings = [Finding(f, judge(f.caught_by, []), 1.0) for f in FAULTS.values()]
    text = page(proof.as_dict(1.0))
    assert all(f"<b>{name}</b>" in text for name in FAULTS)
