"""The plan: what is in it and gone from the features is missed, and nothing else is."""

import re
import shutil
from pathlib import Path

import pytest
from behave.tag_expression import make_tag_expression

from qaws import places
from qaws.gherkin import plan_command
from qaws.gherkin.comparison import compare
from qaws.gherkin.hollow import without_checks, without_rows
from qaws.gherkin.plan import Planned, Rows, plan_of, read_plan, write_plan
from qaws.gherkin.selection import Selection
from qaws.verdict import Broken

FEATURE = """@integration
Feature: A thing
  What it is for.

  @QA-WS-901 @p0
  Scenario Outline: QA-WS-901 It answers
    When it is asked for <what>
    Then it answers with
      | field | value |
      | type  | pong  |
      | id    | 7     |

    Examples: often
      | count | what           |
      | 3     | bread          |
      | 3     | 10 kB of salt  |

    @scale
    Examples: seldom
      | count | what |
      | 9     | wine |

  @QA-WS-902 @p1
  Scenario: QA-WS-902 It sleeps
    When it is late
    Then it sleeps

  @QA-WS-902 @p1
  Scenario: QA-WS-902 It dreams
    When it sleeps
    Then it dreams
"""
SALT, WINE = "      | 3     | 10 kB of salt  |\n", "      | 9     | wine |\n"
DREAMS = FEATURE[FEATURE.index("  @QA-WS-902 @p1\n  Scenario: QA-WS-902 It dreams") :]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A features folder of one file, with its plan."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / "thing.feature").write_text(FEATURE)
    write_plan(folder, plan_of(plan_command.parsed(folder), folder))
    return folder


@pytest.fixture
def found(folder):
    """Edit the feature, then compare it with the plan."""

    def finding(old="", new="", **chosen):
        assert old in FEATURE
        (folder / "thing.feature").write_text(FEATURE.replace(old, new, 1))
        features = plan_command.parsed(folder)
        return compare(read_plan(folder), features, folder, selection(**chosen))

    return finding


def selection(tags=None, name=None, lines=()):
    file = Path("features/thing.feature").resolve()
    return Selection(
        make_tag_expression(tags) if tags else None,
        re.compile(name) if name else None,
        lines={file: set(lines)} if lines else {},
    )


def line_of(text):
    return FEATURE[: FEATURE.index(text)].count("\n") + 1


def test_features_that_are_as_planned_have_no_finding(found, folder):
    nothing = found()
    assert (nothing.problems, nothing.additions) == ([], [])
    assert read_plan(folder) == plan_of(plan_command.parsed(folder), folder)


LOSSES = [
    (
        SALT,
        "",
        'thing.feature:13: QA-WS-901 lacks 1 row of the plan: "10 kB of salt"; put back what',
    ),
    (WINE, "", 'thing.feature:19: QA-WS-901 lacks 1 row of the plan: "wine"'),
    (SALT, SALT.replace("10 kB of salt", "pepper"), 'lacks 1 row of the plan: "10 kB of salt"'),
    (DREAMS, "", 'thing.feature: QA-WS-902 "It dreams" is in the plan and not in the file'),
    (DREAMS, DREAMS.replace("902", "903"), 'QA-WS-902 "It dreams" is in the plan and not in'),
    ("      | id    | 7     |\n", "", "thing.feature:8: a table of QA-WS-901 lacks 1 row of the"),
    (
        FEATURE[FEATURE.index("    Examples: often") : FEATURE.index("  @QA-WS-902")],
        "",
        'thing.feature:6: QA-WS-901 lacks 3 rows of the plan: "bread", "10 kB of salt", "wine"',
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), LOSSES)
def test_what_is_gone_is_named_with_file_and_line(found, old, new, said):
    [problem] = found(old, new).problems
    assert problem.startswith("features/thing.feature")
    assert said in problem
    assert "qaws plan --replace" in problem


HARMLESS = [
    ("10 kB of salt ", "64 kB of salt "),
    ("| 3     | bread", "| 9     | bread"),
    ("7     |", "8     |"),
    ("QA-WS-902 It dreams", "QA-WS-902 It has dreams"),
    ("| count | what           |", "| times | which          |"),
    ("Examples: often", "Examples: every day"),
]


@pytest.mark.parametrize(("old", "new"), HARMLESS)
def test_numbers_and_words_around_a_row_may_be_edited(found, old, new):
    edited = found(old, new)
    assert (edited.problems, edited.additions) == ([], [])


@pytest.mark.parametrize(
    ("chosen", "missed"),
    [
        ({"tags": "@QA-WS-901"}, True),
        ({"tags": "@p0"}, True),
        ({"tags": "@p0 and not @scale"}, True),
        ({"tags": "@scale"}, False),
        ({"tags": "@QA-WS-902"}, False),
        ({"tags": "@p1"}, False),
        ({"name": "answers"}, True),
        ({"name": "sleeps"}, False),
        ({"lines": [line_of("  Scenario Outline")]}, True),
        ({"lines": [line_of("Examples: often")]}, True),
        ({"lines": [line_of("bread")]}, False),
        ({"lines": [line_of("Scenario: QA-WS-902 It sleeps")]}, False),
        ({"lines": [1]}, True),
    ],
)
def test_a_row_that_was_not_selected_is_not_missed(found, chosen, missed):
    assert bool(found(SALT, "", **chosen).problems) is missed


@pytest.mark.parametrize(
    ("chosen", "missed"),
    [
        ({}, True),
        ({"tags": "@QA-WS-902"}, True),
        ({"tags": "@p0"}, False),
        ({"name": "dreams"}, True),
        ({"name": "It sleeps"}, False),
        ({"lines": [line_of("Scenario: QA-WS-902 It sleeps")]}, False),
    ],
)
def test_a_scenario_that_was_not_selected_is_not_missed(found, chosen, missed):
    assert bool(found(DREAMS, "", **chosen).problems) is missed


def test_files_that_are_not_selected_are_not_missed(folder):
    plan = read_plan(folder)
    (folder / "thing.feature").unlink()
    thing, other = (folder / f"{name}.feature" for name in ("thing", "other"))
    assert len(compare(plan, [], folder, Selection(paths=[folder])).problems) == 3
    assert len(compare(plan, [], folder, Selection(paths=[thing])).problems) == 3
    assert compare(plan, [], folder, Selection(paths=[other])).problems == []
    chosen = Selection(paths=[folder], excludes=lambda file: file == "features/thing.feature")
    assert compare(plan, [], folder, chosen).problems == []


@pytest.mark.parametrize("tags", ["@QA-WS-901 @p1", "@QA-WS-901 @wip"])
def test_a_scenario_that_tags_take_out_of_a_run_is_missed(found, tags):
    [problem] = found("@QA-WS-901 @p0", tags, tags="@p0").problems
    assert f"thing.feature:6: QA-WS-901 bears @integration {tags.split()[1]}, and" in problem
    assert found("@QA-WS-901 @p0", tags, tags="@QA-WS-901").problems == []
    assert found("@QA-WS-901 @p0", "@mine @QA-WS-901 @p0", tags="@p0 and not @mine").problems == []


def test_what_is_new_is_no_problem_and_says_what_to_do(found):
    rows = found(SALT, SALT + "      | 3     | a pinch of rye |\n")
    assert rows.problems == []
    [added] = rows.additions
    assert 'thing.feature:17: QA-WS-901 has 1 new row: "a pinch of rye"; "qaws plan --add"' in added
    new = found(DREAMS, DREAMS + DREAMS.replace("902 It dreams", "902 It wakes"))
    [added] = new.additions
    assert 'QA-WS-902 "It wakes" is not in the plan yet; "qaws plan --add" puts it in' in added


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def command(folder, tmp_path, monkeypatch, capsys):
    """Run `qaws plan` on the folder; return exit code and output."""
    shutil.copytree(places.DATA, folder / "data")
    monkeypatch.setattr(places, "DATA", folder / "data")
    monkeypatch.setattr(places, "FEATURES", folder)
    monkeypatch.setattr(places, "SIGNOFF", tmp_path / "signoff")
    (tmp_path / "signoff").mkdir()
    needs = '{"requirements": [{"id": "QA-WS-901", "scenarios": 2}, {"id": "QA-WS-902"}]}'
    (tmp_path / "signoff" / "requirements.json").write_text(needs)

    def running(*arguments):
        code = plan_command.main([*arguments])
        return code, capsys.readouterr().out

    return running


def edit(folder, old, new):
    text = (folder / "thing.feature").read_text()
    assert old in text
    (folder / "thing.feature").write_text(text.replace(old, new, 1))


def test_the_command_adds_what_is_new_and_keeps_what_is_gone(folder, command):
    assert command() == (0, "plan: 0 differences\n")
    edit(folder, SALT, SALT.replace("10 kB of salt", "rye"))
    edit(folder, DREAMS, "")
    edit(folder, "      | id    | 7     |\n", "")
    code, said = command("--add")
    assert code == 1
    assert "rye" not in said
    assert all(word in said for word in ('"10 kB of salt"', "It dreams", '"id"'))
    code, said = command("--replace")
    assert code == 0
    assert said.count("taken out of the plan: features/thing.feature") == 3
    assert command() == (0, "plan: 0 differences\n")


def test_the_command_takes_over_new_titles_and_tags(folder, command):
    edit(folder, "QA-WS-902 It dreams", "QA-WS-902 It has dreams")
    code, said = command()
    assert code == 1
    assert 'titles, tags, files or words of QA-WS-902 are others now; "qaws plan --add"' in said
    assert command("--add")[0] == 0


def test_the_command_keeps_what_was_planned_until_it_is_told_otherwise(folder, command):
    planned = (folder / "plan.json").read_text()
    edit(folder, "| 10 kB of salt  |", "| 64 kB of salt  |")
    edit(folder, "| type  | pong  |", "| type  | pang  |")
    edit(folder, "    Then it dreams\n", "    Then it snores\n")
    for words in ((), ("--add",)):
        code, said = command(*words)
        assert code == 1
        assert (
            'features/thing.feature:16: QA-WS-901, row "10 kB of salt", differs from the plan: as '
            "planned: what = 10 kB of salt; as run: what = 64 kB of salt; put it back, "
            'or plan it so with "qaws plan --replace"\n'
        ) in said
        assert 'QA-WS-901, row "type", differs from the plan: as planned: value = pong; as' in said
        assert (
            "thing.feature:29: QA-WS-902 lacks a step of the plan: as planned: Then it dreams; put"
            in said
        )
        assert "plan: 3 differences" in said
    assert (folder / "plan.json").read_text() == planned
    code, said = command("--replace")
    assert (code, said.count("changed in the plan: features/thing.feature")) == (0, 3)
    assert (folder / "plan.json").read_text() != planned


def test_the_command_adds_steps_and_what_is_stricter(folder, command):
    edit(folder, "    Then it dreams\n", "    Then it dreams\n    And it snores\n")
    code, said = command()
    assert code == 1
    assert "words of QA-WS-902 are others now" in said
    assert command("--add") == (0, "plan: 0 differences\n")
    assert "Then it snores" in (folder / "plan.json").read_text()


def test_a_plan_is_read_as_it_was_written(folder):
    cells = ["a | b", "", "c|d"]
    planned = Rows(["one", "two", "three"], [cells, ["", "", ""]], "one", ["x"])
    below = Rows(["only"], [[""], ["e"]], "only")
    plan = {"QA-WS-901": [Planned("t", "f.feature", ["p0"], ["Then it"], [planned], [below])]}
    write_plan(folder, plan)
    assert read_plan(folder) == plan


def test_a_plan_below_the_requirements_is_a_difference(folder, command):
    for row in (SALT, WINE):
        edit(folder, row, "")
    code, said = command("--replace")
    assert code == 1
    assert (
        "QA-WS-901 has 1 scenarios and rows in the plan; signoff/requirements.json demands" in said
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "is missing"), ("{", "cannot be read"), ('{"a": [1]}', "cannot be re")],
)
def test_a_plan_that_cannot_be_used_is_broken(folder, command, text, said):
    (folder / "plan.json").unlink()
    if text:
        (folder / "plan.json").write_text(text)
    with pytest.raises(Broken, match=rf"features/plan\.json: {said}"):
        read_plan(folder)
    assert command()[0] == command("--add")[0] == 1


# --- what cannot fail ----------------------------------------------------------------------------

HOLLOW = [
    ("    Then it dreams\n", "", without_checks, ":29: QA-WS-902 has no Then: it cannot fail"),
    (
        "    When it sleeps\n    Then it dreams\n",
        "",
        without_checks,
        ":29: QA-WS-902 has no steps: it verifies nothing",
    ),
    ("@QA-WS-901 @p0", "@QA-WS-901@p0", without_checks, ':5: @QA-WS-901@p0 is one tag; write "@QA'),
    ("@integration", "@a@b", without_checks, ':1: @a@b is one tag; write "@a @b"'),
    ("@scale", "@scale@b", without_checks, ":18: @scale@b is one tag"),
    (WINE, "", without_rows, ":19: these Examples of QA-WS-901 have no rows"),
    (
        FEATURE[FEATURE.index("    Examples: often") : FEATURE.index("  @QA-WS-902")],
        "",
        without_rows,
        ":6: the outline QA-WS-901 has no Examples",
    ),
    (
        "      | type  | pong  |\n      | id    | 7     |\n",
        "",
        without_rows,
        ':8: the table below "it answers with" has no rows',
    ),
]


@pytest.mark.parametrize(("old", "new", "finds", "said"), HOLLOW, ids=[h[3] for h in HOLLOW])
def test_what_cannot_fail_is_named_with_file_and_line(folder, old, new, finds, said):
    assert not [*finds(plan_command.parsed(folder), Selection())]
    edit(folder, old, new)
    [line] = finds(plan_command.parsed(folder), Selection())
    assert line.startswith(f"features/thing.feature{said}")


def test_what_was_not_selected_may_be_hollow(folder):
    edit(folder, "    Then it dreams\n", "")
    edit(folder, WINE, "")
    features = plan_command.parsed(folder)
    for chosen, checks, rows in (
        (selection("@p0"), 0, 1),
        (selection("@p0 and not @scale"), 0, 0),
        (selection("@p1"), 1, 0),
        (selection(name="answers"), 0, 1),
        (selection(lines=[line_of("bread")]), 0, 0),
    ):
        assert len([*without_checks(features, chosen)]) == checks
        assert len([*without_rows(features, chosen)]) == rows
