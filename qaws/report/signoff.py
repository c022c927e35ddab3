"""The report and the sign-off sheet from what a run left behind: `qaws report`.

Reads `reports/allure-results`, `reports/run.json` and `reports/checks.jsonl`; writes
`reports/index.html` (Allure, one file), `reports/signoff.html` (the sheet), `reports/signoff.md`
(the sheet in brief), `reports/verdict.json`, and `reports/digests.json` about all of them. Both
pages are checked to load nothing from the network.

Earlier pages are deleted first: a run that went wrong never leaves an older success behind. What
cannot be reported properly gets a bare sheet that says BROKEN and why.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from qaws import places
from qaws.report.accessibility import mend
from qaws.report.browser import PDF, NoBrowser, print_pdf
from qaws.report.digests import NAME as DIGESTS
from qaws.report.digests import write_digests
from qaws.report.markdown import by_cause, concerned, finding, on_one_line, summary
from qaws.report.node import ReportError, ToolMissing, find_node, require_packages
from qaws.report.packing import PackingError, pack
from qaws.report.run_files import note_end, read_run, told_once, write_whole

SIGNOFF, FEATURES = places.SIGNOFF, places.FEATURES
PATIENCE_S = 300
PAGES = ("index.html", "signoff.html", "verdict.json", "signoff.md", PDF, DIGESTS)
ANALYTICS = re.compile(
    r'<script async src="https://www\.googletagmanager\.com/[^>]*></script>\s*<script>.*?</script>',
    re.DOTALL,
)
WORTH_A_LINE = ("NOT MET", "NOT MET AS PLANNED", "INCONCLUSIVE")
"""Verdicts of criteria that the console tells with their figures."""
MOST_LINES = 40
LONGEST_LINE = 200
LONGEST_REASON = 1000
"""Scenarios that did not pass are told on the console, each on one line of so many characters."""
FINGERPRINT = "{{REPORT_SHA256}}"
EXIT_FAILED = 1
EXIT_BROKEN = 2
EXIT_INCONCLUSIVE = 3
EXIT_INCOMPLETE = 4
EXIT_ABORTED = 130
EXIT_CODES = {
    "PASSED": 0,
    "FAILED": EXIT_FAILED,
    "BROKEN": EXIT_BROKEN,
    "INCONCLUSIVE": EXIT_INCONCLUSIVE,
    "INCOMPLETE": EXIT_INCOMPLETE,
    "ABORTED": EXIT_ABORTED,
}
"""What the shell is told of a run, by its verdict; docs/verdicts.md has the table."""


def make_report(
    reports: Path,
    *,
    behave_exit: int | None = None,
    aborted: bool = False,
    may_lack: bool = False,
    pdf: bool = False,
) -> int:
    """Make the report and the sheet in `reports`, print what came of the run, return an exit code.

    Args:
        reports: the folder that holds `allure-results`, `run.json` and `checks.jsonl`.
        behave_exit: behave's exit code, where it has just ended; `run.json` keeps it for later.
        aborted: it was stopped by hand; `run.json` keeps that too.
        may_lack: where what makes reports is not installed, the code is that of the run.
        pdf: print the sheet too, `signoff.pdf`, where there is a browser that can.

    Returns:
        The code of the run's verdict; 2 also where the report could not be made.

    """
    earlier = read_verdict(reports).get("started")
    try:
        require_writable(reports)
        delete_pages(reports)
    except ReportError as error:
        print(f"BROKEN: {error}", file=sys.stderr)
        return EXIT_BROKEN
    try:
        if behave_exit is not None:
            note_end(reports, behave_exit, aborted=aborted)
        with told_once(reports, earlier):
            verdict = _generate(reports)
        digest = write_digests(reports, FEATURES)
    except (ReportError, OSError) as error:
        if may_lack and isinstance(error, ToolMissing):
            print(f"No report and no sheet: {error}, then `qaws report`")
            return _tell_word(EXIT_ABORTED if aborted else behave_exit or 0)
        return _not_made(reports, error)
    _tell(reports, verdict)
    _tell_ci(reports)
    if pdf and _tell_pdf(reports):
        digest = write_digests(reports, FEATURES)
    print(f"Digests: {reports / DIGESTS}, SHA-256 {digest}   Check them: qaws verify {reports}")
    return EXIT_CODES[verdict["run"]["verdict"]]


def _not_made(reports: Path, error: ReportError | OSError) -> int:
    """Say why there is no report, on the console and on a sheet that claims nothing else."""
    why = str(error)
    if isinstance(error, OSError):
        why = f"{error.filename or reports}: {error.strerror or error}"
    print(f"BROKEN: {why}", file=sys.stderr)
    with suppress(ReportError, OSError):  # a disk that is full has no room for that either
        delete_pages(reports)
        write_whole(reports / "signoff.html", _bare_sheet(why))
    return EXIT_BROKEN


def read_verdict(reports: Path) -> dict[str, Any]:
    """Return what the sheet of a reports folder says, as data; nothing where there is none."""
    try:
        return dict(json.loads(_read(reports / "verdict.json")))
    except (OSError, ValueError):
        return {}


def require_writable(reports: Path) -> None:
    """Raise ReportError unless files can be made in `reports` (which is made if need be)."""
    try:
        reports.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=reports):
            pass
    except OSError as error:
        raise ReportError(f"{reports}/ is not writable: {error.strerror or error}") from error


def delete_pages(reports: Path) -> None:
    """Delete the pages of an earlier run."""
    for name in PAGES:
        try:
            (reports / name).unlink(missing_ok=True)
        except OSError as error:
            raise ReportError(f"{reports / name} cannot be deleted: {error.strerror}") from error


# ------------------------------------------------------------------------------------ generating
def _generate(reports: Path) -> dict[str, Any]:
    run = read_run(reports)
    node = find_node()
    require_packages(SIGNOFF)
    _write_metadata(reports, run)
    with tempfile.TemporaryDirectory(prefix=".allure-", dir=reports) as scratch:
        output = Path(scratch) / "out"
        _run_allure(node, reports, output)
        page = mend(_packed(strip_analytics(_read(output / "awesome" / "index.html"))))
        sheet = _read(output / "signoff" / "signoff.html")
        data = _read(output / "signoff" / "verdict.json")
    sheet = sheet.replace(FINGERPRINT, hashlib.sha256(page.encode()).hexdigest())
    for name, text in (("index.html", page), ("signoff.html", sheet)):
        loads = network_loads(text)
        if loads:
            raise ReportError(f"{name} would load from the network: {', '.join(loads[:3])}")
    verdict: dict[str, Any] = json.loads(data)
    texts = (page, sheet, data, summary(verdict))
    for name, text in zip(PAGES[: len(texts)], texts, strict=True):
        write_whole(reports / name, text)
    return verdict


def _write_metadata(reports: Path, run: dict[str, Any]) -> None:
    """Write what Allure shows about the environment and the executor."""
    results = reports / "allure-results"
    results.mkdir(exist_ok=True)
    target = run.get("target") or {}
    facts = {
        "Target": target.get("name"),
        "Dialect": target.get("dialect"),
        "Service": target.get("url"),
        "Version": (run.get("service") or {}).get("version"),
        "Capabilities": ", ".join(target.get("capabilities") or []),
        **(run.get("versions") or {}),
    }
    lines = [f"{key}={' '.join(str(value).split())}" for key, value in facts.items() if value]
    write_whole(results / "environment.properties", "\n".join(lines) + "\n")
    executor = {"name": "qaws", "type": "behave", "buildName": run.get("started") or "no run"}
    write_whole(results / "executor.json", json.dumps(executor))


def _run_allure(node: str, reports: Path, output: Path) -> None:
    environment = {
        **os.environ,
        "QAWS_REPORTS": str(reports.resolve()),
        "QAWS_OUTPUT": str(output.resolve()),
        "QAWS_INSTALLED": "1" if places.IS_INSTALLED else "0",
    }
    command = [node, str(SIGNOFF / "generate.mjs")]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"Allure did not end within {PATIENCE_S} s") from error
    if done.returncode or not (output / "signoff" / "signoff.html").is_file():
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        why = next((line for line in said if "Error" in line), said[-1] if said else "no message")
        raise ReportError(f"Allure could not make the report: {why[:300]}")


def strip_analytics(page: str) -> str:
    """Return Allure's page without the analytics script that it loads from the network."""
    stripped, found = ANALYTICS.subn("", page, count=1)
    if found != 1 or "googletagmanager.com" in stripped:
        raise ReportError(
            "Allure's analytics script looks different now: see ANALYTICS in signoff.py"
        )
    return stripped


def _packed(page: str) -> str:
    try:
        return pack(page)
    except PackingError as error:
        raise ReportError(str(error)) from error


class _Loads(HTMLParser):
    """Collects what a page would load from the network without anybody clicking."""

    LOADING = ("src", "srcset", "data", "poster", "background")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        names = (*self.LOADING, "href") if tag in ("link", "image", "use", "base") else self.LOADING
        for name, value in attrs:
            if name in names and value and re.match(r"\s*(https?:)?//", value):
                self.found.append(f"<{tag} {name}={value[:80]}>")
            if name == "style" and value:
                self._look_at_style(value)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._look_at_style(data)

    def _look_at_style(self, text: str) -> None:
        pattern = r"(?:url\(|@import)\s*['\"]?\s*((?:https?:)?//[^'\")\s;]{1,80})"
        self.found.extend(re.findall(pattern, text))


def network_loads(page: str) -> list[str]:
    """Return what an HTML page would load from the network on opening; empty is what we want."""
    parser = _Loads()
    parser.feed(page)
    parser.close()
    return parser.found


def _read(file: Path) -> str:
    return file.read_text("utf-8")


# --------------------------------------------------------------------------------------- telling
def _tell(reports: Path, verdict: dict[str, Any]) -> None:
    run, signoff = verdict["run"], verdict["signoff"]
    print(f"Run: {run['verdict']} — {on_one_line(run['reason'], LONGEST_REASON)}")
    print(f"Sign-off: {signoff['verdict']} — {on_one_line(signoff['reason'], LONGEST_REASON)}")
    for criterion in verdict["criteria"]:
        told = criterion.get("why") or criterion["measured"] * (
            criterion["verdict"] in WORTH_A_LINE
        )
        if told:
            said = on_one_line(told, LONGEST_REASON)
            print(f"  {criterion['name']}: {criterion['verdict'].lower()}: {said}")
    causes = by_cause(verdict.get("unpassed", []))
    for cause in causes[:MOST_LINES]:
        said = on_one_line(finding(cause), LONGEST_LINE)
        who = on_one_line(concerned(cause), LONGEST_LINE)
        print(f"  {cause[0]['verdict']}: {who}: {said}")
    if more := sum(map(len, causes[MOST_LINES:])):
        print(f"  and {more} more: see {reports / 'signoff.md'}")
    if signoff["missing"]:
        print(f"Not covered: {_shorten(signoff['missing'])}")
    print(f"Sheet: {reports / 'signoff.html'}   Report: {reports / 'index.html'}")


def _tell_word(code: int) -> int:
    """Tell the verdict of a run that has no sheet by its exit code; return it."""
    word = next((each for each, known in EXIT_CODES.items() if known == code), "BROKEN")
    print(f"Run: {word}; the scenarios are told above")
    return EXIT_CODES[word]


def _tell_ci(reports: Path) -> None:
    """Add the sheet in brief to the summary of a CI job, where there is one."""
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with open(page, "a", encoding="utf-8") as job_summary:
                job_summary.write(_read(reports / "signoff.md"))
        except OSError as error:
            print(f"GITHUB_STEP_SUMMARY {page}: {error.strerror}", file=sys.stderr)


def _tell_pdf(reports: Path) -> bool:
    """Print the sheet too, where that can be; return whether there is a PDF."""
    try:
        print(f"PDF of the sheet: {print_pdf(reports)}")
    except NoBrowser as problem:
        print(problem, file=sys.stderr)
        return False
    return True


def _shorten(ids: list[str]) -> str:
    first, *rest = ids
    prefix = first.rpartition("-")[0] + "-"
    return ", ".join([first, *(one.removeprefix(prefix) for one in rest)])


def _bare_sheet(reason: str) -> str:
    """Return the sheet for when the real one cannot be made: it claims nothing but BROKEN."""
    why = html.escape(reason)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>BROKEN · Sign-off sheet</title>"
        "<style>body{font:16px/1.5 sans-serif;max-width:46rem;margin:4rem auto;padding:0 1rem}"
        "h1{color:#7a4500;font-size:2rem;margin:0}</style></head>"
        f"<body><p>Sign-off sheet</p><h1>BROKEN</h1><p>No report could be made: {why}.</p>"
        "<p>Nothing is verified by this page, and nothing can be signed on it.</p></body></html>\n"
    )


def reports_folder() -> Path:
    """Return where reports go: the folder that QAWS_REPORTS names, or reports."""
    return Path(os.environ.get("QAWS_REPORTS") or "reports")
