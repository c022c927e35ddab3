"""Packets of Socket.IO, and the messages that they are."""

import re
from decimal import Decimal

import pytest

from qaws.protocol.encoding import Encoding
from qaws.protocol.socketio import OPENS, decode, encode
from qaws.verdict import NotVerified


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('0{"sid":"a","pingTimeout":20}', {"engine": "open", "sid": "a", "pingTimeout": 20}),
        ("2", {"engine": "ping"}),
        ("3probe", {"engine": "pong"}),
        ('40{"sid":"b"}', {"socket": "connected", "sid": "b"}),
        ("40", {"socket": "connected"}),
        ("41", {"socket": "disconnected"}),
        ('44{"message":"no"}', {"socket": "refused", "message": "no"}),
        (
            '42["tick",{"p":1.10}]',
            {"socket": "event", "event": "tick", "data": [{"p": Decimal("1.10")}]},
        ),
        ('4212["ask"]', {"socket": "event", "id": 12, "event": "ask", "data": []}),
        ('4312[{"ok":true}]', {"socket": "answer", "id": 12, "data": [{"ok": True}]}),
        (
            '42/desk,7["a",[1]]',
            {"socket": "event", "namespace": "/desk", "id": 7, "event": "a", "data": [[1]]},
        ),
        ('40/desk,{"sid":"c"}', {"socket": "connected", "namespace": "/desk", "sid": "c"}),
    ],
)
def test_what_a_packet_says(text, said):
    assert decode(text) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('42["tick",{"p":1.1,"iv":NaN}]', "NaN is no JSON"),
        ('0{"pingTimeout":Infinity}', "Infinity is no JSON"),
        (
            '42["tick",{"p":0,"p":1.10}]',
            'has the member "p" twice, as 0 and as 1.10: which of them',
        ),
        ("2garbage", "'garbage' stands behind the digit of ping"),
        ("0probe", "Expecting value"),
        ("0[]", "stands behind the digit of open"),
        ("6x", "'x' stands behind the digit of noop"),
    ],
)
def test_what_no_client_can_read_is_no_packet(text, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        decode(text)


@pytest.mark.parametrize("text", ["", "9", "4", "45", "{}", '42["a"', "451-[]", "x"])
def test_what_is_no_packet(text):
    with pytest.raises(ValueError, match=r"begins like|Expecting|attachments"):
        decode(text)


def test_attachments_are_named():
    with pytest.raises(ValueError, match=r"^it has attachments, which are not read$"):
        decode('451-["tick",{"_placeholder":true,"num":0}]')


def test_what_a_service_says_of_itself_is_no_other_packet():
    assert decode('44{"socket":"connected","message":"no"}')["socket"] == "refused"
    assert decode('0{"engine":"pong","sid":"a"}')["engine"] == "open"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"engine": "pong"}, "3"),
        ({"connect": {"token": "t"}}, '40{"token": "t"}'),
        ({"connect": {}, "namespace": "/desk"}, "40/desk,{}"),
        (
            {"event": "subscribe", "id": 5, "data": [{"symbols": ["A"]}]},
            '425["subscribe", {"symbols": ["A"]}]',
        ),
        ({"event": "ping"}, '42["ping"]'),
        ({"socket": "answer", "id": 7, "data": []}, "437[]"),
        ({"socket": "answer", "id": "7", "data": ["ok"], "namespace": "/desk"}, '43/desk,7["ok"]'),
    ],
)
def test_the_packet_that_says_a_message(message, text):
    assert encode(message) == text


@pytest.mark.parametrize("message", ['{"op":"add"}', "[1]", '"text"', '{"engine":"teleport"}'])
def test_what_is_no_packet_cannot_be_said(message):
    with pytest.raises(NotVerified, match=r"clients of the target send socket\.io, in which"):
        Encoding(sent="socket.io", texts="socket.io").wire(message)


def test_nonsense_goes_out_as_text_as_clients_send_texts():
    assert Encoding(sent="socket.io").wire("nonsense") == "nonsense"


def test_the_first_text_of_such_a_service_is_known():
    assert OPENS.match('0{"sid":"a"}')
    assert not OPENS.match('{"sid":"a"}')


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"engine": "x"}, "engine is 'x', none of open, close, ping, pong, noop"),
        ({"event": "add", "data": {"keys": ["A"]}}, 'data is {"keys": ["A"]}, no list'),
        ({"connect": {}, "namespace": "ticks"}, "namespace is 'ticks'; one begins with a slash"),
        ({"event": "add", "id": "x"}, "id is 'x', no whole number"),
        ({"socket": "answer", "data": []}, "id is '', no whole number"),
        ({"socket": "event"}, "Socket.IO says engine, connect, event or an answer"),
        ([], "Socket.IO says engine, connect, event or an answer"),
    ],
)
def test_what_cannot_be_said_is_named(message, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        encode(message)
