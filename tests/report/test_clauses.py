"""A scenario whose Thens are clauses says how many of them are kept."""

from types import SimpleNamespace

import pytest

from qaws.gherkin import tags
from qaws.report import outcome
from qaws.runner.behave_run import Session
from qaws.verdict import Broken, Refuted


def step(status, exception=None, kind="then"):
    return SimpleNamespace(
        keyword=kind.capitalize(),
        name="it is so",
        step_type=kind,
        status=SimpleNamespace(name=status),
        exception=exception,
        hook_failed=False,
    )


def scenario(*steps, by_clause=True):
    return SimpleNamespace(
        all_steps=[step("passed", kind="when"), *steps],
        effective_tags=[tags.BY_CLAUSE] if by_clause else [],
        hook_failed=False,
        status=SimpleNamespace(name="failed"),
        should_skip=False,
    )


WORDS, OTHER = Refuted("other words"), Refuted("a tick is lost")


def test_both_packages_mean_the_same_tag():
    assert outcome.BY_CLAUSE == tags.BY_CLAUSE


def test_what_is_kept_is_counted_in_the_first_line():
    told = outcome.outcome_of(scenario(step("passed"), step("failed", WORDS), step("passed")))
    assert (told.status, told.message) == ("failed", "other words; 2 of its 3 clauses are kept")


def test_several_broken_clauses_are_all_told():
    told = outcome.outcome_of(scenario(step("failed", WORDS), step("failed", OTHER)))
    assert told.message == "other words; 0 of its 2 clauses are kept\n\nAlso: a tick is lost"


@pytest.mark.parametrize(
    "made",
    [
        scenario(step("failed", WORDS), step("passed"), by_clause=False),
        scenario(step("failed", WORDS), step("skipped")),
        scenario(step("error", Broken("gone")), step("passed")),
    ],
    ids=["no clauses", "one was not judged", "nothing was refuted"],
)
def test_nothing_is_said_where_not_all_were_judged(made):
    assert "clauses" not in outcome.outcome_of(made).message


@pytest.mark.parametrize(
    ("made", "step_", "goes_on"),
    [
        (scenario(), step("failed", WORDS), True),
        (scenario(), step("failed", WORDS, kind="when"), False),
        (scenario(), step("error", Broken("gone")), False),
        (scenario(by_clause=False), step("failed", WORDS), False),
    ],
    ids=["a clause", "an act", "broken", "no clauses"],
)
def test_a_scenario_goes_on_behind_a_clause_only(made, step_, goes_on):
    session = Session.__new__(Session)
    session._context = SimpleNamespace(scenario=made)
    session.after_step(step_)
    assert made.continue_after_failed_step is goes_on
