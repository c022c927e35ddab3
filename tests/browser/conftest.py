"""A real browser, and the pages of one run in it; the network is cut."""

import pytest

from qaws.clients import browser_page
from qaws.report.signoff import SIGNOFF
from tests.e2e.conftest import gallery
from tests.waiting import HANG_S

__all__ = ["gallery"]

FLAGS = ["--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
WIDE, PHONE, A4 = 1280, 390, 695  # px; A4 is what a sheet of paper has between its margins
LOCAL = ("file:", "data:", "blob:")


def pytest_collection_modifyitems(items):
    """Mark what is in this folder: it needs a browser, and a whole run."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")  # Playwright has an event loop of its own: no other test may see it
def chromium():
    """Headless Chromium."""
    if why := browser_page.missing():
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_page.program(),
            args=FLAGS,
            chromium_sandbox=False,
            timeout=HANG_S * 1e3,
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core."""
    file = SIGNOFF / "node_modules" / "axe-core" / "axe.min.js"
    if not file.is_file():
        pytest.skip("axe-core is missing: run `make setup`")
    return file.read_text("utf-8")


@pytest.fixture(scope="module")
def open_page(chromium, gallery):
    """Open a page of the gallery's reports folder: `open_page("signoff.html", width=390)`.

    At the end no page has asked for anything that is not of this machine's files, nor has any
    script of it failed.
    """
    asked, failed, contexts = [], [], []

    def opened(address, width=WIDE):
        # A page's own policy keeps scripts out, axe too.
        context = chromium.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
        context.set_default_timeout(HANG_S * 1e3)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{gallery.reports.resolve().as_uri()}/{address}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(LOCAL)] == []
    assert failed == []
