"""Results of an earlier run."""

from types import SimpleNamespace

from behave.configuration import Configuration
from behave.reporter.junit import JUnitReporter

from qaws import places
from qaws.report.formatter import clear_results
from qaws.report.junit import SignoffJUnitReporter, clear_junit


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
    config = Configuration([str(tmp_path)], load_config=False)
    reporter = SignoffJUnitReporter(config, bool)
    suites = SimpleNamespace(filename=str(places.FEATURES / "load.feature"))
    assert reporter.make_feature_filename(suites) == "load"


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
