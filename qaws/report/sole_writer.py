"""Who writes Allure results in a run: the suite alone, and for the scenarios that it says.

A second formatter or listener of allure-behave tells the same scenarios once more, in its own
words, and its state is that of the whole process: results of both come out mixed, or the run ends
in a traceback. A test plan skips scenarios behind the back of the sign-off.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import allure_commons
from allure_behave.formatter import AllureFormatter
from allure_behave.listener import AllureListener
from behave.exception import ConstraintError
from behave.formatter._registry import select_formatter_class

TEST_PLAN = "ALLURE_TESTPLAN_PATH"
QA_WS = re.compile(r"QA-WS-\d+")


def require_sole_writer(formats: Iterable[str] | None, own: type[Any], results: Path) -> None:
    """Require that nobody else writes Allure results, and that no test plan selects.

    Args:
        formats: the formatters that behave was asked for, by name.
        own: the suite's formatter.
        results: the folder that it writes to.

    Raises:
        ConstraintError: somebody would, or one does; it names who, and the way out.
    """
    way_out = (
        f"leave it out: {results} has the results, in Allure's own format, for a report or a server"
    )
    owners = 0
    for name in formats or ():
        found = _class_of(name)
        owners += found is own
        if found is not own and found is not None and issubclass(found, AllureFormatter):
            raise ConstraintError(f"--format={name}: a second writer of Allure results; {way_out}")
    if owners > 1:
        raise ConstraintError(
            "--format: the suite's formatter is named twice, by behave.ini and by an option; "
            "leave out the second, and name another folder with the variable QAWS_REPORTS"
        )
    listeners = (p for p in allure_commons.plugin_manager.get_plugins())
    if any(isinstance(each, AllureListener) for each in listeners):
        raise ConstraintError(
            "environment.py: allure_report() is a second writer of Allure results; " + way_out
        )
    if plan := os.environ.get(TEST_PLAN):
        raise ConstraintError(_refused(plan))


def _class_of(name: str) -> Any:
    """Return a formatter's class; None where behave itself will say that there is none."""
    try:
        return select_formatter_class(name)
    except (LookupError, ImportError, ValueError):
        return None


def _refused(plan: str) -> str:
    """Say that a test plan is not heeded, and which tags select the same."""
    said = f"{TEST_PLAN}={plan}: a test plan is not heeded; unset it, and select with "
    try:
        tests = json.loads(Path(plan).read_text(encoding="utf-8"))["tests"]
        ids = sorted({i for test in tests for i in QA_WS.findall(f"{test}")})
    except (OSError, ValueError, KeyError, TypeError):
        ids = []
    tags = " or ".join(f"@{each}" for each in ids) or "@QA-WS-001 or @QA-WS-002"
    return f'{said}--tags="{tags}"'
