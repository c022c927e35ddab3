"""The proof of the faults: noted for the state of the suite that it was of."""

import json

import pytest

from qaws.report.evidence import read_evidence
from qaws.runner import proof


@pytest.fixture
def matrix(tmp_path):
    def write(summary):
        facts = {"summary": summary, "terms": "each fault"}
        (tmp_path / "faults.json").write_text(json.dumps(facts))

    return write


def noted(folder):
    return read_evidence(folder, "faults")


def test_what_it_has_shown(tmp_path, matrix):
    matrix("an older one")
    proof.begin(tmp_path)
    assert noted(tmp_path).state == "running"
    matrix("9 faults: all caught")
    proof.end(tmp_path, 0)
    [figure] = noted(tmp_path).figures
    assert (figure.measured, figure.verdict) == ("9 faults: all caught", "met")
    assert noted(tmp_path).state == "finished"


def test_a_fault_that_was_missed(tmp_path, matrix):
    proof.begin(tmp_path)
    matrix("9 faults: 1 missed")
    proof.end(tmp_path, 1)
    assert noted(tmp_path).figures[0].verdict == "not met"


def test_a_proof_that_wrote_no_matrix_shows_nothing(tmp_path, matrix):
    matrix("an older one")
    proof.begin(tmp_path)
    proof.end(tmp_path, 1)
    assert noted(tmp_path).figures == []
    assert noted(tmp_path).problem == "it has written no matrix"


def test_what_changed_meanwhile_is_of_no_state(tmp_path, matrix, monkeypatch):
    proof.begin(tmp_path)
    matrix("9 faults: all caught")
    monkeypatch.setattr("qaws.runner.side_run.state_now", lambda: {"commit": "x"})
    proof.end(tmp_path, 0)
    assert "were changed while it ran" in noted(tmp_path).problem


def test_the_exit_code_is_the_proof_s(tmp_path, monkeypatch):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path))
    assert proof.main(["begin"]) == 0
    assert noted(tmp_path).whole
    assert proof.main(["end", "130"]) == 130
    proof.main(["begin", "part"])
    assert not noted(tmp_path).whole


def test_a_score_of_mutants_is_noted_with_those_that_live(tmp_path, monkeypatch):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path))
    assert proof.main(["mutation", "begin"]) == 0
    facts = {
        "summary": "91.0 % of 200 mutants",
        "terms": "200 of 800",
        "whole": True,
        "allowed": "at least 90 %",
        "details": ["survived: one"],
    }
    (tmp_path / "mutation.json").write_text(json.dumps(facts))
    assert proof.main(["mutation", "end", "0"]) == 0
    evidence = read_evidence(tmp_path, "mutation")
    [figure] = evidence.figures
    assert (figure.what, figure.measured, figure.allowed, figure.verdict) == (
        "mutation score",
        "91.0 % of 200 mutants",
        "at least 90 %",
        "met",
    )
    assert evidence.whole
    assert evidence.details == ["survived: one"]
    assert read_evidence(tmp_path, "faults") is None


def test_a_sample_that_was_cut_short_is_a_part(tmp_path):
    proof.begin(tmp_path, kind="mutation")
    facts = {"summary": "80 of 200 mutants", "terms": "200 of 800", "whole": False}
    (tmp_path / "mutation.json").write_text(json.dumps(facts))
    proof.end(tmp_path, 130, "mutation")
    assert not read_evidence(tmp_path, "mutation").whole
