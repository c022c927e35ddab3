"""The sheet in brief, as Markdown."""

import re

from hypothesis import given
from hypothesis import strategies as st

from qaws.report import signoff
from qaws.report.markdown import LONGEST_REASON, MOST_ROWS, shown, summary

CRITERION = {"name": "Throughput", "bound": "at least 10,000 ticks/s", "measured": "10,020 ticks/s"}
CRITERION |= {"verdict": "MET", "source": "this run", "why": ""}
VERDICT = {
    "started": "2026-11-28T03:00:00+00:00",
    "target": "reference",
    "suite": "commit 7d4f42e",
    "run": {"verdict": "FAILED", "reason": "1 of 3 scenarios failed.", "total": 3, "passed": 1},
    "signoff": {"verdict": "FAILED", "reason": "24 of 25 tests passed.", "missing": ["QA-WS-013"]},
    "criteria": [CRITERION],
    "unpassed": [
        {
            "id": "QA-WS-006",
            "title": "QA-WS-006 A tick reaches its subscriber",
            "row": "NIFTY",
            "verdict": "FAILED",
            "reason": "latency: measured 120 ms, allowed below 100 ms",
        },
        {
            "id": "QA-WS-017",
            "title": "Outage",
            "row": "",
            "verdict": "NOT VERIFIED",
            "reason": "the target lacks capability: inject",
        },
    ],
}


def of_reason(reason):
    return summary(VERDICT | {"unpassed": [VERDICT["unpassed"][0] | {"reason": reason}]})


def cells(line):
    return re.split(r"(?<!\\)\|", line)[1:-1]


def test_it_says_what_the_sheet_says():
    text = summary(VERDICT)
    for said in (
        "## FAILED: 1 of 3 scenarios passed",
        "reference · 2026-11-28T03:00:00+00:00 · commit 7d4f42e",
        "**Run: FAILED.** 1 of 3 scenarios failed.",
        "**Sign-off: FAILED.** 24 of 25 tests passed.",
        "| Throughput | at least 10,000 ticks/s | 10,020 ticks/s; this run | MET |",
        "### Failed (1)",
        "| QA-WS-006 A tick reaches its subscriber · NIFTY | latency: measured 120 ms, allowed "
        "below 100 ms |",
        "### Not verified (1)",
        "| QA-WS-017 Outage | the target lacks capability: inject |",
        "**Not covered by this run:** QA-WS-013",
    ):
        assert said in text


def test_what_was_edited_is_told_and_what_is_stricter_last():
    words = [
        "features/a.feature:3: QA-WS-006 is stricter than planned",
        "features/a.feature:9: QA-WS-006 differs from the plan: as planned: Given <a>",
    ]
    edits = [
        {"at": each.partition(": ")[0], "words": each, "deviates": "stricter" not in each}
        for each in words
    ]
    text = summary(VERDICT | {"edits": edits})
    assert "### Edited" not in summary(VERDICT | {"edits": []})
    table = text[text.index("### Edited since it was planned") :].splitlines()[4:6]
    assert table == [
        "| features/a.feature:9 | QA-WS-006 differs from the plan: as planned: Given &lt;a&gt; |",
        "| features/a.feature:3 | QA-WS-006 is stricter than planned |",
    ]
    assert "and 7 more, on the sheet" in summary(VERDICT | {"edits": edits[:1] * (MOST_ROWS + 7)})


def test_what_failed_stands_before_what_was_not_verified():
    text = summary(VERDICT | {"unpassed": VERDICT["unpassed"][::-1]})
    assert text.index("### Failed") < text.index("### Not verified")


def test_rows_of_one_cause_are_one_line_with_their_names():
    rows = [
        VERDICT["unpassed"][0]
        | {"row": f"{name} token", "reason": f"let in; {name}", "finding": "let in", "cause": "in"}
        for name in ("an old", "a new", "a lost", "a borrowed", "a stolen", "a bent", "a torn")
    ]
    text = summary(VERDICT | {"unpassed": rows})
    assert "### Failed (7)" in text
    named = " · ".join(row["row"] for row in rows[:6])
    assert f"| QA-WS-006 A tick reaches its subscriber · {named} · and 1 more | let in |" in text


def test_a_long_list_is_cut_and_says_so():
    many = [VERDICT["unpassed"][0]] * (MOST_ROWS + 7)
    text = summary(VERDICT | {"unpassed": many})
    assert f"### Failed ({MOST_ROWS + 7})" in text
    assert "and 7 more, in the report" in text
    assert len(shown("x" * 5000)) == LONGEST_REASON


@given(st.text(alphabet=st.characters(), max_size=200))
def test_whatever_a_service_says_stays_in_its_cell(said):
    text = of_reason(said)
    text.encode("utf-8")
    (row,) = (line for line in text.split("\n") if line.startswith("| QA-WS-006"))
    assert len(cells(row)) == 2
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert not re.search(r"(?<!\\)[<`\[!@]|https?://[^ ]*\]\(", cells(row)[1])


def test_what_cannot_be_seen_is_spelled():
    assert shown("a\x00b\x1b[31mc") == r"a\\x00b\\x1b\[31mc"
    assert shown("\ud800") == r"\\ud800"
    assert shown("</script><img src=x>") == "&lt;/script&gt;&lt;img src=x&gt;"


def test_in_github_actions_it_becomes_the_summary_of_the_job(tmp_path, monkeypatch, capsys):
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    (tmp_path / "signoff.md").write_text("## PASSED\n")
    signoff._tell_ci(tmp_path)
    assert page.read_text() == "before\n"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    signoff._tell_ci(tmp_path)
    assert page.read_text() == "before\n## PASSED\n"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    signoff._tell_ci(tmp_path)
    assert "GITHUB_STEP_SUMMARY" in capsys.readouterr().err
