"""A run of behave: its folder, its settings, its end."""

import os
import signal

import psutil
import pytest
from behave import step_registry
from behave.configuration import Configuration
from behave.runner import the_step_registry

from faults.proof import runs, scope, suite
from faults.proof.fork_client import CAN_FORK, ForkServer
from faults.proof.runner import Runner
from qaws.auth import key_set
from qaws.protocol import contract
from tests.processes import is_alive
from tests.waiting import HANG_S, until


def test_a_run_writes_nothing_into_the_real_reports(tmp_path, monkeypatch):
    (tmp_path / "behave.ini").write_text(suite.CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    configuration = Configuration(["--tags=@x"], load_config=True)
    assert configuration.format == ["null"]
    assert not configuration.junit
    assert [output.name for output in configuration.outputs] == ["null.output"]


@pytest.mark.parametrize("factor", ["QAWS_TIMEOUT_FACTOR", "QAWS_PATIENCE"])
def test_a_run_has_its_own_reports_and_no_foreign_settings(tmp_path, monkeypatch, factor):
    monkeypatch.setenv("QAWS_TARGET", "elsewhere.toml")
    monkeypatch.setenv(factor, "3")
    monkeypatch.setenv("TICKER_PORT", "1")
    variables = runs._environment(tmp_path)
    assert variables["QAWS_REPORTS"] == str(tmp_path)
    assert variables[factor] == "3"
    assert not {"QAWS_TARGET", "TICKER_PORT"} & variables.keys()


def test_a_run_waits_for_no_end_that_counts_for_nothing(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(suite, "start", lambda arguments, *rest: asked.extend(arguments))
    runs.Run("x", tmp_path / "run", ["@x"], [], 1, settings={"last_look": "yes"})
    assert asked.index("last_look=no") < asked.index("last_look=yes"), "the later one counts"


def test_the_key_that_was_made_beforehand_is_used_once_in_a_process():
    key_set.preload("EdDSA")
    first, second = key_set.first_key("EdDSA"), key_set.first_key("EdDSA")
    assert first is not second
    assert first.public_key() != second.public_key()


def test_what_is_the_same_for_all_runs_is_made_before_the_first():
    suite.load()
    made = key_set._decoys, key_set.encryption_key, contract._compiled
    for each in made:
        each.cache_clear()
    Runner.preload()
    assert [each.cache_info().currsize for each in made] == [1, 1, 1]


def test_behave_takes_phrases_where_it_did_before_the_suite_was_loaded():
    suite.load()
    assert step_registry.registry is the_step_registry


@pytest.fixture(scope="module")
def server():
    """What services are forked from; None where they are begun as ever."""
    forks = ForkServer() if CAN_FORK else None
    yield forks
    if forks:
        forks.stop()


def test_rows_behind_the_one_that_says_enough_are_left_out(tmp_path, server):
    def rows_of(stop_after):
        run = runs.Run(
            "x",
            tmp_path / "run",
            ["@QA-WS-010"],
            ["broken-json-closes"],
            stop_after=stop_after,
            allowed_s=4 * HANG_S,
            services=server.connection() if server else None,
        )
        try:
            until(run.is_over, within_s=4 * HANG_S)
        finally:
            run.stop()
        return run.rows()

    everything = rows_of(None)
    red = [row.message for row in everything if row.status == "failed"]
    assert red
    assert len(rows_of({"QA-WS-010": ["words that nobody says"], "*": [""]})) == len(everything)
    words = "error 1 of 3 to Alice: measured nothing before the end of the connection"
    assert red[0].startswith(words)
    for left_out in ({"QA-WS-010": ["other words", words]}, {"*": [words]}):
        assert rows_of(left_out)[-1].message.startswith(words)


@pytest.mark.skipif(not CAN_FORK, reason="wants Linux")
def test_a_service_behind_a_launcher_does_not_survive_a_run_that_is_killed(tmp_path, server):
    """It is a descendant neither of behave nor of the server, so that it is known by its log."""
    tags, fault = [*scope.FUNCTIONAL, "@QA-WS-011"], "leak-of-256-bytes-behind-a-launcher"
    run = runs.Run("x", tmp_path / "run", tags, [fault], 4 * HANG_S, None, server.connection())
    log = run.folder / "logs" / "service-1.log"
    until(lambda: log.exists() and "listening" in log.read_text())
    related = [psutil.Process(pid) for pid in (run.pid, server.pid)]
    related += [child for each in related for child in each.children(recursive=True)]
    behind = [each for each in runs.writing_in(run.folder) if each not in related]
    assert behind
    os.kill(run.pid, signal.SIGKILL)
    run.stop()
    assert not [each for each in behind if is_alive(each.pid)]


@pytest.mark.skipif(not CAN_FORK, reason="wants Linux")
def test_nothing_survives_a_run_that_is_killed(tmp_path, server):
    tags = [*scope.FUNCTIONAL, "@QA-WS-011"]  # waits for seconds
    run = runs.Run("x", tmp_path / "run", tags, (), 4 * HANG_S, None, server.connection())
    log = run.folder / "logs" / "service-1.log"
    until(lambda: log.exists() and "listening" in log.read_text())
    services = psutil.Process(server.pid).children()
    brokers = psutil.Process(run.pid).children()
    assert services
    assert brokers
    os.kill(run.pid, signal.SIGKILL)
    run.stop()
    until(lambda: not [each for each in (*services, *brokers) if is_alive(each.pid)])
