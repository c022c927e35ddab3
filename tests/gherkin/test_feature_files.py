"""Feature files as editors leave them."""

import pytest
from behave.parser import ParserError

from qaws.gherkin.feature_files import parse_file, text_of

TEXT = "Feature: Café\n\n  Scenario: One\n    Given nothing\n"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return a function that writes a feature file with this content; it gives the file's name."""
    monkeypatch.chdir(tmp_path)

    def write(content):
        (tmp_path / "a.feature").write_bytes(content)
        return str(tmp_path / "a.feature")

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_with_a_byte_order_mark_or_without_it_is_the_same(file, encoding):
    name = file(TEXT.encode(encoding))
    assert text_of(name) == TEXT
    feature = parse_file(name)
    assert (feature.name, [each.line for each in feature.scenarios]) == ("Café", [3])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT.encode("cp1252"), "a.feature:1: is not UTF-8 (byte 0xe9); save it as UTF-8"),
        (b"Feature: x\n  Scenario: \xff", "a.feature:2: is not UTF-8 (byte 0xff); save it as"),
        (TEXT.encode("utf-16"), "a.feature:1: is UTF-16; save it as UTF-8"),
        (TEXT.encode("utf-32"), "a.feature:1: is UTF-32; save it as UTF-8"),
        (b"Feature: x\n<<<<<<< HEAD\n", 'a.feature:2: an unfinished merge: "<<<<<<< HEAD"; choose'),
        (b"Feature: x\n>>>>>>> main\n", 'a.feature:2: an unfinished merge: ">>>>>>> main"; choose'),
    ],
)
def test_what_is_no_feature_file_of_ours_is_said_in_one_line(file, content, said):
    with pytest.raises(ParserError) as problem:
        parse_file(file(content))
    assert str(problem.value).startswith(said)
    assert "\n" not in str(problem.value)
