"""The lint: each rule fires on a small feature of its own, and none on those of the suite."""

import json
import os
import textwrap
from pathlib import Path

import pytest

from qaws.gherkin.lint import _each_once
from tests.forked import run_module
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
STEPS = """
from behave import given, when, then

@given("a service")
def a_service(context): "One."

@given("a service on {place}")
def a_service_on(context, place): "Two."

@when("it is asked")
def it_is_asked(context): "Three."

@then("it answers {words}")
def it_answers(context, words): "Four."

@then("every client has received exactly what it was due, in frames that conform to the contract")
def closing(context): "Five."
"""
TAGS = "@QA-WS-900 @p0 @critical @integration"
STORY = """
    Given a service
    And a service on land
    When it is asked
    Then it answers well
"""
HEAD = "Feature: A thing\n  What it is for.\n"


def scenario(
    tags=TAGS,
    title="QA-WS-900 It answers",
    words="    > Beyond the plan: it answers.\n",
    story=STORY,
):
    return f"\n  {tags}\n  Scenario: {title}\n{words}{story}"


@pytest.fixture
def lint(tmp_path):
    """Lint one or more features with the steps above."""

    def linting(*features, steps=STEPS):
        return lint_all(tmp_path, [(features, steps)])[0]

    return linting


def lint_all(folder, cases):
    """Lint several folders in one process of its own: behave's step registry is global."""
    places = []
    for number, (features, steps) in enumerate(cases):
        place = folder / f"case{number}"
        (place / "steps").mkdir(parents=True)
        (place / "steps" / "steps.py").write_text(steps)
        for index, text in enumerate(features):
            (place / f"f{index}.feature").write_text(textwrap.dedent(text))
        places.append(str(place))
    done = run_module("tests.gherkin.linting", *places, env=ENV, cwd=ROOT, within_s=2 * HANG_S)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_a_good_feature_has_no_problem(lint):
    assert lint(HEAD + scenario()) == ""


BAD = [
    ("Feature: A thing\n" + scenario(), "the feature has no description"),
    (
        HEAD + "  Background:\n" + "    Given a service\n" * 3 + scenario(),
        "the background has more than 2 steps",
    ),
    (HEAD + "  Rule: one\n" + scenario(), "Rule breaks the report"),
    (HEAD + scenario(tags="@p0 @critical @integration"), "needs exactly one tag of the form"),
    (HEAD + scenario(tags=f"{TAGS} @QA-WS-901"), "@QA-WS-006, has 2"),
    (HEAD + scenario(tags=TAGS.replace("900", "90")), "@QA-WS-90: known tags are"),
    (HEAD + scenario(title="It answers"), 'the title must begin with "QA-WS-900 "'),
    (HEAD + scenario(title="QA-WS-9000 It answers"), 'the title must begin with "QA-WS-900 "'),
    (HEAD + scenario() + scenario(), "has the title of "),
    (HEAD + scenario(words=""), "has no description"),
    (
        HEAD + scenario(words="    > Plan: it answers.\n"),
        'the description of QA-WS-900 must begin with "> Beyond the plan:"',
    ),
    (HEAD + scenario().replace("900", "015"), 'of QA-WS-015 must begin with "> Plan:"'),
    (HEAD + scenario().replace("900", "016"), 'of QA-WS-016 must begin with "> Specification:"'),
    (HEAD + scenario().replace("900", "025"), 'of QA-WS-025 must begin with "> Specification:"'),
    (HEAD + scenario(tags=f"{TAGS} @slow"), "@slow: known tags are"),
    (HEAD + scenario(tags=f"{TAGS} @needs.magic"), "@needs.magic: known needs are mint"),
    (HEAD + scenario(tags=TAGS.replace(" @integration", "")), "needs one kind of"),
    (HEAD + scenario(tags=f"{TAGS} @load"), "needs one kind of"),
    (HEAD + scenario(tags=TAGS.replace(" @critical", "")), "needs one severity of"),
    (HEAD + scenario(tags=TAGS.replace(" @p0", "")), "needs one priority of"),
    (HEAD + scenario(tags=f"{TAGS} @p1"), "needs one priority of"),
    (HEAD + scenario(tags=f"{TAGS} @nightly"), "needs one priority of"),
    (HEAD + scenario(tags=f"{TAGS} @wip"), "@wip carries no priority"),
    (
        HEAD + scenario(story="\n    When it is asked\n    Then it answers x\n"),
        "has 2 steps; 3 to 10",
    ),
    (HEAD + scenario(story=STORY + "    And it answers x\n" * 8), "has 12 steps; 3 to 10"),
    (HEAD + scenario(story=STORY + "    When it is asked\n"), "ends without a Then"),
    (
        HEAD + scenario(story=STORY + "    When it is asked\n    Then it answers well\n" * 2),
        "goes back from Then to When 2 times; once is allowed",
    ),
    (
        HEAD + scenario(story=STORY + "    Given a land\n    Then it answers well\n"),
        "goes back to Given, or from When",
    ),
    (
        HEAD + scenario(story=STORY.replace("Then it answers well", "And it is asked")),
        "has no Then",
    ),
    (
        HEAD + scenario(story=STORY.replace("well", "ws://x")),
        '"it answers ws://x" is not business',
    ),
    (HEAD + scenario(story=STORY.replace("well", "[1]")), "is not business language"),
    (HEAD + scenario(story=STORY.replace("land", "localhost")), "is not business language"),
    (
        HEAD + scenario(story=STORY.replace("is asked", "is left")),
        'no phrase fits "it is l',
    ),
    (
        HEAD
        + scenario(title="QA-WS-900 On <place>").replace("Scenario:", "Scenario Outline:")
        + "\n    Examples:\n      | place |\n      | land  |\n",
        "no <parameter> in an outline's title",
    ),
    (
        HEAD
        + scenario().replace("Scenario:", "Scenario Outline:")
        + "\n    Examples:\n      | place |\n",
        "the outline has no rows",
    ),
    ("nonsense", "f0.feature: "),
]


@pytest.fixture(scope="module")
def linted(tmp_path_factory):
    """What the lint says of each bad feature, all in one go."""
    return lint_all(tmp_path_factory.mktemp("bad"), [([feature], STEPS) for feature, _ in BAD])


@pytest.mark.parametrize("index", range(len(BAD)), ids=[said for _, said in BAD])
def test_each_rule_fires_and_names_the_file(linted, index):
    found = linted[index]
    assert BAD[index][1] in found
    assert all("f0.feature" in line or "steps.py" in line for line in found.splitlines())


def test_an_undefined_step_of_any_row_is_found(lint):
    story = STORY.replace("is asked", "is <verb>")
    outline = scenario(story=story).replace("Scenario:", "Scenario Outline:")
    found = lint(
        HEAD + outline + "\n    Examples:\n      | verb |\n      | asked |\n      | left |\n"
    )
    assert 'no phrase fits "it is left"' in found


TYPED = """
from behave import register_type
from qaws.gherkin import types
register_type(**types.TYPES)

@given("a service for {symbols:Selection}")
def a_service_for(context, symbols): "Typed."
"""


def test_a_word_that_stands_for_nothing_is_found_with_those_that_do(lint):
    story = STORY.replace("    When", "    And a service for SENSEX\n    When")
    found = lint(HEAD + scenario(story=story), steps=STEPS + TYPED)
    assert 'f0.feature:10: "SENSEX": known symbols are NIFTY, BANKNIFTY, NIFTYNXT50' in found


def test_an_id_belongs_to_one_file(lint):
    again = scenario(title="QA-WS-900 It answers again")
    found = lint(HEAD + scenario(), HEAD + again)
    assert "f1.feature:5: QA-WS-900 is already the id of " in found
    assert "f0.feature:5; an id belongs to one feature file" in found


def outline(title, heading, *cells):
    text = scenario(title=title, story=STORY.replace("land", f"<{heading}>"))
    rows = "".join(f"      | {cell} |\n" for cell in (heading, *cells))
    return text.replace("Scenario:", "Scenario Outline:") + f"\n    Examples:\n{rows}"


def test_scenarios_of_one_file_that_differ_in_titles_and_rows_may_share_an_id(lint):
    others = outline("QA-WS-900 A", "place", "sea") + outline("QA-WS-900 B", "ground", "sea")
    assert lint(HEAD + scenario() + others) == ""


@pytest.mark.parametrize(
    "more",
    [
        scenario(title="QA-WS-900 A"),
        outline("QA-WS-900 A", "place", "sea", "sea"),
        outline("QA-WS-900 A", "place", "sea") + outline("QA-WS-900 B", "place", "sea"),
    ],
    ids=["two without rows", "two rows of one outline", "two rows of two outlines"],
)
def test_rows_of_one_id_that_nothing_tells_apart_are_found(lint, more):
    assert "QA-WS-900 has the same row as " in lint(HEAD + scenario() + more)


ACTING = [
    "Zoe can connect",
    "Zoe reconnects",
    "Zoe disconnects",
    "Zoe subscribes to {symbol}",
    "a tick is published and arrives",
    "the feed publishes {number}",
]
CHECKING = [
    "Zoe is still connected",
    "Zoe has received what was published",
    "all came within {bound} of the last publish",
    "Zoe was closed after connecting",
    "no new connection is accepted",
]
USED = STORY.replace("it answers well", "{}")


def test_a_then_that_says_that_somebody_acts_is_found_and_no_other(tmp_path):
    def case(phrase):
        step = f'\n@then("{phrase}")\ndef one(context, **words): "Six."\n'
        return [HEAD + scenario(story=USED.format(phrase))], STEPS + step

    found = lint_all(tmp_path, [case(phrase) for phrase in (*ACTING, *CHECKING)])
    said = [f'the Then "{phrase}" says that somebody acts: ' for phrase in (*ACTING, *CHECKING)]
    hits = [each in lines for each, lines in zip(said, found, strict=True)]
    assert hits == [True] * len(ACTING) + [False] * len(CHECKING)


CALLING = """
from qaws.behaviours import lifecycle

@when("Zoe arrives")
async def arrives(context): await context.testbed.do(lifecycle.connect, ["Zoe"])

@then("Zoe is there")
async def is_there(context): await context.testbed.do(lifecycle.connect, ["Zoe"])
"""


def test_a_then_that_calls_what_a_when_calls_is_found(lint):
    found = lint(
        HEAD
        + scenario(story="\n    Given a service\n    When Zoe arrives\n    Then Zoe is there\n"),
        steps=STEPS + CALLING,
    )
    assert 'the Then "Zoe is there" calls lifecycle.connect, which a Given or a When does' in found


def test_a_step_that_no_scenario_uses_is_found(lint):
    found = lint(
        HEAD + scenario(), steps=STEPS + '\n@when("unused")\ndef unused(context): "Six."\n'
    )
    assert 'no scenario uses the step "unused"' in found


def test_the_suites_own_features_are_clean_and_their_catalogue_is_current():
    done = run_module("qaws.gherkin.lint", env=ENV, cwd=ROOT, within_s=2 * HANG_S)
    assert done.returncode == 0, done.stdout


def test_what_is_wrong_with_a_row_is_told_once():
    told = ["a.feature:3: rows.toml: no such key", "rows.toml: no such key", "b.feature:1: else"]
    assert _each_once(iter([*told, told[1]])) == told[1:]
