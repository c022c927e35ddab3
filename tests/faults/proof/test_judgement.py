"""How what ran is held against what a fault declares."""

import json

import pytest

from faults.proof.judgement import Judgement, Mark, Row, judge, read_rows, shortened
from tests.faults.proof.rows import STARVED, row


def marks(caught_by: dict[str, str], *rows: Row) -> dict[str, Mark]:
    return {test_id: judged.mark for test_id, judged in judge(caught_by, rows).items()}


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
        ([row("A", stall_ms=99.0)], Mark.MISSED),
        ([row("A"), row("A", stall_ms=100.0)], Mark.INCONCLUSIVE),
        ([row("A", "failed", "another reason", stall_ms=100.0)], Mark.WRONG_WORDS),
        ([row("A", "undefined", stall_ms=100.0)], Mark.BROKEN),
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
        ([row("B"), row("B", "failed", "B: its own words")], Mark.CAUGHT),
        ([row("B", "failed", "its own words"), row("B", "failed", "red")], Mark.SPURIOUS),
        ([row("B", "error", "its own words")], Mark.SPURIOUS),
    ],
)
def test_a_scenario_that_the_fault_does_not_name(rows, mark):
    found = marks({"A": "its own words"}, row("A", "failed", "its own words"), *rows)
    assert found == {"A": Mark.CAUGHT, "B": mark}


def test_words_that_stand_in_many_sentences_excuse_no_other_scenario():
    rows = [row("A", "failed", "ticks to Alice"), row("B", "failed", "welcome to Alice")]
    assert marks({"A": "to Alice"}, *rows) == {"A": Mark.CAUGHT, "B": Mark.SPURIOUS}


@pytest.mark.parametrize(
    ("named", "other", "mark"),
    [
        (
            "greeks.delta 1: Al received ticks that differ from what was published",
            "differ",
            "caught",
        ),
        ("greeks.delta of a tick", "differ", "SPURIOUS"),
        ("greeks.delta: Al never received ticks that it was due", "differ", "SPURIOUS"),
        ("greeks.delta: Al never received ticks that it was due", "fence", "caught"),
        ("greeks.delta: the end marker to Al", "lost", "caught"),
    ],
)
def test_who_receives_ticks_may_say_of_them_what_a_named_scenario_says(named, other, mark):
    sentence = {
        "differ": "deliveries: Bo received ticks that differ from what was published: #1",
        "fence": "the end marker to Bo: measured nothing",
        "lost": "Bo never received ticks that it was due: #1",
    }[other]
    found = marks({"A": "greeks.delta"}, row("A", "failed", named), row("B", "failed", sentence))
    assert found == {"A": Mark.CAUGHT, "B": Mark(mark)}


def test_a_scenario_that_may_fail_too_is_right_either_way():
    for status, mark in (("failed", Mark.CAUGHT), ("passed", Mark.QUIET)):
        found = judge({}, [row("B", status, "what it says")], also=("B",))
        assert found["B"].mark == mark
    assert judge({}, [row("B", "hook_error", "x")], also=("B",))["B"].mark == Mark.SPURIOUS


def test_what_a_fault_has_taken_away_a_scenario_that_it_names_need_not_verify():
    unverified = [row("B", "skipped", "no token caused a line")]
    assert judge({}, unverified, also=("B",))["B"].mark == Mark.QUIET
    assert judge({}, unverified)["B"].mark == Mark.SPURIOUS


@pytest.mark.parametrize(
    "said",
    [
        "12 ticks that the broker had before SIGTERM, at all clients: measured client 1 lacks 3",
        "client 1 got no tick before any outage: 1 x welcome",
        "Nora got no further tick of BANKNIFTY",
        "Nora got no tick any more",
    ],
)
def test_whoever_lacks_ticks_may_say_so_where_a_named_scenario_does(said):
    lost = row("A", "failed", "measured Alice never received ticks that it was due: NIFTY")
    found = judge({"A": "never received"}, [lost, row("B", "failed", said)])
    assert found["B"].mark == Mark.CAUGHT
    assert judge({}, [row("B", "failed", said)])["B"].mark == Mark.SPURIOUS


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
    with file.open("a") as half:
        half.write('{"id": "B", "scenario": "B Ti')
    assert [row.id for row in read_rows(file)] == ["A"]


def test_shortened_is_one_line():
    assert shortened("a\n  b") == "a b"
    assert shortened("x" * 300, 10) == "x" * 9 + "…"
