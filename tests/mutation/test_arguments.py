"""What `python -m mutation` is asked for: a sample of nothing would look like a good one."""

import importlib.util

import pytest

if not importlib.util.find_spec("cosmic_ray"):
    pytest.skip("cosmic-ray is not there; make test brings it", allow_module_level=True)

from mutation import __main__ as mutation
from mutation.mutants import all_mutants


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Mutants of one module: to make all of them takes ten seconds."""
    monkeypatch.setattr(mutation, "all_mutants", lambda: all_mutants(["idle"]))


@pytest.mark.parametrize("flag", ["--sample", "--jobs", "--first"])
@pytest.mark.parametrize("value", ["0", "-1", "x"])
def test_a_count_of_nothing_is_refused(capsys, flag, value):
    with pytest.raises(SystemExit) as end:
        mutation.main([f"{flag}={value}"])
    assert end.value.code == 2
    assert f"{value}: must be a number of 1 or more" in capsys.readouterr().err


def test_a_word_that_no_mutant_has_is_said(capsys):
    assert mutation.main(["--only", "no such word", "--sample", "5"]) == 2
    assert "no mutant of the sample has 'no such word' in its name" in capsys.readouterr().out


def test_a_record_that_is_not_there_is_said(capsys, tmp_path):
    assert mutation.main([f"--again={tmp_path / 'none.json'}"]) == 2
    assert f"--again {tmp_path / 'none.json'}: no record of mutants" in capsys.readouterr().out
