"""Imports what each run of the suite needs, for `tests.forked`, and makes what all runs may share.

Nothing is left open, and there is one thread.
"""

import gc
import importlib
import pkgutil

from behave.matchers import get_step_matcher_factory
from behave.step_registry import registry

import qaws.behaviours
from qaws import places
from qaws.gherkin import step_files
from qaws.runner import behave_run

_NAMES = ("behave.__main__", "qaws.runner.record", "qaws.report.formatter", "qaws.runner.cli")
for _name in (*_NAMES, "qaws.runner.probe", "qaws.runner.init", "qaws.gherkin.lint"):
    importlib.import_module(_name)
for _each in pkgutil.iter_modules(qaws.behaviours.__path__, "qaws.behaviours."):
    importlib.import_module(_each.name)
behave_run.preload()
step_files.load(places.FEATURES / "steps")  # `re` keeps what it has compiled for a phrase
registry.clear()
get_step_matcher_factory().reset()
gc.collect()
gc.freeze()
