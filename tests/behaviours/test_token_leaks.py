"""Tokens are found wherever they are, in whatever form; and kept out of what a run writes."""

from urllib.parse import quote

import jwt
import pytest

from qaws.behaviours.token_leaks import traces
from qaws.verdict import Check, Checks, Refuted, without_tokens

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


def test_tokens_are_kept_out_of_texts():
    said = without_tokens(f"closed with 1008 'bad token {TOKEN}' and {HEADER} at 12.5 ms")
    assert said == "closed with 1008 'bad token (a token)' and (a token) at 12.5 ms"
    assert without_tokens("grey eyes, eyJ and key=5") == "grey eyes, eyJ and key=5"


def test_a_verdict_does_not_repeat_a_token():
    checks = Checks()
    with pytest.raises(Refuted, match=r"^reason: measured bad \(a token\), allowed none$"):
        checks.require(False, "reason", f"bad {TOKEN}", "none")
    with pytest.raises(Refuted) as refuted:
        checks.never("pong", 0, 1, 5, f"closed: {TOKEN}")
    assert HEADER not in str(refuted.value)
    assert checks.done[0] == Check("reason", "bad (a token)", "none", "not met")
