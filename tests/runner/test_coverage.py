"""Coverage: what counts as measured, as reached, and where the plan's functions are."""

import json

import pytest

from qaws.report.evidence import Evidence, Figure, read_evidence
from qaws.runner import coverage
from qaws.runner.job import Interruptions
from qaws.runner.measured import DATA, PLACES, SETTINGS, measured
from qaws.runner.provenance import ROOT
from qaws.runner.side_run import Outcome
from qaws.runtime.lock import hold
from qaws.sut.sections import Coverage
from qaws.sut.target_file import read_target
from qaws.verdict import Broken

TARGET = ROOT / "targets" / "reference.toml"
NAMES = [name for name in coverage.bounds() if name != coverage.FILE]


def part(reached, missed=(), excluded=0):
    summary = {"covered_lines": reached, "excluded_lines": excluded}
    return {"summary": summary, "missing_lines": list(missed)}


def file(functions, reached=30, missed=()):
    return part(reached, missed) | {"functions": {"": part(20), **functions}}


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """Return the figures for what coverage.py reports, by name."""

    def of(files, functions=None):
        places = {"routes": "/app/ws.py", "functions": functions or {}}
        (tmp_path / PLACES).write_text(json.dumps(places))
        monkeypatch.setattr(coverage, "_combined", lambda _: files)
        found = coverage.measured_figures(tmp_path)
        return {each.what.removeprefix("coverage of "): each for each in found}

    return of


ALL = {name: part(4) for name in NAMES}


def test_the_plan_s_bounds():
    assert coverage.bounds() == {
        "routes_websocket.py": 85,
        "websocket_endpoint": 100,
        "handle_subscribe": 100,
        "handle_unsubscribe": 95,
        "broadcast_tick": 100,
        "authenticate_ws": 100,
        "cleanup_connection": 90,
    }


def test_figures_are_held_against_the_plan_s_bounds(figures):
    some = ALL | {"handle_subscribe": part(9, [12, 14, 15, 16]), "broadcast_tick": part(0, [1])}
    found = figures({"/app/ws.py": file(some, 85, range(15))})
    assert found["routes_websocket.py"].verdict == "met"
    assert found["websocket_endpoint"].measured == "100.0 % (4 of 4 lines)"
    subscribe = found["handle_subscribe"]
    assert (subscribe.measured, subscribe.verdict) == (
        "69.2 % (9 of 13 lines); not reached: 12, 14–16",
        "not met",
    )
    assert found["broadcast_tick"].verdict == "not met", "0 % beside data of others is not met"


def test_a_share_is_never_rounded_up(figures):
    nearly = ALL | {"websocket_endpoint": part(9999, [1])}
    found = figures({"/app/ws.py": file(nearly)})
    assert found["websocket_endpoint"].measured.startswith("99.9 %")
    assert found["websocket_endpoint"].verdict == "not met"


def test_lines_that_the_source_leaves_out_are_told(figures):
    found = figures({"/app/ws.py": file(ALL | {"broadcast_tick": part(4, (), 3)})})
    assert found["broadcast_tick"].measured == "100.0 % (4 of 4 lines); 3 left out by the source"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "left no data"),
        ({"/app/ws.py": file(ALL, 0)}, "left no data"),
        (
            {"/app/ws.py": file({name: part(0, [1, 2]) for name in NAMES})},
            "nothing but definitions was seen to run",
        ),
    ],
)
def test_what_left_no_data_was_not_measured(figures, files, said):
    with pytest.raises(Broken, match=said):
        figures(files)


def test_a_function_may_be_elsewhere_or_have_another_name(figures):
    rest = {name: each for name, each in ALL.items() if name != "broadcast_tick"}
    files = {
        "/app/ws.py": file(rest | {"Endpoint.serve": part(1, [7])}),
        "/app/feed.py": file({"Feed.on_tick": part(3)}),
    }
    places = {
        "broadcast_tick": ("/app/feed.py", "Feed.on_tick"),
        "websocket_endpoint": ("/app/ws.py", "Endpoint.serve"),
    }
    found = figures(files, places)
    assert found["broadcast_tick"].measured == "100.0 % (3 of 3 lines)"
    assert found["websocket_endpoint"].verdict == "not met"
    with pytest.raises(Broken, match=r"ws\.py has no function broadcast_tick \(it has Endpoint"):
        figures(files)


# ------------------------------------------------------------------------------------ the target
def test_only_the_service_is_told_to_measure(tmp_path):
    plain = read_target(TARGET, {}, {})
    told = measured(plain, tmp_path)
    assert plain.launch
    assert told.launch
    added = dict(told.launch.environment.items() - plain.launch.environment.items())
    assert list(added) == ["COVERAGE_PROCESS_START"]
    assert told.launch.command == plain.launch.command
    settings = (tmp_path / SETTINGS).read_text()
    assert "sigterm = true" in settings
    assert str(ROOT / "app" / "routes_websocket.py") in settings
    assert (tmp_path / DATA).is_dir()


def test_a_target_s_braces_are_not_taken_for_placeholders(tmp_path):
    told = measured(read_target(TARGET, {}, {}), tmp_path / "{x}")
    assert told.launch
    text = told.launch.environment["COVERAGE_PROCESS_START"].format()
    assert text == str(tmp_path / "{x}" / SETTINGS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"coverage": None}, r"has no \[coverage\]; name the service's source file there"),
        ({"launch": None}, r"without \[launch\] no coverage can be measured"),
        (
            {"coverage": Coverage(exempt="written in Go")},
            r"\[coverage\] exempt: written in Go; nothing is measured",
        ),
    ],
)
def test_a_target_that_cannot_be_measured(tmp_path, changes, said):
    with pytest.raises(Broken, match=said):
        measured(read_target(TARGET, {}, {}).model_copy(update=changes), tmp_path)


def test_a_file_that_is_not_there(tmp_path):
    target = read_target(TARGET, {"coverage.routes": "app/routes.py"}, {})
    with pytest.raises(Broken, match=r"\[coverage\] app/routes.py: there is no such file"):
        measured(target, tmp_path)


def test_a_place_of_a_function_names_it(tmp_path):
    text = TARGET.read_text().replace(
        "[demo]", '[coverage.functions]\nbroadcast_tick = "feed.py"\n\n[demo]'
    )
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(Broken, match=r"\[coverage\] functions.broadcast_tick"):
        read_target(tmp_path / "x.toml", {}, {})


@pytest.mark.parametrize(
    ("verdict", "figure", "code"),
    [
        ("BROKEN", "inconclusive", 2),
        ("INCONCLUSIVE", "inconclusive", 3),
        ("NOT VERIFIED", "not met", 1),
        ("FAILED", "not met", 1),
        ("PASSED", "not met", 1),
    ],
)
def test_what_was_broken_off_might_have_reached_more(tmp_path, monkeypatch, verdict, figure, code):
    """What a part of the scenarios has reached is reached; what it has not says nothing."""
    measured = [
        Figure("coverage of a", "100 %", "at least 85 %", "met"),
        Figure("coverage of b", "41 %", "at least 85 %", "not met"),
    ]
    monkeypatch.setattr(coverage, "measured_figures", lambda _: measured)
    monkeypatch.setattr(coverage, "changed_since", lambda _: "")
    evidence = Evidence("coverage", {})
    outcome = Outcome(verdict, "a row: why", {"a row": verdict})
    assert coverage._conclude(evidence, outcome, tmp_path, tmp_path) == code
    found = read_evidence(tmp_path, "coverage")
    assert [each.verdict for each in found.figures] == ["met", figure]


def test_a_second_one_is_refused_and_leaves_the_first_ones_data_alone(tmp_path):
    kept = tmp_path / "coverage" / "data" / "coverage.1"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with hold(tmp_path, "coverage"), pytest.raises(Broken, match="coverage: another run"):
        coverage.run_coverage([], tmp_path, Interruptions())
    assert kept.exists()
    assert read_evidence(tmp_path, "coverage") is None
