"""Hooks of a throwaway project: they write what the suite's own write, and break on demand."""

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import allure
from behave.model import Scenario

from qaws.report.identity import place_of
from qaws.report.panel import panel
from qaws.verdict import Broken, Checks, Refuted

REPORTS = Path(os.environ.get("THROWAWAY_REPORTS", "reports"))
RUN = {}
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="200" viewBox="0 0 640 200">'
    '<rect width="640" height="200" fill="#dbeafe"/></svg>'
)

EDIT = {
    "id": "QA-WS-001",
    "title": "QA-WS-001",
    "kind": "looser",
    "planned": "Then <it> answers within 1 second",
    "now": "Then <it> answers within 9 seconds",
    "at": "features/a.feature:7",
    "rows": [],
    "deviates": True,
    "words": "features/a.feature:7: QA-WS-001 is looser than planned",
}
EDITS = [EDIT, EDIT | {"id": "QA-WS-003", "kind": "stricter", "rows": ["b"], "deviates": False}]


def utc():
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def save(**facts):
    RUN.update(facts)
    (REPORTS / "run.json").write_text(json.dumps(RUN))


def id_of(scenario):
    return next((str(tag) for tag in scenario.tags if tag.startswith("QA-WS-")), None)


def before_all(context):
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / "checks.jsonl").write_text("")
    selected = [
        {"id": id_of(scenario), "at": place_of(scenario), "name": scenario.name}
        for feature in context._runner.features
        for scenario in feature.walk_scenarios()
        if scenario.should_run(context.config)
    ]
    target: dict[str, object] = {
        "name": "throwaway",
        "file": "targets/throwaway.toml",
        "dialect": "qa-ws",
    }
    target |= {"url": "ws://service.example/ws/ticks", "capabilities": ["mint", "inject"]}
    save(state="running", error=None, target=target, selected=selected, started=utc(), ended=None)
    save(versions={"python": "3", "qaws": "0"}, harness={"worst_stall_ms": 0.5})
    save(longest_connection_s=71.25, edits=EDITS)
    if os.environ.get("BREAK") == "before_all":
        save(state="broken", error="broker redis://broker.example:1 refuses connections")
        raise Broken(RUN["error"])
    if os.environ.get("HELPER"):
        context.helper = subprocess.Popen(["sleep", "300"])
        (REPORTS / "helper.pid").write_text(str(context.helper.pid))


def before_feature(context, feature):
    if "breaks.before_feature" in feature.tags:
        raise RuntimeError("the feature could not begin")


def after_feature(context, feature):
    if "breaks.after_feature" in feature.tags:
        raise RuntimeError("the feature could not end")


def before_scenario(context, scenario):
    context.checks = Checks()
    if "needs.inject" in scenario.tags:
        scenario.skip("the target lacks capability: inject")
    if "breaks.before" in scenario.tags:
        raise RuntimeError("the scenario could not begin")
    if "breaks.cleanup" in scenario.tags:
        context.add_cleanup(stop_service)


def stop_service():
    raise OSError("the service would not stop")


def after_step(context, step):
    if "breaks.after_step" in context.scenario.tags:
        raise AssertionError("an assertion in a hook is no verdict on the service")


def after_scenario(context, scenario: Scenario):
    row = scenario._row
    cells = dict(zip(row.headings, row.cells, strict=True)) if row else None
    line = {"id": id_of(scenario), "at": place_of(scenario), "row": cells}
    line |= {"status": scenario.status.name, "checks": context.checks.as_dicts()}
    with (REPORTS / "checks.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    pictures = [("What went over the wire", PICTURE)]
    allure.dynamic.description_html(panel([], context.checks.done, [], pictures))
    if "breaks.after" in scenario.tags:
        raise RuntimeError("the scenario could not end")
    if "refuted.after" in scenario.tags:
        raise Refuted("Alice saw a gap: NIFTY 17 after 15")


def after_all(context):
    (REPORTS / "cleaned").touch()
    if os.environ.get("BREAK") == "after_all":
        time.sleep(600)
    save(state="aborted" if context.aborted else "finished", ended=utc())
