"""`qaws signoff`: what it runs, when it stops, and what it tells the shell."""

import json

import pytest

from qaws.report.evidence import read_evidence
from qaws.runner import acceptance
from qaws.runner.job import Interruptions
from qaws.runtime.lock import hold
from qaws.verdict import Broken


@pytest.fixture
def signoff(tmp_path, monkeypatch):
    """Run it with parts that only say that they were called; return (code, calls)."""

    def go(main=0, sheet=0, verdict="READY TO SIGN", coverage=0, interrupted_by=""):
        calls, interruptions = [], Interruptions()

        def part(name, code):
            def call(arguments, reports, given):
                calls.append((name, *arguments))
                interruptions.count += name == interrupted_by
                if callable(code):
                    return code(arguments, reports, given)
                if code == "broken":
                    raise Broken("coverage.py is not installed")
                return code

            return call

        def report(reports, **options):
            calls.append(("sheet",))
            (tmp_path / "verdict.json").write_text(json.dumps({"signoff": {"verdict": verdict}}))
            return sheet

        monkeypatch.setattr(acceptance, "run_and_report", part("main", main))
        monkeypatch.setattr(acceptance, "run_coverage", part("coverage", coverage))
        monkeypatch.setattr(acceptance, "run_repeat", part("repeat", 0))
        monkeypatch.setattr(acceptance, "make_report", report)
        code = acceptance.run_signoff(["-D", "target=x.toml"], tmp_path, interruptions)
        return code, [each[0] for each in calls], calls

    return go


def test_all_parts_run_against_one_target_and_then_comes_the_sheet(signoff):
    code, names, calls = signoff()
    assert (code, names) == (0, ["main", "coverage", "repeat", "sheet"])
    assert calls[0] == ("main", "--tags=@p0 or @p1", "-D", "target=x.toml")
    assert calls[2] == ("repeat", "-D", "target=x.toml")


def test_where_coverage_is_exempt_nothing_is_measured(signoff, tmp_path):
    exempt = {"criteria": [{"name": "Coverage", "verdict": "EXEMPT"}]}
    (tmp_path / "verdict.json").write_text(json.dumps(exempt))
    assert signoff()[:2] == (0, ["main", "repeat", "sheet"])


@pytest.mark.parametrize("code", [1, 2, 3, 130])
def test_what_nothing_could_make_up_for_ends_it(signoff, code):
    assert signoff(main=code)[:2] == (code, ["main"])


@pytest.mark.parametrize(("verdict", "code"), [("INCOMPLETE", 4), ("FAILED", 1)])
def test_a_sheet_that_is_not_ready_is_told(signoff, verdict, code):
    assert signoff(main=4, sheet=4, verdict=verdict)[0] == code


def test_a_report_that_cannot_be_made_is_told(signoff):
    assert signoff(sheet=2)[0] == 2


def test_a_part_that_cannot_be_run_leaves_the_others(signoff):
    code, names, _ = signoff(coverage="broken", verdict="INCOMPLETE")
    assert (code, names) == (4, ["main", "coverage", "repeat", "sheet"])


def test_an_interruption_ends_it_with_the_sheet_of_what_there_is(signoff):
    assert signoff(interrupted_by="coverage")[:2] == (130, ["main", "coverage", "sheet"])


def test_the_real_hour_is_kept_as_evidence(tmp_path, monkeypatch):
    def night(arguments, folder, interruptions):
        folder.mkdir()
        record = {"state": "finished", "selected": [{}], "target": {"digest": "x"}}
        (folder / "run.json").write_text(json.dumps(record))
        check = {"what": "memory growth over one hour", "measured": "2 %", "allowed": "less"}
        line = {"id": "QA-WS-015", "checks": [check | {"verdict": "met"}]}
        (folder / "checks.jsonl").write_text(json.dumps(line) + "\n")
        return 0

    monkeypatch.setattr(acceptance, "run_and_report", night)
    assert acceptance.run_nightly([], tmp_path, Interruptions()) == 0
    found = read_evidence(tmp_path, "hour")
    assert found is not None
    assert (found.state, found.whole, found.target) == ("finished", True, {"digest": "x"})
    assert [each.measured for each in found.figures] == ["2 %"]
    assert not (tmp_path / "run.json").exists(), "the main job's run is left alone"


def test_a_second_hour_is_refused_and_leaves_the_evidence_of_the_first_alone(tmp_path):
    with hold(tmp_path, "nightly"), pytest.raises(Broken, match=r"nightly: another run \(process"):
        acceptance.run_nightly([], tmp_path, Interruptions())
    assert read_evidence(tmp_path, "hour") is None


def test_the_sheet_is_that_of_the_run_that_it_began_with(signoff, tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text('{"started": "09:00"}')

    def of_somebody(arguments, reports, interruptions):
        (tmp_path / "run.json").write_text('{"started": "09:30"}')
        return 0

    with pytest.raises(Broken, match="another run has written here: run the sign-off again"):
        signoff(coverage=of_somebody)


def test_while_somebody_else_writes_there_is_no_sheet(signoff, tmp_path):
    with hold(tmp_path), pytest.raises(Broken, match="another run"):
        signoff()
