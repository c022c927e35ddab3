"""What `qaws init` puts into a team's own folder, and what runs there."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from qaws import places
from qaws.gherkin import plan_command
from qaws.runner import init, own, repository
from qaws.runner.provenance import state_now
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


def lint(folder):
    """Lint a folder in a process of its own: step definitions stay where they were loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "qaws", "lint"],
        cwd=folder,
        env={"PYTHONPATH": str(places.PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=HANG_S,
    )
    return done.returncode, done.stdout + done.stderr


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
    assert (
        f"{EXAMPLE}:9: @QA-WS-006 is an id of the suite; a scenario of your own needs none" in told
    )
    assert 'features/steps/ours.py:4: no scenario uses the step "nothing happens"' in told
    assert any(f"{EXAMPLE}:14: no phrase fits" in line for line in told)
    assert any('features/data/origins.toml: "our shop": no feature names it' in x for x in told)
    assert len(told) == 5, said
    (data / "origins.toml").write_text("[[row]]\n")
    (data / "orgins.toml").write_text("")
    assert "orgins.toml: no list is called so" in lint(begun.path)[1]
