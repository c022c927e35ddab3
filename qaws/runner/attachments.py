"""Attaches a scenario's evidence to its Allure result, whether it passed or not."""

from __future__ import annotations

import json
from collections.abc import Sequence

import allure
from allure_commons import plugin_manager
from allure_commons.types import AttachmentType

from qaws.clients.connection import Connection
from qaws.report.drawing import draw
from qaws.report.panel import panel
from qaws.report.sequence_diagram import GROUP, lane_of, sequence_diagram
from qaws.report.transcript import group_transcript, transcript
from qaws.testbed.scenario import ScenarioState
from qaws.testbed.service_output import first_stack_trace
from qaws.testbed.testbed import Testbed
from qaws.verdict import readable, without_tokens

LOG_LIMIT = 64 * 1024
"""Bytes of a service's log that are attached: its end."""


def attach_evidence(testbed: Testbed, plan: Sequence[str]) -> None:
    """Attach panel, transcripts, published ticks and service log of the current scenario.

    Args:
        testbed: the testbed; its scenario has ended.
        plan: the scenario's description, line by line.
    """
    scenario = testbed.scenario
    if not plugin_manager.get_plugins():
        return  # nobody writes a report of this run
    captions = [caption for caption, _ in scenario.pictures]
    documents = draw([picture for _, picture in scenario.pictures])
    pictures = list(zip(captions, documents, strict=True))
    if scenario.connections.all:
        svg = sequence_diagram(
            scenario.steps, scenario.connections.all, testbed.ledger, scenario.started_ns
        )
        pictures.append(("What went over the wire, step by step", svg))
    allure.dynamic.description_html(  # type: ignore[no-untyped-call]
        without_tokens(panel(plan, scenario.checks.done, figures_of(scenario), pictures))
    )
    _attach_transcripts(scenario)
    if testbed.ledger.ticks:
        lines = [
            f"{(tick.sent_ns - scenario.started_ns) / 1e6:12.3f} ms {tick.role:<5} "
            f"heard by {tick.heard_by}  {tick.payload or tick.text}"
            for tick in testbed.ledger.ticks
        ]
        _attach("published to the feed", "\n".join(lines))
    for service, mark in scenario.services:
        if service.process:
            settings = ", ".join(f"{k} {v}" for k, v in service.settings.items()) or "as it comes"
            log = service.process.read_log()[mark:][-LOG_LIMIT:]
            _attach(f"log of the service ({settings})", log or "(it wrote nothing)")
    for name, picture in scenario.screenshots:
        allure.attach(picture, name=name, attachment_type=AttachmentType.PNG)
    _attach("checks", json.dumps(scenario.checks.as_dicts(), indent=1), AttachmentType.JSON)


def figures_of(scenario: ScenarioState) -> list[tuple[str, str]]:
    """Return what the report shows beside the checks of a scenario, whether it passed or not."""
    trace = first_stack_trace(scenario.services)
    return scenario.figures + ([("noticed besides", trace)] if trace else [])


def _attach_transcripts(scenario: ScenarioState) -> None:
    connections = scenario.connections.all
    for index, connection in enumerate(connections):
        if not GROUP.match(connection.name):
            again = sum(1 for c in connections[:index] if c.name == connection.name)
            which = f" (connection {again + 1})" if again else ""
            body = transcript(connection, scenario.started_ns)
            _attach(f"wire of {connection.name}{which}", body)
    groups: dict[str, list[Connection]] = {}
    for connection in connections:
        if GROUP.match(connection.name):
            groups.setdefault(lane_of(connection.name), []).append(connection)
    for lane, members in groups.items():
        _attach(f"wires of {len(members)} {lane}", group_transcript(members, scenario.started_ns))


def _attach(name: str, body: str, kind: AttachmentType = AttachmentType.TEXT) -> None:
    allure.attach(readable(without_tokens(body)), name=name, attachment_type=kind)
