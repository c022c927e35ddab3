"""Which scenarios a fault is held against."""

from typing import Any

from faults.catalogue import all_faults, find
from faults.proof import scope
from faults.proof.findings import Proof

QUICK_FAULT, LONG_FAULT = "service-stalls-now-and-then", "session-ids-repeat-in-a-burst"
NAMES = ("price-rounded", "greeks-stale", "volume-zero")


def asked(name: str, **how: Any) -> scope.Ask | None:
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
    asks = scope.plan(all_faults().values(), full=False)
    each = [test_id for one in asks.values() if one.measures for test_id in one.wanted]
    assert set(each) == set(scope.QUICK)
    assert all(2 <= each.count(test_id) <= scope.SAMPLE for test_id in scope.QUICK)
    first_rank = scope.scenarios("p0").keys()
    functional = {n: one for n, one in all_faults().items() if not scope.measures(one)}
    assert all(
        (name in asks) == bool(first_rank & one.caught_by.keys())
        for name, one in functional.items()
    )


def test_the_short_proof_leaves_lower_priorities_to_the_full_one():
    each = find("unsubscribe-only-acknowledged")
    assert {"QA-WS-016", "QA-WS-117", "QA-WS-128"} == set(each.caught_by)
    short = scope.plan([each], full=False)[each.name]
    assert short.tags[-1] == "@QA-WS-016"
    assert set(short.wanted) == {"QA-WS-016"}
    for asks in (scope.plan([each], full=True), scope.plan([each], full=False, picked=True)):
        assert asks[each.name].wanted == each.caught_by


def test_a_glance_asks_the_first_scenario_of_each_fault():
    asks = scope.plan(all_faults().values(), full=False, quick=True)
    assert all(len(one.wanted) == 1 for one in asks.values())
    assert asks["price-rounded"].wanted == {
        "QA-WS-006": all_faults()["price-rounded"].caught_by["QA-WS-006"]
    }
    under_load = [next(iter(one.wanted)) for one in asks.values() if one.measures]
    assert sorted(under_load) == sorted(scope.QUICK)


def test_the_full_proof_asks_every_fault(monkeypatch):
    monkeypatch.setattr(scope, "find_spec", lambda _: True)
    asks = scope.plan(all_faults().values(), full=True)
    assert {name: one.wanted for name, one in asks.items()} == {
        name: one.caught_by for name, one in all_faults().items()
    }


def test_what_only_a_browser_notices_waits_for_a_browser(monkeypatch):
    monkeypatch.setattr(scope, "find_spec", lambda _: None)
    left_out = all_faults().keys() - scope.plan(all_faults().values(), full=True).keys()
    alone = {"QA-WS-116"}
    assert left_out == {n for n, one in all_faults().items() if one.caught_by.keys() == alone}


def test_the_quick_load_scenarios_exist():
    assert set(scope.QUICK) < scope.scenarios("load").keys()
    assert not scope.scenarios("load").keys() & scope.scenarios("integration").keys()


def test_what_lasts_a_whole_run_is_asked_only_of_faults_that_name_it():
    name = "closed-at-age"
    assert scope.scenarios("whole-run").keys() == find(name).caught_by.keys()
    assert asked(name, full=False) is None
    assert asked(name, full=False, quick=True) is None
    assert asked(name, full=True).tags == (*scope.MEASURING, "@QA-WS-124")
    others = scope.plan([find(NAMES[0])], full=True)
    assert "not @whole-run" in others[NAMES[0]].tags
    for checks in scope.sound(others.values(), full=True).values():
        assert "QA-WS-124" not in [each.label for each in checks]


def test_the_terms_say_what_runs_against_what():
    faults = [find(name) for name in (*NAMES, QUICK_FAULT, LONG_FAULT)]
    assert Proof(False, faults).terms() == (
        "3 functional faults against the scenarios that they name; "
        "1 under load, one at a time, against one of 013, 014, 019 each"
    )
    assert "every functional scenario; 2 under load, one at" in Proof(True, faults).terms()


def test_only_the_files_that_have_what_is_asked_are_read():
    each = find("unsubscribe-only-acknowledged")
    short = scope.plan([each], full=False)[each.name]
    assert [file.name for file in short.files] == ["subscriptions.feature"]
    assert short.only(["QA-WS-016"]).files == short.files
    full = scope.plan([each], full=True)[each.name]
    assert full.files == full.without(["QA-WS-001"]).files == (scope.FEATURES,)


def test_one_scenario_can_be_asked_of_every_functional_fault():
    faults = [find(name) for name in (*NAMES, QUICK_FAULT)]
    asks = scope.plan(faults, full=True, about=["QA-WS-007"])
    assert set(asks) == set(NAMES)
    for name, ask in asks.items():
        first = next(iter(find(name).caught_by))
        assert ask.tags == (*scope.FUNCTIONAL, scope.any_of({"QA-WS-007", first}))
        assert ask.wanted.keys() == find(name).caught_by.keys() & {"QA-WS-007", first}
        assert [file.name for file in ask.files] == ["broadcasting.feature"]
    checks = scope.sound(asks.values(), full=True, about=["QA-WS-007"])
    assert [each.label for each in checks["functional"]] == ["QA-WS-007"]
    proof = Proof(True, faults, about=["QA-WS-007"])
    assert proof.terms() == "3 functional faults against QA-WS-007"
    assert proof.as_dict(1.0)["mode"] == "named"
