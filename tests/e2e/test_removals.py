"""What a target does not offer is not verified: nothing is red or broken for want of it.

Each optional section, key and setting of the reference target is taken away once, and the tests
that use it are run. QAWS_SLOW=1 runs all functional tests of @p0 with each.
"""

import json
import os
from pathlib import Path

import pytest

from qaws.auth.tokens import Tokens
from qaws.sut.services import Services
from qaws.sut.target_file import read_target
from tests.doubts import IN_DOUBT, leave_in_doubt
from tests.e2e.removals import REFERENCE, REMOVALS, with_own_feed, without_section
from tests.forked import run_behave
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONAL = "@p0 and (@integration or @security) and not @whole-run"
EXIT_INCOMPLETE = 4
"""Something was not verified: docs/verdicts.md."""

OK = ("passed", "skipped")

MINE = {
    "idle_timeout_s": "011",
    "token_locations": "001 003",
    "entitlement_claim": "113 119",
    "revocation": "107",
    "revocation sessions": "107",
    "ready_log": "001",
    "ready_path": "001",
    "log_files": "025 -n Tokens.leave",
    "settings": "011 012 023 101 114",
    "setting connection limit": "012",
    "setting user limit": "108",
    "setting idle timeout": "011",
    "setting log level": "025 -n Tokens.leave",
    "setting keepalive": "101",
    "setting allow-list": "023 -n sent.twice",
    "own_publisher": "123",
    "setting certificate": "114",
    "setting certificate key": "114",
    "statistics": "004 120",
    "statistics headers": "004 018 120",
    "proxy": "121 -n refusal",
    "demo": "001",
}
"""What is taken away → the tests that would miss it; of some, only those of such a title."""
GONE = {
    "entitlement_claim": {"entitlements"},
    "revocation": {"revocation", "revocation-of-one-token", "revocation-of-sessions"},
    "revocation sessions": {"revocation-of-sessions"},
    "settings": {"configure", "user-limit", "tls"},
    "setting user limit": {"user-limit"},
    "own_publisher": {"own-publisher"},
    "setting certificate": {"tls"},
    "setting certificate key": {"tls"},
    "statistics": {"statistics"},
    "proxy": {"proxy"},
}
"""What is taken away → the capabilities that go with it; none for the others."""
WHOLE = {"idle_timeout_s", "ready_log", "ready_path", "log_files", "demo"}
"""What nothing else needs: everything passes without it."""


def behave(folder, file, *tags, **variables):
    """Run behave; return its exit code, its output and {(id, status): messages}."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QAWS_")}
    done = run_behave(
        *tags,
        *("-D", f"target={file}"),
        env={**kept, "QAWS_REPORTS": str(folder), "PYTHONPATH": str(ROOT), **variables},
        within_s=10 * HANG_S,
    )
    found = {}
    for result in folder.glob("allure-results/*-result.json"):
        case = json.loads(result.read_text("utf-8"))
        said = (case.get("statusDetails") or {}).get("message", "")
        found.setdefault((case["name"][:9], case["status"]), []).append(said)
    record = json.loads((folder / "run.json").read_text("utf-8"))
    return done.returncode, done.stdout + done.stderr, found, record


def require_nothing_red(code, output, found, record):
    """Require that whatever ran passed, or was skipped with a reason."""
    assert record["state"] == "finished", record["error"]
    amiss = [s for (_, status), said in found.items() if status not in OK for s in said]
    assert not [said for said in amiss if not said.startswith(IN_DOUBT)], found
    leave_in_doubt(amiss)
    incomplete = any(status == "skipped" for _, status in found)
    assert code == (EXIT_INCOMPLETE if incomplete else 0), output
    assert all(
        said.startswith("SKIPPED: ")
        for (_, s), each in found.items()
        for said in each
        if s == "skipped"
    )


def test_the_table_is_about_all_that_is_optional():
    assert set(MINE) == set(REMOVALS)


@pytest.mark.parametrize("name", REMOVALS)
def test_what_goes_with_each_part_of_a_target_file(tmp_path, name):
    file = tmp_path / "less.toml"
    file.write_text(REMOVALS[name], "utf-8")
    whole = read_target(ROOT / "targets" / "reference.toml", {}, {}).capabilities
    assert whole - read_target(file, {}, {}).capabilities == GONE.get(name, set())


@pytest.mark.parametrize("name", REMOVALS)
def test_without_it_nothing_is_red_or_broken(tmp_path, name):
    file = tmp_path / "less.toml"
    file.write_text(REMOVALS[name], "utf-8")
    numbers, _, title = MINE[name].partition(" -n ")
    chosen = [f"--tags={' or '.join(f'@QA-WS-{number}' for number in numbers.split())}"]
    chosen += ["--tags=not @scale", *(["-n", title] if title else [])]
    code, output, found, record = behave(tmp_path, file, *chosen)
    require_nothing_red(code, output, found, record)
    skipped = {test for test, status in found if status == "skipped"}
    assert bool(skipped) == (name not in WHOLE), found


@pytest.mark.slow
@pytest.mark.parametrize("name", REMOVALS)
def test_without_it_nothing_of_the_functional_tests_is_red_or_broken(tmp_path, name):
    file = tmp_path / "less.toml"
    file.write_text(REMOVALS[name], "utf-8")
    require_nothing_red(*behave(tmp_path, file, f"--tags={FUNCTIONAL}", "--tags=not @scale"))


def test_without_a_feed_what_needs_no_ticks_is_verified(tmp_path, broker):
    file = tmp_path / "less.toml"
    file.write_text(with_own_feed(REFERENCE, broker.url), "utf-8")
    tags = "--tags=@QA-WS-001 or @QA-WS-002 or @QA-WS-003 or @QA-WS-006 or @QA-WS-021"
    code, output, found, record = behave(tmp_path, file, tags)
    require_nothing_red(code, output, found, record)
    assert ("QA-WS-006", "skipped") in found
    assert ("QA-WS-021", "passed") in found
    assert ("QA-WS-006", "passed") not in found


def test_a_service_that_runs_already_is_only_talked_to(tmp_path, broker):
    running = read_target(ROOT / "targets" / "reference.toml", {"launch.directory": str(ROOT)}, {})
    tokens = Tokens(running.auth, tmp_path)
    values = {
        "broker_url": broker.url,
        "jwks_file": str(tokens.jwks_file),
        "folder": str(tmp_path),
    }
    services = Services(running, tmp_path, values)
    try:
        port = services.get().port
        text = without_section(without_section(REFERENCE, "launch.environment"), "launch")
        file = tmp_path / "less.toml"
        text = text.replace("{port}", str(port)).replace(
            "generate_key = true", 'token_variable = "T"'
        )
        file.write_text(text.replace('"embedded"', f'"{broker.url}"'), "utf-8")
        tags = "--tags=@QA-WS-001 or @QA-WS-004 or @QA-WS-006 or @QA-WS-011 or @QA-WS-018"
        done = behave(tmp_path, file, tags, T=tokens.valid())
    finally:
        services.stop()
    require_nothing_red(*done)
    found = done[2]
    assert ("QA-WS-006", "passed") in found
    for test in ("QA-WS-004", "QA-WS-011", "QA-WS-018"):
        assert {status for each, status in found if each == test} == {"skipped"}
