"""Nobody else writes Allure results in a run, and no test plan selects behind its back."""

import json
from pathlib import Path

import allure_commons
import pytest
from allure_behave.listener import AllureListener
from behave.configuration import Configuration
from behave.exception import ConstraintError

from qaws.report.formatter import SignoffFormatter
from qaws.report.sole_writer import TEST_PLAN, require_sole_writer

OWN, OTHER = "qaws.report.formatter:SignoffFormatter", "allure_behave.formatter:AllureFormatter"
RESULTS = Path("reports/allure-results")


def require(*formats):
    require_sole_writer(formats, SignoffFormatter, RESULTS)


@pytest.fixture(autouse=True)
def no_plan(monkeypatch):
    monkeypatch.delenv(TEST_PLAN, raising=False)


def test_other_formatters_may_write_beside_it():
    require(OWN, "qaws.report.console:RowFormatter", "json", "no.such:Formatter", "nonsense")


@pytest.mark.parametrize("formats", [(OWN, OTHER), (OTHER, OWN)])
def test_a_second_writer_of_allure_results_is_refused_with_the_way_out(formats):
    said = (
        r"^--format=allure_behave\.formatter:AllureFormatter: a second writer of Allure results; "
        r"leave it out: reports/allure-results has the results, in Allure's own format"
    )
    with pytest.raises(ConstraintError, match=said):
        require(*formats)


def test_so_is_its_own_formatter_named_twice():
    with pytest.raises(ConstraintError, match=r"named twice, by behave\.ini and by an option"):
        require(OWN, OWN)


def test_so_are_hooks_of_allure():
    listener = AllureListener(Configuration([], load_config=False))
    allure_commons.plugin_manager.register(listener)
    try:
        with pytest.raises(ConstraintError, match=r"^environment\.py: allure_report\(\) is a sec"):
            require(OWN)
    finally:
        allure_commons.plugin_manager.unregister(listener)


@pytest.mark.parametrize(
    ("plan", "tags"),
    [
        (
            {"tests": [{"id": "QA-WS-007", "selector": "x"}, {"selector": "F: QA-WS-004 Churn"}]},
            '--tags="@QA-WS-004 or @QA-WS-007"',
        ),
        ({"tests": []}, '--tags="@QA-WS-001 or @QA-WS-002"'),
        ([], '--tags="@QA-WS-001'),
    ],
)
def test_a_test_plan_is_refused_with_the_tags_that_select_the_same(
    tmp_path, monkeypatch, plan, tags
):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    monkeypatch.setenv(TEST_PLAN, str(file))
    with pytest.raises(ConstraintError) as caught:
        require(OWN)
    assert str(caught.value).startswith(f"{TEST_PLAN}={file}: a test plan is not heeded; unset it")
    assert tags in str(caught.value)


def test_so_is_one_that_is_not_there(monkeypatch):
    monkeypatch.setenv(TEST_PLAN, "nowhere.json")
    with pytest.raises(ConstraintError, match=r"=nowhere\.json: a test plan is not heeded"):
        require(OWN)
