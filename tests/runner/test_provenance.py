"""Which state of the suite a run is of."""

import subprocess

import pytest

from qaws.runner.provenance import ROOT, state_of, suite_state, target_identity
from qaws.runner.tested import resolved
from qaws.sut.target_file import read_target

IDENTITY = ("-c", "user.name=QA", "-c", "user.email=qa@example.test", "-c", "commit.gpgsign=false")


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-C", str(folder), *IDENTITY, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("/reports/*\n")
    (tmp_path / "qaws").mkdir()
    (tmp_path / "qaws" / "one.py").write_text("1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository):
    commit = git(repository, "rev-parse", "HEAD")
    assert state_of(repository) == {"commit": commit, "changes": ""}
    (repository / "reports").mkdir()
    (repository / "reports" / "run.json").write_text("{}")
    assert state_of(repository) == {"commit": commit, "changes": ""}, "what is ignored is no change"


def test_changes_are_told_apart_by_what_they_are(repository):
    clean = state_of(repository)
    file = repository / "qaws" / "one.py"
    file.write_text("2\n")
    two = state_of(repository)
    file.write_text("3\n")
    three = state_of(repository)
    assert clean["commit"] == two["commit"] == three["commit"]
    assert len({clean["changes"], two["changes"], three["changes"]}) == 3
    file.write_text("2\n")
    assert state_of(repository) == two


def test_a_file_that_is_not_yet_in_the_repository_is_a_change_too(repository):
    new = repository / "qaws" / "new é.py"
    new.write_text("1\n")
    one = state_of(repository)
    new.write_text("2\n")
    assert one["changes"] not in ("", state_of(repository)["changes"])
    assert one["files"] == "qaws/new é.py"


def test_a_few_of_the_files_that_were_changed_are_named(repository):
    git(repository, "mv", "qaws/one.py", "qaws/uno.py")
    (repository / "targets").mkdir()
    for name in "abc":
        (repository / "targets" / f"{name}.toml").touch()
    told = "qaws/uno.py, targets/a.toml, targets/b.toml, and 1 more"
    assert state_of(repository)["files"] == told


def test_without_a_repository_the_files_tell(tmp_path):
    (tmp_path / "features").mkdir()
    file = tmp_path / "features" / "a.feature"
    file.write_text("1")
    one = state_of(tmp_path)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "x").write_text("x")
    assert one["commit"] is None
    assert state_of(tmp_path) == one
    file.write_text("2")
    assert state_of(tmp_path) != one


def test_a_folder_within_another_repository_has_no_commit_of_its_own(repository):
    assert state_of(repository / "qaws")["commit"] is None


def test_without_git_nobody_is_stopped(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository / "nowhere"))
    assert state_of(repository)["commit"] is None


def test_the_suite_has_a_state():
    assert set(suite_state()) - {"files"} == {"commit", "changes"}
    assert (ROOT / "environment.py").is_file()


def test_other_settings_are_another_target():
    file = ROOT / "targets" / "reference.toml"
    plain = target_identity(read_target(file, {}, {}))
    assert plain == target_identity(read_target(file, {}, {}))
    other = read_target(file, {"launch.command": "{python} -m faults x"}, {})
    assert target_identity(other) != plain


def test_another_decoder_is_another_target(tmp_path):
    text = (ROOT / "tests/services/dialects/zipped.toml").read_text("utf-8")
    file, decoder = tmp_path / "mine.toml", tmp_path / "ticks.py"
    file.write_text(text.replace('received = "gzip"', f'received = "{decoder}"'), "utf-8")
    decoder.write_text("def decode(message): return message", "utf-8")
    target = read_target(file, {}, {})
    before, shown = target_identity(target), resolved(target)["dialect"]["encoding"]
    decoder.write_text("def decode(message): return None", "utf-8")
    assert target_identity(target) != before
    assert shown["received"] == str(decoder)
    assert {file: len(digest) for file, digest in shown["sha256"].items()} == {str(decoder): 64}
    assert resolved(target)["dialect"]["encoding"]["sha256"] != shown["sha256"]
