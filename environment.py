"""behave's hooks: build the testbed, tear it down. `qaws/runner/behave_run.py` does the work."""

from pathlib import Path

from behave import register_type

from qaws.gherkin.types import TYPES
from qaws.runner.behave_run import Session

register_type(**TYPES)

ROOT = Path(__file__).resolve().parent


def before_all(context):
    """Read the target, start broker and event loop, put the testbed on the context."""
    context.session = Session(ROOT, context)


def before_scenario(context, scenario):
    """Give the scenario a clean scenario, or skip it with the capability that the target lacks."""
    context.session.begin(context, scenario)


def before_step(context, step):
    """Note when the step begins, for the picture of the scenario."""
    context.session.step(step)


def after_scenario(context, scenario):
    """Attach the evidence and close every connection of the scenario."""
    context.session.end(scenario)


def after_all(context):
    """End every process that the run started, and write what it was."""
    if "session" in context:
        context.session.close()
