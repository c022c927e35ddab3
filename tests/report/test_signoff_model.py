"""What the run, the sign-off, the tests and the criteria come to, in all combinations."""

import json
import subprocess
from pathlib import Path

import pytest

from qaws.report.node import find_node
from qaws.report.signoff import SIGNOFF
from tests.waiting import HANG_S

REQUIREMENTS = {
    "title": "T",
    "beyond": "Beyond",
    "requirements": [
        {"id": "QA-WS-001", "section": "S", "kind": "integration", "title": "One"},
        {"id": "QA-WS-002", "section": "S", "kind": "load", "title": "Two", "scenarios": 2},
    ],
    "criteria": [
        {"name": "Integration", "bound": "1 passing", "kind": "integration"},
        {
            "name": "Latency",
            "bound": "p99 below 100 ms",
            "measures": [{"id": "QA-WS-002", "what": "p99", "below": 100}],
        },
        {"name": "Signatures", "bound": "three", "by_hand": True},
        {
            "name": "Clients",
            "bound": "at least 100",
            "measures": [
                {"id": "QA-WS-001", "what": "copies", "read": r"of ([\d,]+)", "at_least": 100}
            ],
        },
    ],
    "signatures": ["QA Lead"],
}


def result(sid="QA-WS-001", status="passed", message="", row=""):
    return {"id": sid, "at": f"{sid} {row}", "link": sid + row, "title": sid, "name": sid} | {
        "rowName": row,
        "status": status,
        "message": message,
    }


def checks(measured, verdict="met", sid="QA-WS-002", row=None, allowed="below 100 ms"):
    check = {"what": "latency p99", "measured": measured, "allowed": allowed}
    at = f"{sid} " + "; ".join(f"{name}={cell}" for name, cell in (row or {}).items())
    return {"id": sid, "at": at, "row": row, "checks": [check | {"verdict": verdict}]}


ONE = result()
PLACE = {"id": "QA-WS-001", "at": ONE["at"], "name": "a"}
TWO = [result("QA-WS-002", row="a=1"), result("QA-WS-002", row="a=2")]
ALL = [ONE, *TWO]
COPIES = {"what": "copies", "measured": "1 for each of 100", "allowed": "1", "verdict": "met"}
MANY = {"id": "QA-WS-001", "at": "QA-WS-001 ", "row": {}, "checks": [COPIES]}
FAST = checks("9.5 ms", row={"a": "1"})
FAILED = result(status="failed", message="it did not\nmore")
BROKEN = result(status="broken", message="no broker")
STARVED = result(status="broken", message="INCONCLUSIVE: stalled 9 ms")
SKIPPED = result(status="skipped", message="SKIPPED: the target lacks capability: inject")


def case(results, checks=(), selected=None, *, state="finished", error=None, ended=None, **more):
    names = [{"id": r["id"], "at": r["at"], "name": r["title"]} for r in results]
    run = {"state": state, "error": error, "selected": names if selected is None else selected}
    run = more.pop("run", run | (ended or {}))
    return {"requirements": REQUIREMENTS, "run": run, "results": list(results)} | {
        "checks": [MANY, *checks],
        **more,
    }


# name: (input, the run's verdict, the sign-off's verdict, words of the run's reason)
CASES = {
    "all": (case(ALL, [FAST]), "PASSED", "READY TO SIGN", "All 3 scenarios passed"),
    "all, not measured": (case(ALL), "PASSED", "INCOMPLETE", "All 3"),
    "some ids": (case([ONE]), "PASSED", "INCOMPLETE", "All 1 scenario passed"),
    "too few rows": (case([ONE, TWO[0]], [FAST]), "PASSED", "INCOMPLETE", "All 2"),
    "failed": (case([FAILED, *TWO]), "FAILED", "FAILED", "QA-WS-001: it did not."),
    "failed and broken": (
        case([FAILED, result("QA-WS-002", "broken")]),
        "FAILED",
        "FAILED",
        "1 of 2 scenarios failed, 1 broke. QA-WS-001: it did not.",
    ),
    "broken": (case([BROKEN, *TWO]), "BROKEN", "INCOMPLETE", "no broker"),
    "broken and starved": (case([BROKEN, STARVED]), "BROKEN", "INCOMPLETE", "1 of 2"),
    "starved": (case([STARVED, *TWO]), "INCONCLUSIVE", "INCOMPLETE", "QA-WS-001: stalled 9 ms."),
    "starved and skipped": (
        case([STARVED, SKIPPED]),
        "INCONCLUSIVE",
        "INCOMPLETE",
        "1 of 2 scenarios inconclusive, 1 not verified. QA-WS-001",
    ),
    "skipped": (case([SKIPPED, *TWO]), "INCOMPLETE", "INCOMPLETE", "lacks capability: inject"),
    "unknown": (case([result(status="unknown")]), "BROKEN", "INCOMPLETE", "unknown"),
    "not run": (
        case([ONE], selected=[PLACE, {"id": "QA-WS-002", "at": "b", "name": "b"}]),
        "INCOMPLETE",
        "INCOMPLETE",
        "QA-WS-002: not run",
    ),
    "nothing selected": (case([]), "BROKEN", "INCOMPLETE", "No scenario was selected"),
    "no run": (case([], run=None), "BROKEN", "INCOMPLETE", "before any scenario could start"),
    "results but no run": (case(ALL, run=None), "BROKEN", "INCOMPLETE", "run.json is missing"),
    "before_all": (
        case([], state="broken", error="no key_file"),
        "BROKEN",
        "INCOMPLETE",
        "no key_file",
    ),
    "before_all, then called aborted": (
        case([], state="aborted", error="no key_file"),
        "BROKEN",
        "INCOMPLETE",
        "no key_file",
    ),
    "killed": (case(ALL, [FAST], state="running"), "BROKEN", "INCOMPLETE", "running"),
    "aborted": (case([ONE], state="aborted"), "ABORTED", "INCOMPLETE", "1 of 1 scenario passed"),
    "aborted by the job": (
        case([FAILED], ended={"aborted": True}),
        "ABORTED",
        "FAILED",
        "1 failed",
    ),
    "after_feature": (
        case(ALL, [FAST], errors=[{"message": "after_feature"}]),
        "BROKEN",
        "INCOMPLETE",
        "after_feature",
    ),
    "behave unhappy": (
        case(ALL, [FAST], ended={"behave_exit": 1}),
        "BROKEN",
        "INCOMPLETE",
        "exit code 1",
    ),
    "gate": (
        case(ALL, [FAST], gates=[{"success": False, "rule": "minTestsCount", "message": "3 < 9"}]),
        "BROKEN",
        "INCOMPLETE",
        "minTestsCount",
    ),
    "check not met": (
        case(ALL, [checks("120 ms", "not met", row={"a": "1"})]),
        "FAILED",
        "FAILED",
        "120 ms",
    ),
    "check inconclusive": (
        case(ALL, [checks("120 ms", "inconclusive", row={"a": "1"})]),
        "INCONCLUSIVE",
        "INCOMPLETE",
        "120 ms",
    ),
    "bound loosened": (
        case(ALL, [checks("60 ms", row={"a": "1"}, allowed="below 0.5 s")]),
        "PASSED",
        "INCOMPLETE",
        "All 3",
    ),
    "bound tightened": (
        case(ALL, [checks("9.5 ms", row={"a": "1"}, allowed="below 20 ms")]),
        "PASSED",
        "READY TO SIGN",
        "All 3",
    ),
    "bound edited": (case(ALL, [checks("120 ms", row={"a": "1"})]), "PASSED", "FAILED", "All 3"),
    "beyond the plan": (
        case([*ALL, result("QA-WS-101", "failed", "x")], [FAST]),
        "FAILED",
        "INCOMPLETE",
        "QA-WS-101: x",
    ),
}
LOOSER = {
    "id": "QA-WS-002",
    "title": "QA-WS-002 Two",
    "kind": "looser",
    "planned": "Then p99 is below 100 ms",
    "now": "Then p99 is below 0.5 s",
    "at": "features/load.feature:7",
    "rows": [],
    "deviates": True,
    "words": "",
}
STRICTER = LOOSER | {"kind": "stricter", "now": "Then p99 is below 20 ms", "deviates": False}
GONE = LOOSER | {"kind": "gone", "now": "", "rows": ["a", "b", "c"], "id": "QA-WS-001"}


def edited(*edits, results=ALL, lines=(FAST,)):
    input_ = case(results, lines)
    return input_ | {"run": input_["run"] | {"edits": list(edits)}}


CASES |= {
    "edited, looser": (edited(LOOSER), "PASSED", "INCOMPLETE", "All 3"),
    "edited, stricter": (edited(STRICTER), "PASSED", "READY TO SIGN", "All 3"),
    "edited, a step gone": (edited(GONE, LOOSER), "PASSED", "INCOMPLETE", "All 3"),
    "edited, beyond the plan": (
        edited(LOOSER | {"id": "QA-WS-101"}, results=[*ALL, result("QA-WS-101")]),
        "PASSED",
        "INCOMPLETE",
        "All 4",
    ),
    "edited, and failed": (
        edited(LOOSER, lines=[checks("120 ms", "not met", row={"a": "1"})]),
        "FAILED",
        "FAILED",
        "120 ms",
    ),
}
FIGURES = {"5.1 ms": 5.1, "1.2 s": 1200, "50,000 of 50,000": 50000, "9,998 ticks/s": 9998} | {
    "+1.3 %": 1.3,
    "-2 %": -2,
    "nothing": None,
    "100 of 100 clients": 100,
}


@pytest.fixture(scope="module")
def computed(needs_node):
    text = json.dumps({"inputs": [c[0] for c in CASES.values()], "figures": list(FIGURES)})
    command = [find_node(), str(Path(__file__).with_name("models.mjs"))]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def models(computed):
    return dict(zip(CASES, computed["models"], strict=True))


@pytest.mark.parametrize("name", CASES)
def test_verdicts(models, name):
    _, run, signoff, words = CASES[name]
    model = models[name]
    assert (model["runVerdict"]["verdict"], model["signoffVerdict"]["verdict"]) == (run, signoff)
    assert words in model["runVerdict"]["reason"]


def test_only_a_complete_run_is_ready_to_sign(models):
    ready = [
        name for name, m in models.items() if m["signoffVerdict"]["verdict"] == "READY TO SIGN"
    ]
    assert ready == ["all", "bound tightened", "edited, stricter"]


def test_a_test_with_too_few_rows_is_not_verified(models):
    two = models["too few rows"]["tests"][1]
    assert (two["verdict"], two["reason"]) == ("NOT VERIFIED", "only 1 of at least 2 scenarios ran")


def test_what_was_not_measured_says_so(models):
    [_, latency, *_] = models["all, not measured"]["criteria"]
    assert (latency["verdict"], latency["measured"]) == ("NOT MEASURED", "")


def test_a_bound_edited_in_a_scenario_does_not_move_the_criterion(models):
    [_, latency, *_] = models["bound edited"]["criteria"]
    assert (latency["verdict"], latency["measured"]) == ("NOT MET", "120 ms")


def test_a_bound_looser_than_the_plan_s_is_shown_and_is_not_met_as_planned(models):
    model = models["bound loosened"]
    [_, latency, *_] = model["criteria"]
    assert latency["verdict"] == "NOT MET AS PLANNED"
    assert latency["measured"] == "60 ms (allowed in the scenario: below 0.5 s)"
    assert latency["bound"] == "p99 below 100 ms"
    assert "Not met as planned: latency." in model["signoffVerdict"]["reason"]


def test_what_was_edited_since_it_was_planned_is_shown_with_both_sides(models):
    model = models["edited, looser"]
    integration, latency, *_ = model["criteria"]
    assert (integration["verdict"], latency["verdict"]) == ("MET", "NOT MET AS PLANNED")
    assert latency["measured"] == (
        "9.5 ms; QA-WS-002 looser than planned: as planned: Then p99 is below 100 ms / as run: "
        "Then p99 is below 0.5 s (features/load.feature:7)"
    )
    assert "Not met as planned: latency." in model["signoffVerdict"]["reason"]
    assert [test["edits"] for test in model["tests"]] == [[], [LOOSER]]


def test_a_step_that_is_gone_keeps_the_criterion_of_its_kind_from_being_met(models):
    model = models["edited, a step gone"]
    integration, latency, *_ = model["criteria"]
    assert integration["verdict"] == latency["verdict"] == "NOT MET AS PLANNED"
    assert integration["measured"] == (
        "1 of 1 passed; QA-WS-001 a step is gone (“a”, “b” and 1 more): as planned: Then p99 is "
        "below 100 ms / as run: nothing in its place (features/load.feature:7)"
    )


def test_what_is_stricter_than_planned_is_told_and_met(models):
    model = models["edited, stricter"]
    assert [c["verdict"] for c in model["criteria"]] == ["MET", "MET", "BY HAND", "MET"]
    assert model["tests"][1]["edits"] == [STRICTER]


def test_an_edit_beyond_the_plan_holds_the_signature_back(models):
    reason = models["edited, beyond the plan"]["signoffVerdict"]["reason"]
    assert "Not as planned: QA-WS-101." in reason


def test_an_edit_makes_no_failure_of_it_less_of_one(models):
    assert models["edited, and failed"]["criteria"][1]["verdict"] == "NOT MET"


def test_a_pattern_picks_another_number(models):
    clients = models["all"]["criteria"][-1]
    assert (clients["verdict"], clients["measured"]) == ("MET", "1 for each of 100")


def test_what_a_test_did_not_come_to_measure_names_it_and_its_verdict(needs_node):
    message = "INCONCLUSIVE: the backlog: measured 12 s, allowed less than 2 s, but it stood still"
    starved = result("QA-WS-002", "broken", message, row="a=1")
    [_, latency, *_] = model_of([ONE, starved], [])["criteria"]
    assert (latency["verdict"], latency["why"]) == (
        "NOT MEASURED",
        "QA-WS-002, which measures it, is INCONCLUSIVE: " + message.removeprefix("INCONCLUSIVE: "),
    )
    [_, latency, *_] = model_of([ONE], [])["criteria"]
    assert latency["why"] == "no scenario of this run measures it"


def test_the_headline_is_a_whole_sentence_without_what_was_done_before(needs_node):
    seen = ", ".join(f'{n} x "option tick, of many"' for n in range(20))
    said = f'Alice got an error: {seen}; in "Alice is connected"; in part by the agreement "large'
    told = model_of([result(status="failed", message=said)], [])["runVerdict"]["reason"]
    assert told.endswith('x "option tick, of many" …')
    assert "agreement" not in told
    short = 'Alice got an error; still open; in "Alice is connected"; in part by the agreement "x"'
    told = model_of([result(status="failed", message=short)], [])["runVerdict"]["reason"]
    assert told == "1 of 1 scenario failed. QA-WS-001: Alice got an error; still open."


def test_messages_that_a_dialect_does_not_say_are_one_cause(needs_node):
    words = "the dialect d does not say how {} is spelled: [dialect.malformed]"
    names = ("a NaN", "no action", "instruments that are not integers")
    results = [result("QA-WS-002", "skipped", words.format(n), row=f"a={n}") for n in names]
    [(verdict, reason, rows)] = causes_told(model_of(results, []))
    assert (verdict, rows) == ("NOT VERIFIED", [f"a={n}" for n in names])
    assert reason == (
        "the dialect d does not say how messages of this kind are spelled: [dialect.malformed]"
    )


def wrong(what, row, sid="QA-WS-002"):
    return result(sid, "failed", f'{what}: measured "{row}" in {row} ms', row=f"a={row}")


def model_of(results, lines):
    return computed_of(case(results, lines))


def computed_of(one):
    text = json.dumps({"inputs": [one]})
    command = [find_node(), str(Path(__file__).with_name("models.mjs"))]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=HANG_S)
    (model,) = json.loads(done.stdout)["models"]
    return model


def own(file, line, status="passed", verdict="met", title="A login is answered"):
    """Return result, checks and selection of a scenario of a team's own, which needs no id."""
    at = f"features/own/{file}.feature:{line}"
    check = {"what": "answer", "measured": "1", "allowed": "1", "verdict": verdict}
    message = "answer: measured 1" if status == "failed" else ""
    return (
        result(title, status, message) | {"id": None, "at": at},
        {"id": "", "at": at, "row": {}, "checks": [check]},
        {"id": "", "at": at, "name": title},
    )


def model_of_own(*scenarios, ran=None):
    results, lines, selected = zip(*scenarios, strict=True)
    return computed_of(case(results[:ran], lines[:ran], selected))


@pytest.mark.parametrize(
    ("other", "run", "passed"),
    [
        (own("b", 3, "failed", "not met"), "FAILED", 1),
        (own("b", 3, "passed", "inconclusive"), "INCONCLUSIVE", 1),
        (own("b", 3), "PASSED", 2),
    ],
)
def test_scenarios_of_one_title_answer_each_for_itself(needs_node, other, run, passed):
    model = model_of_own(own("a", 3), other)
    verdict = model["runVerdict"]
    assert (verdict["verdict"], verdict["total"], verdict["passed"]) == (run, 2, passed)
    found = {test["title"]: test["verdict"] for test in model["tests"] if not test["planned"]}
    assert found == {
        "A login is answered (features/own/a.feature)": "PASSED",
        "A login is answered (features/own/b.feature)": run,
    }
    if run == "FAILED":
        assert "A login is answered (features/own/b.feature): answer" in verdict["reason"]


def test_rows_of_one_title_in_one_file_are_one_test(needs_node):
    model = model_of_own(own("a", 7), own("a", 8, "failed", "not met"))
    [test] = [test for test in model["tests"] if not test["planned"]]
    assert (test["title"], test["ran"], test["passed"]) == ("A login is answered", 2, 1)


def test_what_was_not_run_is_named_whatever_order_it_would_have_had(needs_node):
    titles = ("One", "Two", "Three")
    first, second, third = (own("a", line, title=title) for line, title in enumerate(titles))
    ran, _, at = third
    model = computed_of(case([ran], [], [first[2], second[2], at]))
    missing = [test["title"] for test in model["tests"] if test["verdict"] == "NOT VERIFIED"]
    assert sorted(missing) == ["One", "Two"]


def causes_told(model):
    return [
        (cause["verdict"], cause["reason"], [row["rowName"] for row in cause["scenarios"]])
        for cause in model["causes"]
    ]


def refused(name, seen, token, more=""):
    words = (
        f"refusal of {name}: measured {seen}, allowed HTTP 401; {name} came with {token}, in the "
        f'query parameter; after "{name} connects with {token}"{more}'
    )
    return result("QA-WS-021", "failed", words, row=f"token={token}")


def test_what_was_done_before_is_no_part_of_a_cause(needs_node):
    results = [
        refused("Mallory", "HTTP 403", "no signature"),
        refused(
            "Mallory",
            "HTTP 403",
            "an empty kid",
            '; in part by the agreement "key ids": it may be declined',
        ),
        refused("Mallory", "1 x welcome", "no expiry"),
        refused("Alice", "HTTP 403", "no token"),
    ]
    assert causes_told(model_of(results, [])) == [
        (
            "FAILED",
            "refusal of Mallory: measured HTTP 403, allowed HTTP 401",
            ["token=no signature", "token=an empty kid", "token=no token"],
        ),
        ("FAILED", results[2]["message"], ["token=no expiry"]),
    ]


def test_one_cause_is_one_paragraph_with_the_rows_behind_it(needs_node):
    results = [wrong("reason", 1), wrong("latency", 2), wrong("reason", 3), SKIPPED]
    lines = [
        {
            "id": "QA-WS-002",
            "at": f"QA-WS-002 a={row}",
            "row": {"a": row},
            "checks": [
                {"what": f"error {row} of 3 to Alice", "verdict": "met"},
                {"what": "reason", "verdict": "not met" if row == "1" else "met"},
                {"what": "answer to a ping #7", "verdict": "met"},
            ],
        }
        for row in ("1", "3")
    ]
    model = model_of(results, lines)
    assert causes_told(model) == [
        ("FAILED", 'reason: measured "1" in 1 ms', ["a=1", "a=3"]),
        ("FAILED", 'latency: measured "2" in 2 ms', ["a=2"]),
        ("NOT VERIFIED", "the target lacks capability: inject", [""]),
    ]
    assert model["tests"][1]["held"] == ["error to Alice", "answer to a ping"]


@pytest.mark.parametrize("figure", FIGURES)
def test_numbers_are_read_from_figures(computed, figure):
    number = dict(zip(FIGURES, computed["numbers"], strict=True))[figure]
    assert number == FIGURES[figure]


def test_requirements_list_the_25_tests():
    listed = json.loads((SIGNOFF / "requirements.json").read_text("utf-8"))["requirements"]
    assert sorted(test["id"] for test in listed) == [f"QA-WS-{n:03}" for n in range(1, 26)]
    kinds = [test["kind"] for test in listed]
    assert [kinds.count(kind) for kind in ("integration", "load", "security")] == [15, 5, 5]
