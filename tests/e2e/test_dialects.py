"""Services that speak otherwise than `qa-ws`, described by their target files alone."""

import base64
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.doubts import require_sound
from tests.forked import run_behave
from tests.services.private_keys import ASKS, PROVES, new_keys
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ROOT / "tests/services/dialects"
DESK = new_keys()
SPOKEN = ("tokens.toml", "first_message.toml", "lists.toml", "packed.toml", "zipped.toml")
ASKED = ("001", "002", "005", "006", "008", "010", "016")


def behave(folder, target, tags, **environment):
    """Run behave against a target; return output and scenario records."""
    tools = Path(sys.executable).parent
    done = run_behave(
        f"--tags={tags}",
        *("-D", f"target={TARGETS / target}"),
        env={
            **os.environ,
            "QAWS_REPORTS": str(folder),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "DESK_SECRET": "what-the-desk-signs-with",
            **DESK,
            **environment,
        },
        within_s=4 * HANG_S,
    )
    checks = folder / "checks.jsonl"  # is not there where the run ended before any scenario
    lines = checks.read_text().splitlines() if checks.exists() else []
    return done.stdout + done.stderr, [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("target", "verified"),
    [
        ("tokens.toml", set(ASKED)),
        ("first_message.toml", set(ASKED) - {"006"}),
        ("lists.toml", set(ASKED)),
        ("signed.toml", set(ASKED) - {"006"}),
        ("challenged.toml", set(ASKED) - {"006"}),
        ("packed.toml", set(ASKED)),
        ("zipped.toml", set(ASKED)),
    ],
)
def test_a_sound_service_passes_all_that_its_dialect_can_say(tmp_path, target, verified):
    tags = " or ".join(f"@QA-WS-{number}" for number in ASKED)
    output, rows = behave(tmp_path, target, f"@p0 and ({tags})")
    require_sound(rows, output)
    assert {row["id"][-3:] for row in rows if row["status"] == "passed"} == verified, output


def test_what_is_signed_is_in_no_report(tmp_path):
    behave(tmp_path, "challenged.toml", "@QA-WS-016 and @p0")
    shown = [path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()]
    transcripts = [text for text in shown if '"jwt": "(hidden)"' in text]
    assert any('"proof": "(hidden)"' in text for text in transcripts)
    beginning = base64.urlsafe_b64encode(b'{"alg":"ES256"').decode().rstrip("=")
    assert not [text for text in shown if beginning in text or "PRIVATE KEY" in text]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (PROVES, "a good token was refused in every place that [auth] token_locations names"),
        (ASKS, "what subscribes is signed, and was answered by"),
    ],
)
def test_another_key_breaks_the_run_in_one_line(tmp_path, key, words):
    output, _ = behave(tmp_path, "challenged.toml", "@QA-WS-001 and @p0", **{key: new_keys()[key]})
    assert words in output


@pytest.mark.parametrize("target", SPOKEN)
@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        ("rounds", "received ticks that differ from what was published"),
        ("loses", "never received ticks that it was due"),
        ("mixes", "received ticks that it had not subscribed to"),
    ],
)
def test_what_it_does_wrong_is_told_in_the_words_of_the_features(tmp_path, target, breaks, words):
    output, rows = behave(tmp_path, target, "@QA-WS-008 and @p0", BREAKS=breaks)
    failed = [row for row in rows if row["status"] == "failed"]
    assert failed, output
    assert any(words in row["message"] and "NIFTY" in row["message"] for row in failed), output


def test_a_price_of_too_few_bits_is_another_price(tmp_path):
    output, rows = behave(tmp_path, "packed.toml", "@QA-WS-008 and @p0", NARROW="yes")
    failed = [row for row in rows if row["status"] == "failed"]
    assert failed, output
    assert any("received ticks that differ from what was published" in r["message"] for r in failed)


def test_binary_messages_that_hold_something_else_are_told_for_what_they_are(tmp_path):
    text = (
        (TARGETS / "packed.toml")
        .read_text("utf-8")
        .replace('received = "msgpack"', 'received = "zlib"')
    )
    target = tmp_path / "packed.toml"
    target.write_text(text, "utf-8")
    output, _ = behave(tmp_path, target, "@QA-WS-001 and @p0")
    assert re.search(
        r"the first message is a binary message of \d+ bytes that is no zlib: ", output
    )
    assert "what binary messages hold is [dialect.encoding] received" in output


@pytest.mark.alone
def test_a_decoder_of_the_team_reads_what_is_like_nothing_else(tmp_path):
    """Messages behind their lengths, several in one: a list of them is several messages."""
    text = (TARGETS / "zipped.toml").read_text("utf-8")
    text = text.replace('received = "gzip"', 'received = "tests/services/dialects/framed.py"')
    text = text.replace(
        'name = "zipped"\n\n[dialect.enc', 'name = "framed"\nseveral = "array"\n\n[dialect.enc'
    )
    target = tmp_path / "framed.toml"
    target.write_text(text.replace('ENCODING = "gzip"', 'ENCODING = "framed"'), "utf-8")
    tags = "@p0 and (@QA-WS-001 or @QA-WS-008 or @QA-WS-010 or @QA-WS-013)"
    output, rows = behave(tmp_path, target, tags)
    require_sound(rows, output)
    assert {row["id"] for row in rows if row["status"] == "passed"} >= {"QA-WS-001", "QA-WS-008"}
    kept = [path.read_text("utf-8", "replace") for path in (tmp_path / "allure-results").iterdir()]
    assert any("are read as tests/services/dialects/framed.py" in each for each in kept)
    assert any("decoder of the team" in each and " messages, " in each for each in kept)


@pytest.mark.parametrize("target", SPOKEN)
def test_load_speaks_the_dialect(tmp_path, target):
    output, [row] = behave(tmp_path, target, "@QA-WS-013")
    starved = row["status"] == "error" and "INCONCLUSIVE" in row["message"]
    assert row["status"] == "passed" or starved, output
