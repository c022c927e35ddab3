"""The phrases of the features, as a run has them: read once, however tests are shared out."""

from pathlib import Path

import pytest
from behave import register_type
from behave.model import Step
from behave.runner_util import load_step_modules
from behave.step_registry import registry as definitions

from qaws.gherkin import types

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def registry():
    """Return the phrases, by which behave finds what a sentence means."""
    known = Step("", 0, "Given", "given", "the ticker service is running")
    if definitions.find_step_definition(known) is None:  # nobody in this process has read them yet
        register_type(**types.TYPES)
        load_step_modules([str(ROOT / "features" / "steps")])
    return definitions
