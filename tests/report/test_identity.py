"""What a row is called in reports: short, and like no other."""

from behave.parser import parse_feature

from qaws.report.identity import LONGEST_ROW, row_text

LONG = "a message that is as long as a table bears and then some, " * 2
FEATURE = f"""Feature: Names
  Scenario Outline: It is told apart
    When <what> comes
    Examples:
      | what          |
      | {LONG} once   |
      | {LONG} twice  |
      | short         |
"""


def test_rows_that_begin_alike_are_told_apart_where_they_are_cut():
    [outline] = parse_feature(FEATURE).scenarios
    once, twice, short = map(row_text, outline.scenarios)
    assert short == "short"
    assert once.endswith("… (line 6)")
    assert twice.endswith("… (line 7)")
    assert len(once) == len(twice) == LONGEST_ROW
