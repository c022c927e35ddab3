"""The prover: how it judges, what it repeats, what it tells, where it writes."""

import json
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from behave.configuration import Configuration

from faults import prove as proving
from faults import runs, scope
from faults.catalogue import FAULTS, find
from faults.judgement import Judgement, Mark, Row, judge, read_rows, shortened
from faults.matrix import LEGEND, SIGNS, page, write_matrix
from faults.picture import picture
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


def test_a_scenario_that_may_fail_too_is_right_either_way():
    for status, mark in (("failed", Mark.CAUGHT), ("passed", Mark.QUIET)):
        found = judge({}, [row("B", status, "what it says")], also=("B",))
        assert found["B"].mark == mark
    assert judge({}, [row("B", "hook_error", "x")], also=("B",))["B"].mark == Mark.SPURIOUS


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

    def __init__(self, name, folder, tags, fault, allowed_s, enough=None):
        self.name, self.overdue, self.elapsed_s, self.allowed_s = name, False, 1.0, allowed_s
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


NAMES = ("price-rounded", "greeks-stale", "volume-zero")


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


def run_proof(folder: Path, *names: str, **how: bool) -> tuple[int, Proof, list[str]]:
    chosen = [find(name) for name in names or NAMES]
    proof = Proof(how.get("full", False), chosen, how.get("picked", False))
    said: list[str] = []
    code = proving.prove(proof, Prover(folder, 2), said.append)
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
    assert FakeRun.started[0] == (
        "the sound service",
        (*scope.FUNCTIONAL, "@QA-WS-006 or @QA-WS-007"),
    )
    assert FakeRun.started[1] == ("price-rounded", (*scope.FUNCTIONAL, "@QA-WS-006"))


def test_a_full_run_asks_all_and_finds_what_is_spurious(script, tmp_path):
    script["volume-zero"][0].append(row("QA-WS-009", "failed", "nobody asked"))
    code, proof, _ = run_proof(tmp_path, full=True)
    assert code == 1
    assert {tags for _, tags in FakeRun.started} == {scope.FUNCTIONAL}
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
    run = FakeRun("volume-zero", tmp_path, (), "volume-zero", 120.0)
    run.overdue = True
    rows, problem = proving._outcome(run)
    assert [each.id for each in rows] == ["QA-WS-007"]
    assert problem == "not done within 120 s, stuck in QA-WS-011 Something"


def test_what_the_machine_spoiled_is_run_once_more(script, tmp_path):
    script["greeks-stale"].insert(0, [row("QA-WS-006", "error", STARVED)])
    code, proof, _ = run_proof(tmp_path)
    assert code == 0
    assert len(proof.findings) == 3
    assert [name for name, _ in FakeRun.started].count("greeks-stale") == 2


def test_only_the_scenarios_that_the_machine_spoiled_are_run_again(script, tmp_path):
    first = script["volume-zero"][0]
    script["volume-zero"] = [
        [*first, row("QA-WS-009"), row("QA-WS-011", "error", STARVED)],
        [row("QA-WS-011")],
    ]
    code, proof, _ = run_proof(tmp_path, full=True)
    assert code == 0
    assert FakeRun.started[-1] == ("volume-zero", (*scope.FUNCTIONAL, "@QA-WS-011"))
    found = next(f for f in proof.findings if f.fault.name == "volume-zero")
    assert {i: j.mark for i, j in found.judgements.items()} == {
        "QA-WS-007": Mark.CAUGHT,
        "QA-WS-009": Mark.QUIET,
        "QA-WS-011": Mark.QUIET,
    }


def test_twice_inconclusive_is_no_proof(script, tmp_path):
    script["greeks-stale"] = [[row("QA-WS-006", "error", STARVED)]] * 2
    code, proof, _ = run_proof(tmp_path)
    assert code == 1
    assert "greeks-stale: QA-WS-006 INCONCLUSIVE" in "".join(
        c for f in proof.findings for c in f.complaints()
    )


def test_a_miss_is_never_run_again(script, tmp_path):
    script["greeks-stale"] = [[row("QA-WS-006")]]
    code, _, _ = run_proof(tmp_path)
    assert code == 1
    assert [name for name, _ in FakeRun.started].count("greeks-stale") == 1


def test_an_interruption_tells_what_was_proven(script, tmp_path, monkeypatch, capsys):
    def interrupt(self):
        if self.name == "greeks-stale":
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


# --- load --------------------------------------------------------------------------------------

QUICK_FAULT, LONG_FAULT = "service-stalls-now-and-then", "session-ids-repeat-in-a-burst"


@pytest.fixture
def load_script(script):
    """Adds the runs of a fault of quick load scenarios, and of one of a long one."""
    FakeRun.script["the sound service"].append([row("QA-WS-013"), row("QA-WS-019")])
    for name in (QUICK_FAULT, LONG_FAULT):
        caught = [row(i, "failed", phrase) for i, phrase in find(name).caught_by.items()]
        FakeRun.script[name] = [caught]
    return script


def test_load_runs_come_last_and_alone(load_script, tmp_path, monkeypatch):
    beside: dict[str, int] = {}
    monkeypatch.setattr(
        FakeRun, "is_over", lambda run: beside.update({run.name: run.alive}) or True
    )
    code, proof, said = run_proof(tmp_path, QUICK_FAULT, *NAMES, picked=True)
    assert code == 0
    assert [name for name, _ in FakeRun.started[:2]] == ["the sound service"] * 2
    assert FakeRun.started[1][1] == (*scope.MEASURING, "@QA-WS-013 or @QA-WS-019")
    assert FakeRun.started[-1] == (QUICK_FAULT, FakeRun.started[1][1])
    assert beside[QUICK_FAULT] == 1
    assert beside[NAMES[0]] == 2
    assert list(proof.titles) == ["QA-WS-006", "QA-WS-007", "QA-WS-013", "QA-WS-019"]
    assert "functional" in said[0]
    assert "under load" in said[1]


def test_long_load_scenarios_are_left_to_the_full_proof(load_script, tmp_path):
    FakeRun.script[QUICK_FAULT][0] = FakeRun.script[QUICK_FAULT][0][:1]
    code, proof, _ = run_proof(tmp_path, QUICK_FAULT, LONG_FAULT, *NAMES)
    assert code == 0
    assert LONG_FAULT not in [name for name, _ in FakeRun.started]
    assert proof.summary().startswith("4 faults: all caught")
    assert proof.summary().endswith("1 more are left to --full: they take long")


def asked(name: str, **how: bool) -> scope.Ask | None:
    return scope.plan([find(name)], **how).get(name)


def test_what_is_asked_under_load():
    quick, long = find(QUICK_FAULT), find(LONG_FAULT)
    assert asked(QUICK_FAULT, full=False).wanted == {"QA-WS-013": quick.caught_by["QA-WS-013"]}
    assert asked(QUICK_FAULT, full=False).tags == (*scope.MEASURING, "@QA-WS-013")
    assert asked(QUICK_FAULT, full=False, picked=True).tags[-1] == "@QA-WS-013 or @QA-WS-019"
    assert asked(QUICK_FAULT, full=True).tags[-1] == "@QA-WS-013 or @QA-WS-014 or @QA-WS-019"
    assert asked(QUICK_FAULT, full=True).wanted == quick.caught_by
    assert asked(LONG_FAULT, full=False) is None
    assert asked(LONG_FAULT, full=True).tags[-1] == "@QA-WS-020"
    assert asked(LONG_FAULT, full=False, picked=True).wanted == long.caught_by


def test_the_short_proof_asks_some_faults_of_each_quick_load_scenario():
    asks = scope.plan(FAULTS.values(), full=False)
    each = [test_id for one in asks.values() if one.measures for test_id in one.wanted]
    assert set(each) == set(scope.QUICK)
    assert all(2 <= each.count(test_id) <= scope.SAMPLE for test_id in scope.QUICK)
    first_rank = scope.scenarios("p0").keys()
    functional = {n: one for n, one in FAULTS.items() if not scope.measures(one)}
    assert all(
        (name in asks) == bool(first_rank & one.caught_by.keys())
        for name, one in functional.items()
    )


def test_the_terms_say_what_runs_against_what():
    faults = [find(name) for name in (*NAMES, QUICK_FAULT, LONG_FAULT)]
    assert Proof(False, faults).terms() == (
        "3 functional faults against the scenarios that they name; "
        "1 under load, one at a time, against one of 013, 014, 019 each"
    )
    assert "every functional scenario; 2 under load, one at" in Proof(True, faults).terms()


def test_the_short_proof_leaves_lower_priorities_to_the_full_one():
    each = find("unsubscribe-only-acknowledged")
    assert {"QA-WS-016", "QA-WS-117"} == set(each.caught_by)
    short = scope.plan([each], full=False)[each.name]
    assert short.tags[-1] == "@QA-WS-016"
    assert set(short.wanted) == {"QA-WS-016"}
    for asks in (scope.plan([each], full=True), scope.plan([each], full=False, picked=True)):
        assert asks[each.name].wanted == each.caught_by


def test_a_glance_asks_the_first_scenario_of_each_fault():
    asks = scope.plan(FAULTS.values(), full=False, quick=True)
    assert all(len(one.wanted) == 1 for one in asks.values())
    assert asks["price-rounded"].wanted == {
        "QA-WS-006": FAULTS["price-rounded"].caught_by["QA-WS-006"]
    }
    under_load = [next(iter(one.wanted)) for one in asks.values() if one.measures]
    assert sorted(under_load) == sorted(scope.QUICK)


def test_the_full_proof_asks_every_fault(monkeypatch):
    monkeypatch.setattr(scope, "find_spec", lambda _: True)
    asks = scope.plan(FAULTS.values(), full=True)
    assert {name: one.wanted for name, one in asks.items()} == {
        name: one.caught_by for name, one in FAULTS.items()
    }


def test_what_only_a_browser_notices_waits_for_a_browser(monkeypatch):
    monkeypatch.setattr(scope, "find_spec", lambda _: None)
    left_out = FAULTS.keys() - scope.plan(FAULTS.values(), full=True).keys()
    assert left_out == {n for n, one in FAULTS.items() if one.caught_by.keys() == {"QA-WS-116"}}


def test_the_quick_load_scenarios_exist():
    assert set(scope.QUICK) < scope.scenarios("load").keys()
    assert not scope.scenarios("load").keys() & scope.scenarios("integration").keys()


def test_a_starved_sound_check_is_run_once_more(script, tmp_path):
    script["the sound service"].insert(0, [row("QA-WS-006", "error", STARVED)])
    code, _, _ = run_proof(tmp_path)
    assert code == 0
    assert [name for name, _ in FakeRun.started].count("the sound service") == 2


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


def test_rows_behind_the_one_that_says_enough_are_left_out(tmp_path):
    def rows_of(enough):
        run = runs.Run(
            "x",
            tmp_path / "run",
            ["@QA-WS-010"],
            "broken-json-closes",
            enough=enough,
            allowed_s=120.0,
        )
        try:
            while not run.is_over():
                time.sleep(0.05)
        finally:
            run.stop()
        return run.rows()

    everything = rows_of(None)
    red = [row.message for row in everything if row.status == "failed"]
    assert red
    assert len(rows_of({"QA-WS-010": "words that nobody says"})) == len(everything)
    words = "error to Alice: measured nothing in"
    assert red[0].startswith(words)
    assert rows_of({"QA-WS-010": words})[-1].message.startswith(words)


# --- the matrix ---------------------------------------------------------------------------------


@pytest.fixture
def matrix() -> dict[str, object]:
    chosen = [find("price-rounded"), find("volume-zero")]
    titles = {"QA-WS-006": "QA-WS-006 A <tick>", "QA-WS-007": "QA-WS-007 Bars"}
    proof = Proof(True, chosen, titles=titles)
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
    assert (tmp_path / "faults.html").exists()
    assert (tmp_path / "faults.svg").exists()


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
    proof = Proof(True, list(FAULTS.values()), titles={"QA-WS-006": "QA-WS-006 T"})
    proof.findings = [Finding(f, judge(f.caught_by, []), 1.0) for f in FAULTS.values()]
    text = page(proof.as_dict(1.0))
    assert all(f"<b>{name}</b>" in text for name in FAULTS)


def test_the_picture_tells_marks_by_shape(matrix):
    drawn = ElementTree.fromstring(picture(matrix, SIGNS))
    shapes = [each.get("class") for each in drawn.iter() if each.get("class")]
    assert shapes.count("caught") == shapes.count("quiet") == 2  # each once in the key
    assert shapes.count("bad") == 2
    texts = [each.text for each in drawn.iter() if each.text]
    assert texts.count(SIGNS[Mark.MISSED]) == 2
    assert {"006", "007", "price-rounded", "volume-zero", "Broadcasting"} <= set(texts)


def test_the_picture_of_the_whole_catalogue_is_small():
    ids = {test_id: test_id for test_id in scope.scenarios()}
    proof = Proof(True, list(FAULTS.values()), titles=ids)
    quiet = {test_id: Judgement(Mark.QUIET) for test_id in ids}
    proof.findings = [Finding(fault, quiet, 1.0) for fault in FAULTS.values()]
    assert len(picture(proof.as_dict(1.0), SIGNS).encode()) < 150_000
