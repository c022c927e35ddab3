"""What a crowd has received, compared with the ledger when it has gone."""

import json
from types import SimpleNamespace

import pytest

from qaws.behaviours import kept_ticks
from qaws.behaviours.background_load import BACKGROUND_LOAD, require_contract
from qaws.load.churn.storm import StormReport
from qaws.oracle.ledger import Ledger, Published
from qaws.protocol.declared import Declared
from qaws.protocol.dialect import QaWs
from qaws.protocol.listing import Listing
from qaws.protocol.market import Market
from qaws.sut.spoken import built_in
from qaws.verdict import Refuted
from tests.bare import bare_testbed

MARKET = Market()
FIELDS = {1: MARKET.option_tick(260105), 2: MARKET.option_tick(260361)}


DIALECTS = [QaWs(), Declared(built_in("qa-ws"), Listing({}), {})]


def stage(dialect):
    testbed = bare_testbed()
    testbed.dialect, testbed.ledger = dialect, Ledger()
    testbed.scenario.stash[BACKGROUND_LOAD] = SimpleNamespace(
        flow=SimpleNamespace(symbols=("NIFTY",))
    )
    for number, fields in FIELDS.items():
        token, text = fields["instrument_token"], json.dumps(stamped(number))
        testbed.ledger.add(Published("BANKNIFTY", number, "option_tick", token, 0, text))
    return testbed


def stamped(number, **changes):
    return {**FIELDS.get(number, FIELDS[1]), "seq": number, "due_us": 5, **changes}


def compared(*ticks, dialect=DIALECTS[0]):
    """Return what is found when newcomers have received ticks, each of them by two."""
    testbed, report = stage(dialect), StormReport()
    for place, tick in enumerate(ticks, 1):
        report.ticks[json.dumps(tick).encode()] = f"newcomer {place}", 2
    kept_ticks.compare_with_ledger(testbed, report)
    return testbed, report


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ticks_as_they_were_published_are_in_order_whatever_is_added_to_them(dialect):
    _, report = compared(stamped(1), {**stamped(2), "relayed_at": 7}, dialect=dialect)
    assert (report.faults, report.sentences) == ({}, [])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("tick", "words"),
    [
        (
            stamped(1, last_price=FIELDS[2]["last_price"]),
            f"newcomer 1 received BANKNIFTY option tick #1 of instrument 260105 with last_price "
            f"{FIELDS[2]['last_price']} instead of {FIELDS[1]['last_price']}",
        ),
        (
            stamped(2, instrument_token=260105),
            "newcomer 1 received BANKNIFTY option tick #2 of instrument 260361 with "
            "instrument_token 260105 instead of 260361",
        ),
        (stamped(1, due_us=6), "newcomer 1 received .* with due_us 6 instead of 5"),
        (stamped(9), "newcomer 1 received BANKNIFTY #9, which nobody has published in this"),
    ],
)
def test_a_wrong_tick_fails_with_client_symbol_member_expected_and_received(tick, words, dialect):
    testbed, report = compared(tick, dialect=dialect)
    with pytest.raises(Refuted, match=f"clients: measured 2 x content: {words}"):
        require_contract(testbed, {"tick": 2}, report.faults, report.sentences)


def test_what_is_in_the_report_already_is_not_told_twice():
    stray = stamped(1, symbol="NIFTY", instrument_token=256265)
    _, report = compared(stray, stamped(1, last_price="12"), ["no tick"])
    assert (report.faults, report.sentences) == ({}, [])


def test_all_are_counted_and_the_first_are_shown():
    _, report = compared(*(stamped(1, last_price=n) for n in range(15)))
    assert report.faults == {"content": 30}
    assert len(report.sentences) == 10
