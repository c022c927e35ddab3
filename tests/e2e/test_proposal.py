"""`qaws init` proposes the dialect of services that it has never seen, and the probe takes it."""

import os
import tomllib

import pytest

from tests.forked import run_module
from tests.processes import ROOT
from tests.waiting import HANG_S

PAYLOAD = (
    '{"s": "{symbol}", "x": "{exchange}", "p": "{last_price:text}", "q": "{volume:text}", '
    '"n": "{sequence:text}"}'
)
SERVICES = {
    "tokens": (
        *("--url", "ws://127.0.0.1:{port}/ws/ticks", "--channels", "ticker:nifty:options,none"),
        *("--symbol", "NIFTY-I", "--instrument", "1001"),
    ),
    "first-message": (
        *("--url", "ws://127.0.0.1:{port}/", "--channels", "ticker:quotes,none"),
        *("--symbol", "RELIANCE", "--instrument", "1"),
        *("--market", "exchange=NSE", "--payload", PAYLOAD),
    ),
    "lists": (
        *("--url", "ws://127.0.0.1:{port}/stream", "--channels", "ticker:options,ticker:bars"),
        *("--symbol", "NIFTY 50", "--instrument", "NSE.N1"),
    ),
    "batches": (
        *("--url", "ws://127.0.0.1:{port}/stream", "--channels", "md.options,md.bars"),
        *("--symbol", "NIFTY 50", "--instrument", "NSE.N1"),
    ),
}


@pytest.fixture
def proposed(tmp_path):
    """Write and probe a service's file; return exit code, what was said, the file, its text."""

    def proposing(service, *further):
        own = (*further, "BROKER={broker_url}", "KEYS={jwks_file}", "ISSUER=them", "AUDIENCE=ours")
        done = run_module(
            *("qaws", "init", service, *SERVICES[service]),
            *("--folder", str(tmp_path), "--broker", "embedded", "--generate-key"),
            *("--issuer", "them", "--audience", "ours"),
            *("--command", f"{{python}} -m tests.services.dialects.ticker {service}"),
            *("--ready-log", r"listening on (?P<port>\d+)"),
            *(part for each in own for part in ("--env", each)),
            cwd=ROOT,
            env={**os.environ, "QAWS_REPORTS": str(tmp_path / "reports")},
            within_s=3 * HANG_S,
        )
        text = (tmp_path / f"{service}.toml").read_text()
        return done.returncode, done.stdout + done.stderr, tomllib.loads(text), text

    return proposing


def test_a_known_way_is_proposed_as_a_whole(proposed):
    code, said, target, _ = proposed("tokens")
    assert code == 0, said
    assert "it speaks as ticker-service does, in all that was seen" in said
    assert "all as it should be" in said
    assert target["market"] == {"NIFTY": {"symbol": "NIFTY-I", "instruments": [1001]}}
    [tick] = target["dialect"]["tick"]
    assert (tick["instrument"], tick["sequence"]) == ("data.instrument_token", "data.seq")
    assert tick["members"] == "data", "all that was published came back there"


def test_parts_of_known_ways_are_put_together_with_what_was_seen(proposed):
    code, said, target, text = proposed("first-message")
    assert code == 0, said
    assert "all as it should be" in said
    assert target["auth"]["token_locations"] == ["first message"]
    dialect = target["dialect"]
    assert (dialect["several"], dialect["numbers"]) == ("array", "text")
    assert dialect["open"] == [{"say": {"action": "authenticate", "api_key": "{token}"}}]
    assert dialect["subscribe"]["ack"][0]["request_id"] == {"echo": True}
    [tick] = dialect["tick"]
    assert tick["fields"] == {"last_price": "data.ltp", "volume": "data.qty"}
    assert tick["sequence"] == "data.n"
    assert '# seen: {"type": "auth", "status": "success"}' in text


def test_binary_messages_are_read_where_it_can_be_told_what_they_hold(proposed):
    code, said, target, text = proposed("tokens", "ENCODING=msgpack")
    assert code == 0, said
    assert target["dialect"]["encoding"] == {"received": "msgpack"}
    assert "# seen: binary messages that are read as msgpack" in text
    assert "all as it should be" in said


@pytest.mark.parametrize(
    ("encoding", "clients"), [("gzip", "binary"), ("msgpack", "msgpack")], ids=str
)
def test_clients_that_should_send_binary_messages_are_told_so(proposed, encoding, clients):
    code, said, _, _ = proposed("tokens", f"ENCODING={encoding}", f"CLIENTS={clients}")
    assert code != 0
    assert f'say so in [dialect.encoding]: sent = "{clients}"' in said


def test_where_it_cannot_a_decoder_is_asked_for(proposed):
    code, said, _, _ = proposed("tokens", "ENCODING=framed")
    assert code != 0
    assert "binary messages came that are none of binary, msgpack, gzip, zlib, deflate" in said
    assert "Traceback" not in said


def test_what_no_known_way_is_understood_in_is_left_to_be_filled_in(proposed):
    _, said, target, text = proposed("batches")
    assert target["auth"]["token_locations"] == ["Authorization header"]
    assert target["dialect"]["recognise"]["welcome"] == [{"event": "hello"}]
    assert target["dialect"]["ping"]["answer"] == [{"event": "pong"}]
    assert "# NOT SEEN: nothing that was tried was acknowledged; say how your clients" in text
    assert "look at [dialect] subscribe.instruments: NOT SEEN" in said
    assert "!!  subscribe" in said


def test_messages_that_are_lists_are_shown_and_nothing_is_guessed_of_them(proposed):
    code, said, target, _ = proposed("lists")
    assert code != 0
    assert 'accepted; ["hello", "' in said
    assert 'messages are JSON lists, in whole or in part: ["hello", "' in said
    assert "nothing is guessed of such: docs/dialects.md says how a pattern knows them" in said
    assert "Traceback" not in said
    assert "several" not in str(target.get("dialect", ""))
