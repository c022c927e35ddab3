"""The prover: what it starts, what it repeats, what it tells."""

import json
from collections import namedtuple
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from faults.catalogue import all_faults, find
from faults.proof import __main__ as command
from faults.proof import pace, scope
from faults.proof import progress as progress_file
from faults.proof import prover as proving
from faults.proof.findings import Proof
from faults.proof.groups import Group
from faults.proof.judgement import Mark, Row, accusing
from faults.proof.pace import Pace
from faults.proof.progress import Progress, state
from faults.proof.prover import Prover
from tests.faults.proof.rows import STARVED, row

QUICK_FAULT, LONG_FAULT = "service-stalls-now-and-then", "session-ids-repeat-in-a-burst"


class FakeRun:
    """Ends at once with what the script says, run by run."""

    script: dict[str, list[list[Row]]]
    started: list[tuple[str, tuple[str, ...]]]
    alive = 0
    most_alive = 0

    def __init__(
        self,
        name,
        folder,
        tags,
        fault,
        allowed_s,
        stop_after=None,
        services=None,
        slow=(),
        files=(),
        told="",
    ):
        self.name, self.overdue, self.elapsed_s, self.allowed_s = name, False, 1.0, allowed_s
        self.stop_after, self.services, self.slow = stop_after, services, slow
        is_fault = name != proving.SOUND and " with " not in name
        assert told.startswith(f"{name} ") if is_fault else not told
        self.started.append((name, tuple(tags)))
        if name == proving.SOUND:  # one run for each scenario
            asked = ([r for r in rows if f"@{r.id}" in tags[-1]] for rows in self.script[name])
            self._rows = next(filter(None, asked), [])
            for rows in self.script[name]:
                if self._rows and self._rows[0] in rows:
                    rows[:] = [each for each in rows if each not in self._rows]
                    break
        else:
            self._rows = self.script[name].pop(0)
        FakeRun.alive += 1
        FakeRun.most_alive = max(FakeRun.most_alive, FakeRun.alive)

    def is_over(self):
        return True

    @property
    def went_well(self):
        return all(each.status == "passed" for each in self._rows)

    def rows(self):
        return self._rows

    def seconds(self):
        return {}

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
    monkeypatch.setattr(proving, "CAN_FORK", False)
    return FakeRun.script


def run_proof(folder: Path, *names: str, **how: Any) -> tuple[int, Proof, list[str]]:
    chosen = [find(name) for name in names or NAMES]
    proof = Proof(
        how.get("full", False),
        chosen,
        how.get("picked", False),
        alone=not how.get("together", False),
        about=how.get("about", ()),
    )
    said: list[str] = []
    progress = Progress(folder / "progress.jsonl", proof.asking(), how.get("resume", False))
    code = proving.prove(proof, Prover(folder, 2), said.append, progress)
    return code, proof, said


def test_all_caught(script, tmp_path):
    code, proof, said = run_proof(tmp_path)
    assert code == 0
    assert proof.summary().startswith("3 faults: all caught, none missed")
    assert len(said) == 4
    assert FakeRun.most_alive == 2
    assert FakeRun.alive == 0


def test_a_named_run_asks_only_the_scenarios_that_the_fault_names(script, tmp_path):
    run_proof(tmp_path)
    assert FakeRun.started[:3] == [
        ("the sound service", (*scope.FUNCTIONAL, "@QA-WS-007")),
        ("the sound service", (*scope.FUNCTIONAL, "@QA-WS-006")),
        ("price-rounded", (*scope.FUNCTIONAL, "@QA-WS-006")),
    ]


def test_a_full_run_asks_all_and_finds_what_is_spurious(script, tmp_path):
    script["volume-zero"][0].append(row("QA-WS-001", "failed", "nobody asked"))
    code, proof, _ = run_proof(tmp_path, full=True)
    assert code == 1
    asked = {name: tags for name, tags in FakeRun.started if name != proving.SOUND}
    assert asked == dict.fromkeys(NAMES, scope.FUNCTIONAL)
    assert [c for f in proof.findings for c in f.complaints()] == [
        "volume-zero: QA-WS-001 SPURIOUS: failed: nobody asked"
    ]
    assert proof.summary() == "3 faults: 2 proven, 1 not"


def test_what_no_fault_of_a_group_names_is_asked_of_all_at_once(script, tmp_path, monkeypatch):
    """What is not green there is asked of each alone, and so is what one of them names."""
    script["the sound service"] = [[row(i) for i in ("QA-WS-001", "QA-WS-006", "QA-WS-009")]]
    pair = [find("price-rounded"), find("greeks-stale")]
    one = Group(
        pair, frozenset({"QA-WS-006", "QA-WS-007"}), [frozenset({"QA-WS-001", "QA-WS-009"})] * 2
    )
    rounds = iter([[one], [], []])
    monkeypatch.setattr(proving, "grouped", lambda *_: next(rounds))
    for each in pair:
        named = [row(i, "failed", phrase) for i, phrase in each.caught_by.items()]
        script[each.name] = [[*named, row("QA-WS-009")]]
    script[" with ".join(each.name for each in pair)] = [
        [row("QA-WS-001"), row("QA-WS-009", "failed", "late")]
    ]
    monkeypatch.setattr(proving, "TELL_S", 0.0)
    code, proof, said = run_proof(tmp_path, *(p.name for p in pair), full=True, together=True)
    assert any(
        "1 of 1 groups of faults have been asked together (round 1 of 3)" in line for line in said
    )
    assert code == 0
    assert "quiet in 2 cells" in said[2]
    asked = {name: tags[-1] for name, tags in FakeRun.started if name != proving.SOUND}
    assert asked == {
        "price-rounded with greeks-stale": "@QA-WS-001 or @QA-WS-009",
        "price-rounded": "not (@QA-WS-001)",
        "greeks-stale": "not (@QA-WS-001)",
    }
    for finding in proof.findings:
        assert finding.judgements["QA-WS-001"].mark is Mark.QUIET
        assert finding.judgements["QA-WS-009"].mark is Mark.QUIET


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
    run = FakeRun("volume-zero", tmp_path, (), "volume-zero", 120.0, told="volume-zero x")
    run.overdue = True
    rows, problem = proving._outcome(run)  # type: ignore[arg-type]
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


def test_what_is_run_again_may_still_say_what_the_fault_declares_elsewhere(script, tmp_path):
    """The second run asks a part: the words are those of the whole."""
    each = find("price-rounded")
    rows = [row(i, "failed", phrase) for i, phrase in each.caught_by.items()]
    script["price-rounded"] = [
        [*rows, row("QA-WS-001", "error", STARVED)],
        [row("QA-WS-001", "failed", f"Alice: {rows[0].message}, and more")],
    ]
    code, proof, _ = run_proof(tmp_path, "price-rounded", full=True)
    assert proof.findings[0].judgements["QA-WS-001"].mark is Mark.CAUGHT
    assert code == 0


def test_twice_inconclusive_is_no_proof(script, tmp_path):
    script["greeks-stale"] = [[row("QA-WS-006", "error", STARVED)]] * 2
    code, proof, _ = run_proof(tmp_path)
    assert code == 1
    assert "greeks-stale: QA-WS-006 INCONCLUSIVE" in "".join(
        c for f in proof.findings for c in f.complaints()
    )


@pytest.mark.parametrize(
    ("second", "mark"),
    [
        ([row("QA-WS-006", "failed", find("greeks-stale").caught_by["QA-WS-006"])], Mark.CAUGHT),
        ([row("QA-WS-006")], Mark.MISSED),
        ([row("QA-WS-006", stall_ms=400.0)], Mark.INCONCLUSIVE),
    ],
)
def test_a_pass_while_the_harness_stood_still_is_asked_once_more(script, tmp_path, second, mark):
    script["greeks-stale"] = [[row("QA-WS-006", stall_ms=400.0)], second]
    code, proof, _ = run_proof(tmp_path)
    (found,) = [f for f in proof.findings if f.fault.name == "greeks-stale"]
    assert found.judgements["QA-WS-006"].mark is mark
    assert (code == 0) == found.is_proven == (mark is Mark.CAUGHT)
    assert [name for name, _ in FakeRun.started].count("greeks-stale") == 2


def test_a_miss_by_a_harness_that_was_awake_is_never_run_again(script, tmp_path):
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
    code = command.main(["--only", *NAMES, "--jobs", "1", "--reports", str(tmp_path)])
    assert code == 130
    assert "1 of 3 faults run: 1 proven" in capsys.readouterr().out
    assert FakeRun.alive == 0
    assert json.loads((tmp_path / "faults.json").read_text())["summary"].startswith("1 of 3")


def test_an_unknown_fault_is_refused_before_anything_runs(capsys):
    assert command.main(["--only", "tick-twise"]) == 2
    assert "did you mean tick-twice?" in capsys.readouterr().err


# --- load --------------------------------------------------------------------------------------


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
    assert [name for name, _ in FakeRun.started[:3]] == ["the sound service"] * 3
    assert FakeRun.started[2][1] == (*scope.MEASURING, "@QA-WS-013 or @QA-WS-019")
    assert FakeRun.started[-1] == (QUICK_FAULT, FakeRun.started[2][1])
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


def test_a_starved_sound_check_is_run_once_more(script, tmp_path):
    script["the sound service"].insert(0, [row("QA-WS-006", "error", STARVED)])
    code, _, _ = run_proof(tmp_path)
    assert code == 0
    assert [name for name, _ in FakeRun.started].count("the sound service") == 3


# --- how many at a time -------------------------------------------------------------------------


def processors(monkeypatch, nice=0.0, **took):
    """Have them have done this, in per cent; the rest of the time they were idle."""
    times = namedtuple("times", ["user", "system", "nice", "idle", "iowait"])
    took = {"user": 0.0, "system": 0.0, "iowait": 0.0, **took, "nice": nice}
    found = times(**took, idle=100.0 - sum(took.values()))
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda: found)


@pytest.mark.parametrize(
    ("busy", "running", "allowed"),
    [(20, 11, True), (95, 7, False), (20, 12, False), (95, 1, True)],
)
def test_as_many_run_as_the_processors_bear(monkeypatch, busy, running, allowed):
    monkeypatch.setattr(pace, "CORES", 2)
    processors(monkeypatch, user=busy / 2, system=busy / 2)
    assert Pace().allows(running) is allowed


def test_after_a_start_it_is_looked_again_before_the_next(monkeypatch):
    monkeypatch.setattr(pace, "CORES", 2)
    processors(monkeypatch, user=20.0)
    looks = Pace()
    assert [looks.allows(2), looks.allows(3)] == [True, False]


def test_what_is_nice_gives_way_and_waiting_for_a_disk_is_not_work(monkeypatch):
    monkeypatch.setattr(pace, "CORES", 2)
    processors(monkeypatch, user=30.0, system=30.0, nice=30.0, iowait=10.0)
    assert Pace().allows(7)


def test_jobs_say_how_many_whatever_the_processors_do(monkeypatch):
    processors(monkeypatch, user=99.0)
    assert [Pace(3).allows(2), Pace(3).allows(3)] == [True, False]


def test_what_the_machine_spoiled_is_run_again_alone(script, tmp_path, monkeypatch):
    beside: list[tuple[str, int]] = []
    monkeypatch.setattr(
        FakeRun, "is_over", lambda run: beside.append((run.name, run.alive)) or True
    )
    script["price-rounded"].insert(0, [row("QA-WS-006", "error", STARVED)])
    assert run_proof(tmp_path)[0] == 0
    assert beside[-1] == ("price-rounded", 1)


# --- what tells nothing new ---------------------------------------------------------------------


def test_rows_behind_one_that_decides_are_left_out():
    """Of a scenario that may fail too, the first failure decides, whatever its words."""
    each = find("price-rounded")
    task = proving.Task(scope.Ask((), each.caught_by), Path(), each)
    assert "QA-WS-115" in each.also
    wanted = {test_id: [words] for test_id, words in each.caught_by.items()}
    assert task.stop_after == {
        "*": accusing(each.caught_by.values()),
        **{test_id: [""] for test_id in each.also},
        **wanted,
    }


def test_behind_any_failure_nothing_more_is_asked_of_several_faults_at_once():
    """Whose doing it was is asked of others; of the sound service, all is asked."""
    asked = scope.Ask((), {})
    group = (find("price-rounded"), find("tick-twice"))
    assert proving.Task(asked, Path(), group=group).stop_after == {"*": [""]}
    assert proving.Task(asked, Path()).stop_after == {}


# --- a sample -----------------------------------------------------------------------------------


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order():
    everything = list(all_faults().values())
    some = command.drawn(everything, 30, 7)
    assert some == command.drawn(everything, 30, 7) != command.drawn(everything, 30, 8)
    assert some == [each for each in everything if each in some]
    assert len(some) == 30
    assert command.drawn(everything[:3], 30, 7) == everything[:3]


@pytest.mark.parametrize("given", [["--sample", "0"], ["--jobs", "few"]])
def test_a_count_that_is_none_is_refused_in_one_line(capsys, given):
    with pytest.raises(SystemExit) as ended:
        command.main(given)
    assert ended.value.code == 2
    assert f"{given[1]}: must be a number of 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["passed", "failed"])
def test_one_scenario_is_asked_again_alone_where_it_is_not_quiet_beside_others(
    status, script, tmp_path, monkeypatch
):
    pair = [find("price-rounded"), find("greeks-stale")]
    one = Group(pair, frozenset({"QA-WS-006", "QA-WS-007"}), [frozenset({"QA-WS-001"})] * 2)
    rounds = iter([[one], [], []])
    monkeypatch.setattr(proving, "grouped", lambda *_: next(rounds))
    both = "price-rounded with greeks-stale"
    script["the sound service"] = [[row("QA-WS-001")]]
    script[both] = [[row("QA-WS-001", status, "closed early")]]
    caught = {each.name: row("QA-WS-006", "failed", each.caught_by["QA-WS-006"]) for each in pair}
    script["price-rounded"] = [[row("QA-WS-001"), caught["price-rounded"]]]
    script["greeks-stale"] = [[row("QA-WS-001", status, "closed early"), caught["greeks-stale"]]]
    names = [each.name for each in pair]
    code, proof, _ = run_proof(tmp_path, *names, full=True, together=True, about=["QA-WS-001"])
    complaints = [c for f in proof.findings for c in f.complaints()]
    began = [name for name, _ in FakeRun.started]
    assert all("QA-WS-001" in f.judgements for f in proof.findings)
    if status == "passed":
        assert (code, began, complaints) == (0, ["the sound service", both], [])
    else:
        assert (code, len(began)) == (1, 4)
        assert complaints == ["greeks-stale: QA-WS-001 SPURIOUS: failed: closed early"]


def test_what_a_fault_declares_for_scenarios_that_are_not_asked_is_known_all_the_same(
    script, tmp_path
):
    each = find("query-token-ignored")
    first, others = next(iter(each.caught_by)), list(each.caught_by.values())[1:]
    words = next(words for words in others if words != each.caught_by[first])
    script["the sound service"] = [[row("QA-WS-130")]]
    script[each.name] = [
        [row(first, "failed", each.caught_by[first]), row("QA-WS-130", "failed", words)]
    ]
    code, proof, _ = run_proof(tmp_path, each.name, full=True, about=["QA-WS-130"])
    assert code == 0, proof.findings[0].complaints()


# --- going on with a proof that was stopped -----------------------------------------------------


def test_what_was_proven_is_not_asked_again_and_what_was_not_is(script, tmp_path):
    script["volume-zero"].insert(0, [row("QA-WS-006"), row("QA-WS-007")])
    assert run_proof(tmp_path)[0] == 1
    script["the sound service"] = [[row("QA-WS-006"), row("QA-WS-007")]]
    FakeRun.started = []
    code, proof, said = run_proof(tmp_path, resume=True)
    assert code == 0
    assert proof.summary().startswith("3 faults: all caught, none missed")
    assert [name for name, _ in FakeRun.started if name != proving.SOUND] == ["volume-zero"]
    assert "2 faults were proven before, and 0 groups asked" in said


def test_what_was_quiet_beside_others_is_not_asked_again(script, tmp_path, monkeypatch):
    names = ["price-rounded", "greeks-stale"]
    group = Group([find(name) for name in names], frozenset(), [frozenset({"QA-WS-001"})] * 2)
    waiting: list[list[str]] = []

    def grouped(faults, _):
        waiting.append([fault.name for fault, _ in faults])
        return [group] if len(waiting) == 1 else []

    monkeypatch.setattr(proving, "grouped", grouped)
    script["the sound service"] = [[row("QA-WS-001"), row("QA-WS-006")]]
    script["price-rounded with greeks-stale"] = [[row("QA-WS-001")]]
    for name in names:
        caught = script[name][0]
        script[name] = [[row("QA-WS-006")], caught]
    how = {"full": True, "together": True}
    assert run_proof(tmp_path, *names, **how)[0] == 1
    script["the sound service"] = [[row("QA-WS-001"), row("QA-WS-006")]]
    FakeRun.started = []
    code, proof, _ = run_proof(tmp_path, *names, **how, resume=True)
    asked = [(name, tags) for name, tags in FakeRun.started if name != proving.SOUND]
    assert (code, sorted(name for name, _ in asked)) == (0, sorted(names))
    assert all("not (@QA-WS-001)" in tags for _, tags in asked)
    assert waiting == [names] * 3 + [[], names, names]  # the first round was over
    assert all(f.judgements["QA-WS-001"].mark is Mark.QUIET for f in proof.findings)


def test_of_a_fault_that_has_changed_since_everything_is_asked_again(script, tmp_path, monkeypatch):
    assert run_proof(tmp_path)[0] == 0
    changed = replace(find("volume-zero"), also=("QA-WS-001",))
    known = dict(all_faults())
    monkeypatch.setattr(
        "faults.proof.progress.all_faults", lambda: known | {"volume-zero": changed}
    )
    monkeypatch.setattr(f"{__name__}.find", lambda name: (known | {"volume-zero": changed})[name])
    script["the sound service"] = [[row("QA-WS-006"), row("QA-WS-007")]]
    script["volume-zero"] = [[row(i, "failed", p) for i, p in changed.caught_by.items()]]
    FakeRun.started = []
    assert run_proof(tmp_path, resume=True)[0] == 0
    assert {name for name, _ in FakeRun.started} == {proving.SOUND, "volume-zero"}


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("", "no earlier proof to go on with; it begins anew"),
        ('{"state": "x", "terms": {}}\n', "of another state of app, qaws, features or the rules"),
        ('{"state": STATE, "terms": {}}\n', "of a proof that asked something else; it begins anew"),
    ],
)
def test_of_another_state_or_other_scenarios_nothing_is_taken_over(then, said, tmp_path):
    file = tmp_path / "faults-progress.jsonl"
    file.write_text(then.replace("STATE", json.dumps(state())))
    progress = Progress(file, {"full": True}, resume=True)
    assert said in progress.problem
    assert json.loads(file.read_text()) == {"state": state(), "terms": {"full": True}}
    assert not Progress(file, {"full": True}, resume=True).problem


def test_a_helper_of_another_module_is_a_part_of_what_a_fault_is(monkeypatch):
    fault = next(f for f in all_faults().values() if f.apply.__module__ == "faults.rare_contents")
    before, original = progress_file.declared(fault), progress_file._module

    def changed(name):
        shared, functions = original(name)
        return (f"{shared}\n# changed" if name == "faults.contents" else shared), functions

    original.cache_clear()
    monkeypatch.setattr(progress_file, "_module", cache(changed))
    assert progress_file.declared(fault) != before
    original.cache_clear()
