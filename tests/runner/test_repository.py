"""What `qaws init` puts into a team's own folder, and what runs there."""

import json
from types import SimpleNamespace

import pytest
from behave.exception import ConfigError

from qaws import places
from qaws.gherkin import lint as linter
from qaws.gherkin import plan_command
from qaws.runner import init, own, repository, selection
from qaws.runner.provenance import state_now
from qaws.verdict import Broken
from tests.forked import run_behave, run_module
from tests.waiting import HANG_S

INIT = ("mine", "--no-probe", "--url", "wss://ticks.example/ws", "--token-variable", "TOKEN")
EXAMPLE = "features/own/example.feature"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def begun(here, capsys):
    """Stand in a folder that `qaws init` has laid out."""
    assert init.main(INIT) == 0
    said = capsys.readouterr().out
    return SimpleNamespace(path=here, said=said)


def test_a_target_that_is_refused_leaves_an_empty_folder_empty(here, capsys):
    assert init.main(("mine", "--no-probe", "--url", "http://ticks.example/ws")) == 2
    assert "url" in capsys.readouterr().err
    assert not list(here.iterdir())


def lint(folder):
    """Lint a folder in a process of its own: step definitions stay where they were loaded."""
    env = {"PYTHONPATH": str(places.PACKAGE.parent)}
    done = run_module("qaws", "lint", env=env, cwd=folder, within_s=4 * HANG_S)
    return done.returncode, done.stdout


def test_it_writes_what_a_folder_of_ones_own_needs(begun):
    for name in repository.FILES:
        assert (begun.path / name).is_file()
        assert f"wrote {name}\n" in begun.said
    first = (begun.path / "targets" / "mine.toml").read_text().splitlines()[0]
    assert first == "#:schema target.schema.json"
    json.loads((begun.path / "targets" / "target.schema.json").read_text())


def test_what_is_there_already_stays(here, capsys):
    (here / "behave.ini").write_text("[behave]\n")
    (here / ".gitignore").write_text("/mine/\n")
    assert init.main(INIT) == 0
    said = capsys.readouterr().out
    assert 'behave.ini is yours, and stays: put "runner = qaws.runner.own:Runner" into it' in said
    assert (here / "behave.ini").read_text() == "[behave]\n"
    assert (here / ".gitignore").read_text() == "/mine/\n"
    assert init.main(("other", *INIT[1:])) == 0
    assert "wrote features" not in capsys.readouterr().out


def test_another_folder_for_targets_is_no_repository(here):
    assert init.main((*INIT, "--folder", str(here / "elsewhere"))) == 0
    assert sorted(file.name for file in here.iterdir()) == ["elsewhere"]


def test_the_suites_own_folder_gets_nothing(monkeypatch):
    monkeypatch.chdir(places.SUITE)
    assert not repository.is_for_a_team(places.SUITE)


def paths(*given):
    """Return what behave would run, and the folder of its hooks."""
    config = SimpleNamespace(
        paths=list(given), verbose=False, steps_dir="steps", environment_file="environment.py"
    )
    runner = own.Runner.__new__(own.Runner)
    runner.config = config
    runner.path_manager = SimpleNamespace(add=lambda path: None)
    runner.setup_paths()
    return config.paths, runner.base_dir


def test_a_run_is_of_the_teams_features_and_the_suites(begun):
    mine = str(begun.path / "features")
    assert paths() == ([mine, str(places.FEATURES)], mine)


def test_a_file_or_a_folder_on_the_command_line_is_run_alone(begun):
    assert paths(EXAMPLE) == ([EXAMPLE], str(begun.path / "features"))


def test_without_features_of_ones_own_the_suites_are_run(begun):
    (begun.path / EXAMPLE).unlink()
    assert paths() == ([str(places.FEATURES)], str(begun.path / "features"))


def test_the_state_of_a_run_knows_the_teams_files(begun):
    before = state_now()
    assert before == state_now()
    (begun.path / EXAMPLE).write_text("Feature: another\n")
    assert state_now() != before


def test_the_plan_stays_as_the_package_has_it(begun, capsys):
    assert plan_command.main([]) == 0
    before = (places.FEATURES / "plan.json").read_bytes()
    assert plan_command.main(["--replace"]) == 2
    assert "the plan is the suite's" in capsys.readouterr().out
    assert (places.FEATURES / "plan.json").read_bytes() == before


def test_the_lint_is_content_with_what_was_written(begun):
    code, said = lint(begun.path)
    assert code == 0, said


def test_the_lint_judges_what_a_team_adds(begun):
    feature = begun.path / EXAMPLE
    text = feature.read_text()
    feature.write_text(
        text.replace("@p0", "@p0 @QA-WS-006 @ours").replace(
            "a ping message from Alice is answered", "Alice is answered"
        )
    )
    data = begun.path / "features" / "data"
    data.mkdir()
    (data / "origins.toml").write_text(
        '[[row]]\nname = "our shop"\nsends = ["https://shop.example"]\nsource = "Team: ours"\n'
    )
    steps = begun.path / "features" / "steps" / "ours.py"
    steps.write_text(
        "from qaws.gherkin.steps import then\n\n\n"
        '@then("nothing happens")\ndef nothing(context):\n    """Never."""\n'
    )
    code, said = lint(begun.path)
    assert code == 1
    told = said.splitlines()
    refused = f"{EXAMPLE}:9: @QA-WS-006: ids of this form are the suite's; a scenario of your own"
    assert f"{refused} needs none" in told
    assert 'features/steps/ours.py:4: no scenario uses the step "nothing happens"' in told
    assert any(f"{EXAMPLE}:14: no phrase fits" in line for line in told)
    assert any('features/data/origins.toml: "our shop": no feature names it' in x for x in told)
    assert len(told) == 5, said
    (data / "origins.toml").write_text("[[row]]\n")
    (data / "orgins.toml").write_text("")
    assert "orgins.toml: no list is called so" in lint(begun.path)[1]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("def (", "features/steps/ours.py:1: invalid syntax"),
        (
            "from qaws.gherkin.steps import given\n"
            '@given("the ticker service is running")\ndef twice(context):\n    """Again."""\n',
            "AmbiguousStep: @given('the ticker service is running') has already been defined",
        ),
        (
            "from qaws.gherkin.steps import then\n"
            '@then("it is {x:Nope}")\ndef odd(context, x):\n    """Odd."""\n',
            "features/steps/ours.py:2: ValueError: format spec 'Nope' not recognised",
        ),
    ],
)
def test_steps_that_do_not_load_are_told_in_one_line(begun, steps, said):
    (begun.path / "features" / "steps" / "ours.py").write_text(steps)
    code, told = lint(begun.path)
    assert code == 1
    assert said in told.splitlines()[0]
    assert len(told.splitlines()) == 2, told


def test_the_lint_takes_two_of_one_title_for_one(begun):
    (begun.path / "features/own/again.feature").write_text((begun.path / EXAMPLE).read_text())
    code, said = lint(begun.path)
    assert code == 1
    assert f"{EXAMPLE}:9: has the title of features/own/again.feature:9" in said


def test_what_is_wrong_with_a_row_is_told_once_also_where_it_is_named(begun):
    feature = begun.path / EXAMPLE
    step = "    And Alice sends a malformed message 3 times: ours\n    Then Alice is connected"
    feature.write_text(feature.read_text().replace("    Then Alice is connected", step))
    data = begun.path / "features" / "data"
    data.mkdir()
    rows = '[[row]]\nname = "ours"\n{} = "x"\nsource = "Team: ours"\n'
    (data / "malformed-messages.toml").write_text(rows.format("sedns"))
    code, said = lint(begun.path)
    assert code == 1
    assert len(said.splitlines()) == 2, said
    assert 'has no key "sedns"; did you mean "sends"' in said
    (data / "malformed-messages.toml").write_text(rows.format("sends").replace("ours", "others", 1))
    assert '"others": no feature names it; name it in a scenario of yours' in lint(begun.path)[1]


def test_the_package_lints_no_folder_that_is_no_teams(here, monkeypatch, capsys):
    monkeypatch.setattr(places, "IS_INSTALLED", True)
    assert linter.main([]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("BROKEN: features/steps/suite.py is not there")
    assert not said.out


def test_a_file_of_the_suites_runs_with_the_teams_hooks(begun):
    suites = f"{places.FEATURES / 'lifecycle.feature'}:10"
    assert paths(suites) == ([suites], str(begun.path / "features"))


@pytest.mark.parametrize("lost", ["before_all", "after_scenario"])
def test_hooks_that_are_gone_are_named(begun, lost):
    file = begun.path / "features" / "environment.py"
    file.write_text(file.read_text().replace(f"    {lost},\n", "").replace(f'    "{lost}",\n', ""))
    runner = own.Runner.__new__(own.Runner)
    runner.base_dir, runner.hooks = str(file.parent), {}
    runner.config = SimpleNamespace(environment_file="environment.py")
    with pytest.raises(ConfigError, match=f"features/environment.py: has no {lost}; import"):
        runner.load_hooks()


def test_a_runner_that_is_not_the_suites_is_named_and_ends_with_2(begun):
    (begun.path / "behave.ini").unlink()
    env = {"PYTHONPATH": str(places.PACKAGE.parent)}
    done = run_behave("features/own", env=env, cwd=begun.path)
    assert done.returncode == 2
    line = 'BROKEN: behave.ini: needs the line "runner = qaws.runner.own:Runner" below [behave]'
    assert line in done.stdout.splitlines()
    assert "passed" not in done.stdout


@pytest.mark.parametrize("given", [(), ("own",)])
def test_a_run_from_within_features_is_sent_to_the_folder_above(begun, given):
    env = {"PYTHONPATH": str(places.PACKAGE.parent)}
    done = run_behave(*given, env=env, cwd=begun.path / "features")
    assert done.returncode == 2
    line = f"BROKEN: behave reads {begun.path}/behave.ini only where it is: start it from "
    assert f"{line}{begun.path}" in done.stdout.splitlines()
    assert "needs the line" not in done.stdout


def test_an_id_of_the_suite_is_no_teams_to_give(begun):
    feature = begun.path / EXAMPLE
    feature.write_text(feature.read_text().replace("@p0 @normal", "@QA-WS-001 @p0 @normal"))
    [ours] = plan_command.parsed(begun.path / "features")
    said = "example.feature:9: @QA-WS-001: ids of this form are the suite's; take it out"
    with pytest.raises(Broken, match=said):
        selection._require_ids_of_the_suite([ours], places.FEATURES)
    selection._require_ids_of_the_suite(plan_command.parsed(places.FEATURES), places.FEATURES)


OUTLINE = """  @ours
  Scenario Outline: Ours
    Given <what>
    Examples:
      | what |
      | a    |
    {}
    Examples: more
      | what |
      | b    |
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@QA-WS-002\nFeature: O\n" + OUTLINE.format("@own"), "x.feature:4: @QA-WS-002"),
        ("Feature: O\n" + OUTLINE.format("@QA-WS-002"), "x.feature:9: @QA-WS-002"),
        ("Feature: O\n" + OUTLINE.format("@QA-WS-1001"), "x.feature:9: @QA-WS-1001"),
    ],
    ids=["of the feature", "of a table", "that the suite has not"],
)
def test_an_id_is_found_wherever_it_stands_and_whatever_its_number(here, text, said):
    (here / "features").mkdir()
    (here / "features" / "x.feature").write_text(text)
    [ours] = plan_command.parsed(here / "features")
    with pytest.raises(Broken, match=f"{said}: ids of this form are the suite's"):
        selection._require_ids_of_the_suite([ours], places.FEATURES)
    [outline] = ours.scenarios
    assert any(f"{said}: ids of this" in each for each in linter._own_problems(outline, "O", {}))
