"""Sheet and report in a real browser: from files, without a network."""

import json
import re
import shutil
import sys

import pytest

from qaws.report.browser import print_pdf
from tests.browser.conftest import A4, PHONE, WIDE
from tests.processes import run
from tests.waiting import HANG_S

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
VIOLATIONS = """axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(found =>
  found.violations.flatMap(rule => rule.nodes.map(
    node => [rule.id, node.html, node.failureSummary].join(": "))))"""
TITLE = '[data-testid="test-result-info-title"]'
PAGE_HEIGHT = 1010  # px: A4 without its margins
TOO_WIDE = """[...document.querySelectorAll("body *")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def sheet(open_page):
    page = open_page("signoff.html")
    page.wait_for_selector("footer")
    return page


@pytest.fixture(scope="module")
def report(open_page):
    page = open_page("index.html")
    page.wait_for_selector('[data-testid="tree-section"]')
    return page


@pytest.fixture
def show(sheet, report):
    """Show a scenario in the report, by the address at which the sheet links to it."""

    def shown(sid):
        link = sheet.locator(f"#{sid} .links a").first.get_attribute("href")
        report.evaluate("hash => { location.hash = hash }", link.partition("#")[2])
        report.locator(TITLE, has_text=sid).wait_for()
        return report

    return shown


def resize(page, width):
    page.set_viewport_size({"width": width, "height": 900})


def settle(page):
    """Wait until nothing moves: what still does is obscured, and smaller than it will be."""
    page.evaluate(
        """async within_ms => {
          const boxes = () => JSON.stringify([...document.querySelectorAll("button, a")].map(
            each => each.getBoundingClientRect()));
          const until = performance.now() + within_ms;
          let before = "";
          for (let now = boxes(); before !== now && performance.now() < until; now = boxes()) {
            before = now;
            await new Promise(done => setTimeout(done, 250));
          }
        }""",
        HANG_S * 1e3,
    )


def violations(page, axe):
    settle(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    return "\n".join(page.evaluate(VIOLATIONS % json.dumps(RULES)))


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_the_sheet_keeps_wcag_and_fits_its_window(sheet, axe, width):
    resize(sheet, width)
    sheet.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    assert sheet.evaluate(TOO_WIDE) == []
    assert violations(sheet, axe) == ""


def test_on_a_phone_no_column_is_too_narrow_to_read(sheet):
    resize(sheet, PHONE)
    narrow = """[...document.querySelectorAll("td, tbody th")]
      .filter(each => each.innerText.trim().length > 12 && each.clientWidth < 250)
      .map(each => each.outerHTML.slice(0, 120))"""
    assert sheet.evaluate(narrow) == []


def test_the_sheet_shows_the_counts_of_the_run(sheet, gallery):
    run, signoff = (gallery.verdict()[name] for name in ("run", "signoff"))
    assert sheet.locator(".banner .figure").all_inner_texts() == [
        f"{run['passed']} of {run['total']} scenarios passed",
        f"{signoff['passed']} of {signoff['total']} tests passed",
    ]
    assert sheet.title().startswith(run["verdict"])


def test_what_is_folded_opens_by_keyboard(open_page):
    page = open_page("signoff.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('a, summary')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")


def test_on_paper_no_row_is_cut(open_page):
    page = open_page("signoff.html", A4)
    page.emulate_media(media="print")
    assert page.evaluate(TOO_WIDE) == []
    cut = f"""[...document.querySelectorAll("tr.row, .signatures, .banners")]
      .filter(each => each.getBoundingClientRect().height > {PAGE_HEIGHT}
        || getComputedStyle(each.closest(".keep") ?? each).breakInside !== "avoid")
      .map(each => each.outerHTML.slice(0, 120))"""
    assert page.evaluate(cut) == []
    heads = "[...document.querySelectorAll('thead')].map(each => getComputedStyle(each).display)"
    assert set(page.evaluate(heads)) == {"table-header-group"}  # repeated on each page
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) > 1


def test_the_sheet_is_printed_and_pictures_are_taken(chromium, gallery, tmp_path):
    folder = tmp_path / "reports"
    shutil.copytree(gallery.reports, folder)
    assert print_pdf(folder).read_bytes().startswith(b"%PDF-")
    code = "from pathlib import Path\nfrom qaws.report.browser import take_pictures\n"
    code += f"take_pictures(Path({str(folder)!r}), Path({str(tmp_path / 'pictures')!r}))"
    done = run([sys.executable, "-c", code])  # Playwright is in use here already
    assert done.returncode == 0, done.stderr
    pictures = list((tmp_path / "pictures").iterdir())
    assert len(pictures) == 2
    for file in pictures:
        assert file.read_bytes().startswith(b"\x89PNG")
        assert file.stat().st_size < 300_000


def test_a_link_of_the_sheet_opens_its_scenario(open_page):
    page = open_page("signoff.html")
    row = page.locator("#QA-WS-002")
    reason = row.locator(".reason").inner_text()
    row.locator(".links a").first.click()
    page.locator(TITLE, has_text="QA-WS-002").wait_for()
    assert reason in page.locator("body").inner_text()


def test_the_report_shows_the_counts_of_the_run(open_page, gallery):
    page = open_page("index.html")  # another test may have left the shared one at a scenario
    page.wait_for_selector('[data-testid="tree-section"]')
    results = [result for rows in gallery.results().values() for _, _, result in rows]
    assert re.search(rf"Results\s+{len(results)}\b", page.locator("body").inner_text())


def test_the_report_keeps_wcag(report, axe):
    for width in (PHONE, WIDE):
        resize(report, width)
        assert violations(report, axe) == ""


def test_a_scenario_shows_its_picture_without_a_click(show):
    picture = show("QA-WS-001").frame_locator("iframe").locator("img")
    picture.wait_for()
    seen = picture.evaluate("img => img.decode().then(() => [img.naturalWidth, img.clientWidth])")
    assert seen[0] == 640
    assert seen[1] > 300


@pytest.mark.parametrize("sid", ["QA-WS-001", "QA-WS-002", "QA-WS-006", "QA-WS-008"])
def test_a_scenario_in_the_report_keeps_wcag(show, axe, sid):
    page = show(sid)
    page.wait_for_function(
        """[...document.querySelectorAll("button")].every(
          one => one.innerText.trim() || one.ariaLabel || one.title)"""
    )
    assert violations(page, axe) == ""
