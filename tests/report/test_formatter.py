"""Results of an earlier run."""

from types import SimpleNamespace
from xml.etree import ElementTree

from behave.configuration import Configuration
from behave.reporter.junit import JUnitReporter
from behave.runner_util import parse_features

from qaws import places
from qaws.report.formatter import clear_results
from qaws.report.junit import SignoffJUnitReporter, clear_junit, names_of


def test_clearing_results_spares_other_files(tmp_path):
    for name in ("1-result.json", "1-attachment.txt", "2-container.json", "notes.txt"):
        (tmp_path / name).touch()
    clear_results(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_so_does_clearing_junit_files(tmp_path):
    for name in ("TESTS-load.xml", "TESTS-run.xml", "unit.xml", "TESTS.md"):
        (tmp_path / name).touch()
    clear_junit(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["TESTS.md", "unit.xml"]


def test_junit_does_not_say_where_the_suite_is_installed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Configuration([str(places.FEATURES)], load_config=False)
    config.base_dir = str(tmp_path)
    reporter = SignoffJUnitReporter(config, bool)
    suites = SimpleNamespace(filename=str(places.FEATURES / "load.feature"))
    assert reporter.make_feature_filename(suites) == "load"


def test_no_two_features_share_a_junit_file(tmp_path):
    files = ["tokens", "run", "own/tokens", "own.tokens", "features/tokens", "equities/ticks"]
    mine = [tmp_path / "features" / f"{name}.feature" for name in files]
    elsewhere = tmp_path / "ticks.feature"
    suites = places.FEATURES / "tokens.feature"
    found = names_of([*mine, elsewhere, suites], tmp_path / "features")
    assert found[suites] == "tokens"
    told = dict(zip(files, (found[file] for file in mine), strict=True))
    assert told == {
        "tokens": "tokens-2",
        "run": "features.run",
        "own/tokens": "own.tokens",
        "own.tokens": "features.own.tokens",
        "features/tokens": "features.tokens",
        "equities/ticks": "equities.ticks",
    }
    assert found[elsewhere] == "ticks"
    assert len({*found.values()}) == len(found)


def test_a_feature_named_like_one_of_the_suites_keeps_its_junit_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "features").mkdir()
    own = tmp_path / "features" / "tokens.feature"
    own.write_text("Feature: Ours\n  Scenario: One\n    Given x\n")
    suites = places.FEATURES / "tokens.feature"
    given = ["--junit", f"--junit-directory={tmp_path}/j", str(own), str(suites)]
    config = Configuration(given, load_config=False)
    config.base_dir = str(tmp_path / "features")
    reporter = SignoffJUnitReporter(config, lambda _: True)
    for feature in parse_features([str(own), str(suites)]):
        reporter.feature(feature)
    found = {
        file.name: ElementTree.parse(file).getroot().get("name")
        for file in (tmp_path / "j").iterdir()
    }
    assert found["TESTS-features.tokens.xml"] == "features.tokens.Ours"
    assert set(found) == {"TESTS-features.tokens.xml", "TESTS-tokens.xml"}


def test_the_folder_of_junit_may_be_made_by_two_processes_at_once(tmp_path, monkeypatch):
    """behave's reporter asks whether it is there, and stumbles where another has made it since."""
    monkeypatch.chdir(tmp_path)
    config = Configuration(["--junit", f"--junit-directory={tmp_path}/a/b"], load_config=False)
    there = []
    monkeypatch.setattr(
        JUnitReporter, "feature", lambda *_: there.append((tmp_path / "a/b").is_dir())
    )
    reporter = SignoffJUnitReporter(config, bool)
    for _ in range(2):
        reporter.feature(SimpleNamespace(walk_scenarios=lambda: [1]))
    assert there == [True, True]
