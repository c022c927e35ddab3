"""What messages are taken for: held against the samples of the public protocols."""

import json

import pytest

from qaws.protocol.dialect_table import TickTable
from qaws.protocol.paths import Path, Pattern
from qaws.runner.proposal import guess
from qaws.runner.proposal.telling import telling
from qaws.runner.proposal.ways import ways

OPTION = {
    "type": "option_tick",
    "symbol": "NIFTY",
    "instrument_token": 256265,
    "last_price": 1007.48,
    "volume": 100071,
    "greeks": {"delta": 1014.59, "iv": 1021.7},
    "seq": 7,
    "due_us": 123456789,
}


@pytest.mark.parametrize(
    ("texts", "several", "count", "plain"),
    [
        (['{"a": 1}', '{"a": 2}'], "no", 2, 0),
        (['[{"a": 1}, {"a": 2}]'], "array", 2, 0),
        (['{"a": 1}\n{"a": 2}\n'], "lines", 2, 0),
        (["pong", '{"a": 1}'], "no", 1, 1),
        (["[1, 2]"], "no", 0, 1),
        ([], "no", 0, 0),
    ],
)
def test_messages_are_read_however_they_stand_together(texts, several, count, plain):
    found = guess.heard(texts)
    assert (found.several, len(found.documents), len(found.plain)) == (several, count, plain)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ('{"type":"error","message":"no"}', {"type": "error"}),
        ('{"status":"error","code":"X"}', {"status": "error"}),
        ('{"event":"add","ok":false}', {"ok": False}),
        ('{"success":false,"req_id":7}', {"success": False}),
        ('{"id":1,"error":{"code":-32601}}', {"error": {"absent": False}}),
        ('{"ev":"status","status":"auth_failed"}', {"status": "auth_failed"}),
        ('{"event":"oops","reason":"Invalid message: unknown op"}', {"event": "oops"}),
    ],
)
def test_a_refusal_is_known_by_what_says_so(text, pattern):
    document = json.loads(text)
    assert guess.is_refusal(document)
    assert guess.refusal_pattern(document) == pattern
    assert Pattern(pattern).fits(document)


@pytest.mark.parametrize(
    "text",
    ['{"type":"pong"}', '{"result":null,"id":7}', '{"success":true,"error":null}', '{"error":""}'],
)
def test_what_is_no_refusal_is_not_taken_for_one(text):
    assert not guess.is_refusal(json.loads(text))


NONSENSE = {"k": "fault", "code": 3, "text": "bad message 7", "id": 7, "at": "12:00"}


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"text": "bad message 8", "id": 8, "at": "12:01"}, True),
        ({"code": 0}, False),
        ({"k": "ok"}, False),
        ({"topics": 1}, False),
    ],
)
def test_what_is_answered_to_nonsense_is_known_again(changed, alike):
    assert guess.is_alike(NONSENSE | changed, NONSENSE) is alike


def test_where_no_word_tells_messages_apart_only_the_same_is_alike():
    assert guess.is_alike({"text": "bad message"}, {"text": "bad message"})
    assert not guess.is_alike({"text": "done for you"}, {"text": "bad message"})


@pytest.mark.parametrize(
    ("text", "number", "pattern"),
    [
        ('{"type":"subscribed","symbols":["X"]}', 7, {"type": "subscribed"}),
        ('{"result":null,"id":7}', 7, {"result": {"null": True}, "id": {"echo": True}}),
        ('{"op":"add","ok":true,"id":"7"}', 7, {"op": "add", "ok": True, "id": {"echo": True}}),
        ('{"id":7,"pong":{}}', 7, {"id": {"echo": True}}),
        ('{"id":7,"connect":{"client":"x"}}', 1, {"connect.client": {"absent": False}}),
        ('{"type":"it is now ten","msg":"go"}', None, {"msg": "go"}),
        ('{"k":"fault","text":"bad message"}', None, {"k": "fault"}),
        ('{"sid":"K7qe-2","text":"good day"}', None, {"sid": {"absent": False}}),
    ],
)
def test_a_message_is_known_again_by_its_marks(text, number, pattern):
    document = json.loads(text)
    found = guess.pattern_of(document, number)
    assert found == pattern or set(pattern) <= set(found)
    assert Pattern(found).fits(document)


def test_a_pong_is_known_by_its_word():
    assert guess.is_pong({"type": "pong"})
    assert guess.is_pong({"id": 1, "pong": {}})
    assert not guess.is_pong({"type": "hello"})


@pytest.mark.parametrize(
    ("welcome", "path"),
    [
        ({"type": "connection", "session_id": "abcdef"}, "session_id"),
        ({"connect": {"client": "b5bc9b31"}}, "connect.client"),
        ({"data": [{"connection_id": 1239390610}]}, "data[*].connection_id"),
        ({"type": "hello", "user": {"id": 7}}, ""),
        ({"type": "hello", "session": True}, ""),
    ],
)
def test_the_session_is_where_its_id_is(welcome, path):
    assert guess.session_in(welcome) == path


def test_the_words_of_an_error_are_found():
    assert guess.words_in({"status": "error", "message": "no such symbol"}) == "message"
    assert guess.words_in({"error": {"code": 1, "msg": "no such symbol"}}) == "error.msg"
    assert guess.words_in({"error": {"code": 1}}) == ""


# --- ticks ---------------------------------------------------------------------------------------


def _made(table):
    return TickTable.model_validate(table)


def test_a_tick_with_all_that_was_published_has_its_members():
    found = guess.tick_of({"type": "tick", "data": OPTION}, "option tick", "NIFTY", 256265, OPTION)
    assert found.table == {
        "kind": "option tick",
        "match": {"type": "tick"},
        "symbol": "data.symbol",
        "instrument": "data.instrument_token",
        "sequence": "data.seq",
        "due": "data.due_us",
        "members": "data",
    }
    assert not found.doubts
    assert _made(found.table)


def test_members_are_found_by_their_values_whatever_they_are_called():
    document = {
        "event": "ticks",
        "ticks": [{"k": "X1", "a": "1007.48", "z": "100071", "iv": "1021.70", "n": "7"}],
    }
    found = guess.tick_of(document, "option tick", "NIFTY", "X1", OPTION)
    assert found.numbers == "text"
    assert found.table["each"] == "ticks[*]"
    assert found.table["instrument"] == "k"
    assert found.table["fields"] == {"last_price": "a", "volume": "z", "greeks.iv": "iv"}
    assert "sequence" in found.doubts, "a 7 may stand anywhere"
    second = {"event": "ticks", "ticks": [{"k": "X1", "a": "1", "z": "7", "iv": "1", "n": "8"}]}
    assert found
    guess.find_sequence(found, [(document, OPTION), (second, {**OPTION, "seq": 8})])
    assert found.table["sequence"] == "n"
    assert "sequence" not in found.doubts
    assert _made(found.table)


def test_a_number_that_stands_twice_stays_a_doubt():
    document = {"type": "t", "s": "NIFTY", "p": 1007.48, "n": 7, "m": 7}
    found = guess.tick_of(document, "option tick", "NIFTY", 1, OPTION)
    assert found
    guess.find_sequence(found, [(document, OPTION)])
    assert "sequence" in found.doubts


def test_what_stands_around_several_ticks_is_told_from_the_message():
    document = {"channel": "ticks:NIFTY", "rows": [{"p": 1007.48, "n": 7}]}
    found = guess.tick_of(document, "option tick", "NIFTY", 1, OPTION)
    assert (found.table["symbol"], found.table["symbol_prefix"]) == ("$.channel", "ticks:")
    assert found.table["match"] == {"rows": {"absent": False}}
    assert _made(found.table)


def test_a_bar_is_told_from_an_option_tick():
    bar = {"type": "underlying_bar", "symbol": "NIFTY", "seq": 3, "due_us": 5_000_000}
    bar |= {"open": 1007.5, "high": 1014.25, "low": 1021.75, "close": 1028.5, "volume": 100037}
    document = {"t": "bar", "sym": "NIFTY", "o": 1007.5, "h": 1014.25, "l": 1021.75, "c": 1028.5}
    found = guess.tick_of(document, "underlying bar", "NIFTY", 1, bar)
    assert found.table["fields"] == {"open": "o", "high": "h", "low": "l", "close": "c"}
    assert guess.tick_of({"sym": "NIFTY", "p": 1.5}, "underlying bar", "NIFTY", 1, bar) is None


def test_what_names_nobody_or_has_no_price_is_no_tick():
    assert guess.tick_of({"type": "x", "p": 1.5}, "option tick", "NIFTY", 1, None) is None
    assert guess.tick_of({"symbol": "NIFTY"}, "option tick", "NIFTY", 1, None) is None
    ack = {"type": "subscribed", "tokens": [256265], "total": 1}
    assert guess.tick_of(ack, "option tick", "NIFTY", 256265, None) is None


SAMPLES = [
    pytest.param(way, document, id=f"{way.name}-{number}")
    for way in ways()
    for number, sample in enumerate(way.samples)
    if any(each.get("seq") for each in sample.get("as", []))
    for document in guess.heard([sample["hears"]]).documents
    if any(Pattern(tick.match).fits(document) for tick in way.dialect.tick)
]


@pytest.mark.parametrize(("way", "document"), SAMPLES)
def test_live_ticks_of_public_protocols_are_told_by_their_names(way, document):
    table = next(t for t in way.dialect.tick if Pattern(t.match).fits(document))
    each = next(iter(Path(table.each).all(document)))
    named = Path(table.symbol or table.instrument).get(each)
    symbol = str(named).removeprefix(table.symbol_prefix)
    found = guess.tick_of(document, "option tick", symbol, named, None)
    assert Path(found.table.get("each", "")).all(document)
    said = found.table["fields"]["last_price"], found.table.get("symbol", table.symbol)
    assert said == (table.fields.get("last_price", said[0]), table.symbol or said[1])
    assert "fields" in found.doubts
    assert _made(found.table)


def test_published_numbers_are_like_no_other():
    told = telling(OPTION | {"oi": 0, "bid": 0.0})
    numbers = [value for _, value in guess.leaves(told) if isinstance(value, float)]
    assert len(set(numbers)) == len(numbers) == 4
    assert told["instrument_token"] == 256265
    assert isinstance(told["oi"], int)
    assert told["oi"] > 1000
