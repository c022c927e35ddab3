"""The reference service with lawful variations: nothing goes red for them."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.e2e.test_independent import places
from tests.services.independent import run
from tests.services.variants import SERVICES, listing
from tests.services.variants.catalogue import MADE_OF, all_variations

ROWS = {
    "spelling": [
        "QA-WS-003 A connection with a valid token is welcomed",
        "QA-WS-006 An option tick reaches its subscriber",
        "QA-WS-007 Underlying bars reach their subscriber",
        "QA-WS-010 A malformed message is answered, not punished · a NaN",
        "QA-WS-012 One client over the limit is turned away · a connection limit of 10",
    ],
    "pieces": [
        "QA-WS-001",
        "QA-WS-004 A disconnect leaves nothing behind · a clean close",
        "QA-WS-006 An option tick reaches its subscriber",
        "QA-WS-016 Unsubscribe is exact under live flow · instrument 256265",
        "QA-WS-024 A hostile client is turned away · messages over 64 KiB",
    ],
    "leisure": [
        "QA-WS-004 A disconnect leaves nothing behind · an abrupt reset",
        "QA-WS-012 One client over the limit is turned away · a connection limit of 10",
        "QA-WS-012 Clients that were refused take no place and give none back",
        "QA-WS-017 A broker outage is announced and survived · the broker cuts",
    ],
    "bustle": [
        "QA-WS-002 A connection without a token is refused · open",
        "QA-WS-004 A disconnect leaves nothing behind · a clean close",
        "QA-WS-021 A forged token opens no session · an untrusted key under the right kid",
        "QA-WS-023 A page from a foreign origin is turned away · an opaque origin",
        "QA-WS-024 A hostile client is turned away · floods of 1,000 control frames",
    ],
}
"""The rows that a service's variations are nearest to; `make services` plays all. In QA-WS-012 a
scenario follows at once upon one whose clients a leisurely service counts yet."""


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_merely_different_is_not_called_wrong(service, tmp_path):
    found = run(service, tmp_path, list(places(ROWS[service])))
    assert not found.differences, "\n".join(found.differences)
    assert len(found.seen) >= len(ROWS[service]), found.line


def test_each_variation_is_in_one_service():
    assert tuple(MADE_OF) == SERVICES
    counts = Counter(each.name for chosen in MADE_OF.values() for each in chosen)
    assert counts == dict.fromkeys(all_variations(), 1)


def test_the_page_lists_them_all():
    page = listing.PAGE.read_text("utf-8")
    assert listing.updated(page) == page, "python -m tests.services.variants --write"


def test_a_name_that_is_none_is_refused():
    command = [sys.executable, "-m", "tests.services.variants", "spelling", "spellin"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("spellin: no such variation or service; known are spelling")
