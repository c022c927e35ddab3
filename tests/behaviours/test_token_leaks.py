"""Tokens are found wherever they are, in whatever form; and kept out of what a run writes."""

from http import HTTPStatus
from urllib.parse import quote

import jwt
import pytest
from allure_commons import plugin_manager

from qaws.auth.forgeries import KINDS
from qaws.behaviours import token_leaks
from qaws.behaviours.token_leaks import traces
from qaws.runner.attachments import attach_evidence
from tests.services.guarded import EchoesTokens, Strict, shown

TOKEN = jwt.encode({"sub": "alice", "jti": "canary-0a1b2c3d"}, "secret" * 8, algorithm="HS256")
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
ODD = '{"protected": "x", "signature": "0123456789abcdef%&"}'


def found(text):
    return traces(text, [TOKEN], ["canary-0a1b2c3d"])


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        (f"GET /ws/ticks?token={TOKEN} HTTP/1.1", "a whole token"),
        (f"GET /ws/ticks?token={TOKEN.replace('.', '%2E')}", "a whole token"),
        ("claims: {'jti': 'canary-0a1b2c3d'}", "what a token says"),
        (f"bad header {HEADER}", "the header of a token"),
        (f"payload={PAYLOAD}", "the payload of a token"),
        (f"signature={SIGNATURE}", "the signature of a token"),
        (f"token …{TOKEN[30 : len(HEADER) + 20]}…", "a piece of the payload of a token"),
        (f"…{TOKEN[-32:]} was refused", "a piece of the signature of a token"),
    ],
)
def test_a_token_is_found_in_every_form(text, trace):
    assert found(text) == [trace]


@pytest.mark.parametrize(
    "text",
    ["", "Authentication required", f"…{SIGNATURE[-10:]}", "A" * 200, "token=[redacted]"],
)
def test_what_is_none_is_not_found(text):
    assert found(text) == []


def test_what_is_no_jwt_is_found_too_also_encoded():
    assert traces(f"no such key: {ODD}", [ODD]) == ["a whole token"]
    assert traces(f"/ws/ticks?token={quote(ODD, safe='')}", [ODD]) == ["a whole token"]
    assert traces("/ws/ticks?token=..", [".."]) == []


def test_the_worst_is_told_first():
    other = jwt.encode({"sub": "bob"}, "secret" * 8, algorithm="HS256")
    text = f"{HEADER} and {other}"
    assert traces(text, [TOKEN, other]) == ["a whole token", "the header of a token"]


# --- what a service tells -------------------------------------------------------------------------


async def canaries(do):
    await do(token_leaks.show_canaries)
    await do(token_leaks.nowhere_to_be_found)


class EchoesInTheReason(Strict):
    async def refuse(self, client):
        await client.close(1008, f"no: {shown(client)[-60:]}")


class EchoesInTheAnswer(Strict):
    def request(self, connection, request):
        if request.path.startswith("/nowhere"):
            return connection.respond(HTTPStatus.NOT_FOUND, f"no {request.path}\n")
        return super().request(connection, request)


@pytest.fixture
def few_kinds(monkeypatch):
    kinds = {kind: KINDS[kind] for kind in ("no expiry", "expired an hour ago")}
    monkeypatch.setattr("qaws.behaviours.token_leaks.KINDS", kinds)


@pytest.mark.usefixtures("few_kinds")
def test_tokens_that_are_nowhere_to_be_found(right):
    right(Strict, canaries)


@pytest.mark.usefixtures("few_kinds")
@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (EchoesInTheReason, r"a close's reason has a piece of the signature of a token"),
        (EchoesInTheAnswer, r"the answer to a request for /nowhere has a whole token"),
        (EchoesTokens, r"a message to a client has a whole token"),
    ],
)
def test_tokens_that_are_found(wrong, service, sentence):
    said = wrong(service, canaries, sentence)
    assert "eyJ" not in said


@pytest.mark.usefixtures("few_kinds")
def test_what_a_run_writes_holds_no_token(testbed, wrong, monkeypatch):
    """Even where the service repeats tokens: then they are in the transcripts, and struck out."""
    written = []
    monkeypatch.setattr("allure.attach", lambda body, **_: written.append(body))
    monkeypatch.setattr("allure.dynamic.description_html", written.append)
    monkeypatch.setattr(plugin_manager, "get_plugins", lambda: ["somebody who writes"])
    wrong(EchoesTokens, canaries, "a message to a client has a whole token")
    attach_evidence(testbed, ["> plan"])
    everything = "\n".join(written)
    assert "Invalid message from (a token)" in everything
    tokens = [canary.token for canary in testbed.scenario.stash[token_leaks.CANARIES].canaries]
    markers = [canary.marker for canary in testbed.scenario.stash[token_leaks.CANARIES].canaries]
    assert token_leaks.traces(everything, tokens, markers) == []
