"""What a browser makes of the pages: the sheet as PDF, and pictures of sheet and report.

The PDF needs Chromium alone, the pictures Playwright too. Where something is missing, one line says
how to get it, and the pages stay as they are.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

PDF = "signoff.pdf"
PATIENCE_S = 120
"""Seconds that a page may take: at a load of 40 on two cores, 37 s were seen."""
SCENARIO = "QA-WS-001"
"""Which scenario the picture of the report shows: one that fits into it."""
WIDTH, HEIGHT = 1000, 1300
"""Pixels of a picture at most."""
FOOT = 100
"""Pixels at the foot of the window that Allure keeps for itself."""
COLOURS = 128
"""So many are enough for text and lines, and make a picture four times smaller."""


class NoBrowser(Exception):
    """A PDF or a picture cannot be made: one line with the way out."""


def print_pdf(reports: Path) -> Path:
    """Print the sheet of a reports folder on A4, into a file beside it; return that.

    Raises:
        NoBrowser: there is no Chromium, or it does not print.
    """
    from qaws.clients import browser_page  # a job that waits for behave needs no HTTP server

    program = browser_page.program()
    if program is None:
        raise NoBrowser("no PDF: no browser is installed (apt-get install chromium)")
    pdf = reports / PDF
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="qaws-print-") as profile:
        command = [
            *(program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", f"--user-data-dir={profile}"),
            *("--no-pdf-header-footer", f"--print-to-pdf={pdf.resolve()}"),
            (reports / "signoff.html").resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise NoBrowser(f"no PDF: {program}: {problem}") from None
    if done.returncode or not pdf.is_file():
        said = done.stderr.strip().splitlines()
        why = said[-1] if said else f"exit code {done.returncode}"
        raise NoBrowser(f"no PDF: {program} does not print: {why}")
    return pdf


def take_pictures(reports: Path, folder: Path) -> list[Path]:
    """Take pictures of report and sheet as they are, for the README; return the files.

    Args:
        reports: the folder of the run, whose report has QA-WS-001.
        folder: where `report.png` and `signoff.png` go.

    Raises:
        NoBrowser: Playwright or Chromium is missing, or the scenario.
    """
    from qaws.clients import browser_page

    if why := browser_page.missing():
        raise NoBrowser(f"no pictures: {why}")
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_page.program(),
            args=browser_page.FLAGS,
            chromium_sandbox=False,
        )
        try:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.set_default_timeout(PATIENCE_S * 1e3)
            sheet = (reports / "signoff.html").resolve().as_uri()
            page.goto(sheet)
            pictures = {"signoff.png": page.screenshot()}
            pictures["report.png"] = _scenario(page, sheet)
        except Error as problem:
            raise NoBrowser(f"no pictures: {_in_one_line(str(problem))}") from None
        finally:
            browser.close()
    return [_written(folder / name, picture) for name, picture in pictures.items()]


def _in_one_line(problem: str) -> str:
    """Return what Playwright says: what failed, and what it waited for."""
    what, *log = problem.splitlines()
    waited = (line.strip(" -") for line in log if "waiting for" in line)
    return " ".join([what, *[f"({each})" for each in waited][:1]])


def _scenario(page: Any, sheet: str) -> bytes:
    """Return a picture of one scenario in the report, without what belongs to Allure itself."""
    link = page.locator(f"#{SCENARIO} .links a").first
    page.goto(f"{sheet.rpartition('/')[0]}/{link.get_attribute('href', timeout=2000)}")
    title = page.locator('[data-testid="test-result-info-title"]', has_text=SCENARIO)
    title.wait_for()
    pictures = page.frame_locator("iframe").locator("img")
    pictures.first.evaluate("img => img.decode()")
    page.locator('[data-testid="test-result-steps-root"]').wait_for()
    top = title.bounding_box()["y"] - 64
    frame = page.locator("iframe").bounding_box()
    bottom = min(frame["y"] + frame["height"], top + HEIGHT)
    page.set_viewport_size({"width": WIDTH, "height": round(bottom) + FOOT})
    area = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
    taken: bytes = page.screenshot(clip=area)
    return taken


def _written(file: Path, picture: bytes) -> Path:
    from io import BytesIO

    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS).save(file, optimize=True)
    return file
