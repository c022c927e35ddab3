"""A team's own repository: its scenarios and rows beside those of the suite, which the package has.

What `qaws init` writes leads here: behave.ini names this `Runner`, features/environment.py takes
these hooks, and features/steps/suite.py calls `load_steps`.
"""

from __future__ import annotations

import configparser
import os
from contextlib import suppress
from pathlib import Path

from behave import register_type
from behave.exception import ConfigError
from behave.model import Scenario, Step
from behave.runner import Context
from behave.runner_util import FileLocationParser, load_step_modules

from qaws import places
from qaws.gherkin.types import TYPES
from qaws.report.signoff import EXIT_BROKEN
from qaws.runner import behave_run, record
from qaws.runner.repository import RUNNER

__all__ = [
    "after_all",
    "after_scenario",
    "after_step",
    "before_all",
    "before_scenario",
    "before_step",
    "load_steps",
]

HOOKS = (
    *("before_all", "before_scenario", "before_step"),
    *("after_step", "after_scenario", "after_all"),
)
"""What behave must find in features/environment.py."""

register_type(**TYPES)  # before any step file is loaded, so that none needs to come first


class Runner(record.Runner):
    """Runs the suite's features too where the command line names no file or folder."""

    def setup_paths(self) -> None:
        """Find the folder of hooks and steps, which is the team's, and what is to be run."""
        own, given = Path(self.DEFAULT_DIRECTORY).resolve(), self.config.paths
        first = FileLocationParser.parse(str(given[0])).filename if given else ""
        is_the_suites = bool(given) and Path(first).resolve().is_relative_to(places.FEATURES)
        if is_the_suites or not (given or next(own.rglob("*.feature"), None)):
            # behave would look for hooks beside the suite's features, or take none for a mistake
            self.base_dir = self.config.base_dir = str(own)
            self.path_manager.add(self.base_dir)
            self.path_manager.add(os.getcwd())
        else:
            super().setup_paths()
        if not given:
            self.config.paths.append(str(places.FEATURES))

    def load_hooks(self, filename: str | None = None) -> None:
        """Load the team's hooks.

        Raises:
            ConfigError: one that the suite needs is not among them.
        """
        super().load_hooks(filename)
        needless = self.hooks["before_all"] == self.before_all_default_hook
        if lacking := [n for n in HOOKS if n not in self.hooks or (n == HOOKS[0] and needless)]:
            raise ConfigError(
                f"features/environment.py: has no {', '.join(lacking)}; import them from "
                "qaws.runner.own, or delete the file, and `qaws init` writes it anew"
            )


def load_steps() -> None:
    """Define the suite's steps."""
    load_step_modules([str(places.FEATURES / "steps")])


def before_all(context: Context) -> None:
    """Read the target, start broker and event loop, put the testbed on the context."""
    if not isinstance(context._runner, record.Runner):  # whose exit codes would be behave's own
        print(f"BROKEN: {_no_runner(Path(context._runner.base_dir).parent)}", flush=True)
        os._exit(EXIT_BROKEN)  # behave would make 1 of all that a hook raises; nothing runs yet
    root = Path(context._runner.base_dir).parent
    context.session = behave_run.Session(root, context, is_own=True)


def _no_runner(root: Path) -> str:
    """Say why behave did not take the suite's runner.

    Args:
        root: the folder of the team's repository.
    """
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    with suppress(OSError, ValueError, configparser.Error):
        ini.read_string((root / "behave.ini").read_text("utf-8"))
        has_line = f"runner = {ini.get('behave', 'runner')}" == RUNNER
        if has_line and root.resolve() != Path.cwd():
            return f"behave reads {root / 'behave.ini'} only where it is: start it from {root}"
    return f'behave.ini: needs the line "{RUNNER}" below [behave]'


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
