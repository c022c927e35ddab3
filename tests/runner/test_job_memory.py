"""The job that waits for behave is small: what the report needs is loaded when its turn comes."""

import json
import sys

from tests.processes import ROOT, run

LATER = (
    *("behave", "allure_commons", "pydantic", "numpy", "asyncio", "http.server"),
    *("qaws.behaviours", "qaws.testbed", "qaws.sut", "qaws.runner.record"),
)
"""What would be there for nothing while behave runs; all of it takes 20 MB."""


def test_the_job_loads_nothing_that_only_behave_or_the_report_needs():
    program = (
        "import json, sys, qaws.runner.cli, qaws.runner.job; print(json.dumps([*sys.modules]))"
    )
    done = run([sys.executable, "-c", program], cwd=ROOT)
    loaded = json.loads(done.stdout)
    assert "qaws.report.signoff" in loaded
    assert not {*LATER} & {*loaded}
