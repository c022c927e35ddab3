"""What a row is called in reports: short, and like no other; and which test it is of."""

import pytest
from behave.exception import ConstraintError
from behave.parser import parse_feature

from qaws.ids import test_id as id_of
from qaws.report.identity import LONGEST_ROW, check_identities, full_name, identity, row_text

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


INHERITED = """@QA-WS-{feature}
Feature: Inherited
  Scenario Outline: It has an id
    When <what> comes
    @QA-WS-{table}
    Examples:
      | what |
      | it   |
    Examples: of nothing
      | what |
      | else |
"""


@pytest.mark.parametrize(("feature", "table"), [("1001", "x"), ("x", "1001")])
def test_an_id_counts_wherever_it_is_selected_by(feature, table):
    parsed = parse_feature(INHERITED.format(feature=feature, table=table))
    check_identities([parsed])
    [outline] = parsed.scenarios
    named, other = outline.scenarios
    assert id_of(outline) == id_of(named) == "QA-WS-1001"
    assert full_name(named).startswith("QA-WS-1001 It has an id")
    assert identity(named) == "QA-WS-1001; what=it"
    assert id_of(other) == ("QA-WS-1001" if table == "x" else "")


def test_two_ids_are_refused_wherever_they_stand():
    parsed = parse_feature(INHERITED.format(feature="001", table="002"))
    with pytest.raises(ConstraintError, match="one QA-WS tag, not QA-WS-001 and QA-WS-002"):
        check_identities([parsed])


@pytest.mark.parametrize("tag", ["QA-WS-01", "QA-WS-0001", "QA-WS-001x", "qa-ws-001"])
def test_another_form_is_no_id(tag):
    [scenario] = parse_feature(f"Feature: F\n  @{tag}\n  Scenario: S\n    When x\n").scenarios
    assert id_of(scenario) == ""
