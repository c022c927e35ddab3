"""Binary messages, and the JSON text that they mean."""

import json
import struct
import sys
import zlib
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from qaws.protocol import encoding, team_function
from qaws.protocol.commands import Commands
from qaws.protocol.dialect import QaWs, Request
from qaws.protocol.encoding import BUILT_IN, LARGEST, TEXT, Encoding, Undecodable, recognised
from qaws.protocol.encoding_table import EncodingTable
from qaws.protocol.team_function import NoFunction
from qaws.verdict import NotVerified
from tests.services.dialects import encoded

FRAMED = Path(__file__).resolve().parents[1] / "services/dialects/framed.py"


def with_code(file, source):
    return Encoding(file, code={file: source})


def message_of(name, text):
    return encoded.ENCODERS[name](text)


TICK = {
    "type": "tick",
    "symbol": "M&M 日経",
    "price": 23456.75,
    "zero": -0.0,
    "tiny": 5e-324,
    "token": (1 << 53) + 1,
    "greeks": {"delta": 0.5, "none": None},
    "list": [True, False, 1, "a"],
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_a_message_means_is_kept_digit_for_digit(name):
    text = json.dumps(TICK)
    decoded = Encoding(name).decoded(message_of(name, text))
    assert json.loads(decoded, parse_float=Decimal) == json.loads(text, parse_float=Decimal)
    assert b"-0.0" in decoded


def test_a_price_of_32_bits_has_other_digits():
    message = b"\x81\xa1p\xca" + struct.pack(">f", 23456.1)
    assert json.loads(Encoding("msgpack").decoded(message)) == {"p": 23456.099609375}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_no_such_message_is_told_with_its_size(name):
    with pytest.raises(Undecodable, match=r"^is a binary message of 3 bytes that is no \w+: "):
        Encoding(name).decoded(b"\xc1\xff\xff")


@pytest.mark.parametrize("name", ["zlib", "deflate"])
def test_what_stands_behind_a_compressed_message_is_told(name):
    with pytest.raises(Undecodable, match="4 bytes stand behind its end"):
        Encoding(name).decoded(message_of(name, "{}") + b"more")


@pytest.mark.parametrize("name", ["gzip", "zlib", "deflate"])
def test_a_message_means_a_bounded_text(name):
    whole = message_of(name, " " * (LARGEST + 1))
    with pytest.raises(Undecodable, match="it is more than 16,777,216 bytes when inflated"):
        Encoding(name).decoded(whole)


@pytest.mark.parametrize("name", ["gzip", "zlib", "deflate"])
def test_half_a_compressed_message_is_none(name):
    whole = message_of(name, json.dumps(TICK))
    with pytest.raises(Undecodable, match="it ends in the middle"):
        Encoding(name).decoded(whole[: len(whole) // 2])


def test_a_flushed_message_of_deflate_is_whole():
    encoder = zlib.compressobj(wbits=-15)
    data = encoder.compress(b'{"a": 1}') + encoder.flush(zlib.Z_SYNC_FLUSH)
    assert Encoding("deflate").decoded(data) == b'{"a": 1}'


def test_gzip_may_come_in_several_parts():
    parts = message_of("gzip", '{"a":') + message_of("gzip", "1}")
    assert Encoding("gzip").decoded(parts) == b'{"a":1}'
    with pytest.raises(Undecodable, match="no gzip: error: "):
        Encoding("gzip").decoded(parts + b"more")


@pytest.mark.parametrize(
    ("packed", "meant"),
    [
        (b"\x81\xa1p\xcb\x7f\xf8\0\0\0\0\0\0", '{"p":"nan"}'),
        (b"\x81\xa1p\xcb\xff\xf0\0\0\0\0\0\0", '{"p":"-inf"}'),
        (b"\x81\xa1e\xd4\x05\x2a", '{"e":"extension 5: 2a"}'),
        (b"\x81\xa1b\xc4\x02\x01\xff", '{"b":"01ff"}'),
        (b"\x81\x01\xc0", '{"1":null}'),
        (b"\x81\xc3\xc2", '{"true":false}'),
        (b"\x81\xa1n\xcf\xff\xff\xff\xff\xff\xff\xff\xff", '{"n":18446744073709551615}'),
    ],
)
def test_what_json_has_no_words_for_is_text(packed, meant):
    """So it is never taken for the null, or the number, that should be there."""
    assert Encoding("msgpack").decoded(packed).decode() == meant


def test_two_keys_that_become_one_are_told():
    with pytest.raises(Undecodable, match="two of its keys are the same text"):
        Encoding("msgpack").decoded(b"\x82\x01\x01\xa11\x02")


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(encoding, "KEPT_BYTES", 1000)
    known = Encoding("binary")
    for number in range(100):
        assert known.decoded(b'"%50d"' % number) == b'"%50d"' % number
    assert len(known._known) < 10


def test_a_message_of_several_texts_is_recognised():
    lines = '{"a": 1}\n{"b": 2}\n'
    assert recognised(message_of("gzip", lines)) == ("gzip", lines)
    assert recognised(lines.encode()) == ("binary", lines)
    assert recognised(b"\x2a") is None
    assert recognised(b"") is None


def test_a_file_decodes():
    decode = with_code("framed.py", FRAMED.read_text("utf-8")).decoded
    assert (
        decode(message_of("framed", '{"p": 1.10}') + message_of("framed", "[2]"))
        == b'[{"p":1.10},[2]]'
    )
    with pytest.raises(Undecodable, match=r"of 2 bytes that is no framed.py: error: "):
        decode(b"\0\0")


def test_what_a_decoder_takes_is_counted_and_equal_bytes_are_not_given_to_it_again():
    source = (
        "import time\n\ndef decode(message):\n    time.sleep(0.02)\n    return [len(message)]\n"
    )
    slow = with_code("slow.py", source)
    assert slow.decoder_took == (0, 0.0)
    for message in (b"one", b"three", b"one"):
        slow.decoded(message)
    messages, spent_s = slow.decoder_took
    assert messages == 2
    assert spent_s >= 0.04
    assert Encoding("msgpack").decoder_took == (0, 0.0)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def decode(", r"^ticks\.py: SyntaxError: "),
        ("import nowhere_to_be_found", r"^ticks\.py: ModuleNotFoundError: No module named"),
        ("decode = 7", r"^ticks\.py: has no function decode\(message\)"),
        ("", r"^ticks\.py: has no function decode\(message\)"),
        ("import sys; sys.exit(0)", r"^ticks\.py: SystemExit: 0$"),
    ],
)
def test_a_file_that_is_no_decoder_is_named(source, words):
    with pytest.raises(NoFunction, match=words):
        with_code("ticks.py", source)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise SystemExit(0)", "ValueError: decode called sys.exit$"),
        ("raise KeyError('a\\nb')", r"KeyError: 'a\\nb'$"),
        ("raise RuntimeError('a\\nb')", "RuntimeError: a b$"),
        ("message[:1]", "ValueError: decode returned None: is its return missing\\?$"),
        ("return decode(message)", "RecursionError: "),
    ],
)
def test_what_a_decoder_does_wrong_is_told_in_one_line(body, words):
    decode = with_code("ticks.py", f"def decode(message):\n    {body}").decoded
    with pytest.raises(Undecodable, match=r"of 3 bytes that is no ticks\.py: " + words):
        decode(b"abc")


def test_a_decoder_that_does_not_come_to_an_end_is_ended(monkeypatch):
    monkeypatch.setattr(team_function, "LIMIT_S", 0.2)
    monkeypatch.setattr(team_function, "LOOKS_EVERY_S", 0.05)
    source = "def decode(message):\n    while message == b'loop': pass\n    return 7"
    decode = with_code("ticks.py", source).decoded
    with pytest.raises(
        Undecodable, match=r"no ticks\.py: ValueError: decode took more than 0\.2 s"
    ):
        decode(b"loop")
    assert decode(b"") == b"7"


def test_a_decoder_may_have_neighbours_and_dataclasses(tmp_path):
    (tmp_path / "qaws_test_neighbour.py").write_text("NAME = 'p'\n", "utf-8")
    source = (
        "from dataclasses import asdict, dataclass\n"
        "from decimal import Decimal\n"
        "from pathlib import Path\n"
        "import qaws_test_neighbour\n"
        "@dataclass\nclass Tick:\n    p: Decimal\n"
        "def decode(message):\n"
        "    assert Path(__file__).name == 'ticks.py' and qaws_test_neighbour.NAME == 'p'\n"
        "    return asdict(Tick(Decimal('1.10')))\n"
    )
    file = str(tmp_path / "ticks.py")
    assert with_code(file, source).decoded(b"") == b'{"p":1.10}'


def test_text_is_text():
    table = EncodingTable()
    assert table.made({}) is TEXT
    assert not TEXT.reads_binary
    assert TEXT.wire("{}") == "{}"
    with pytest.raises(Undecodable, match=r"^is binary, not text$"):
        TEXT.decoded(b"{}")


def test_clients_may_send_binary_messages():
    both = EncodingTable(received="binary", sent="binary").made({})
    assert both.wire("{}") == b"{}"
    told = "; as the target says, binary messages are read as binary, clients send binary messages"
    assert both.remark == told


def sent_as(name, source="", text="{}"):
    return Encoding(sent=name, code={name: source}).wire(text)


@pytest.mark.parametrize(
    "text", ['{"op":"add","keys":["NSE.N1",9007199254740993],"x":-0.5,"n":null}', '"ping"', "[]"]
)
def test_clients_may_send_messagepack(text):
    assert msgspec.msgpack.decode(sent_as("msgpack", text=text)) == json.loads(text)


@pytest.mark.parametrize("text", ["ping", "{", "[NaN]", '{"a":1}x', "", "\ud800"])
def test_what_is_no_json_goes_out_as_it_is(text):
    assert sent_as("msgpack", text=text) == text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a":1,"a":2}', "a member comes twice"),
        ("[1e999]", "1e999 is no number of 64 bits"),
        ("[18446744073709551616]", "OverflowError: "),
        ('["\\ud800"]', "UnicodeEncodeError: "),
        ("[" * 5000 + "]" * 5000, "it is nested too deeply"),
        ("[1" + "0" * 60_000 + "]", "a number of 60,001 digits is none of 64 bits"),
        ("[1e-999999999]", "1e-999999999 is no number of 64 bits"),
        ("[0.1000000000000000000001]", "0.1000000000000000000001 is no number of 64 bits"),
    ],
)
def test_what_messagepack_has_no_words_for_is_not_said_in_another_way(text, why):
    with pytest.raises(NotVerified) as caught:
        sent_as("msgpack", text=text)
    assert str(caught.value).startswith("clients of the target send msgpack, in which ")
    assert f" cannot be said: {why}" in str(caught.value)
    assert len(str(caught.value)) < 250


def test_a_file_encodes_in_texts_or_in_binary_messages():
    """What is no JSON goes out as what it encoded first did, whatever was said since."""
    source = "def encode(message):\n    return '42' + message[0] if message else b'\\x00'"
    encoding = Encoding(sent="sio.py", code={"sio.py": source})
    assert encoding.wire("no JSON") == b"no JSON"
    assert encoding.wire('["x"]') == "42x"
    assert not encoding.sends_binary
    assert encoding.wire("[]") == b"\0"
    assert encoding.wire("no JSON") == "no JSON"
    assert not encoding.sends_json
    assert not encoding.sends_binary
    assert encoding.remark == "; as the target says, clients send sio.py"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise KeyError('op')", "KeyError: 'op'"),
        ("return None", "ValueError: encode returned None: is its return missing?"),
        ("return 7", "encode returned int, not bytes or str"),
    ],
)
def test_what_an_encoder_does_wrong_is_told_in_one_line(body, why):
    with pytest.raises(NotVerified) as caught:
        sent_as("ticks.py", f"def encode(message):\n    {body}", '{"op":"teleport"}')
    assert str(caught.value) == (
        'clients of the target send ticks.py, in which \'{"op":"teleport"}\' cannot be said: ' + why
    )


def test_a_token_stands_in_no_such_sentence():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmVkLWJ5LXNvbWVib2R5LWVsc2U"
    text = json.dumps({"token": token})
    with pytest.raises(NotVerified) as caught:
        sent_as("ticks.py", "def encode(message):\n    raise ValueError(message)", text)
    assert token[:20] not in str(caught.value)
    assert "(a token)" in str(caught.value)


def test_a_file_that_is_no_encoder_is_named():
    with pytest.raises(NoFunction, match=r"^sio\.py: has no function encode\(message\): it takes"):
        sent_as("sio.py", "def decode(message): pass")


def test_a_file_decodes_texts():
    source = "import json\n\ndef decode(message):\n    return json.loads(message[2:])"
    encoding = Encoding(texts="sio.py", code={"sio.py": source})
    assert encoding.reads_texts
    assert not encoding.reads_binary
    assert not encoding.tells_all
    assert encoding.decoded(b"42[1.50]", binary=False) == b"[1.5]"
    with pytest.raises(Undecodable, match=r"^is a text of 1 bytes that is no sio\.py: JSONDecode"):
        encoding.decoded(b"2", binary=False)
    with pytest.raises(Undecodable, match=r"^is binary, not text$"):
        encoding.decoded(b"42[1.50]")
    with pytest.raises(UnicodeDecodeError):
        encoding.decoded(b"\xff", binary=False)
    assert encoding.decoder_took[0] == 2
    assert encoding.remark == "; as the target says, texts are read as sio.py"


def test_texts_that_are_json_are_left_as_they_are():
    assert TEXT.decoded(b"{}", binary=False) == b"{}"
    assert Encoding("gzip").decoded(b"\xff", binary=False) == b"\xff"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("texts", "'yaml' is none of json, none, socket.io, nor a file such as ticks.py"),
        ("sent", "'yaml' is none of text, binary, msgpack, socket.io, nor a file such as ticks.py"),
    ],
)
def test_what_texts_are_and_what_is_sent_is_known(key, words):
    with pytest.raises(ValueError, match=words):
        EncodingTable(**{key: "yaml"})


def test_an_unknown_encoding_is_told_what_there_is():
    with pytest.raises(
        ValueError, match="'protobuf' is none of text, binary, msgpack, gzip, zlib, deflate, nor"
    ):
        EncodingTable(received="protobuf")


def commands_of(encode):
    dialect = QaWs()
    dialect.encoding = Encoding(
        sent="ticks.py", code={"ticks.py": f"def encode(message):\n    {encode}"}
    )
    return Commands(dialect)


def test_what_is_hostile_for_its_length_is_not_said_without_it():
    large = json.dumps({"action": "ping", "padding": "a" * 65_536}).encode()
    with pytest.raises(NotVerified, match=r"send ticks\.py, in which 65,\d+ bytes of JSON are 4$"):
        commands_of("return message['action']").wire(large)
    assert commands_of("return message['action']").wire(b'{"action":"ping"}') == (
        b"ping",
        False,
    )


@pytest.mark.parametrize(("kind", "is_binary"), [("str", False), ("repr(message).encode", True)])
def test_hostile_texts_and_fragments_are_of_the_kind_that_clients_send(kind, is_binary):
    encode = f"return {kind}(message)" if kind == "str" else f"return {kind}()"
    commands = commands_of(encode)
    assert commands.sends_binary == is_binary
    assert commands.wire(b"\xff") == (b"\xff", is_binary)


MIXED = "return str(message) if {} else repr(message).encode()"


@pytest.mark.parametrize("texts", ["'ping' in message.values()", "'ping' not in message.values()"])
def test_clients_that_send_some_commands_in_texts_send_texts_whatever_was_said_last(texts):
    commands = commands_of(MIXED.format(texts))
    for said in (b'{"action":"ping"}', b'{"action":"subscribe"}', b'{"action":"ping"}'):
        assert commands.wire(said)[1] == ((b"ping" in said) == ("not" in texts))
        assert not commands.sends_binary
        assert commands.wire(b"\xff") == (b"\xff", False)


@pytest.mark.parametrize("text", [b"[" * 5000, b'{"a":' * 5000])
def test_what_no_value_says_is_told_without_the_message(text):
    with pytest.raises(NotVerified) as caught:
        commands_of("return 'x'").wire(text)
    assert str(caught.value) == (
        "clients of the target send ticks.py, in which it cannot be said: it is nested too deeply"
    )


def test_what_a_message_hides_stands_in_no_such_sentence():
    said = Request('{"op":"auth","key":"the desk\'s own"}', hides=("the desk's own",))
    encoding = Encoding(
        sent="ticks.py",
        code={"ticks.py": "def encode(message):\n    raise KeyError(message['key'])"},
    )
    with pytest.raises(NotVerified) as caught:
        encoding.wire(said)
    assert "desk's" not in str(caught.value)
    assert str(caught.value).count("(hidden)") == 2


# --- what a team's file makes -------------------------------------------------------------------


def decoded_by(source, name="decode"):
    """Return the text that a file makes of a binary message."""
    code = {"ticks.py": source}
    return Encoding("ticks.py", code=code).decoded(b"x").decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("np.int64(12)", "12"),
        ("np.uint64(18446744073709551615)", "18446744073709551615"),
        ("np.float64(1.5)", "1.5"),
        ("np.bool_(True)", "true"),
        ("Kind.TICK", "7"),
        ("Word.TICK", '"tick"'),
        ("Text('a')", '"a"'),
        ("Price('1.50')", "1.50"),
        ("datetime(2026, 1, 5, tzinfo=UTC)", '"2026-01-05 00:00:00+00:00"'),
    ],
)
def test_what_counts_as_a_number_or_a_text_is_that(value, text):
    source = """
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum
import numpy as np

class Kind(IntEnum):
    TICK = 7

class Word(str, Enum):
    TICK = "tick"

class Text(str):
    pass

class Price(Decimal):
    pass

def decode(message):
    return {"p": VALUE}
"""
    assert decoded_by(source.replace("VALUE", value)) == f'{{"p":{text}}}'


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "async def decode(message):\n    return {}",
            "decode returned a coroutine; it is to return",
        ),
        ("def decode(message):\n    yield {}", "decode returned a generator; it is to return"),
        ("def decode(message):\n    return map(int, [])", "decode returned a map; it is to"),
        ("def decode(message):\n    return b'{}'", "decode returned what is a bytes; it returns"),
        ("def decode(message):\n    return '{\"a\": 1}'", "decode returned JSON text; it returns"),
        ("def decode(message):\n    return {'a': {1, 2}}", "what is a set says nothing in JSON"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass M:\n    p: int\n"
            "def decode(message):\n    return M(1)",
            "decode returned something else than dict, list, str, int, float, Decimal, bool or "
            "None: what is a M says nothing in JSON",
        ),
    ],
)
def test_what_says_nothing_is_told_of_the_file_and_not_of_the_service(source, why):
    with pytest.raises(Undecodable) as caught:
        decoded_by(source)
    assert why in str(caught.value)


def test_a_bare_text_that_a_file_decodes_is_one():
    assert decoded_by("def decode(message):\n    return 'pong'") == '"pong"'


def test_a_file_that_does_not_come_to_its_end_is_named(monkeypatch):
    monkeypatch.setattr(team_function, "LOADING_S", 0.1)
    with pytest.raises(NoFunction, match=r"^ticks\.py: has not come to its end within 0\.1 s"):
        decoded_by("while True:\n    pass")


def test_a_file_finds_its_neighbour_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "app", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "app.py").write_text("def unpack(message):\n    return [message.decode()]\n")
    name = str(tmp_path / "ticks.py")
    source = "from app import unpack\n\ndef decode(message):\n    return unpack(message)"
    try:
        assert Encoding(name, code={name: source}).decoded(b"x") == b'["x"]'
    finally:
        sys.modules.pop("app", None)
    assert sys.path[0] != str(tmp_path)


# --- a service that sends no texts --------------------------------------------------------------


def test_where_the_target_says_so_a_text_is_one_that_nobody_reads():
    both = EncodingTable(received="msgpack", texts="none", sent="msgpack").made({})
    assert both.reads_texts
    with pytest.raises(
        Undecodable, match="is a text, where the target says that the service sends"
    ):
        both.decoded(b"{}", binary=False)
    assert both.decoded(b"\x80") == b"{}"
    assert "no text is read" in both.remark


@pytest.mark.parametrize("keys", [{"texts": "socket.io"}, {"sent": "socket.io"}])
def test_socket_io_is_spoken_both_ways_or_not_at_all(keys):
    with pytest.raises(ValueError, match=r'= "socket\.io" wants (texts|sent) = "socket\.io"'):
        EncodingTable(**keys)
    assert EncodingTable(texts="socket.io", sent="packets.py").texts == "socket.io"
