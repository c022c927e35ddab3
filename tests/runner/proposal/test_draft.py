"""What is proposed of what was seen."""

import tomllib
from typing import Any

import pytest

from qaws.protocol.dialect_table import DialectTable
from qaws.runner.proposal.draft import NO_TICK, draft_of, remarks
from qaws.runner.proposal.guess import tick_of
from qaws.runner.proposal.seen import FORMS, Answered, Names, Seen
from qaws.runner.proposal.ways import ways

NAMES = Names("NIFTY", 256265)
QA_WS, TICKER_SERVICE = ways()[:2]
TICK = {"type": "option_tick", "symbol": "NIFTY", "instrument_token": 256265, "last_price": 1007.5}
PUBLISHED = TICK | {"seq": 7, "due_us": 123456789}


def as_qa_ws(**changes):
    """Return what is seen of a service that speaks `qa-ws`, but for changes."""
    form = {"instruments": QA_WS.dialect.subscribe.instruments}
    document = PUBLISHED
    tick = tick_of(document, "option tick", "NIFTY", 256265, PUBLISHED)
    assert tick
    usual: dict[str, Any] = {
        "place": "query parameter",
        "welcome": {"type": "connection", "status": "connected", "session_id": "abcdef"},
        "ping": Answered(QA_WS, QA_WS.dialect.ping.say, 1, "", {"type": "pong"}),
        "asked": {
            form: Answered(QA_WS, template, 2, "", {"type": "subscribed", "totals": {}})
            for form, template in form.items()
        },
        "ticks": [(tick, document)],
        "refusals": [{"type": "error", "message": "Invalid message format"}],
    }
    return Seen(**(usual | changes))


def proposed(seen):
    draft = draft_of(seen, "mine", NAMES)
    assert draft
    return draft, tomllib.loads(draft.text)["dialect"]


def test_a_service_of_which_nothing_was_understood_gets_no_proposal():
    assert draft_of(Seen(), "mine", NAMES) is None
    assert draft_of(as_qa_ws(ping=None, welcome=None), "mine", NAMES) is None


def test_what_speaks_qa_ws_needs_no_table():
    draft = draft_of(as_qa_ws(), "mine", NAMES)
    assert draft
    assert (draft.dialect, draft.text, draft.is_near) == ("qa-ws", "", False)


def all_forms(**answers):
    """Return what is acknowledged of everything that a client of `qa-ws` may ask for."""
    return {
        form: Answered(
            QA_WS,
            getattr(QA_WS.dialect.subscribe, form),
            2,
            "",
            answers.get(form, {"type": "subscribed"}),
        )
        for form in FORMS
    }


def test_what_speaks_qa_ws_on_a_closed_market_needs_no_table_either():
    status = [{"type": "status", "status": "degraded"}]
    draft = draft_of(as_qa_ws(asked=all_forms(), ticks=[], others=status), "mine", NAMES)
    assert draft
    assert (draft.dialect, draft.text) == ("qa-ws", "")
    assert draft.doubts == {"tick": NO_TICK}, "whoever reads it is told so"


@pytest.mark.parametrize(
    "change",
    [
        {"asked": all_forms(symbols={"type": "ok"})},
        {"asked": {}},
        {"refusals": []},
        {"refusals": [{"status": "error"}]},
        {"others": [{"T": "t", "p": 1.5}]},
        {"welcome": {"type": "hello"}},
        {"ping": None},
    ],
)
def test_without_a_tick_all_else_must_have_been_seen_and_be_qa_ws(change):
    changed = {"asked": all_forms(), "ticks": [], **change}
    draft = draft_of(as_qa_ws(**changed), "mine", NAMES)
    assert draft
    assert draft.dialect == ""
    assert draft.text


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        (
            {"welcome": {"type": "hello", "session_id": "abcdef"}},
            "recognise",
            {"welcome": [{"type": "hello"}], "error": [{"type": "error"}]},
        ),
        ({"several": "array"}, "several", "array"),
        (
            {"refusals": [{"status": "error", "why": "no"}]},
            "recognise",
            {
                "welcome": [{"type": "connection", "status": "connected"}],
                "error": [{"status": "error"}],
            },
        ),
    ],
)
def test_what_differs_is_proposed_and_may_be_a_mistake(change, key, value):
    draft, dialect = proposed(as_qa_ws(**change))
    assert draft.dialect == ""
    assert draft.is_near, "whoever reads it is told so"
    assert dialect[key] == value
    assert DialectTable.model_validate(dialect)


def test_what_was_not_seen_is_there_to_be_filled_in():
    draft, dialect = proposed(as_qa_ws(ping=None, asked={}, ticks=[], refusals=[]))
    assert DialectTable.model_validate(dialect), "the file can be read, and then be mended"
    told = remarks(draft, {"exchange": {"openalgo"}})
    assert [line.split(":")[0] for line in told] == [
        "[dialect] ping.say",
        "[dialect] subscribe.instruments",
        "[dialect] unsubscribe.instruments",
        "[dialect] tick[0].kind",
        "--market exchange=…",
    ]
    assert told[-1].endswith("…: without it what names {exchange} (openalgo) was not tried")


def test_a_subscription_behind_which_only_ticks_come_has_no_acknowledgement():
    asked = {"symbols": Answered(QA_WS, QA_WS.dialect.subscribe.symbols, 2, "", None)}
    _, dialect = proposed(as_qa_ws(asked=asked))
    assert dialect["subscribe"]["acks"] == "never"
    assert DialectTable.model_validate(dialect)


def test_what_else_came_unasked_is_passed_over():
    beats = [{"type": "heartbeat", "at": 1}, {"type": "heartbeat", "at": 2}, {"type": "pong"}]
    _, dialect = proposed(as_qa_ws(others=beats, several="lines"))
    assert dialect["recognise"]["ignore"] == [{"type": "heartbeat"}]


def test_a_known_way_is_told_by_its_name():
    dialect = TICKER_SERVICE.dialect
    document = {"type": "tick", "data": PUBLISHED}
    tick = tick_of(document, "option tick", "NIFTY", 256265, PUBLISHED)
    seen = as_qa_ws(
        welcome={"type": "connected"},
        asked={
            "instruments": Answered(
                TICKER_SERVICE, dialect.subscribe.instruments, 2, "", {"type": "subscribed"}
            )
        },
        ticks=[(tick, document)],
    )
    draft, table = proposed(seen)
    assert draft.dialect == "ticker-service"
    assert table["name"] == "mine"
    assert table["tick"][0]["members"] == "data"
    assert table["malformed"] == {"an unknown action": {"action": "teleport"}}
