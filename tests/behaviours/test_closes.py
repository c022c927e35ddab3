"""Refusals, closes, and the silence before them."""

import asyncio

import pytest

from qaws.behaviours import closes, leaving, lifecycle
from qaws.clients.endings import ExpectedClose, Refusal
from tests.services.faulty import AMPLE_MS, closes_at_once, connected
from tests.services.scripted import Ticker


def refuses(status, body="no\n"):
    class Refuses(Ticker):
        def request(self, connection, request):
            from http import HTTPStatus

            return connection.respond(HTTPStatus(status), body)

    return Refuses


REFUSAL = Refusal([401], ExpectedClose([1008], ["Authentication required"]))


async def refusal(do):
    await do(lifecycle.connect, ["Alice"], None)
    await do(closes.refused, ["Alice"], REFUSAL)


@pytest.mark.parametrize(("statuses", "is_told"), [([403], False), ([401], True)])
def test_what_is_known_to_cause_a_refusal_is_told_of_a_wrong_one_only(
    right, wrong, testbed, statuses, is_told
):
    async def story(do):
        await do(lifecycle.connect, ["Alice"], None)
        await do(closes.refused, ["Alice"], Refusal(statuses, None))

    if is_told:
        wrong(refuses(403, ""), story, "measured HTTP 403 .a 403 without a body")
    else:
        right(refuses(403, ""), story)
    [check, *_] = testbed.scenario.checks.done
    assert ("ASGI" in check.measured) is is_told


@pytest.mark.parametrize(
    "service", [Ticker, refuses(401), refuses(401, '{"error": "AuthenticationError at 10:15"}')]
)
def test_a_refusal_that_says_why_is_met(right, service):
    right(service, refusal)


class LetsIn(Ticker):
    async def admit(self, client, token):
        return True


class CutsAtOnce(Ticker):
    async def admit(self, client, token):
        client.cut()
        return False


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            refuses(403),
            r"refusal of Alice: measured HTTP 403, allowed HTTP 401, or a close with 1008",
        ),
        (refuses(500), r"measured HTTP 500"),
        (closes_at_once(1008, ""), r"closed with 1008 without a reason"),
        (closes_at_once(1008, "go away"), r'closed with 1008 "go away"'),
        (closes_at_once(1011, "Authentication required"), r"closed with 1011"),
        (
            closes_at_once(1008, "Authentication required at check (/app/x.js:1:2)"),
            r'what Alice was told: measured a JavaScript stack trace: "Authentication required at',
        ),
        (
            refuses(401, '{"error": "no", "trace": "java.lang.X\\n\\tat com.desk.A.b(A.java:1)"}'),
            "what Alice was told: measured a Java stack trace: .*, allowed no stack trace",
        ),
        (CutsAtOnce, r"1006"),
        (LetsIn, r"measured 1 x welcome; still open"),
    ],
)
def test_a_refusal_that_does_not_say_why_is_refuted(wrong, service, sentence):
    wrong(service, refusal, sentence)


async def full(do):
    await do(lifecycle.connect, ["Zoe"])
    await do(closes.closed_by_service, ["Zoe"], ExpectedClose([1008], ["max connections"]))


@pytest.mark.parametrize("reason", ["max connections reached", "MAX Connections"])
def test_a_close_with_code_and_reason_is_met(right, reason):
    right(closes_at_once(1008, reason), full)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Ticker, r"end of Zoe's connection: measured 1 x welcome; still open, allowed closed by"),
        (closes_at_once(1008, "full"), r'measured no message; closed with 1008 "full"'),
        (closes_at_once(1013, "max connections"), r"closed with 1013"),
        (CutsAtOnce, r"1006"),
        (refuses(503), r"measured HTTP 503"),
    ],
)
def test_a_close_without_code_or_reason_or_none_at_all_is_refuted(wrong, service, sentence):
    wrong(service, full, sentence)


def test_a_close_by_the_client_is_not_the_services(wrong):
    async def story(do):
        await connected(do)
        await do(leaving.end_connection, "Alice", "a clean close")
        await do(closes.closed_by_service, ["Alice"], ExpectedClose([1000], [""]))

    wrong(Ticker, story, r"by the client, allowed closed by the service")


def closes_after(seconds):
    class Closes(Ticker):
        async def welcome(self, client):
            await super().welcome(client)
            await asyncio.sleep(seconds)
            await client.close(1001, "idle timeout")

    return Closes


def silence(low_ms, high_ms):
    async def story(do):
        await connected(do)
        await do(lifecycle.stay_silent, "Alice", 1.5)
        await do(closes.closed_between, ["Alice"], ExpectedClose([1001], ["idle"]), low_ms, high_ms)

    return story


def test_a_close_between_the_bounds_is_met(right):
    right(closes_after(0.6), silence(300, AMPLE_MS))


@pytest.mark.parametrize(
    ("service", "low", "high", "sentence"),
    [
        (closes_after(0.2), AMPLE_MS, 2 * AMPLE_MS, r"measured \d+\.\d ms, allowed not before"),
        (closes_after(1.4), 100, 500, r"measured \d{4,5}\.\d ms, allowed at most 500 ms"),
        (Ticker, 500, 1000, r"end of Alice's connection: measured 1 x welcome; still open"),
        (closes_at_once(1001, "idle timeout"), 500, 1000, r"Alice .* not welcomed"),
    ],
)
def test_a_close_too_early_too_late_or_never_is_refuted(wrong, service, low, high, sentence):
    wrong(service, silence(low, high), sentence)


def test_a_welcome_does_not_pass_for_the_silence_to_end(wrong):
    """The source plan's mistake: any message ended the wait, and the test passed."""
    wrong(
        Ticker,
        silence(0, 10_000),
        r"measured 1 x welcome; 1 pong; still open|still open, allowed closed by",
    )
