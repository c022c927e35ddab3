"""Services that know nothing of the suite: some rows of each capability, on each of six.

`make services` plays all of functional p0 on them.
"""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.services.independent import ROOT, Expectation, Seen, compare, run

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
    **{
        name: not all(importlib.util.find_spec(each) for each in ("fastapi", server))
        for name, server in {
            **{name: name for name in ("uvicorn", "hypercorn", "granian")},
            **dict.fromkeys(("plan", "keys", "remote", "secret", "desk"), "uvicorn"),
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


def test_a_run_without_rows_differs():
    assert compare("granian", [], []).differences == ["granian: no row was run"]
