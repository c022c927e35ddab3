"""Where the suite's files are, and which target is meant where nobody says."""

import pytest

from qaws import places
from qaws.verdict import Broken


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own(folder):
    (folder / places.OWN_STEPS).parent.mkdir(parents=True)
    (folder / places.OWN_STEPS).touch()


def targets(folder, *names):
    (folder / "targets").mkdir()
    for name in names:
        (folder / "targets" / name).touch()


def test_the_projects_features_are_nobodys_own(monkeypatch):
    assert not places.IS_INSTALLED
    assert (places.FEATURES / "plan.json").is_file()
    monkeypatch.chdir(places.SUITE)
    assert places.own_features() is None
    assert places.default_target() == places.REFERENCE


def test_a_folder_that_loads_the_suites_steps_is_a_teams_own(here):
    assert places.own_features() is None
    own(here)
    assert places.own_features() == here / "features"


def test_the_reference_is_meant_where_it_is_there(here):
    targets(here, "mine.toml", "reference.toml")
    assert places.default_target() == places.REFERENCE


def test_the_only_target_is_meant(here):
    targets(here, "mine.toml", "notes.txt")
    assert str(places.default_target()) == "targets/mine.toml"


def test_of_several_targets_none_is_guessed(here):
    targets(here, "mine.toml", "yours.toml")
    with pytest.raises(Broken, match=r"targets/ has mine.toml, yours.toml: say which .*-D target="):
        places.default_target()


def test_a_team_without_a_target_is_told_how_to_get_one(here):
    own(here)
    with pytest.raises(Broken, match=r'targets/ has no target file; "qaws init NAME" writes one'):
        places.default_target()


def test_elsewhere_the_reference_is_named_which_is_then_missed(here):
    assert places.default_target() == places.REFERENCE
