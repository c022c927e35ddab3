"""The order of an outline's rows."""

import pytest

from faults.proof.runner import is_about

FLOODS = "floods of 1,000 messages a second"


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("answer to floods of 1,000 messages a second", True),
        ("a flood of messages", False),
        ("second", False),
        ("", False),
    ],
)
def test_a_row_is_about_what_is_expected_when_two_neighbouring_words_are(words, about):
    assert is_about(["7", FLOODS], [words]) is about


def test_a_row_without_cells_is_about_nothing():
    assert not is_about([], ["floods of"])
