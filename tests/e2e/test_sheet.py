"""The sheet and the report of one run: rows, verdict words, links, nothing from the network."""

import base64
import hashlib
import re

import pytest

from qaws.report.digests import differences
from qaws.report.signoff import FEATURES, network_loads


@pytest.fixture(scope="module")
def sheet(gallery):
    return gallery.sheet()


def row(sheet, sid):
    return re.search(rf'<tr class="row[^"]*" id="{sid}">.*?</tr>', sheet, re.DOTALL)[0]


def word(text):
    return re.search(r'<span class="chip [^"]*">([^<]*)</span>', text)[1]


WORDS = {
    "QA-WS-001": "PASSED",
    "QA-WS-002": "FAILED",
    "QA-WS-003": "PASSED",
    "QA-WS-004": "BROKEN",
    "QA-WS-006": "NOT VERIFIED",
    "QA-WS-008": "INCONCLUSIVE",
    "QA-WS-010": "NOT COVERED",
    "QA-WS-017": "NOT COVERED",
    "QA-WS-021": "BROKEN",
    "QA-WS-024": "FAILED",
    "QA-WS-101": "BROKEN",
}


@pytest.mark.parametrize("sid", WORDS)
def test_verdict_of_a_row(sheet, sid):
    assert word(row(sheet, sid)) == WORDS[sid]


def test_every_test_has_one_row_and_a_box(sheet):
    ids = re.findall(r'<tr class="row[^"]*" id="(QA-WS-\d+)">', sheet)
    assert len(ids) == len(set(ids)) == 26
    assert "QA-WS-102" not in ids
    assert sheet.count('class="tick"') == 26


def test_rows_carry_reasons_and_figures(sheet):
    assert "latency to &lt;Alice&gt;: measured 312 ms" in row(sheet, "QA-WS-002")
    assert "the target lacks capability: inject" in row(sheet, "QA-WS-006")
    assert "<b>7.5 ms</b>" in row(sheet, "QA-WS-003")
    assert "worst of 2" in row(sheet, "QA-WS-003")
    assert "answer: <b>9 ms</b>" in row(sheet, "QA-WS-024")
    assert "<strong>1 of 3 not met</strong>" in row(sheet, "QA-WS-024")
    assert "1 figure more" in row(sheet, "QA-WS-013")
    assert "a &lt;broken&gt; one" in row(sheet, "QA-WS-003")


def test_what_was_edited_stands_in_its_row_with_both_sides(sheet):
    assert (
        '<li class="reason">looser than planned: as planned: Then &lt;it&gt; answers within 1 '
        "second / as run: Then &lt;it&gt; answers within 9 seconds (features/a.feature:7)</li>"
    ) in row(sheet, "QA-WS-001")
    assert '<li class="allowed">stricter than planned (“b”): as ' in row(sheet, "QA-WS-003")
    assert "as planned" not in row(sheet, "QA-WS-008")


def test_the_longest_lived_connection_is_shown_in_seconds(sheet):
    assert "<dt>Connections</dt><dd>the longest-lived was open for 71.3 s, load aside</dd>" in sheet


def test_run_and_signoff_are_told_apart(sheet):
    banners = re.findall(r'<p class="what">(.*?)</p><p class="word">(.*?)</p>', sheet)
    assert banners == [("Run", "FAILED"), ("Sign-off", "FAILED")]


def test_criteria_and_signatures(sheet):
    assert re.search(r"Broadcast latency</th>.*?p50 3.2 ms, p99 11.8 ms.*?>MET<", sheet)
    assert re.search(r"Throughput</th>.*?>NOT MEASURED<", sheet)
    assert re.search(r"Integration tests</th>.*?4 of 15 passed.*?>NOT MET<", sheet)
    assert re.findall(r'<tr><th scope="row">([^<]+)</th><td data-label="Name"></td>', sheet) == [
        "QA Lead",
        "Backend Lead",
        "Engineering Director",
    ]


def test_the_sheet_shows_what_its_verdicts_were_held_against(sheet):
    said = r"<p>Not run for this commit\. The suite was released with this: Faults: \d+ (of \d+ )?f"
    assert re.search(said, sheet)
    picture = re.search(r'<img class="matrix"[^>]*src="data:image/svg\+xml;base64,([^"]*)"', sheet)
    assert picture
    assert base64.b64decode(picture[1]).startswith(b"<svg ")


def test_the_sheet_names_the_report_by_its_fingerprint(gallery, sheet):
    digest = hashlib.sha256((gallery.reports / "index.html").read_bytes()).hexdigest()
    assert digest in sheet


def test_the_older_success_is_gone_and_the_job_failed(gallery, sheet):
    assert "an older success" not in sheet + (gallery.reports / "index.html").read_text("utf-8")
    assert gallery.exit == 1
    told = [line for line in gallery.output.splitlines() if not line.startswith("  ")]
    lines = told[-5:]
    starts = (
        "Run: FAILED — ",
        "Sign-off: FAILED — ",
        "Not covered: QA-WS-010, 017",
        "Sheet: ",
        "Digests: ",
    )
    assert all(line.startswith(start) for line, start in zip(lines, starts, strict=True))


def test_the_console_tells_each_scenario_that_did_not_pass(gallery):
    told = [line.strip() for line in gallery.output.splitlines() if line.startswith("  ")]
    for sid, verdict in WORDS.items():
        if verdict not in ("PASSED", "NOT COVERED"):
            assert any(line.startswith(f"{verdict}: {sid} ") for line in told), sid


def test_the_sheet_in_brief_tells_the_same(gallery):
    brief = (gallery.reports / "signoff.md").read_text("utf-8")
    assert brief.startswith("## FAILED: ")
    for heading, sid in (
        ("Failed", "QA-WS-002"),
        ("Broken", "QA-WS-004"),
        ("Inconclusive", "QA-WS-008"),
        ("Not verified", "QA-WS-006"),
    ):
        part = brief.split(f"### {heading} (")[1].split("###")[0]
        assert sid in part


def test_what_the_job_left_behind_is_unaltered(gallery):
    assert differences(gallery.reports, FEATURES) == []


def test_long_texts_are_cut_between_words(sheet):
    assert not re.findall(r"\w…<", sheet)


def test_what_did_not_pass_is_told_by_cause(sheet):
    causes = re.search(r'<ol class="causes">(.*?)</ol>', sheet, re.DOTALL)[1]
    first, *_ = causes.split("<li>")[1:]
    assert word(first) == "FAILED"
    verdicts = re.findall(r'<span class="chip [^"]*">([^<]*)</span>', causes)
    order = ["FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED"]
    assert verdicts == sorted(verdicts, key=order.index)
    assert set(verdicts) == set(order)


def test_the_contradictions_of_the_source_plan_are_on_it(sheet):
    table = sheet.split("Where the source plan contradicts itself, and what holds")[1]
    assert '<th scope="row">SP-09: 011</th>' in table
    assert "the close must be seen" in table


def test_nothing_loads_from_the_network(gallery, sheet):
    page = (gallery.reports / "index.html").read_text("utf-8")
    assert network_loads(page) == network_loads(sheet) == []
    assert "googletagmanager.com" not in page
    assert "gtag(" not in page
