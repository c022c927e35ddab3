"""Refusals that are decisions, and those that only look like one."""

import asyncio

import pytest

from qaws.behaviours import closes, crashes, lifecycle
from qaws.clients.endings import Refusal
from qaws.sut.log_files import LogPlace
from tests.oracle.test_stack_traces import DOTNET, ELIXIR, GO, JAVA, NODE, RUST
from tests.services import crashing
from tests.services.crashing import LATER_S

FORBIDDEN = Refusal([403])
BY_AN_EXCEPTION = (
    "^refusal of Mallory: measured HTTP 403.*, but by an exception, not by a decision: "
)


async def refused(do):
    await do(lifecycle.connect, ["Mallory"], origin="another site")
    await do(closes.refused, ["Mallory"], FORBIDDEN)
    await do(crashes.refusals_were_decisions)


async def refused_a_while_ago(do):
    await do(lifecycle.connect, ["Mallory"], origin="another site")
    await do(closes.refused, ["Mallory"], FORBIDDEN)
    await asyncio.sleep(2 * LATER_S)
    await do(crashes.refusals_were_decisions)


@pytest.mark.parametrize(
    ("kind", "story", "sentence"),
    [
        (
            "Crashes",
            refused,
            "a Python traceback in the service's output, "
            r'"Traceback \(most recent call last\):" … "IndexError: list index out of range", '
            "allowed a refusal that the service has decided on",
        ),
        ("WritesLater", refused_a_while_ago, ".*IndexError: list index out of range"),
        ("CrashesWithAToken", refused, r'.*"LookupError: /ws/ticks\?token=\(the token\)"'),
        (
            "CrashesInJava",
            refused,
            "a Java stack trace in the service's output, "
            '"java.lang.NullPointerException: Cannot invoke "String.length',
        ),
    ],
)
def test_a_refusal_by_an_exception_that_nobody_caught(refuted, launched, kind, story, sentence):
    refuted(lambda: launched("crashing", kind, story), BY_AN_EXCEPTION + sentence)


@pytest.mark.parametrize(
    ("kind", "remark"),
    [
        ("Decides", ""),
        ("DecidesByAnException", ""),
        ("CatchesWhatIsRaised", ""),
        ("CrashedForAnother", "did not cause it again, so it may be of something else"),
        ("CrashesForAll", "whoever shows no token causes a Python traceback"),
    ],
)
def test_a_service_that_decides_is_not_blamed_for_what_it_logs(
    met, launched, testbed, kind, remark
):
    met(lambda: launched("crashing", kind, refused))
    said = testbed.scenario.remarks
    assert [remark in each for each in said] == ([True] if remark else [])


def test_a_crash_is_found_in_a_log_that_the_target_names(
    refuted, met, launched, tmp_path, monkeypatch
):
    file = tmp_path / "service.log"
    monkeypatch.setenv("LOGGING_TO", str(file))
    refuted(
        lambda: launched("crashing", "CrashesIntoAFile", refused, log_files=[str(file)]),
        BY_AN_EXCEPTION + "a Python traceback in the log file ",
    )
    met(lambda: launched("crashing", "CrashesIntoAFile", refused))


def test_what_nobody_sees_is_as_it_was(right):
    right(crashing.Crashes, refused)


@pytest.mark.parametrize(
    ("line", "thrown", "is_crash"),
    [
        ("ERROR:    Exception in ASGI application", "AttributeError: no host", True),
        ("[ERROR] Error in ASGI Framework", "UnicodeError: label too long", True),
        ("ERROR process_request failed", "app.odd.Strange: x", True),
        ("ERROR opening handshake failed", "websockets.exceptions.InvalidOrigin: x", False),
        ("ERROR opening handshake failed", "desk.Forbidden", False),
        ("ERROR:    Exception in ASGI application", "starlette.exceptions.HTTPException", False),
        ("INFO a token was refused", "jwt.exceptions.DecodeError: Not enough segments", False),
        ("INFO a token was refused", "TypeError: unhashable type: 'list'", False),
        ("", "ValueError: no", False),
        ("ERROR:    Exception in ASGI application", "app.auth.NoSuchKey: x", True),
        ("WARNING the connection was terminated", "ValueError: no", False),
        ("INFO the check raised an exception: refused", "ValueError: no", False),
        ("ERROR Task exception was never retrieved", "KeyError: 'host'", True),
        (
            "ERROR Error handling request from 127.0.0.1",
            "aiohttp.http_exceptions.LineTooLong: 400, message:\n  Got more than 8190 bytes",
            False,
        ),
        ("ERROR Error handling request from 127.0.0.1", "KeyError: 'kid'", True),
    ],
)
def test_which_exceptions_are_crashes(tmp_path, line, thrown, is_crash):
    log = tmp_path / "x.log"
    log.write_text("")
    place = LogPlace("x", str(log))
    log.write_text(f'{line}\nTraceback (most recent call last):\n  File "x"\n    y\n{thrown}\n')
    assert bool(crashes._uncaught([place])) is is_crash
    place.close()


THROWN = JAVA.removeprefix('Exception in thread "main" ')


@pytest.mark.parametrize(
    ("log", "is_crash"),
    [
        (f"2026/11/29 10:11:12 {GO}\n", True),
        (f"{RUST}\n", True),
        (f"10:11:12 [error] #PID<0.9.0> running Desk.Endpoint terminated\n{ELIXIR}\n", True),
        (f"fail: Kestrel[13]\n      An unhandled exception was thrown.\n      {DOTNET}\n", True),
        (f"SEVERE: Servlet.service() threw exception\n{THROWN}\n", True),
        (f"WARN an origin was refused\n{THROWN}\n", False),
        (f"{JAVA}\n", True),
        (f"Uncaught exception\n{NODE}\n", True),
        (f"an origin was refused\n{NODE}\n", False),
    ],
)
def test_crashes_in_the_log_of_a_service_in_another_language(tmp_path, log, is_crash):
    file = tmp_path / "x.log"
    file.write_text("")
    place = LogPlace("x", str(file))
    file.write_text(f"INFO a client came\n{log}INFO a client left\n")
    assert bool(crashes._uncaught([place])) is is_crash
    place.close()
