"""What a page in a browser must have received."""

import pytest

from qaws.behaviours.browser import _amiss

DUE = [("NIFTY", 1), ("BANKNIFTY", 1), ("NIFTY", 2)]


@pytest.mark.parametrize(
    ("got", "said"),
    [
        ([*DUE, ("NIFTY", 3)], ""),
        ([("BANKNIFTY", 1), ("NIFTY", 1), ("NIFTY", 2)], ""),
        (DUE[1:], "1 never came: NIFTY #1"),
        ([*DUE, DUE[1]], "1 came more than once: BANKNIFTY #1"),
        (DUE[::-1], "1 out of order: NIFTY #1 came after #2"),
    ],
)
def test_what_is_amiss_at_a_page_is_named(got, said):
    assert _amiss(got, DUE) == said
