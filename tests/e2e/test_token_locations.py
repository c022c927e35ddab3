"""A token as cookie or subprotocol opens a session for clients of every kind, and shows nowhere."""

import os

import pytest

from tests.forked import run_behave
from tests.services.independent import ROOT, results
from tests.waiting import HANG_S

SOURCE = ROOT / "tests/services/fastapi_ticker/targets/uvicorn.toml"
LOCATIONS = 'token_locations = ["query parameter", "Authorization header"]'
ROWS = [
    "features/lifecycle.feature",
    "features/broadcasting.feature",
    "features/attacks.feature",
    "features/isolation.feature",
]
TESTS = "@QA-WS-001 or @QA-WS-006 or (@QA-WS-024 and @needs.failure-codes) or @QA-WS-025"
"""Functional clients, hostile ones, and canaries that are looked for in what is written."""


@pytest.mark.long
@pytest.mark.parametrize(
    ("location", "further"),
    [("cookie", 'cookie = "session"'), ("subprotocol", 'subprotocol = "bearer, {token}"')],
)
def test_clients_show_it_there(location, further, tmp_path):
    pytest.importorskip("fastapi", reason="make test brings FastAPI")
    text = SOURCE.read_text("utf-8")
    assert LOCATIONS in text
    target = tmp_path / "target.toml"
    target.write_text(
        text.replace(LOCATIONS, f'token_locations = ["{location}"]\n{further}'), "utf-8"
    )
    run_behave(
        *ROWS,
        *(f"--tags={TESTS}", "-D", f"target={target}"),
        env={**os.environ, "QAWS_REPORTS": str(tmp_path)},
        within_s=8 * HANG_S,
    )
    seen = list(results(tmp_path))
    wrong = [each for each in seen if each.verdict not in ("PASSED", "INCONCLUSIVE")]
    assert not wrong, wrong
    assert sum(each.verdict == "PASSED" for each in seen) > 5, seen
