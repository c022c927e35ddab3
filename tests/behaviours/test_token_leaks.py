"""Tokens are found wherever they are, in whatever form; and kept out of what a run writes."""

import asyncio
import base64
from http import HTTPStatus
from urllib.parse import quote

import jwt
import pytest
from allure_commons import plugin_manager

from qaws.auth.forgeries import kinds
from qaws.behaviours import service_logs, token_leaks
from qaws.behaviours.token_leaks import Canary
from qaws.behaviours.token_traces import traces
from qaws.runner.attachments import attach_evidence
from qaws.sut.log_files import LogPlace
from qaws.verdict import NotVerified
from tests.services.guarded import EchoesTokens, Strict, shown

TOKEN = jwt.encode({"sub": "alice", "jti": "canary-0a1b2c3d4e5f"}, "secret" * 8, algorithm="HS256")
HEADER, PAYLOAD, SIGNATURE = TOKEN.split(".")
ODD = '{"protected": "x", "signature": "0123456789abcdef%&"}'


def found(text):
    return traces(text, [TOKEN], ["canary-0a1b2c3d4e5f"])


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        (f"GET /ws/ticks?token={TOKEN} HTTP/1.1", "a whole token"),
        (f"GET /ws/ticks?token={TOKEN.replace('.', '%2E')}", "a whole token"),
        ("claims: {'jti': 'canary-0a1b2c3d4e5f'}", "what a token says"),
        (f"bad header {HEADER}", "the header of a token"),
        (f"payload={PAYLOAD}", "the payload of a token"),
        (f"signature={SIGNATURE}", "the signature of a token"),
        (f"token …{TOKEN[30 : len(HEADER) + 20]}…", "a piece of the payload of a token"),
        (f"…{TOKEN[-32:]} was refused", "a piece of the signature of a token"),
        (quote(TOKEN.replace(".", "%2E")), "a whole token"),
        ("\n    ".join(TOKEN[at : at + 11] for at in range(0, len(TOKEN), 11)), "a whole token"),
        (TOKEN.encode().hex(), "an encoded token"),
        (TOKEN.encode().hex().upper(), "an encoded token"),
        (base64.b64encode(TOKEN.encode()).decode(), "an encoded token"),
        (base64.b64encode(f"?token={TOKEN}&x".encode()).decode(), "an encoded token"),
        (base64.b64encode(f"/?token={TOKEN}&x".encode()).decode(), "an encoded token"),
        (base64.b64encode(b"a=canary-0a1b2c3d4e5f").decode(), "what a token says, encoded"),
        (base64.b64encode(base64.urlsafe_b64decode(PAYLOAD + "==")).decode(), "the payload of"),
    ],
)
def test_a_token_is_found_in_every_form(text, trace):
    assert trace in found(text)[0]


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


@pytest.fixture
def watched(monkeypatch, tmp_path):
    """Let a service without a process of its own write, on each canary, to a log that is seen."""
    log = tmp_path / "service.log"
    log.write_text("")

    def places(*_, deep=True):
        if not deep:  # of a handshake
            return []
        place = LogPlace(service_logs.OUTPUT, str(log))
        log.write_text("a client came\n")
        return [place]

    monkeypatch.setattr(service_logs, "places", places)


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
    few = {kind: kinds()[kind] for kind in ("no expiry", "expired an hour ago")}
    monkeypatch.setattr("qaws.behaviours.token_leaks.kinds", lambda: few)


@pytest.mark.usefixtures("few_kinds")
def test_without_a_launch_nobody_sees_what_is_written(scenario):
    with pytest.raises(NotVerified, match=r"without \[launch\] nobody sees what it writes"):
        scenario(Strict, canaries)


@pytest.mark.usefixtures("few_kinds", "watched")
def test_tokens_that_are_nowhere_to_be_found(right, testbed):
    right(Strict, canaries)
    told = dict(testbed.scenario.figures)
    assert told["written to the service's output"] == "14 characters"
    assert "an expiry" not in told["tokens that caused a line in a close's reason"]
    assert (
        "expired an hour ago in query parameter"
        in told["tokens that caused a line in a close's reason"]
    )
    assert (
        "a good token in Authorization header"
        in told["tokens that caused a line in a message to a client"]
    )


@pytest.mark.usefixtures("few_kinds", "watched")
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


@pytest.mark.usefixtures("few_kinds", "watched")
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
    assert traces(everything, tokens, markers) == []


# --- what shows nothing ---------------------------------------------------------------------------


@pytest.fixture
def soon_silent(monkeypatch):
    """Give lines that will not come up soon."""
    monkeypatch.setattr(token_leaks, "LINE_S", 0.2)
    monkeypatch.setattr(token_leaks, "SECOND_LOOKS_S", 3.0)


@pytest.fixture
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("LOGGING_TO", str(tmp_path / "service.log"))
    return tmp_path / "service.log"


@pytest.mark.usefixtures("few_kinds")
def test_a_service_that_writes_without_tokens_is_met(met, launched):
    met(lambda: launched("logging_to", "Plain", canaries))


@pytest.mark.usefixtures("few_kinds")
def test_who_is_closed_without_a_reason_has_caused_a_line_where_one_was_written(
    met, launched, testbed
):
    met(lambda: launched("logging_to", "Hushed", canaries))
    told = dict(testbed.scenario.figures)["tokens that caused a line in the service's output"]
    assert told.startswith("4: no expiry in query parameter; expired an hour ago in query")


@pytest.mark.usefixtures("few_kinds", "soon_silent")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Silent", "the service wrote nothing to its output while tokens were shown to it"),
        ("ToAFile", r"wrote nothing to its output .* in \[launch\] log_files of"),
        ("Mute", "4 of 10 tokens caused no line anywhere, .*: no expiry in query parameter; "),
        ("Restless", "4 of 10 tokens caused no line anywhere"),
    ],
)
def test_what_nobody_has_seen_written_shows_nothing(launched, file, kind, said):
    with pytest.raises(NotVerified, match=said):
        launched("logging_to", kind, canaries)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("query parameter", "a good token in query parameter"),
        ("/ws/ticks", "a good token in a plain HTTP request for /ws/ticks"),
    ],
)
def test_where_a_token_was_shown_is_said(where, said):
    assert Canary("a good token", "token", "marker", where).name == said


@pytest.mark.usefixtures("few_kinds")
def test_a_log_file_that_is_named_is_looked_into(met, refuted, launched, file):
    named = [str(file)]
    met(lambda: launched("logging_to", "ToAFile", canaries, log_files=named))
    refuted(
        lambda: launched("logging_to", "TokensToAFile", canaries, log_files=named),
        r"the log file .*service\.log has a whole token",
    )


@pytest.mark.usefixtures("few_kinds")
def test_a_token_that_is_logged_a_moment_later_is_found(refuted, launched):
    refuted(
        lambda: launched("logging_to", "TokensLater", canaries),
        "the service's output has a whole token",
    )


@pytest.mark.usefixtures("few_kinds")
def test_a_token_in_a_log_that_was_rotated_away_is_found(refuted, launched, file):
    file.write_text("what was there before\n")
    refuted(
        lambda: launched(
            "logging_to", "Rotates", canaries, log_files=[str(file.with_suffix(".*"))]
        ),
        r"the log file .*service\.\* has a whole token",
    )


@pytest.mark.usefixtures("few_kinds", "soon_silent")
def test_a_log_file_that_is_not_there_or_not_written_to_shows_nothing(launched, file, tmp_path):
    with pytest.raises(NotVerified, match=r"nowhere\.log is not there while tokens were shown"):
        launched("logging_to", "Plain", canaries, log_files=[str(tmp_path / "nowhere.log")])
    file.write_text("what was there before\n")
    with pytest.raises(NotVerified, match=r"service\.log was not written to while"):
        launched("logging_to", "Plain", canaries, log_files=[str(file)])


def test_a_level_that_the_service_does_not_have_shows_nothing(launched, testbed):
    async def story(do):
        with pytest.raises(NotVerified, match=r'has no "log level".*writes at DEBUG$') as said:
            await asyncio.to_thread(token_leaks.log_all_from, testbed, "DEBUG")
        assert str(said.value).count("variable") == 1, "the way out is told once"

    launched("logging_to", "Plain", story)
