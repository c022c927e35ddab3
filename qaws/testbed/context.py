"""What behave hands to each step."""

from __future__ import annotations

from typing import Any, Protocol

from qaws.testbed.testbed import Testbed


class StepContext(Protocol):
    """The part of behave's context that steps use.

    Attributes:
        testbed: put there before the first scenario.
        table: the table below the step, None without one; `qaws.gherkin.steps.rows_of` reads it.
    """

    testbed: Testbed
    table: Any
