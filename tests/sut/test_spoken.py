"""Which dialect a target speaks; mistakes in its tables; and what the page about them says."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from pydantic import BaseModel

from qaws.protocol.declared import Declared
from qaws.protocol.dialect import QaWs
from qaws.protocol.dialect_table import DialectTable, Listed
from qaws.protocol.market import Market
from qaws.protocol.spelling import Spelling
from qaws.sut.spoken import dialect_of, spelling_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/dialects.md").read_text(encoding="utf-8")
TARGET = (ROOT / "tests/services/dialects/tokens.toml").read_text(encoding="utf-8")


@pytest.fixture
def read(tmp_path):
    def reading(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return read_target(file, {}, {})

    return reading


def test_the_reference_target_speaks_the_built_in_dialect():
    assert isinstance(dialect_of(read_target(ROOT / "targets/reference.toml", {}, {})), QaWs)


def test_names_of_its_own_make_it_a_declared_one(read):
    text = (ROOT / "targets/reference.toml").read_text(encoding="utf-8")
    target = read(text + '\n[market]\nNIFTY = { symbol = "AAA" }\n')
    dialect = dialect_of(target)
    assert isinstance(dialect, Declared)
    assert dialect.name == "qa-ws"
    assert not dialect.is_plain
    assert dialect.own_symbol("NIFTY") == "AAA"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "tokens"\n\n[dialect.ping]', "[dialect.ping]", "[dialect] name is missing"),
        ("[dialect.ping]", "[dialect.pings]", "[dialect] pings: unknown key; did you mean ping?"),
        ("answer = [", "answers = [", "[dialect.ping] answers: unknown key; did you mean answer?"),
        (
            "sequence = ",
            "sequenze = ",
            "[dialect.tick[0]] sequenze: unknown key; did you mean sequence?",
        ),
        ('"data.seq"', '"data[seq]"', '[dialect.tick[0]] sequence: "data[seq]" is no path'),
        ('kind = "option tick"', 'kind = "tick"', "[dialect.tick[0]] kind = 'tick'"),
        (
            "welcome = [{ type",
            'welcome = [{ "typ."',
            '[dialect.recognise.welcome] 0: "typ." is no path',
        ),
        ('"{instrument}"', '"{token_id}"', "subscribe.instruments: {token_id}: nothing is known"),
        (
            "[[dialect.tick]]",
            '[[dialect.open]]\nsay = { hello = "{name}" }\n\n[[dialect.tick]]',
            "open[0].say: {name}: nothing is known of that name",
        ),
        (
            '["query parameter"]',
            '["first message"]',
            "and the dialect tokens says none: put {token} into a [[dialect.open]]",
        ),
        ("NIFTY = {", "NIFTI = {", 'market: "NIFTI" is no symbol of the features'),
        ('NIFTY = { symbol = "NIFTY-I"', 'NIFTY = { symbol = "BANK-I"', "two symbols"),
    ],
)
def test_a_mistake_in_a_table_is_told_in_one_line(read, tmp_path, old, new, said):
    assert TARGET.count(old) >= 1
    with pytest.raises(Broken) as caught:
        dialect_of(read(TARGET.replace(old, new, 1)))
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert "\n" not in message


CHANNEL = 'options_channel = "ticker:nifty:options"'
WHOLE = (
    '{ symbol = "{symbol}", instrument_token = "{instrument}", seq = "{sequence}", '
    'last_price = "{last_price}", bid = "{bid}", ask = "{ask}", volume = "{volume}", '
    'greeks = "{greeks}", due_us = "{due_us}" }'
)


def _with_payload(read, template, **changed):
    text = TARGET.replace(CHANNEL, f"{CHANNEL}\noption_payload = {template}")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return dialect_of(read(text))


@pytest.mark.parametrize(
    ("received", "source", "said"),
    [
        ("protobuf", None, "[dialect.encoding] received: 'protobuf' is none of text, binary, "),
        ("{folder}/none.py", None, "none.py': No such file or directory; it is looked for from"),
        ("{folder}/ticks.py", "decode = 7", "ticks.py: has no function decode(message)"),
        ("{folder}/ticks.py", "def decode(:", "ticks.py: SyntaxError: "),
    ],
)
def test_an_encoding_that_cannot_be_used_is_told_in_one_line(
    read, tmp_path, received, source, said
):
    received = received.replace("{folder}", str(tmp_path))
    if source is not None:
        Path(received).write_text(source, encoding="utf-8")
    text = TARGET.replace(
        "[dialect.ping]", f'[dialect.encoding]\nreceived = "{received}"\n\n[dialect.ping]'
    )
    with pytest.raises(Broken) as caught:
        dialect_of(read(text))
    assert said in str(caught.value)
    assert str(tmp_path / "mine.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_processes_of_a_swarm_are_told_what_the_decoder_says(read, tmp_path):
    file = tmp_path / "ticks.py"
    file.write_text("def decode(message):\n    return {'type': 'pong'}\n", encoding="utf-8")
    encoding = f'[dialect.encoding]\nreceived = "{file}"\nsent = "binary"\n'
    spelling = spelling_of(read(TARGET.replace("[dialect.ping]", f"{encoding}\n[dialect.ping]")))
    file.unlink()
    told = msgspec.json.decode(msgspec.json.encode(spelling), type=Spelling).compiled()
    assert told.encoding.decoded(b"\x01") == b'{"type":"pong"}'
    assert told.encoding.sends_binary


@pytest.mark.parametrize(
    ("encode", "said"),
    [
        ("return b'x'", None),
        ("raise KeyError('op')", "[dialect.encoding] sent: ping.say: clients of the target send"),
        (
            "return message['action']",
            "[dialect.encoding] sent: answers[0].say: clients of the target send",
        ),
    ],
)
def test_what_clients_say_by_themselves_can_be_said(read, tmp_path, encode, said):
    """Else a heartbeat would stay unanswered, and the service be blamed for what it does then."""
    file = tmp_path / "codec.py"
    file.write_text(f"def encode(message):\n    {encode}\n", encoding="utf-8")
    text = TARGET.replace(
        "[dialect.ping]",
        f'[dialect.encoding]\nsent = "{file}"\n\n'
        '[[dialect.answers]]\nto = { op = "beat" }\nsay = { beat = true }\n\n[dialect.ping]',
    )
    if said is None:
        dialect_of(read(text))
        return
    with pytest.raises(Broken, match=r"cannot be said: KeyError: ") as caught:
        dialect_of(read(text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "left_out"),
    [
        (', bid = "{bid}"', "", "{bid}"),
        ('greeks = "{greeks}", ', "", "{greeks.delta}, {greeks.gamma}, {greeks.theta}"),
        ('"{greeks}"', '{ iv = "{greeks.iv}" }', "{greeks.delta}, {greeks.gamma}"),
        (', seq = "{sequence}"', "", "{sequence}"),
    ],
)
def test_a_payload_that_leaves_out_what_ticks_are_held_against_is_refused(
    read, tmp_path, old, new, left_out
):
    assert old in WHOLE
    with pytest.raises(Broken) as caught:
        _with_payload(read, WHOLE.replace(old, new))
    message = str(caught.value)
    begin = f"{tmp_path / 'mine.toml'}: [feed] option_payload: leaves out {left_out}"
    assert message.startswith(begin)
    assert 'members = "data" of tick[0]' in message
    assert "under fields, instead of members" in message
    assert "\n" not in message


def test_what_a_whole_payload_has_no_words_for_is_not_due(read):
    tick = Market().option_tick(256265) | {"seq": 3, "due_us": 4, "exchange": "NSE", "depth": {}}
    speaker = _with_payload(read, WHOLE)
    came = speaker.read(
        json.dumps({"type": "tick", "data": json.loads(speaker.payload(tick))}).encode()
    )
    assert came[0].message.items() >= speaker.carried(tick).items()
    without_due = WHOLE.replace(', due_us = "{due_us}"', "")
    assert "due_us" not in _with_payload(read, without_due).carried(tick)


def test_a_due_time_that_is_not_published_is_refused(read):
    template = WHOLE.replace(', due_us = "{due_us}"', "")
    with pytest.raises(Broken, match=r"leaves out \{due_us\}, and due = .*; publish it, or leave"):
        _with_payload(
            read, template, **{'sequence = "data.seq"': 'sequence = "data.seq"\ndue = "d"'}
        )


# --- the page -------------------------------------------------------------------------------------


def _models(model, seen):
    seen.add(model)
    for field in model.model_fields.values():
        for part in re.findall(r"dialect_table\.(\w+)", str(field.annotation)):
            found = globals().get(part) or getattr(
                __import__("qaws.protocol.dialect_table", fromlist=[part]), part
            )
            if isinstance(found, type) and issubclass(found, BaseModel) and found not in seen:
                _models(found, seen)
    return seen


def test_the_page_explains_every_key():
    keys = {key for model in _models(DialectTable, {Listed}) for key in model.model_fields}
    assert {"several", "one_by_one", "symbol_prefix", "error_text", "instruments"} <= keys
    unnamed = {key for key in keys if not re.search(rf"[`\[]{key}[`\]]", PAGE)}
    assert not unnamed


def test_the_example_of_the_page_is_a_target_file_that_is_understood(read):
    (example,) = [
        text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "RELIANCE" in text
    ]
    example = example.replace(
        "[auth]", '[endpoint]\nurl = "wss://ticks.example/"\n\n[auth]\ntoken_variable = "T"'
    )
    dialect = dialect_of(read(example))
    assert [each.text for each in dialect.openings("T0")] == [
        '{"action": "authenticate", "api_key": "T0"}'
    ]
