"""What kills a mutant: a scenario that failed, and nothing else."""

import ast
import json
from dataclasses import replace

import pytest

pytest.importorskip("cosmic_ray", reason="make mutation brings cosmic-ray")

from faults.proof.judgement import Row
from mutation.mutants import Mutant, all_mutants, drawn, functions_in, grouped, hints_in
from mutation.nearness import apart, functional, near_apart, nearest, others, rows_of
from mutation.record import Record, earlier, reasons, sound_of, survivors
from mutation.trials import Trials
from mutation.verdicts import APART, NEAREST_ONLY, Outcome, Verdict, doubt_of

MUTANT = Mutant("idle", "core/NumberReplacer", 0, 7, "")
GREEN = Row("QA-WS-011", "QA-WS-011 It closes", "passed", "")
RED = Row("QA-WS-011", "QA-WS-011 It closes", "failed", "closed after 9 s")
STARVED = Row("QA-WS-011", "QA-WS-011 It closes", "error", "INCONCLUSIVE: stood still")
BROKEN = Row("QA-WS-011", "QA-WS-011 It closes", "error", "the broker did not start")
DEAD = 'HOOK-ERROR in before_all: Broken: the service "reference" was not ready within 10 s'


class FakeRun:
    """A run that is over at once, with these rows."""

    allowed_s = 9.0
    elapsed_s = 0.5

    def __init__(self, *rows, overdue=False, broke=""):
        self._rows, self.overdue, self._broke = list(rows), overdue, broke
        self.went_well = bool(rows) and all(row.status == "passed" for row in rows)

    def rows(self):
        return self._rows

    def is_over(self):
        return True

    def stop(self):
        pass

    def seconds(self):
        return {}

    def last_line(self):
        return "nothing"

    def hook_error(self):
        return self._broke


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Run mutants against what their runs will be; return their last verdicts and what was asked.

    The nearest scenario of all is QA-WS-011, QA-WS-006 the only other.
    """
    monkeypatch.setattr("mutation.trials.nearest", lambda mutant, seconds: ["QA-WS-011"])
    monkeypatch.setattr("mutation.trials.others", lambda mutant, seconds, near: ["QA-WS-006"])

    def running(*runs, mutants=(MUTANT,)):
        trials, left, asked = Trials(tmp_path, jobs=1), list(runs), []

        def start(trial):
            asked.append((len(trial.mutants), *trial.ids))
            return left.pop(0), tmp_path / "no-copy"

        monkeypatch.setattr(trials, "_start", start)
        last = {verdict.mutant: verdict for verdict in trials.verdicts(mutants)}
        assert not left
        return [*last.values()], asked

    return running


NEAR, REST = (1, "QA-WS-011"), (1, "QA-WS-006")
ALL = (1, "QA-WS-011", "QA-WS-006")


def test_a_failure_kills_and_nothing_else_is_asked(ran):
    [verdict], asked = ran(FakeRun(RED))
    assert (verdict.outcome, verdict.words) == ("killed", RED.message)
    assert verdict.by == RED.title
    assert asked == [NEAR]


def test_where_the_nearest_are_green_all_others_are_asked(ran):
    [verdict], asked = ran(FakeRun(GREEN), FakeRun(GREEN))
    assert verdict.outcome == "survived"
    assert asked == [NEAR, REST]


def test_several_are_asked_together_what_none_is_expected_to_show(ran):
    two = (MUTANT, replace(MUTANT, module="feed"))
    verdicts, asked = ran(FakeRun(GREEN), FakeRun(GREEN), FakeRun(GREEN), mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "survived"]
    assert asked == [NEAR, NEAR, (2, "QA-WS-006")]


def test_where_one_of_several_fails_each_is_asked_that_alone_and_the_others_go_on(ran):
    two = (MUTANT, replace(MUTANT, module="feed"))
    failed = replace(RED, id="QA-WS-006")
    runs = [FakeRun(GREEN), FakeRun(GREEN), FakeRun(failed), FakeRun(GREEN), FakeRun(failed)]
    verdicts, asked = ran(*runs, FakeRun(GREEN), mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "killed"]
    assert asked == [NEAR, NEAR, (2, "QA-WS-006"), REST, REST, REST]


def test_what_was_green_in_company_is_not_asked_again(ran, monkeypatch):
    """But an outline of which only some rows were green, or nothing is known, is."""
    monkeypatch.setattr(
        "mutation.trials.others",
        lambda mutant, seconds, asked: [
            each for each in ("QA-WS-006", "QA-WS-007", "QA-WS-008") if each not in asked
        ],
    )
    monkeypatch.setattr(
        "mutation.trials.rows_of",
        lambda: {"QA-WS-006": 1, "QA-WS-007": 2, "QA-WS-008": 1, "QA-WS-011": 1},
    )
    two = (MUTANT, replace(MUTANT, module="feed"))
    some = [replace(GREEN, id=name) for name in ("QA-WS-006", "QA-WS-007")]
    red = replace(RED, id="QA-WS-008")
    eight = replace(GREEN, id="QA-WS-008")
    runs = [FakeRun(GREEN), FakeRun(GREEN), FakeRun(*some, red), FakeRun(eight), FakeRun(red)]
    verdicts, asked = ran(*runs, FakeRun(some[1], some[1]), mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "killed"]
    single = (1, "QA-WS-008")
    together = (2, "QA-WS-006", "QA-WS-007", "QA-WS-008")
    assert asked == [NEAR, NEAR, together, single, single, (1, "QA-WS-007")]
    assert sorted(verdicts[0].asked) == ["QA-WS-006", "QA-WS-007", "QA-WS-008", "QA-WS-011"]


def test_of_whom_nothing_is_left_to_ask_has_survived(ran, monkeypatch):
    """Each is green alone in the only scenario that failed in company."""
    monkeypatch.setattr(
        "mutation.trials.others",
        lambda mutant, seconds, asked: [each for each in ("QA-WS-006",) if each not in asked],
    )
    two = (MUTANT, replace(MUTANT, module="feed"))
    red, green = replace(RED, id="QA-WS-006"), replace(GREEN, id="QA-WS-006")
    runs = [FakeRun(GREEN), FakeRun(GREEN), FakeRun(red), FakeRun(green), FakeRun(green)]
    verdicts, asked = ran(*runs, mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "survived"]
    assert asked == [NEAR, NEAR, (2, "QA-WS-006"), REST, REST]


def test_rows_are_counted_as_a_functional_run_has_them():
    assert rows_of()["QA-WS-003"] > 1
    assert rows_of()["QA-WS-013"] == 0  # load
    assert rows_of()["QA-WS-012"] == 4  # without those of @scale


def test_who_fails_in_company_only_is_asked_everything_alone(ran):
    two = (MUTANT, replace(MUTANT, module="feed"))
    failed = replace(RED, id="QA-WS-006")
    runs = [FakeRun(GREEN), FakeRun(GREEN), FakeRun(failed), *[FakeRun(GREEN)] * 4]
    verdicts, asked = ran(*runs, mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "survived"]
    assert asked == [NEAR, NEAR, (2, "QA-WS-006"), REST, REST, REST, REST]


def test_where_several_are_doubtful_each_is_asked_alone(ran):
    two = (MUTANT, replace(MUTANT, module="feed"))
    starved = [FakeRun(STARVED), FakeRun(STARVED)]
    runs = [FakeRun(GREEN), FakeRun(GREEN), *starved, FakeRun(GREEN), FakeRun(RED)]
    verdicts, asked = ran(*runs, mutants=two)
    assert [each.outcome for each in verdicts] == ["survived", "killed"]
    assert asked == [NEAR, NEAR, (2, "QA-WS-006"), (2, "QA-WS-006"), REST, REST]


def test_only_what_was_not_green_is_asked_again(ran, monkeypatch):
    two = ["QA-WS-006", "QA-WS-011"]
    monkeypatch.setattr("mutation.trials.others", lambda mutant, seconds, near: two)
    half = FakeRun(replace(GREEN, id="QA-WS-006"), STARVED)
    [verdict], asked = ran(FakeRun(GREEN), half, FakeRun(GREEN))
    assert (verdict.outcome, verdict.asked) == ("survived", ["QA-WS-011", "QA-WS-006"])
    assert asked == [NEAR, (1, *two), NEAR]


def test_who_is_known_to_be_green_is_asked_the_others_only(tmp_path, monkeypatch):
    trials, asked = Trials(tmp_path, jobs=1), []
    monkeypatch.setattr("mutation.trials.nearest", lambda mutant, seconds: ["QA-WS-011"])
    monkeypatch.setattr("mutation.trials.others", lambda mutant, seconds, near: ["QA-WS-006"])
    monkeypatch.setattr(
        trials, "_start", lambda trial: (asked.append(trial.ids), FakeRun(GREEN), tmp_path)[1:]
    )
    before = Verdict(MUTANT, "undecided", words=NEAREST_ONLY, seconds=2, asked=["QA-WS-011"])
    [verdict] = trials.verdicts([MUTANT], {MUTANT: before})
    assert asked == [["QA-WS-006"]]
    assert verdict.asked == ["QA-WS-011", "QA-WS-006"]
    assert verdict.outcome == "survived"


SLOW = Row("QA-WS-019", "QA-WS-019 Slow consumers", "failed", "nobody was evicted")
KEPT = replace(SLOW, status="passed", message="")
BUSY = replace(SLOW, status="error", message="INCONCLUSIVE: stood still for 90 ms")


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Ask one that survived the rest apart; return its verdict, what was asked, what was said."""
    monkeypatch.setattr("mutation.trials.near_apart", lambda mutant: ["QA-WS-019"])

    def loading(*runs, asked_before=("QA-WS-011",)):
        trials, left, asked, said = Trials(tmp_path, jobs=4), list(runs), [], []

        def start(trial):
            assert trial.measures
            assert not trials._running, "another run is going on"
            asked.append((len(trial.mutants), *trial.ids))
            return left.pop(0), tmp_path / "no-copy"

        monkeypatch.setattr(trials, "_start", start)
        before = Verdict(MUTANT, "survived", seconds=2, asked=[*asked_before])
        verdicts = [*trials.apart({MUTANT: before}, said.append)]
        assert not left
        return verdicts, asked, said

    return loading


def test_what_survived_may_be_killed_apart(loaded):
    [verdict], asked, said = loaded(FakeRun(KEPT), FakeRun(SLOW))
    assert (verdict.outcome, verdict.words) == ("killed", "nobody was evicted")
    assert verdict.asked == ["QA-WS-011", "QA-WS-019"]
    assert asked == [(0, "QA-WS-019"), (1, "QA-WS-019")]
    assert said == ["1 of 1 that survived are asked apart, one at a time"]


def test_what_is_green_or_doubtful_apart_has_survived(loaded):
    [verdict], _, _ = loaded(FakeRun(KEPT), FakeRun(KEPT))
    assert (verdict.outcome, verdict.words) == ("survived", "")
    [verdict], asked, _ = loaded(FakeRun(KEPT), FakeRun(BUSY), FakeRun(BUSY))
    assert verdict.outcome == "survived"
    assert verdict.words.startswith(APART)
    assert "stood still for 90 ms" in verdict.words
    assert len(asked) == 3


@pytest.mark.parametrize("sound", [[SLOW], [BUSY, BUSY]], ids=["red", "inconclusive"])
def test_load_that_the_sound_service_does_not_pass_is_not_asked(loaded, sound):
    verdicts, asked, said = loaded(*[FakeRun(row) for row in sound])
    assert verdicts == []
    assert {each for each, *_ in asked} == {0}
    assert "does not pass QA-WS-019 now, so it is left out" in said[0]


def test_load_that_was_asked_before_is_not_asked_again(loaded):
    verdicts, asked, said = loaded(FakeRun(KEPT), asked_before=["QA-WS-011", "QA-WS-019"])
    assert (verdicts, asked) == ([], [(0, "QA-WS-019")])
    assert said == ["0 of 1 that survived are asked apart, one at a time"]


def test_the_faults_say_what_is_near_apart():
    numbers = ("013", "014", "015", "019", "020", "124")
    assert apart() == {f"QA-WS-{number}" for number in numbers}
    of = {each.function: each for each in all_mutants(["expiry", "fanout", "limits"])}
    assert near_apart(of["ExpiryTimer._check"]) == ["QA-WS-124"]
    assert near_apart(of["Fanout.evict"]) == ["QA-WS-019"]
    assert {"QA-WS-014", "QA-WS-019"} <= {*near_apart(of["Fanout._bound"])}  # by its module
    assert near_apart(of["RateLimit.allows"]) == []


def test_no_two_of_one_module_are_put_together():
    some = all_mutants(["idle", "expiry", "limits"])
    groups = grouped(some)
    assert sorted(m.name for group in groups for m in group) == sorted(m.name for m in some)
    assert all(len({m.module for m in group}) == len(group) for group in groups)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (FakeRun(BROKEN), "did not start"),
        (FakeRun(STARVED), "stood still"),
        (FakeRun(), "no scenario ran"),
        (FakeRun(overdue=True), "not done within 9 s"),
        (FakeRun(replace(GREEN, status="skipped")), "skipped"),
    ],
    ids=["broken", "inconclusive", "empty selection", "timeout", "not verified"],
)
def test_what_is_no_failure_kills_nothing_and_is_asked_again(ran, run, why):
    [verdict], asked = ran(run, run)
    assert verdict.outcome == "undecided"
    assert why in verdict.words
    assert asked == [NEAR, NEAR]


def test_one_that_never_starts_waits_until_all_others_are_decided(ran):
    two = (MUTANT, replace(MUTANT, module="feed"))
    dead = FakeRun(broke=DEAD)
    verdicts, asked = ran(dead, FakeRun(GREEN), FakeRun(GREEN), dead, mutants=two)
    assert [each.outcome for each in verdicts] == ["undecided", "survived"]
    assert "was not ready within 10 s" in verdicts[0].words
    assert asked == [NEAR, NEAR, REST, ALL]


def test_who_starts_late_after_all_is_asked_everything(ran):
    ended = replace(BROKEN, message="the service ended before it was ready (exit code 1): no feed")
    [verdict], asked = ran(FakeRun(ended), FakeRun(RED))
    assert (verdict.outcome, asked) == ("killed", [NEAR, ALL])
    [verdict], _ = ran(FakeRun(ended), FakeRun(GREEN))
    assert verdict.outcome == "survived"


def test_what_was_doubtful_once_may_be_clear_the_second_time(ran):
    [verdict], asked = ran(FakeRun(STARVED), FakeRun(GREEN), FakeRun(GREEN))
    assert verdict.outcome == "survived"
    assert asked == [NEAR, NEAR, REST]
    [verdict], _ = ran(FakeRun(STARVED), FakeRun(RED))
    assert verdict.outcome == "killed"


def test_one_that_stays_doubtful_may_yet_be_killed_elsewhere(ran):
    half = FakeRun(GREEN, STARVED)
    [verdict], asked = ran(half, half, FakeRun(RED))
    assert verdict.outcome == "killed"
    assert asked == [NEAR, NEAR, REST]
    [verdict], _ = ran(half, half, FakeRun(GREEN))
    assert verdict.outcome == "undecided"
    assert "stood still" in verdict.words


def test_who_is_starved_without_a_mutant_too_may_only_fail():
    run = FakeRun(GREEN, STARVED)
    assert "stood still" in doubt_of(run, run.rows())  # type: ignore[arg-type]
    assert doubt_of(run, run.rows(), ["QA-WS-011"]) == ""  # type: ignore[arg-type]
    broken = FakeRun(STARVED, BROKEN)
    assert "did not start" in doubt_of(broken, broken.rows(), ["QA-WS-011"])  # type: ignore[arg-type]


def test_a_hook_that_broke_behind_green_rows_is_doubtful():
    run = FakeRun(GREEN)
    run.went_well = False
    assert "ended badly" in doubt_of(run, run.rows())  # type: ignore[arg-type]


def test_mutants_are_of_code_that_runs():
    tree = ast.parse("class A:\n    def b(self, c: int | None = None) -> 'x':\n        return c\n")
    hint, result = sorted(hints_in(tree))
    assert hint == ((2, 19), (2, 29))
    assert result[0][0] == 2
    assert [*functions_in(tree)] == [("A.b", 2, 3)]


def test_a_sample_is_the_same_for_the_same_seed():
    some = all_mutants(["idle", "expiry"])
    assert drawn(some, 10, 1) == drawn(some, 10, 1) != drawn(some, 10, 2)
    assert len(drawn(some, 10_000, 1)) == len(some)
    assert all(each.diff and each.key.startswith(each.file) for each in drawn(some, 5, 1))


def test_the_faults_say_what_is_near():
    seconds = dict.fromkeys(functional(), 1.0)
    flush = next(each for each in all_mutants(["expiry"]) if each.function == "ExpiryTimer._check")
    near = nearest(flush, seconds)
    assert "QA-WS-022" in near
    rest = others(flush, seconds, near)
    assert not {*near} & {*rest}
    assert "QA-WS-006" in rest


@pytest.fixture
def record():
    some = drawn(all_mutants(["idle"]), 20, 1)
    kinds: list[tuple[Outcome, int]] = [("killed", 17), ("survived", 2), ("undecided", 1)]
    outcomes = [outcome for outcome, count in kinds for _ in range(count)]
    verdicts = [Verdict(m, o, "who", "words") for m, o in zip(some, outcomes, strict=True)]
    seconds = {"QA-WS-011": 2.5}
    return Record(100, 20, 1, "state", seconds=seconds, verdicts=verdicts)


def test_the_score_is_of_what_is_decided_and_not_equivalent(record):
    assert record.score == pytest.approx(100 * 17 / 19)
    assert not record.is_good
    record.equivalent = {record.verdicts[17].mutant.key: "no client can see it"}
    assert record.score == pytest.approx(100 * 17 / 18)
    assert record.is_good
    assert "17 killed, 1 survived, 1 equivalent, 1 undecided" in record.summary()
    assert any("no client can see it" in line for line in record.details())


def test_too_many_equivalents_are_not_good(record):
    record.equivalent = {each.mutant.key: "why" for each in record.verdicts[17:19]}
    assert record.score == 100
    assert not record.is_good


def test_a_small_or_unfinished_sample_is_a_part(record):
    assert not record.is_whole
    record.population = 20
    assert record.is_whole
    for part in (replace(record, again="old.json"), replace(record, only=["QA-WS-011"])):
        assert not part.is_whole
    record.verdicts.pop()
    assert not record.is_whole
    assert "19 of 20 mutants" in record.summary()


def test_a_run_is_taken_up_where_it_was_left(tmp_path, record):
    record.write(tmp_path)
    found = json.loads((tmp_path / "mutation.json").read_text())
    assert found["mutants"][0]["by"] == "who"
    known = earlier(tmp_path, "state")
    assert [*known] == [each.mutant for each in record.verdicts if each.outcome != "undecided"]
    assert earlier(tmp_path, "another state") == {}
    assert earlier(tmp_path / "nowhere", "state") == {}
    assert sound_of(tmp_path, "state")["seconds"] == {"QA-WS-011": 2.5}
    assert "asked" not in found["terms"]
    part = replace(record, again="old.json", only=["QA-WS-011"])
    assert "survived in old.json, asked QA-WS-011 and what is near apart" in part.terms()
    assert sound_of(tmp_path, "another state") == sound_of(tmp_path / "nowhere", "state") == {}


def x_is_found_again_wherever_its_line_is_now(tmp_path, record):
    record.equivalent = {record.verdicts[17].mutant.key: "no client can see it"}
    record.write(tmp_path)
    left = [each.mutant for each in record.verdicts if record.outcome(each) == "survived"]
    assert len(left) == 1
    moved = [replace(each, line=each.line + 40) for each in all_mutants(["idle"])]
    found = survivors(tmp_path / "mutation.json", moved)
    assert {each.key for each in found} == {each.key for each in left}
    with pytest.raises(ValueError, match="no mutant of today"):
        survivors(tmp_path / "mutation.json", all_mutants(["expiry"]))


@pytest.mark.parametrize("text", ["", "[]", '{"mutants": [{}]}'])
def test_what_is_no_record_is_refused(tmp_path, text):
    file = tmp_path / "mutation.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"mutation\.json: no record of mutants"):
        survivors(file, [])


def test_what_is_no_python_is_no_mutant():
    marks = [each for each in all_mutants(["fanout"]) if each.diff[0] == "-        *,"]
    assert [each.diff[1] for each in marks] == ["+        /,"]


def test_each_equivalent_is_a_mutant_of_today_and_has_a_reason():
    modules = ["auth", "fanout", "feed", "limits", "sessions", "subscriptions"]
    keys = {each.key for each in all_mutants(modules)}
    assert reasons().keys() <= keys
    assert all(len(why.split()) > 5 for why in reasons().values())
