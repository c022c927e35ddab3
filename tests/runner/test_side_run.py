"""The sheet with new evidence: made again where there is one, and nobody else writes."""

import pytest

from qaws import places
from qaws.runner import side_run
from qaws.runtime.lock import hold


@pytest.fixture
def made(monkeypatch):
    """Return the folders whose sheet was made again."""
    folders = []
    monkeypatch.setattr(side_run, "make_report", lambda folder: folders.append(folder))
    return folders


def test_a_sheet_is_made_again(tmp_path, made):
    (tmp_path / "run.json").touch()
    side_run.refresh_sheet(tmp_path)
    assert made == [tmp_path]


def test_a_run_that_writes_its_own_sheet_is_left_alone(tmp_path, made, capsys):
    (tmp_path / "run.json").touch()
    with hold(tmp_path):
        side_run.refresh_sheet(tmp_path)
    assert not made
    assert "The sheet was not made again: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("is_installed", "said"), [(False, "`make p0`"), (True, "`qaws run --tags=@p0`")]
)
def test_without_one_it_says_what_makes_one_here(
    tmp_path, made, capsys, monkeypatch, is_installed, said
):
    monkeypatch.setattr(places, "IS_INSTALLED", is_installed)
    side_run.refresh_sheet(tmp_path)
    assert not made
    assert f"once {said} or" in capsys.readouterr().out
