"""A team's own repository: its scenarios and rows beside those of the suite, which the package has.

What `qaws init` writes leads here: behave.ini names this `Runner`, features/environment.py takes
these hooks, and features/steps/suite.py calls `load_steps`.
"""

from __future__ import annotations

import os
from pathlib import Path

from behave import register_type
from behave.model import Scenario, Step
from behave.runner import Context
from behave.runner_util import load_step_modules

from qaws import places
from qaws.gherkin.types import TYPES
from qaws.runner import behave_run, record

__all__ = [
    "after_all",
    "after_scenario",
    "after_step",
    "before_all",
    "before_scenario",
    "before_step",
    "load_steps",
]

register_type(**TYPES)  # before any step file is loaded, so that none needs to come first


class Runner(record.Runner):
    """Runs the suite's features too where the command line names no file or folder."""

    def setup_paths(self) -> None:
        """Find the folder of hooks and steps, and what is to be run."""
        if self.config.paths:
            super().setup_paths()
            return
        own = Path(self.DEFAULT_DIRECTORY).resolve()
        if next(own.rglob("*.feature"), None):
            super().setup_paths()
        else:  # which behave takes for a mistake
            self.base_dir = self.config.base_dir = str(own)
            self.path_manager.add(self.base_dir)
            self.path_manager.add(os.getcwd())
        self.config.paths.append(str(places.FEATURES))


def load_steps() -> None:
    """Define the suite's steps."""
    load_step_modules([str(places.FEATURES / "steps")])


def before_all(context: Context) -> None:
    """Read the target, start broker and event loop, put the testbed on the context."""
    root = Path(context._runner.base_dir).parent
    context.session = behave_run.Session(root, context, is_own=True)


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
