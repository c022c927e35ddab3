"""Faults that are asked together: which may, and what counts as green."""

import pytest

from app import messages, sessions
from app.fanout import Fanout
from faults.catalogue import all_faults
from faults.fault import Fault, fault, places_of, replace
from faults.proof.groups import MOST, Cells, Group, grouped, named_by, quiet_ids, suspected
from faults.proof.scope import measures
from tests.faults.proof.rows import STARVED, row

SECONDS = {"QA-WS-001": 1.0, "QA-WS-006": 1.0, "QA-WS-024": 9.0, "QA-WS-025": 9.0}


def changing(name: str, *places: tuple[object, str], caught_by: str = "QA-WS-006") -> Fault:
    def patch() -> None:
        for owner, attribute in places:
            replace(owner, attribute, None)

    patch.__name__ = name
    return fault(story="", caught_by={caught_by: "x"})(patch)


def test_asking_what_a_fault_changes_changes_nothing():
    before = messages.parse_tick
    one = changing("one", (messages, "parse_tick"), (Fanout, "publish"))
    assert places_of(one) == [(messages, "parse_tick"), (Fanout, "publish")]
    assert messages.parse_tick is before


def test_every_fault_changes_something():
    assert all(places_of(each) for each in all_faults().values())


def test_a_fault_that_cannot_be_applied_leaves_the_next_one_whole():
    with pytest.raises(AttributeError):
        places_of(changing("lost", (messages, "not_there")))
    one = changing("one", (sessions, "SESSION_ID_BYTES"))
    before = sessions.SESSION_ID_BYTES
    try:
        one.apply()
        assert sessions.SESSION_ID_BYTES is None
    finally:
        sessions.SESSION_ID_BYTES = before


def whole(*faults: Fault) -> list[tuple[Fault, Cells]]:
    return [(each, Cells(named_by(each), frozenset(SECONDS) - named_by(each))) for each in faults]


def names(groups: list[Group]) -> list[list[str]]:
    return [sorted(each.name for each in group.faults) for group in groups]


def test_what_changes_the_same_function_is_not_asked_together():
    one, two = (changing(name, (messages, "parse_tick")) for name in ("one", "two"))
    assert grouped(whole(one, two), SECONDS) == []


def test_what_names_the_same_scenarios_is_asked_together():
    costly = [
        changing("one", (messages, "parse_tick"), caught_by="QA-WS-024"),
        changing("two", (messages, "parse_command"), caught_by="QA-WS-024"),
    ]
    cheap = [
        changing("three", (Fanout, "publish"), (messages, "parse_tick")),
        changing("four", (Fanout, "send"), (messages, "parse_command")),
    ]
    groups = grouped(whole(costly[0], cheap[0], costly[1], cheap[1]), SECONDS)
    assert names(groups) == [["four", "three"], ["one", "two"]]
    assert [group.named for group in groups] == [{"QA-WS-006"}, {"QA-WS-024"}]
    assert [group.asked for group in groups] == [
        {"QA-WS-001", "QA-WS-024", "QA-WS-025"},
        {"QA-WS-001", "QA-WS-006", "QA-WS-025"},
    ]


def test_what_others_of_a_group_name_is_asked_in_a_further_round_beside_others():
    first, second, third, fourth = (
        changing(name, (Fanout, name), caught_by=test_id)
        for name, test_id in [
            ("publish", "QA-WS-024"),
            ("send", "QA-WS-025"),
            ("subscribe", "QA-WS-024"),
            ("unsubscribe", "QA-WS-025"),
        ]
    )
    faults = whole(first, second, third, fourth)
    for each, cells in faults:
        cells.open = frozenset({"QA-WS-025"} if each in (first, third) else {"QA-WS-024"})
    faults[0][1].met = faults[1][1].met = {first.name, second.name}
    groups = grouped(faults, SECONDS)
    assert names(groups) == [["publish", "subscribe"], ["send", "unsubscribe"]]
    assert [group.asked for group in groups] == [{"QA-WS-025"}, {"QA-WS-024"}]


def test_nobody_is_beside_whom_it_has_been_with_before():
    faults = whole(*(changing(name, (Fanout, name)) for name in ("publish", "send")))
    assert names(grouped(faults, SECONDS)) == [["publish", "send"]]
    faults[0][1].met = faults[1][1].met = {"publish", "send"}
    assert grouped(faults, SECONDS) == []


def test_of_what_nothing_is_open_nothing_is_asked():
    faults = whole(*(changing(name, (Fanout, name)) for name in ("publish", "send")))
    faults[0][1].open = frozenset()
    assert grouped(faults, SECONDS) == []


def test_what_is_red_in_the_words_of_one_of_a_group_is_put_down_to_that_one():
    loses = fault(story="", caught_by={"QA-WS-006": "never received ticks that it was due"})(
        changing("loses", (Fanout, "publish")).apply
    )
    other = fault(story="", caught_by={"QA-WS-012": "max connections"})(
        changing("other", (Fanout, "send")).apply
    )
    rows = [
        row("QA-WS-007"),
        row("QA-WS-008", "failed", "the end marker to Alice: measured nothing in 3000 ms"),
        row("QA-WS-009", "failed", "measured max connections"),
        row("QA-WS-010", "failed", "closed early"),
        row("QA-WS-011", "error", "the end marker to Alice was not published"),
    ]
    assert suspected(loses, rows) == {"QA-WS-008"}
    assert suspected(other, rows) == {"QA-WS-009"}


def test_the_groups_of_all_faults():
    functional = [each for each in all_faults().values() if not measures(each)]
    groups = grouped(whole(*functional), SECONDS)
    assert all(2 <= len(group.faults) <= MOST for group in groups)
    all_names = [each.name for group in groups for each in group.faults]
    assert len(all_names) == len({*all_names}) > 0.8 * len(functional)
    for group in groups:
        places = [(id(o), name) for each in group.faults for o, name in {*places_of(each)}]
        assert len(places) == len({*places})
        assert all({*each.caught_by, *each.also} <= group.named for each in group.faults)
        assert group.asked.isdisjoint(group.named)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row("QA-WS-008")],
        [row("QA-WS-008"), row("QA-WS-008", "failed", "late")],
        [row("QA-WS-008"), row("QA-WS-008", "error", STARVED)],
    ],
)
def test_a_scenario_is_quiet_only_when_all_its_rows_are_green(rows):
    expected = {"QA-WS-007": 1, "QA-WS-008": 2}
    assert quiet_ids([row("QA-WS-007"), *rows], expected) == {"QA-WS-007"}
    assert quiet_ids([row("QA-WS-008")] * 2, expected) == {"QA-WS-008"}
