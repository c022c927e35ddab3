"""Closes that a target declares to be other than the specification's."""

from types import SimpleNamespace

import pytest

from qaws.runner.deviations import declared, in_words
from qaws.sut.sections import Deviation
from qaws.sut.target_file import read_target
from qaws.verdict import Broken
from tests.runner.test_coverage import TARGET

EXPIRY = 'Ida is closed by the service with code 1008 and a reason containing "token expired"'
FLOOD = 'the answer is a close with code 1008 and the reason "rate limit exceeded"'


def target_with(**deviations):
    named = {name.replace("_", " "): Deviation(**each) for name, each in deviations.items()}
    return read_target(TARGET, {}, {}).model_copy(update={"deviations": named})


def applied(target, *steps):
    """Return the steps as they are then, and what is said of them."""
    scenario = SimpleNamespace(steps=[SimpleNamespace(name=name) for name in steps])
    sentences = declared(scenario, target)
    return [step.name for step in scenario.steps], sentences


def test_what_is_declared_is_what_is_demanded():
    target = target_with(token_expired={"code": 4001, "reason": "too old"})
    [step], [sentence] = applied(target, f"{EXPIRY}, within 2 seconds")
    said = 'Ida is closed by the service with code 4001 and a reason containing "too old"'
    assert step == f"{said}, within 2 seconds"
    assert sentence == (
        f'DEVIATION, as {target.file} declares it: a close with 4001 "too old" in place of 1008 '
        '"token expired"'
    )


@pytest.mark.parametrize(
    ("deviation", "said"),
    [
        ({"code": 1013}, 'a close with code 1013 and the reason "rate limit exceeded"'),
        ({"reason": "slow down"}, 'a close with code 1008 and the reason "slow down"'),
    ],
)
def test_what_is_not_declared_stays(deviation, said):
    [step], _ = applied(target_with(rate_limit_exceeded=deviation), FLOOD)
    assert step == f"the answer is {said}"


def test_a_scenario_about_something_else_is_none_of_it():
    target = target_with(server_shutdown={"code": 1012})
    assert applied(target, EXPIRY, FLOOD) == ([EXPIRY, FLOOD], [])


def test_the_same_declaration_is_told_once():
    target = target_with(token_expired={"code": 4001})
    assert len(applied(target, EXPIRY, EXPIRY)[1]) == 1


def test_the_sheet_has_them_in_words():
    target = target_with(server_shutdown={"code": 1012}, token_expired={"reason": "too old"})
    assert in_words(target) == [
        '"server shutdown": closed with code 1012',
        '"token expired": closed with the reason "too old"',
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('"token expired" = {}', "says neither code nor reason"),
        ('"idle timeout" = { code = 1000 }', "idle timeout"),
        ('"token expired" = { reason = "a \\"b\\"" }', 'must be words without a " in them'),
        ('"token expired" = { code = 99 }', "greater than or equal to 1000"),
    ],
)
def test_what_cannot_be_declared_is_refused_in_one_line(tmp_path, table, said):
    file = tmp_path / "mine.toml"
    file.write_text(TARGET.read_text("utf-8") + f"\n[deviations]\n{table}\n", "utf-8")
    with pytest.raises(Broken, match=said) as caught:
        read_target(file, {}, {})
    assert "\n" not in str(caught.value)
