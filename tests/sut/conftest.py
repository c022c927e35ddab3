"""Target files of tests, read as a run reads them."""

import pytest

from qaws.sut.target_file import read_target
from qaws.verdict import Broken


@pytest.fixture
def read(tmp_path):
    def reading(text, overrides=None, environment=None):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return read_target(file, overrides or {}, environment or {})

    return reading


@pytest.fixture
def complaint(read, tmp_path):
    """Read a bad file; return the one line that says so, without the file's name."""

    def complaining(text, overrides=None, environment=None):
        with pytest.raises(Broken) as caught:
            read(text, overrides, environment)
        said = str(caught.value)
        assert "\n" not in said
        if not overrides and not environment:
            assert said.startswith(f"{tmp_path / 'mine.toml'}: ")
        return said.replace(f"{tmp_path / 'mine.toml'}: ", "")

    return complaining
