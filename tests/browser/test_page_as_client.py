"""QA-WS-116 in a real browser, against services that speak otherwise, and over TLS."""

import shutil

import pytest

from qaws.clients import browser_page, browser_trust
from qaws.clients.browser_trust import TRUSTS
from tests.e2e.test_dialects import behave
from tests.e2e.test_token_locations import LOCATIONS, SOURCE

pytestmark = pytest.mark.skipif(bool(browser_page.missing()), reason=str(browser_page.missing()))


@pytest.mark.parametrize(
    "target", ["tokens.toml", "first_message.toml", "zipped.toml", "../secured/tls.toml"]
)
def test_the_page_is_served_as_the_target_describes_it(tmp_path, target):
    if "secured" in target and shutil.which(browser_trust.TOOL) is None:
        pytest.skip("certutil is not installed")
    output, rows = behave(tmp_path, target, "@QA-WS-116")
    assert {row["status"] for row in rows} == {"passed"}, output
    evidence = [
        file.read_text("utf-8")
        for file in (tmp_path / "allure-results").iterdir()
        if file.suffix != ".png"
    ]
    assert any("page of http://127.0.0.1:" in each for each in evidence)
    assert any(TRUSTS in each for each in evidence) == ("secured" in target)
    assert not any("eyJ" in each for each in evidence)  # how every token begins


def test_a_price_that_is_altered_is_seen_at_the_page_too(tmp_path):
    output, rows = behave(tmp_path, "first_message.toml", "@QA-WS-116", BREAKS="rounds")
    assert "received ticks that differ from what was published" in rows[0]["message"], output


def test_where_no_page_can_show_its_token_nothing_is_verified(tmp_path):
    output, rows = behave(tmp_path, "streams.toml", "@QA-WS-116")
    assert "no page in a browser can send headers" in rows[0]["message"], output
    assert rows[0]["status"] == "skipped"


@pytest.mark.parametrize(
    ("location", "further"),
    [("cookie", 'cookie = "session"'), ("subprotocol", 'subprotocol = "bearer, {token}"')],
)
def test_the_page_shows_its_token_as_browsers_can(tmp_path, location, further):
    pytest.importorskip("fastapi", reason="make test brings FastAPI")
    target = tmp_path / "target.toml"
    only = LOCATIONS.replace('"query parameter", "Authorization header"', f'"{location}"')
    target.write_text(SOURCE.read_text("utf-8").replace(LOCATIONS, f"{only}\n{further}"), "utf-8")
    output, rows = behave(tmp_path, target, "@QA-WS-116")
    assert {row["status"] for row in rows} == {"passed"}, output
    written = [file for file in (tmp_path / "allure-results").iterdir() if file.suffix != ".png"]
    assert not any("eyJ" in file.read_text("utf-8") for file in written)
