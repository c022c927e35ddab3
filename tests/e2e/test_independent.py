"""Services that know nothing of the suite: some rows of each capability, on each of them.

`make services` plays all of functional p0 and p1 on them.
"""

import importlib.util
import json
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from qaws.sut.target_file import read_target
from tests.services import independent
from tests.services.independent import (
    DIFFERS,
    ROOT,
    UNDECIDED,
    Expectation,
    Seen,
    compare,
    exit_code,
    how_it_broke,
    run,
    summary,
)

ROWS = {
    "lifecycle": [
        "QA-WS-002 A connection without a token is refused · open",
        "QA-WS-003 A connection with a valid token is welcomed",
        "QA-WS-004 A disconnect leaves nothing behind · an abrupt reset",
        "QA-WS-005 A client that reconnects starts a new session · an abrupt reset",
    ],
    "broadcasting": [
        "QA-WS-006 An option tick reaches its subscriber",
        "QA-WS-006 Instruments that differ",
        "QA-WS-007 Underlying bars reach their subscriber",
        "QA-WS-008 Clients receive what they subscribed to",
    ],
    "error_handling": [
        "QA-WS-010 A malformed message is answered, not punished · a NaN",
        "QA-WS-012 One client over the limit is turned away · a connection limit of 10",
    ],
    "subscriptions": ["QA-WS-016 Unsubscribe is exact under live flow · instrument 256265"],
    "outage": ["QA-WS-017 A broker outage is announced and survived · the broker cuts"],
    "tokens": [
        "QA-WS-021 A forged token opens no session · an untrusted key under the right kid",
        "QA-WS-021 An oversized token opens no session · 100 kB of garbage",
        "QA-WS-021 A token that is nearly right opens no session · another last character",
    ],
    "origins": [
        "QA-WS-023 A page from a foreign origin is turned away · an opaque origin",
        "QA-WS-023 An Origin header that is malformed or sent twice opens nothing · two listed",
    ],
    "isolation": ["QA-WS-025 A client cannot publish · a ping that carries a tick"],
    "feed": ["QA-WS-102 A malformed payload in the feed harms nobody · a JSON array"],
    "startup": ["QA-WS-122 The service starts before its broker"],
    "entitlements": [
        "QA-WS-119 A half-valid subscription changes nothing for others · a symbol and a number"
    ],
    "attacks": [
        "QA-WS-024 A hostile client is turned away · messages over 64 KiB",
        "QA-WS-024 A hostile client is turned away · floods of 1,000 control frames",
    ],
}
"""What is played of each capability: the begin of a title, and that of a cell of its row.

A shutdown (QA-WS-018) wants ticks that wait at an instant, which a machine with other tests beside
it does not always give; `make services` plays it.
"""

TOOLS = Path(sys.executable).parent
MISSING = {
    "node": not (shutil.which("node") or (TOOLS / "node").exists()),
    "aiohttp": importlib.util.find_spec("aiohttp") is None,
    **{
        name: not all(importlib.util.find_spec(each) for each in ("fastapi", server))
        for name, server in {
            **{name: name for name in ("uvicorn", "hypercorn", "granian")},
            **dict.fromkeys(("plan", "keys", "remote", "secret", "desk", "posted"), "uvicorn"),
        }.items()
    },
}


def places(wanted=None):
    """Return the rows as behave wants them: `features/tokens.feature:41`; default all of `ROWS`."""
    for capability, names in ROWS.items():
        file = ROOT / "features" / f"{capability}.feature"
        lines = file.read_text("utf-8").splitlines()
        for name in names if wanted is None else wanted:
            title, _, row = name.partition(" · ")
            at = next((n for n, line in enumerate(lines) if f": {title}" in line), None)
            if at is None:
                assert wanted is not None, f"{file} has no {title}"
                continue
            if row:
                cell = re.compile(rf"^ +\|.*\| *{re.escape(row)}|^ +\| *{re.escape(row)}")
                at = next(n for n in range(at, len(lines)) if cell.match(lines[n]))
            yield f"{file.relative_to(ROOT)}:{at + 1}"


SECURED = [
    "QA-WS-002 A connection without a token is refused · open",
    "QA-WS-005 A client that reconnects starts a new session · an abrupt reset",
    "QA-WS-006 An option tick reaches its subscriber",
    "QA-WS-125 The issuer's keys change while clients are connected",
    "QA-WS-024 A hostile client is turned away · messages over 64 KiB",
    "QA-WS-024 A hostile client is turned away · stalled or broken handshakes",
]
"""What is played over TLS, and behind a proxy that ends it: all kinds of clients, as they leave."""


@pytest.mark.parametrize("service", ["tls", "caddy", "mutual"])
def test_over_tls_all_is_as_it_is_without(service, tmp_path):
    if service == "caddy" and not (shutil.which("caddy") or (TOOLS / "caddy").exists()):
        pytest.skip("there is no Caddy; make test brings it")
    found = run(service, tmp_path, list(places(SECURED)))
    assert not found.differences, "\n".join(found.differences)
    assert len(found.seen) >= len(SECURED), found.line


@pytest.mark.parametrize("service", MISSING)  # of those on other feeds test_feeds has rows
def test_a_service_of_its_own_kind_is_judged_as_was_worked_out_beforehand(service, tmp_path):
    if MISSING[service]:
        pytest.skip(f"{service} is not there; make test brings it")
    found = run(service, tmp_path, list(places()))
    assert not found.differences, "\n".join(found.differences)
    assert len(found.seen) >= sum(map(len, ROWS.values())), found.line


WANTED = [Expectation("QA-WS-024", "FAILED", "still up", "it leaves TCP open", row="stalled")]


@pytest.mark.parametrize(
    ("seen", "differs", "in_doubt"),
    [
        (Seen("QA-WS-001 A connection", "PASSED", ""), False, False),
        (Seen("QA-WS-001 A connection", "FAILED", "no"), True, False),
        (Seen("QA-WS-001 A connection", "NOT VERIFIED", "no"), True, False),
        (Seen("QA-WS-001 A connection", "INCONCLUSIVE", "busy"), False, True),
        (Seen("QA-WS-024 A client · 13, stalled", "FAILED", "400; it is still up"), False, False),
        (Seen("QA-WS-024 A client · 13, stalled", "FAILED", "something else"), True, False),
        (Seen("QA-WS-024 A client · 13, stalled", "PASSED", ""), True, False),
        (Seen("QA-WS-024 A client · 4, binary", "PASSED", ""), False, False),
    ],
)
def test_what_differs_from_what_was_worked_out(seen, differs, in_doubt):
    found = compare("granian", [seen], WANTED)
    assert (bool(found.differences), bool(found.doubts)) == (differs, in_doubt)
    for line in found.differences:
        assert line.startswith(f"granian: {seen.name}: expected ")
        assert line.endswith(f"seen {seen.verdict}: {seen.words}")


@pytest.mark.parametrize(
    ("verdict", "words", "differs"),
    [("PASSED", "", False), ("FAILED", "it is cut", False), ("FAILED", "it is late", True)],
)
def test_what_comes_only_sometimes_may_pass_too(verdict, words, differs):
    cut = Expectation("QA-WS-111", "FAILED", "is cut", "a frame can be lost", sometimes=True)
    found = compare("granian", [Seen("QA-WS-111 Two nodes", verdict, words)], [cut])
    assert bool(found.differences) == differs


LACKS = {"tls": "no TLS", "user-limit": "no limit", "private statistics": "they are for all"}


@pytest.mark.parametrize(
    ("words", "differs"),
    [
        ('the target x lacks: tls ([endpoint] ca_file, or [settings] "certificate")', False),
        ('the target x y lacks: tls ([endpoint], or b), user-limit ([settings] "u")', False),
        ("the target x declines: private statistics", False),
        ("the target x lacks: proxy ([proxy], or [endpoint] behind_proxy)", True),
        ("the target x lacks: tls ([endpoint]), proxy ([proxy])", True),
        ("the target x declines: failure codes", True),
        ("no answer came", True),
    ],
)
def test_what_a_service_lacks_its_rows_may_say(words, differs):
    seen = Seen("QA-WS-114 Nobody gets in", "NOT VERIFIED", f"SKIPPED: {words}")
    assert bool(compare("node", [seen], [], LACKS).differences) == differs
    assert compare("node", [Seen(seen.name, "FAILED", seen.words)], [], LACKS).differences


def test_no_service_has_what_its_file_says_that_it_lacks():
    for name, target in independent.TARGETS.items():
        lacks = set(independent.expected(target)[1])
        has = read_target(target, {}, {}).capabilities
        assert not lacks & has, name


def test_a_run_without_rows_differs():
    assert compare("granian", [], []).differences == ["granian: no row was run"]


ONE, TWO = "QA-WS-001 A connection", "QA-WS-003 A welcome"


def ran(*verdicts, service="node", rows=(ONE, TWO)):
    """Return a run in which the rows came to these verdicts, where all should have passed."""
    seen = [Seen(n, v, f"words of {v}") for n, v in zip(rows, verdicts, strict=False)]
    return compare(service, seen, [])


GOOD = ("PASSED", "PASSED")
DOUBT = "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("runs", "stress", "code"),
    [
        ([ran(*GOOD)], False, 0),
        ([ran(*GOOD), ran("PASSED", "FAILED")], False, DIFFERS),
        ([ran(*GOOD), ran("PASSED", "FAILED")], True, DIFFERS),
        ([ran(DOUBT, DOUBT)], False, UNDECIDED),
        ([ran(DOUBT, DOUBT)], True, UNDECIDED),
        ([ran("PASSED", DOUBT)], False, UNDECIDED),
        ([ran("PASSED", DOUBT)], True, 0),
        ([ran("PASSED", DOUBT), ran(DOUBT, "PASSED")], False, 0),
        ([ran(*GOOD), ran(DOUBT, DOUBT, service="granian")], True, UNDECIDED),
        ([ran(DOUBT, "FAILED")], True, DIFFERS),
        ([ran()], False, DIFFERS),
    ],
)
def test_the_exit_code_says_whether_all_was_as_expected_and_decided(runs, stress, code):
    assert exit_code(runs, stress) == code


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([ran(*GOOD)] * 10, "node: 10 of 10 as expected"),
        (
            [ran(*GOOD), ran("PASSED", DOUBT), ran("BROKEN", "FAILED")],
            f"node: 2 of 3 as expected; run 3: {ONE}: expected PASSED, seen BROKEN: "
            "words of BROKEN (and 1 more); 1 x INCONCLUSIVE",
        ),
        (
            [ran(DOUBT, DOUBT), ran(*GOOD)],
            "node: 1 of 2 as expected; run 1: no row was decided; 2 x INCONCLUSIVE",
        ),
        (
            [ran("PASSED", DOUBT)] * 2,
            f"node: 2 of 2 as expected; 2 x INCONCLUSIVE; never decided: {TWO}",
        ),
        ([ran()], "node: 0 of 1 as expected; run 1: no row was run"),
    ],
)
def test_one_line_for_each_service(runs, said):
    assert summary(runs) == said


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        (None, "it ended before it began"),
        ({"state": "finished", "error": None}, ""),
        ({"state": "running", "error": None}, "it was running when it ended"),
        ({"state": "finished", "error": "the service has died"}, "the service has died"),
    ],
)
def test_a_run_that_breaks_as_a_whole_differs(tmp_path, noted, said):
    if noted:
        (tmp_path / "run.json").write_text(json.dumps(noted))
    assert how_it_broke(tmp_path) == said


@pytest.fixture
def plays(monkeypatch):
    """Have runs come to these, one after the other; return the runs that were asked for."""
    asked = []

    def play(*runs):
        left = list(runs)

        def run(service, reports, arguments, tell):
            asked.append((service, reports.name, *arguments))
            return left.pop(0)

        monkeypatch.setattr(independent, "run", run)
        return asked

    return play


def test_what_is_printed_and_returned(plays, tmp_path, capsys):
    others = [ran(*GOOD, service="granian")] * 2
    asked = plays(ran(*GOOD), ran("FAILED", "PASSED"), *others)
    arguments = ["node", "granian", "node", "--times", "2", "--tags=@x", "--reports", str(tmp_path)]
    assert independent.main(arguments) == DIFFERS
    assert asked[:2] == [("node", "node-1", "--tags=@x"), ("node", "node-2", "--tags=@x")]
    lines = capsys.readouterr().out.splitlines()
    assert f"node: {ONE}: expected PASSED, seen FAILED: words of FAILED" in lines
    assert lines[-3:-1] == [
        f"node: 1 of 2 as expected; run 2: {ONE}: expected PASSED, seen FAILED: words of FAILED",
        "granian: 2 of 2 as expected",
    ]


def test_a_row_that_one_of_the_runs_lacks_differs(plays, tmp_path, capsys):
    plays(ran(*GOOD), ran("PASSED"))
    assert independent.main(["node", "--times", "2", "--reports", str(tmp_path)]) == DIFFERS
    said = f"run 2: {TWO}: expected as in the other runs, not run"
    assert f"node: 1 of 2 as expected; {said}" in capsys.readouterr().out.splitlines()


def test_under_stress_all_cores_are_busy_and_a_doubt_is_no_difference(plays, tmp_path, monkeypatch):
    busy = []

    @contextmanager
    def busy_cores(folder):
        busy.append(folder)
        yield
        busy.append("over")

    monkeypatch.setattr(independent, "busy_cores", busy_cores)
    for options, code in (["--stress"], 0), ([], UNDECIDED):
        plays(ran("PASSED", DOUBT))
        assert independent.main(["node", "--reports", str(tmp_path / "new"), *options]) == code
    assert busy == [tmp_path / "new", "over"]


def test_what_had_ended_is_told_of_a_run_that_was_stopped(plays, tmp_path, monkeypatch, capsys):
    plays(ran(*GOOD))
    play = independent.run

    def stopped_at_the_second(service, reports, arguments, **more):
        if reports.name == "node-2":
            raise KeyboardInterrupt
        return play(service, reports, arguments, **more)

    monkeypatch.setattr(independent, "run", stopped_at_the_second)
    assert independent.main(["node", "--times", "3", "--reports", str(tmp_path)]) == 130
    assert "node: 1 of 1 as expected" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("times", ["0", "-1", "ten"])
def test_no_runs_at_all_are_refused(times, capsys):
    with pytest.raises(SystemExit, match="2"):
        independent.main(["node", f"--times={times}"])
    assert f"'{times}' is no number of runs: give 1 or more" in capsys.readouterr().err
