"""What a behave scenario came to, in Allure's words and in one message.

* failed - the service was refuted (`qaws.verdict.Refuted`, or any AssertionError of a step);
* broken - everything else that kept the scenario from its end: undefined steps, hooks, cleanups,
  an interruption, a starved harness (the message then starts with `INCONCLUSIVE:`);
* skipped - with the reason, as `SKIPPED: …`; also what a run did not come to that was stopped (what
  a run that broke did not come to is broken);
* passed - all steps ran, and nothing of the above.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import behave
from allure_commons.model2 import Status

from qaws.report.identity import row_text
from qaws.verdict import Broken, Inconclusive, Refuted, readable

BY_CLAUSE = "by-clause"
"""The tag of a scenario whose Thens are judged each by itself."""
VERDICTS = {
    "passed": "PASSED",
    "failed": "FAILED",
    "broken": "BROKEN",
    "skipped": "NOT VERIFIED",
}
BEHAVE = os.path.dirname(behave.__file__) + os.sep


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario came to.

    Attributes:
        status: one of Allure's passed, failed, broken, skipped.
        kind: the name of the exception, or "hook", "cleanup", "undefined", "interrupted" …
        message: why, first line first; empty for passed.
        trace: the traceback, where there is one.
        row: the cells of an outline's row in one line; empty elsewhere.

    """

    status: str
    kind: str = ""
    message: str = ""
    trace: str = ""
    row: str = ""

    def __post_init__(self) -> None:
        """Spell out what no reader could parse."""
        object.__setattr__(self, "message", readable(self.message))
        object.__setattr__(self, "trace", readable(self.trace))

    @property
    def verdict(self) -> str:
        """Return the same in the words of docs/verdicts.md."""
        if self.status == Status.BROKEN and self.message.startswith("INCONCLUSIVE"):
            return "INCONCLUSIVE"
        return VERDICTS[str(self.status)]


NOT_RUN = "not run"
"""The kind of what a run did not come to."""
RANK = {Status.FAILED: 0, Status.BROKEN: 1}
PASSED = Outcome(Status.PASSED)


def outcome_of(scenario: Any) -> Outcome:
    """Return what a behave scenario came to, the gravest finding first.

    A refuted service outranks a broken harness, which outranks an inconclusive measurement: where
    several hold, all are in the message.
    """
    found = sorted(_findings(scenario), key=gravity)
    row = row_text(scenario)
    if found:
        worst = found[0]
        first, *others = dict.fromkeys(finding.message for finding in found)
        message = "\n\nAlso: ".join([f"{first}{clauses_kept(scenario)}", *others])
        return Outcome(worst.status, worst.kind, message, worst.trace, row)
    if scenario.should_skip:
        reason = scenario.skip_reason or "no reason given"
        return Outcome(Status.SKIPPED, "skipped", f"SKIPPED: {reason}", row=row)
    if scenario.status.name == "passed":
        return Outcome(Status.PASSED, row=row)
    if scenario.status.name == "untested":
        said = "SKIPPED: not run: the run ended before this scenario"
        return Outcome(Status.SKIPPED, NOT_RUN, said, row=row)
    return Outcome(Status.BROKEN, "unknown", f"behave says “{scenario.status.name}”", row=row)


def clauses_kept(scenario: Any) -> str:
    """Say how many clauses of a scenario are kept, where each is judged and some are not; or ""."""
    clauses = [step for step in scenario.all_steps if step.step_type == "then"]
    broken = [step for step in clauses if isinstance(step.exception, Refuted)]
    kept = [step for step in clauses if step.status.name == "passed"]
    is_judged = BY_CLAUSE in scenario.effective_tags and len(broken) + len(kept) == len(clauses)
    return f"; {len(kept)} of its {len(clauses)} clauses are kept" if broken and is_judged else ""


def gravity(outcome: Outcome) -> int:
    """Return a rank to sort by, the gravest first."""
    rank = RANK[outcome.status] * 2
    return rank + outcome.message.startswith("INCONCLUSIVE")


def _findings(scenario: Any) -> Iterator[Outcome]:
    for step in scenario.all_steps:
        yield from step_findings(step)
    if scenario.hook_failed:
        yield hook_finding(scenario)
    if getattr(scenario, "kept_from", ""):
        yield Outcome(Status.BROKEN, "hook", scenario.kept_from)
    for name, error in getattr(scenario, "cleanup_errors", ()):
        yield _from_exception(error, f"CLEANUP-ERROR in {name}: ")
    if scenario.status.name == "cleanup_error" and not getattr(scenario, "cleanup_errors", ()):
        yield Outcome(Status.BROKEN, "cleanup", "CLEANUP-ERROR: a cleanup failed")
    if getattr(scenario, "interrupted", False):
        yield Outcome(Status.BROKEN, "interrupted", "interrupted: the run was stopped by hand")
    if not list(scenario.all_steps):
        yield Outcome(Status.BROKEN, "empty", "a scenario without steps verifies nothing")


def step_findings(step: Any) -> Iterator[Outcome]:
    """Yield what is wrong with one step; nothing where it passed or did not run."""
    words = f"{step.keyword} {step.name}"
    if step.hook_failed or step.status.name == "hook_error":
        where = f"HOOK-ERROR around the step “{words}”: "
        if step.exception is None:
            yield Outcome(Status.BROKEN, "hook", f"{where}no message")
        else:
            yield _from_exception(step.exception, where)
    elif step.status.name in ("undefined", "untested_undefined"):
        yield Outcome(Status.BROKEN, "undefined", f"undefined step: {words}")
    elif isinstance(step.exception, KeyboardInterrupt):
        yield Outcome(Status.BROKEN, "interrupted", f"interrupted during the step “{words}”")
    elif step.exception is not None:
        yield _from_exception(step.exception, "", in_step=True)
    elif step.status.name not in ("passed", "skipped", "untested"):
        yield Outcome(Status.BROKEN, step.status.name, f"{step.status.name} step: {words}")


def hook_finding(statement: Any) -> Outcome:
    """Tell what a failed hook of a scenario or feature came to (behave keeps the first error)."""
    if not statement.error_message:
        return Outcome(Status.BROKEN, "interrupted", "interrupted: the run was stopped in a hook")
    if isinstance(statement.exception, Refuted | Inconclusive | Broken):
        return _from_exception(statement.exception, "")
    trace = _trace(statement.exception) if statement.exception else ""
    return Outcome(Status.BROKEN, "hook", statement.error_message.strip(), trace)


def _from_exception(error: BaseException, where: str, *, in_step: bool = False) -> Outcome:
    kind = type(error).__name__
    if isinstance(error, Refuted) or (in_step and isinstance(error, AssertionError)):
        message = str(error) or f"{kind} without a message"
        return Outcome(Status.FAILED, kind, message, _trace(error))
    if isinstance(error, Inconclusive):
        text = str(error)
        message = text if text.startswith("INCONCLUSIVE") else f"INCONCLUSIVE: {text}"
    elif isinstance(error, Broken):
        message = f"{where}{error}"
    else:
        message = f"{where}{kind}: {error}".rstrip(": ")
    return Outcome(Status.BROKEN, kind, message, _trace(error))


def _trace(error: BaseException) -> str:
    """Return the traceback from the step or hook on; behave's own frames say nothing."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(BEHAVE):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame or error.__traceback__))
