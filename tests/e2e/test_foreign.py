"""The suite against a service that offers little."""

import json
import os
import sys
from pathlib import Path

from qaws.auth.tokens import Tokens
from qaws.sut.services import Services
from qaws.sut.target_file import read_target
from tests.forked import run_behave
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]


def behave(folder, *arguments):
    """Run behave with reports in a folder; return its exit code, output, and scenario records."""

    tools = Path(sys.executable).parent
    done = run_behave(
        *arguments,
        env={**os.environ, "QAWS_REPORTS": str(folder), "PATH": f"{tools}:{os.environ['PATH']}"},
        within_s=4 * HANG_S,
    )
    file = folder / "checks.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return done.returncode, done.stdout + done.stderr, [json.loads(line) for line in lines]


def test_what_a_target_does_not_offer_is_skipped_with_its_reason(tmp_path):
    running = read_target(ROOT / "targets/reference.toml", {"launch.directory": str(ROOT)})
    tokens = Tokens(running.auth, tmp_path)
    nobody = "redis://127.0.0.1:1/0"
    values = {"broker_url": nobody, "jwks_file": str(tokens.jwks_file), "folder": str(tmp_path)}
    # Without a feed the service is up but never healthy, so its log must do.
    launch = running.launch.model_copy(update={"ready_path": None})
    services = Services(running.model_copy(update={"launch": launch}), tmp_path, values)
    try:
        port = services.get().port
        poor = tmp_path / "poor.toml"
        poor.write_text(
            f'name = "poor"\ndialect = "qa-ws"\n[endpoint]\nurl = "ws://127.0.0.1:{port}/ws/ticks"\n'
            '[auth]\ntoken_variable = "POOR_TOKEN"\n'
        )
        os.environ["POOR_TOKEN"] = tokens.valid()
        code, output, scenarios = behave(
            tmp_path, "--tags=@QA-WS-002 or @QA-WS-006", "-D", f"target={poor}"
        )
    finally:
        os.environ.pop("POOR_TOKEN", None)
        services.stop()
    assert code == 4, output
    assert [line["status"] for line in scenarios] == ["passed"]
    results = [json.loads(f.read_text()) for f in tmp_path.glob("allure-results/*-result.json")]
    said = sorted(
        (r["name"][:9], r["status"], r.get("statusDetails", {}).get("message", "")) for r in results
    )
    lacks = "SKIPPED: the target poor lacks: inject ([feed])"
    assert said == [
        ("QA-WS-002", "passed", ""),
        ("QA-WS-002", "skipped", lacks),
        ("QA-WS-006", "skipped", lacks),
        ("QA-WS-006", "skipped", lacks),
    ]
