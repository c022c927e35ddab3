"""The trace: a link that one page has and its neighbour lacks is told, in one line."""

from dataclasses import replace

import pytest

from qaws.gherkin.trace import (
    PLANNED,
    Demand,
    Promise,
    Scenarios,
    Trace,
    criteria_of,
    demands_of,
    faults_of,
    ids_in,
    is_said,
    listed_in,
    promises_of,
    texts_in,
)
from qaws.gherkin.trace_lint import problems
from qaws.gherkin.trace_page import page

IDS = [f"QA-WS-{number:03d}" for number in PLANNED]
THEN: dict[str, tuple[str, ...]] = {"it {word:Word} well": ("things.well",)}


@pytest.fixture
def whole():
    """Every link of 25 tests and one beyond them, as it is to be."""
    names = [*IDS, "QA-WS-101"]
    return Trace(
        promises=(Promise("P-01", (*IDS, "AC-01")), Promise("SP-01", ("QA-WS-002",))),
        demands={name: Demand(name, f"About {name}", name.lower()) for name in names},
        criteria={"AC-01": "latency"},
        listed=frozenset({"QA-WS-101"}),
        scenarios={
            name: Scenarios("a.feature", {f"{name} Holds": 2}, {"load"}, THEN) for name in names
        },
        faults=dict.fromkeys(names, ("a-fault",)),
        sheet={
            "requirements": [
                {"id": name, "title": f"About {name}", "kind": "load", "section": "Load"}
                for name in IDS
            ],
            "beyond": "Beyond the plan",
            "criteria": [
                {
                    "id": "AC-01",
                    "name": "Latency",
                    "measures": [{"id": "QA-WS-013", "what": "latency p50"}],
                }
            ],
        },
        said=(r"latency\ p.+",),
    )


def without(links, name):
    return {each: link for each, link in links.items() if each != name}


def test_a_whole_trace_has_no_problem(whole):
    assert [*problems(whole)] == []


def changed_sheet(trace, **new):
    first, *rest = trace.sheet["requirements"]
    return {**trace.sheet, "requirements": [{**first, **new}, *rest]}


CASES = {
    "a row without an id": (
        lambda t: {"promises": (*t.promises, Promise("001", ("QA-WS-001",)))},
        'the row "001" needs an id',
    ),
    "an id of two rows": (
        lambda t: {"promises": (*t.promises, t.promises[-1])},
        "SP-01 is the id of two rows",
    ),
    "a row of nothing": (
        lambda t: {"promises": (*t.promises, Promise("SP-02", ()))},
        "SP-02 names no test",
    ),
    "a row of a test that nobody states": (
        lambda t: {"promises": (*t.promises, Promise("SP-02", ("QA-WS-099",)))},
        "SP-02 names QA-WS-099, which docs/specification.md does not have",
    ),
    "a test that nobody promises": (
        lambda t: {"promises": (Promise("P-01", (*IDS[1:], "AC-01")),)},
        "no row P-… promises QA-WS-001",
    ),
    "a demand without an anchor": (
        lambda t: {
            "demands": {**t.demands, "QA-WS-001": Demand("QA-WS-001", "About QA-WS-001", "")}
        },
        "QA-WS-001 has no anchor",
    ),
    "a demand without a scenario": (
        lambda t: {"demands": {**t.demands, "QA-WS-140": Demand("QA-WS-140", "New", "section-6")}},
        "QA-WS-140 is stated, but no scenario",
    ),
    "a scenario that the summary leaves out": (
        lambda t: {"listed": frozenset()},
        "QA-WS-101 has scenarios, but the summary",
    ),
    "a scenario that only the summary has": (
        lambda t: {"listed": frozenset({"QA-WS-101", "QA-WS-102"})},
        "the summary says that QA-WS-102 has scenarios",
    ),
    "a sentence that checks nothing": (
        lambda t: {
            "scenarios": {
                **t.scenarios,
                "QA-WS-003": Scenarios("a.feature", {"t": 1}, {"load"}, {"all is well": ()}),
            }
        },
        'QA-WS-003: nothing checks "all is well"',
    ),
    "a scenario without a fault": (
        lambda t: {"faults": without(t.faults, "QA-WS-005")},
        "no fault shows that QA-WS-005 can fail",
    ),
    "a fault of no scenario": (
        lambda t: {"faults": {**t.faults, "QA-WS-300": ("x",)}},
        "faults of QA-WS-300, of which there is no scenario",
    ),
    "another title on the sheet": (
        lambda t: {"sheet": changed_sheet(t, title="Else")},
        'QA-WS-001 is "Else"; docs/specification.md says "About QA-WS-001"',
    ),
    "another kind on the sheet": (
        lambda t: {"sheet": changed_sheet(t, kind="security")},
        "QA-WS-001 is security; its scenarios: load",
    ),
    "fewer rows than the sheet wants": (
        lambda t: {"sheet": changed_sheet(t, scenarios=3)},
        "QA-WS-001 wants 3 rows, features/a.feature has fewer",
    ),
    "a test that is not on the sheet": (
        lambda t: {"sheet": {**t.sheet, "requirements": t.sheet["requirements"][1:]}},
        "QA-WS-001 has no line on the sheet",
    ),
    "a criterion that is on the sheet twice": (
        lambda t: {"sheet": {**t.sheet, "criteria": t.sheet["criteria"] * 2}},
        "AC-01 of docs/specification.md has 2 lines on the sheet",
    ),
    "a figure that no check has": (
        lambda t: {"said": (r"throughput",)},
        '"Latency": no check says "latency p50"',
    ),
}


@pytest.mark.parametrize(("change", "said"), CASES.values(), ids=CASES)
def test_each_link_that_is_missing_is_told_in_one_line(whole, change, said):
    [found] = problems(replace(whole, **change(whole)))
    assert said in found
    assert "\n" not in found


def test_a_scenario_that_is_not_in_the_specification(whole):
    found = [*problems(replace(whole, demands=without(whole.demands, "QA-WS-101")))]
    assert found == ["features/a.feature: QA-WS-101 is not in docs/specification.md"]


def test_the_page_leads_from_a_row_to_the_fault(whole):
    text = page(whole)
    assert "| SP-01 | [002](#qa-ws-002) |" in text
    part = text.partition("### QA-WS-002")[2].partition("<a id=")[0]
    for link in ("P-01, SP-01", "#qa-ws-002", "Holds (2 rows)", "`things.well`", "`a-fault`"):
        assert link in part


def test_numbers_in_the_pages_stand_for_ids():
    assert ids_in("001, 003 to 005") == ("QA-WS-001", "QA-WS-003", "QA-WS-004", "QA-WS-005")
    assert ids_in("AC-01 to AC-03") == ("AC-01", "AC-02", "AC-03")


def test_what_the_pages_say():
    plan = "| id | tests | in the plan |\n| --- | --- | --- |\n| SP-01 | 001, 002 | x |\n"
    assert promises_of(plan) == (Promise("SP-01", ("QA-WS-001", "QA-WS-002")),)
    text = (
        "of section 6, QA-WS-101, 103 to 104.\n"
        '<a id="qa-ws-001"></a>\n\n**QA-WS-001 It holds.** More.\n'
        "| QA-WS-101 | peers go; see below | yes |\n| QA-WS-102 | a token | no scenario yet |\n"
        "| AC-01 | latency | p50 |\n"
    )
    assert demands_of(text) == {
        "QA-WS-001": Demand("QA-WS-001", "It holds", "qa-ws-001"),
        "QA-WS-101": Demand("QA-WS-101", "peers go", "section-6"),
        "QA-WS-102": Demand("QA-WS-102", "a token", "section-6", has_scenario=False),
    }
    assert criteria_of(text) == {"AC-01": "latency"}
    assert listed_in(text) == {"QA-WS-101", "QA-WS-103", "QA-WS-104"}
    listed = "### QA-WS-001 It holds\n\n- `one`: x\n- `two`: see 003\n\n### QA-WS-003 That\n"
    assert faults_of(listed) == {"QA-WS-001": ("one", "two"), "QA-WS-003": ()}


def test_words_of_a_check_with_something_filled_in(tmp_path):
    (tmp_path / "checks.py").write_text('WHAT = f"latency p{x:g}"\nELSE = f"{x} of all"\n')
    said = tuple(texts_in(tmp_path))
    assert is_said("latency p50", said)
    assert not is_said("3 of all", said)
