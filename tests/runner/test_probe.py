"""What `qaws probe` is told on the command line; what it sees is for tests/e2e."""

import pytest

from qaws.runner import probe

TWO = ("one.toml", "two.toml")


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """Return which file was probed, with what overrides."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QAWS_TARGET", raising=False)
    (tmp_path / "targets").mkdir()
    for name in TWO:
        (tmp_path / "targets" / name).touch()
    found = []
    monkeypatch.setattr(probe, "probe", lambda file, given, say: found.append((file, given)) or 0)
    return found


@pytest.mark.parametrize("words", [["targets/two.toml"], ["-D", "target=targets/two.toml"]])
def test_a_target_is_named_as_a_word_or_as_behave_has_it(probed, words):
    assert probe.main([*words, "-D", "feed.broker=embedded"]) == 0
    [(file, overrides)] = probed
    assert (str(file), overrides) == ("targets/two.toml", {"feed.broker": "embedded"})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "targets/ has one.toml, two.toml: say which is meant"),
        (["-D", "tarket=x", "targets/two.toml"], "-D tarket=…: no such setting; known are target"),
    ],
)
def test_what_names_none_is_told_in_one_line(probed, capsys, words, said):
    assert probe.main(words) == 2
    assert capsys.readouterr().err.startswith(f"BROKEN: {said}")
    assert not probed
