"""behave's hooks: build the testbed, tear it down. `qaws/runner/behave_run.py` does the work."""

from pathlib import Path

from behave import register_type
from behave.model import Scenario, Step
from behave.runner import Context

from qaws.gherkin.types import TYPES
from qaws.runner import behave_run

ROOT = Path(__file__).resolve().parent

register_type(**TYPES)  # before any step file is loaded, so that none needs to come first


def preload() -> None:
    """Make what is the same for all runs; for a process that forks them (no hook of behave's)."""
    behave_run.preload()


def before_all(context: Context) -> None:
    """Read the target, start broker and event loop, put the testbed on the context."""
    context.session = behave_run.Session(ROOT, context)


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Begin the scenario with a state of its own, or skip it with what the target lacks."""
    context.session.begin(context, scenario)


def before_step(context: Context, step: Step) -> None:
    """Note when the step begins, for the picture of the scenario."""
    context.session.step(step)


def after_step(context: Context, step: Step) -> None:
    """Go on behind a clause that was not kept, where each is judged by itself."""
    context.session.after_step(step)


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Attach the evidence and close every connection of the scenario."""
    context.session.end(scenario)


def after_all(context: Context) -> None:
    """End every process that the run started, and write what it was."""
    if "session" in context:
        context.session.close()
