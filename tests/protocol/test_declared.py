"""Dialects as data: those of public protocols, held against samples, and what the tables mean."""

import json
import tomllib
from decimal import Decimal

import pytest

from qaws import places
from qaws.load.subscriber.verifier import verifier_of
from qaws.protocol.declared import Declared
from qaws.protocol.dialect import QaWs
from qaws.protocol.dialect_table import DialectTable, Listed
from qaws.protocol.exact import exact
from qaws.protocol.listing import Listing
from qaws.protocol.market import Market, selection_of
from qaws.protocol.openings import check_messages
from qaws.protocol.spelling import Spelling
from qaws.sut.spoken import built_in
from qaws.verdict import NotVerified

FOLDER = places.PACKAGE / "protocol" / "dialects" / "known"
FILES = sorted(FOLDER.glob("*.toml"))


def _loaded(file):
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _dialect(data, payloads=None):
    market = {name: Listed.model_validate(listed) for name, listed in data["market"].items()}
    table = DialectTable.model_validate(data["dialect"])
    check_messages(table, market)
    return Declared(table, Listing(market), payloads or {})


SAMPLES = [
    pytest.param(data, sample, id=f"{file.stem}-{number}")
    for file in FILES
    for data in [_loaded(file)]
    for number, sample in enumerate(data["sample"])
]


@pytest.mark.parametrize(("data", "sample"), SAMPLES)
def test_a_public_protocol_is_spoken_and_understood(data, sample):
    dialect = _dialect(data).for_connection()
    for before in sample.get("after", ()):
        assert [each.problem for each in dialect.read(before.encode())] == [None]
    if "hears" in sample:
        _is_understood(dialect, sample)
        return
    verb, _, words = sample["says"].partition(" ")
    if verb == "open":
        said = [each.text for each in dialect.openings("TOKEN")]
        ids = [None] * len(said)
    else:
        saying = dialect.subscribing if verb == "subscribe" else dialect.unsubscribing
        if verb == "unsubscribe" and sample.get("acks") == 0:  # numbers of items are remembered
            dialect.subscribing(selection_of("NIFTY and BANKNIFTY"))
        said = saying(dialect.sayable(selection_of(words)))
        ids = [each.echo for each in said]
        assert {each.acks for each in said} == {sample.get("acks", 1)}
    wanted = [t.replace("<id>", str(i)) for t, i in zip(sample["texts"], ids, strict=True)]
    assert list(map(json.loads, said)) == list(map(json.loads, wanted))


def _is_understood(dialect, sample):
    heard = dialect.read(sample["hears"].encode())
    if "problem" in sample:
        assert sample["problem"] in heard[0].problem
        return
    assert [each.problem for each in heard] == [None] * len(heard)
    messages = [each.message for each in heard if each.message is not None]
    assert len(messages) == len(sample["as"])
    for message, wanted in zip(messages, sample["as"], strict=True):
        assert {name: message.get(name) for name in wanted} == wanted
    if "echo" in sample:
        assert heard[0].echo == sample["echo"]
    if "answer" in sample:
        answered = heard[0].answer
        wanted = sample["answer"].replace("<n>", str(json.loads(answered).get("id")))
        assert json.loads(answered) == json.loads(wanted)


def test_there_are_at_least_eight_public_protocols():
    assert len(FILES) >= 8


# --- numbers --------------------------------------------------------------------------------------


def test_numbers_as_text_are_compared_digit_for_digit():
    dialect = _dialect(_loaded(FOLDER / "coinbase.toml"))
    text = (
        '{"type":"ticker","sequence":7,"product_id":"BTC-USD","price":"0.30000000000000004",'
        '"best_bid":"1e-07","best_ask":"99999999"}'
    )
    assert dialect.exactly(text, 0) == {
        "type": "option_tick",
        "symbol": "NIFTY",
        "seq": 7,
        "last_price": Decimal("0.30000000000000004"),
        "bid": Decimal("1e-07"),
        "ask": 99999999,
    }


@pytest.mark.parametrize("price", ["abc", "", "NaN", "Infinity"])
def test_a_text_that_is_no_number_stays_one(price):
    dialect = _dialect(_loaded(FOLDER / "coinbase.toml"))
    text = json.dumps(
        {
            "type": "ticker",
            "sequence": 7,
            "product_id": "BTC-USD",
            "price": price,
            "best_bid": "1",
            "best_ask": "2",
        }
    )
    assert dialect.read(text.encode())[0].message["last_price"] == price


def test_each_tick_of_a_message_is_read_exactly_and_the_message_once(monkeypatch):
    dialect = _dialect(_loaded(FOLDER / "kraken.toml"))
    text = next(
        s["hears"]
        for s in _loaded(FOLDER / "kraken.toml")["sample"]
        if '"update","data":[{"symbol"' in s.get("hears", "")
    )
    read, texts = dialect.exactly_all, []
    monkeypatch.setattr(dialect, "exactly_all", lambda text: texts.append(text) or read(text))
    assert dialect.exactly(text, 1)["last_price"] == Decimal("0.5116")
    assert dialect.exactly(text, 0)["seq"] == 4665846
    assert dialect.exactly(text.replace("0.5116", "0.5117"), 1)["last_price"] == Decimal("0.5117")
    assert [each.count("0.5116") for each in texts] == [1, 0]


# --- what is published ----------------------------------------------------------------------------


def test_a_payload_has_the_names_of_the_service_and_what_is_to_come_those_of_the_features():
    data = _loaded(FOLDER / "openalgo.toml")
    template = {"s": "{symbol}", "x": "{exchange}", "p": "{last_price:text}", "v": "{sequence}"}
    dialect = _dialect(data, {"option_tick": template})
    stamped = {
        "type": "option_tick",
        "symbol": "NIFTY",
        "instrument_token": 256265,
        "last_price": 0.1,
        "seq": 5,
        "due_us": 1,
    }
    assert json.loads(dialect.payload(stamped)) == {
        "s": "RELIANCE",
        "x": "NSE",
        "p": "0.1",
        "v": 5,
    }
    assert dialect.carried(stamped) == {
        "type": "option_tick",
        "symbol": "NIFTY",
        "seq": 5,
        "last_price": 0.1,
    }


def test_what_the_market_lacks_is_not_verified():
    dialect = _dialect(_loaded(FOLDER / "openalgo.toml"))
    with pytest.raises(NotVerified, match=r"\[market\] does not say what the service calls M&M"):
        dialect.subscribing(selection_of('"M&M"'))
    with pytest.raises(NotVerified, match="has no underlying bars"):
        dialect.carried({**Market().underlying_bar("NIFTY"), "seq": 1})
    assert dialect.carries(("option_tick", "NIFTY", 256265))
    assert not dialect.carries(("option_tick", "NIFTY", 256521))
    assert not dialect.carries(("underlying_bar", "NIFTY", None))


def test_a_symbol_may_stand_for_its_instruments_and_an_only_instrument_for_its_symbol():
    tokens = _dialect(_loaded(FOLDER / "ticker-service.toml"))
    assert tokens.sayable(selection_of("NIFTY")).instruments == (256265, 256521)
    symbols = _dialect(_loaded(FOLDER / "openalgo.toml"))
    assert symbols.sayable(selection_of("instrument 256265")).symbols == ("NIFTY",)
    with pytest.raises(NotVerified, match="has no words to subscribe to the NIFTY underlying"):
        symbols.sayable(selection_of("the NIFTY underlying"))


# --- the built-in table, and mistakes -------------------------------------------------------------


def test_qa_ws_is_such_a_table_and_means_what_the_built_in_one_does():
    dialect = Declared(built_in("qa-ws"), Listing({}), {})
    tick = {**Market().option_tick(256265), "seq": 3, "due_us": 4, "more": [1]}
    heard = dialect.read(json.dumps(tick).encode())
    assert heard[0].message == tick
    assert heard[0].problem is None
    assert dialect.exactly(json.dumps(tick), 0) == exact(json.dumps(tick))
    assert json.loads(dialect.payload(tick)) == tick
    wrong = dialect.read(json.dumps({**tick, "last_price": "1"}).encode())
    assert "last_price must be number" in wrong[0].problem


@pytest.mark.parametrize(
    ("market", "said"),
    [
        (
            {"NIFTY": {"symbol": "A"}, "BANKNIFTY": {"symbol": "A"}},
            "two symbols have the same name",
        ),
        ({"NIFTY": {"instruments": [1, 1]}}, "two instruments have the same name"),
        ({"NIFTY": {"instruments": [1, 2, 3]}}, "NIFTY: 3 instruments, and features know 2"),
    ],
)
def test_a_market_in_which_things_are_mixed_up_is_refused(market, said):
    with pytest.raises(ValueError, match=said):
        Listing({name: Listed.model_validate(listed) for name, listed in market.items()})


def test_a_placeholder_must_be_there_for_each_symbol():
    data = _loaded(FOLDER / "openalgo.toml")
    del data["market"]["BANKNIFTY"]["exchange"]
    with pytest.raises(ValueError, match=r"subscribe.symbols: {exchange}: nothing is known of"):
        _dialect(data)


def test_it_is_known_where_lines_tell_messages_apart():
    by_name = {file.stem: _dialect(_loaded(file)).has_lines for file in FILES}
    assert {name for name, has_lines in by_name.items() if has_lines} == {"centrifugo"}


def test_a_text_that_wants_an_answer_is_one_too_where_others_stand_behind_it_in_a_message():
    """Alone it was answered, and among others no message of the dialect: services merge them."""
    dialect = _dialect(_loaded(FOLDER / "centrifugo.toml")).for_connection()
    (alone,) = dialect.read(b"{}")
    asked, ack = dialect.read(b'{}\n{"id":3,"unsubscribe":{}}')
    assert alone.answer
    assert (asked.answer, asked.problem, ack.problem) == (alone.answer, None, None)
    assert dialect.exactly_all('{}\n{"id":3,"unsubscribe":{}}')[0] is None


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDC00 and more"])
def test_half_a_surrogate_pair_is_json_for_all_that_read(half):
    """RFC 8259, section 8.2, allows it; load took it for no JSON, and what compares raised."""
    error = f'{{"type": "error", "message": "Invalid message format: {half}"}}'.encode()
    assert exact(error)["message"].endswith(half.replace(half[:6], "\ufffd"))
    assert QaWs().read(error)[0].problem is None
    assert verifier_of(Spelling()).fault(error) is None
