"""One behave run: what the hooks in environment.py do.

Writes what readers of the run need beside the Allure results: `reports/run.json` (what was
selected, against what, how it ended) and `reports/checks.jsonl` (every check of every scenario).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import behave.model
from behave.model import Scenario, Step

from qaws import places
from qaws.auth import key_set
from qaws.clients import browser_page
from qaws.gherkin.tags import BY_CLAUSE, CLOSING_STEP, KINDS, NEED, WHOLE_RUN
from qaws.gherkin.wording import require_understood
from qaws.ids import test_id
from qaws.protocol import rows
from qaws.protocol.contract import Contract
from qaws.report.digests import feature_digests
from qaws.report.identity import place_of
from qaws.report.node import ReportError
from qaws.report.signoff import delete_pages
from qaws.runner.attachments import attach_evidence
from qaws.runner.first_service import start_first
from qaws.runner.forgetting import forget
from qaws.runner.measured import COVERAGE_FOLDER, measured
from qaws.runner.offer import lacks
from qaws.runner.order import shuffle
from qaws.runner.provenance import suite_state
from qaws.runner.record import ended_by, new_record, now, tell_of_break, write_junit, write_record
from qaws.runner.selection import require_selection
from qaws.runner.settings import ANY_ID, chosen_in
from qaws.runner.shares import LONGEST, Shares, why_alone
from qaws.runner.tested import load, machine, target_read, target_unread, versions, what_is_tested
from qaws.runtime import memory
from qaws.runtime.timeout_factor import timeout_factor_of
from qaws.sut.target import Agreement, Target
from qaws.sut.target_file import read_target
from qaws.testbed import first_look, quiet_clients, unasked
from qaws.testbed.look_words import FirstLook
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, Refuted

LAST_LOOK_S = 0.5
"""How long a service may take to be seen as dead that ends as its last client leaves: once in a
run, and on a busy machine nothing looks after that."""


def preload() -> None:
    """Make what is the same for all runs, and takes as long as a short scenario."""
    key_set.preload("RS256")
    Contract("qa-ws")
    rows.preload()
    suite_state()


class Session:
    """The testbed of a behave run, and the record of it."""

    def __init__(self, root: Path, context: Any, *, is_own: bool = False) -> None:
        """Read the target and start what it asks for.

        Args:
            root: the folder with `features`: the project's, or that of a team.
            context: behave's context; gets `testbed`.
            is_own: whether it is a team's, and has scenarios and rows beside the suite's.

        Raises:
            Broken: the target, the broker, or a setting cannot be used. `run.json` then says so.
        """
        self._context = context
        self._runner = context._runner
        self._reports = Path(os.environ.get("QAWS_REPORTS") or root / "reports")
        self._record = new_record(self._selected(), versions())
        self._record["machine"] = {"is": machine(), "load_before": load()}
        self._shares: Shares | None = getattr(self._runner, "shares", None)
        self._number = self._shares.number if self._shares else 0
        share = f"process-{self._number + 1}" if self._number else ""
        self._logs = self._reports / "logs" / share
        self.testbed: Testbed | None = None
        self._expected: Mapping[str, tuple[str, ...]] = {}
        self._proven: set[str] = set()
        self._has_begun = False
        self._withheld: dict[str, str] = {}
        self._looks = self._looks_back = True
        signal.signal(signal.SIGTERM, _as_interrupt)
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            if not self._number:
                (self._reports / "checks.jsonl").unlink(missing_ok=True)
                write_junit(Path(self._runner.config.junit_directory), None)
                delete_pages(self._reports)  # what they say is not of this run
            self._write()
            features = (root / "features").resolve()
            if is_own:
                rows.use(features / "data")
                features = places.FEATURES
            self._record["features"] = feature_digests(features)
            self._record["edits"] = require_selection(self._runner, features, self._selected())
            memory.use_one_arena()
            self.testbed = context.testbed = self._open_world(root)
            memory.collect_only_between_scenarios()
        except (Broken, ReportError, KeyboardInterrupt) as problem:
            self._runner.broke = not isinstance(problem, KeyboardInterrupt)
            self._record |= ended_by(problem)
            self._write()
            self._leave()
            if self._runner.broke:
                tell_of_break(self._runner.config, str(problem))
            raise
        except OSError as problem:
            raise Broken(
                f"{problem.filename}: cannot be written: {problem.strerror}; "
                "make the reports folder writable"
            ) from None
        behave.model.traceback = _Briefly()

    def _open_world(self, root: Path) -> Testbed:
        chosen = chosen_in(self._runner.config.userdata)
        self._record["target"] = target_unread(chosen.target)
        target = read_target(Path(chosen.target), chosen.userdata)
        self._withheld = target.withheld
        self._expected = chosen.expected
        self._looks, self._looks_back = chosen.looks, chosen.looks_back
        self._record["target"] = target_read(target, chosen.target)
        if place := os.environ.get(COVERAGE_FOLDER):
            target = measured(target, Path(place))
        if chosen.order is not None:
            self._record["order"] = chosen.order
            shuffle(self._runner.features, chosen.order)
        testbed = Testbed(target, self._logs, timeout_factor_of(), chosen.swarm)
        try:
            start_first(testbed)  # one that does not start ends the run here, once
            if self._number:
                assert self._shares
                self._know(testbed, self._shares.told["withheld"])
                return testbed
            self._record["service"] = what_is_tested(testbed.use_service())
            if self._looks:
                self._look(testbed)
            self._begin_whole_run(testbed)
            self._record["selected"] = self._selected()  # in the order in which they will run
            if self._shares:
                self._share(self._shares, target)
        except BaseException:
            testbed.stop()
            raise
        return testbed

    def _look(self, testbed: Testbed) -> None:
        """Look whether target file and service speak of the same thing, before any scenario."""
        needs = {
            tag.removeprefix(NEED)
            for feature in self._runner.features
            for scenario in feature.walk_scenarios()
            if scenario.should_run(self._runner.config)
            for tag in scenario.effective_tags
            if tag.startswith(NEED)
        }
        found = FirstLook()
        try:
            first_look.look(testbed, needs, found)
        finally:
            self._know(testbed, {**testbed.target.withheld, **found.withheld})
            self._record["first_look"] = found.as_dict()
        for remark in found.remarks:
            print(f"note: the first look: {remark}", file=sys.stderr)

    def _know(self, testbed: Testbed, withheld: dict[str, str]) -> None:
        """Know what the first look found that this service cannot show."""
        self._withheld = withheld
        if withheld.keys() - testbed.target.withheld.keys() >= {"statistics"}:
            testbed.withhold_statistics()

    def _share(self, shares: Shares, target: Target) -> None:
        """Let the other processes begin, or tell why there are none."""
        shares.told = {"withheld": self._withheld}
        shares.why_alone = why_alone(target)
        if shares.why_alone:
            print(f"note: --jobs is not heeded: {shares.why_alone}", file=sys.stderr)

    def _begin_whole_run(self, testbed: Testbed) -> None:
        """Let those connect who stay for the whole run; put the features about them last."""
        features = self._runner.features
        features.sort(key=lambda feature: WHOLE_RUN in feature.tags)
        for feature in features:
            if WHOLE_RUN in feature.tags and any(
                scenario.should_run(self._runner.config)  # which regards -n too, unlike a feature
                for scenario in feature.walk_scenarios()
            ):
                quiet_clients.begin(testbed)

    def _selected(self) -> list[dict[str, str]]:
        """List the scenarios that this run is to run, outline rows one by one."""
        return [
            {
                "id": test_id(scenario),
                "at": place_of(scenario),
                "name": scenario.name,
                "priority": next((t for t in scenario.effective_tags if t in ("p0", "p1")), ""),
                "kind": next((t for t in scenario.effective_tags if t in KINDS), ""),
            }
            for feature in self._runner.features
            for scenario in feature.walk_scenarios()
            if scenario.should_run(self._runner.config)
        ]

    # --- scenarios ----------------------------------------------------------------------------

    def begin(self, context: Any, scenario: Scenario) -> None:
        """Give a scenario a clean scenario and its closing step, or skip it with the reason."""
        assert self.testbed
        self._has_begun = False
        needs = {tag.removeprefix(NEED) for tag in scenario.effective_tags if tag.startswith(NEED)}
        if browser_page.NEED in needs and (why := browser_page.missing()):
            scenario.skip(why)
            return
        if withheld := sorted(needs & self._withheld.keys()):
            scenario.skip(self._withheld[withheld[0]])
            return
        target = self.testbed.target
        if why := lacks(target, needs - {browser_page.NEED}):
            scenario.skip(why)
            return
        if test_id(scenario) in self._proven:
            scenario.skip("another scenario of that id has failed as expected")
            return
        scenario.steps.append(Step(scenario.filename, scenario.line, "And", "then", CLOSING_STEP))
        self._has_begun = True
        self.testbed.begin_scenario(under_load="load" in scenario.effective_tags)
        require_understood(scenario, self._runner.step_registry)
        context.connections = self.testbed.scenario.connections
        agreed = [each for each in get_args(Agreement) if each.replace(" ", "-") in needs]
        self.testbed.scenario.remarks += [
            f'in part by the agreement "{each}": declines = ["{each}"] above the first [section] '
            f"of {target.file} ends that"
            for each in agreed
        ]

    def step(self, step: Step) -> None:
        """Note when a step begins."""
        assert self.testbed
        self.testbed.scenario.begin(step.step_type, step.keyword, step.name)

    def after_step(self, step: Step) -> None:
        """Go on behind a Then that was not kept, where each is a clause of its own."""
        scenario = self._context.scenario
        scenario.continue_after_failed_step = (
            BY_CLAUSE in scenario.effective_tags
            and step.step_type == "then"
            and isinstance(step.exception, Refuted)
        )

    def end(self, scenario: Scenario) -> None:
        """Attach the evidence, close the clients, write the scenario's checks."""
        if not (testbed := self.testbed) or not self._has_begun:
            return
        passed = scenario.status.name == "passed" and not scenario.should_skip
        problem: BaseException | None = None
        try:
            self.testbed.end_scenario(trust=passed)
        except BaseException as caught:
            problem = caught
            raise
        finally:
            attach_evidence(self.testbed, scenario.description)
            line = {
                "id": test_id(scenario),
                "at": place_of(scenario),
                "scenario": scenario.name,
                "row": dict(scenario._row.items()) if scenario._row else {},
                "status": _status(scenario, problem if passed else None),
                "message": _message(scenario)
                or str(problem or scenario.exception or scenario.skip_reason or ""),
                "checks": self.testbed.scenario.checks.as_dicts(),
                "longest_stall_ms": testbed.loop.stalls.longest_since(testbed.scenario.started_ns),
            }
            words = self._expected.get(line["id"], self._expected.get(ANY_ID, ()))
            if line["status"] == "failed" and any(each in line["message"] for each in words):
                self._proven.add(line["id"])
            with (self._reports / "checks.jsonl").open("ab", buffering=0) as file:
                file.write(f"{json.dumps(line)}\n".encode())  # in one piece: others write there too
            if self._looks:
                self._stop_where_undeclared()
            forget(self.testbed, self._context, scenario)

    def _stop_where_undeclared(self) -> None:
        """End the run here where the service sends what nobody has told the suite of.

        Whether a scenario sees it hangs on how long it lasts: what follows would be a lottery.
        """
        assert self.testbed
        if self._record["error"] or not (found := unasked.of_a_scenario(self.testbed)):
            return
        self._record["error"] = str(found)
        self._runner.broke = True
        self._runner.abort(str(found))
        print(f"the run ends here: {found}", file=sys.stderr)
        tell_of_break(self._runner.config, str(found))

    # --- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """End every process of the run and write how it ended.

        Raises:
            Broken: a service had died behind the last check that would have noticed it.
        """
        assert self.testbed
        assert self.testbed.services
        self._record["machine"]["load"] = load()
        self._record["harness"] = {"worst_stall_ms": round(self.testbed.loop.stalls.worst(), 1)}
        self._take_over()
        self._record["state"] = "aborted" if self._runner.aborted else "finished"
        if self._record["error"]:
            self._record["state"] = "broken"
        try:
            if self._looks_back:
                time.sleep(LAST_LOOK_S)
            self.testbed.services.require_alive()
        except Broken as death:
            if not self._runner.aborted:
                self._runner.broke = True
                self._record |= {"state": "broken", "error": str(death)}
                tell_of_break(self._runner.config, str(death))
            raise
        finally:
            try:
                self.testbed.stop()
            finally:
                longest_s = max(self.testbed.longest_s, self._record.get(LONGEST, 0.0))
                self._record[LONGEST] = round(longest_s, 1)
                self._record["ended"] = now()
                self._write()
                self._leave()

    def _leave(self) -> None:
        """Leave what this process has recorded to the first, where it is another one."""
        if self._shares and self._number:
            self._shares.leave(self._record)

    def _take_over(self) -> None:
        """Take over what the other processes of the run have recorded."""
        if not self._shares or self._number:
            return
        wrong = self._shares.add_to(self._record)
        if wrong and not self._record["error"]:
            self._record["error"] = wrong
            self._runner.broke = True
            tell_of_break(self._runner.config, wrong)

    def _write(self) -> None:
        write_record(self._logs if self._number else self._reports, self._record)


def _status(scenario: Scenario, problem: BaseException | None) -> str:
    """Return what a scenario came to, in behave's words."""
    if problem:
        return "hook_error"
    is_unverified = scenario.should_skip and scenario.status.name == "passed"
    return "skipped" if is_unverified else str(scenario.status.name)


def _message(scenario: Scenario) -> str:
    """Return what the first step that did not pass has to say, "" when all passed."""
    said = (str(step.exception or step.error_message or "") for step in scenario.all_steps)
    return next((text for text in said if text), "")


class _Briefly:
    """Stands in for `traceback` in behave, which prints one for all that is no assertion.

    A verdict is said in one line; a traceback of it would only hide that.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)

    @staticmethod
    def format_exc(*args: Any, **named: Any) -> str:
        problem = sys.exc_info()[1]
        if isinstance(problem, Broken | Inconclusive):
            return f"{type(problem).__name__}: {problem}"
        return traceback.format_exc(*args, **named)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
