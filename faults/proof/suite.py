"""behave and the whole suite, loaded once; each run is a fork of the process that has loaded them.

To load them takes most of a second, as long as many a scenario.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path

from behave.__main__ import run_behave
from behave.configuration import Configuration
from behave.matchers import get_step_matcher_factory
from behave.step_registry import registry

from faults.proof.fork_client import fork_services
from faults.proof.processes import die_with_parent, settle
from faults.proof.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
FEATURES = ROOT / "features"
CONFIGURATION = """\
# behave reads its configuration where it is started: here nothing writes into the real reports.
[behave]
format = null
scenario_outline_annotation_schema = {name}
show_skipped = false
show_snippets = false
junit = false
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@cache
def load() -> None:
    """Load behave, hooks, steps, features and all that they import; nothing is run or left open.

    What is wrong with them is told by the runs, which then read them as ever.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads must not be forked
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("behave.ini").write_text(CONFIGURATION, encoding="utf-8")
        registry.clear()  # steps that are there already would be ambiguous
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            reader = Runner(Configuration([str(FEATURES), "--dry-run", "--tags=@none"]))
            reader.run()
            reader.keep()
            Runner.preload()
    registry.clear()  # whoever reads the phrases anew defines them anew
    get_step_matcher_factory().reset()
    gc.collect()
    gc.freeze()


def start(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    services: socket.socket | None,
    slow: Collection[str] = (),
    words: Collection[str] = (),
    told: str = "",
) -> BaseProcess:
    """Start behave in a process of its own.

    Args:
        arguments: what follows "behave" on a command line.
        folder: where it runs; its log is behave.log there.
        environment: all of its variables.
        services: the connection to the fork server, None to start services as ever.
        slow: places of the rows that take long: they go last.
        words: what verdicts are expected to say: rows that they are about go first.
        told: what is told of the fault: then go those that have most in common with it.
    """
    load()
    sys.stdout.flush()
    sys.stderr.flush()
    Runner.slow, Runner.words, Runner.told = slow, words, told
    child = multiprocessing.get_context("fork").Process(
        target=_run, args=(list(arguments), folder, environment, services, os.getpid())
    )
    child.start()
    return child


def _run(
    arguments: list[str],
    folder: Path,
    environment: Mapping[str, str],
    services: socket.socket | None,
    parent: int,
) -> None:
    """Be behave, as if begun anew."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(signal.SIGINT)
    if os.getppid() != parent:
        sys.exit(1)
    os.setsid()
    log = os.open(folder / "behave.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    settle(log, environment, folder)
    os.close(log)
    if services:
        fork_services(services)
    sys.exit(_behave(arguments))


def _behave(arguments: list[str]) -> int:
    """Run behave in this process; return its exit code."""
    code: int = run_behave(Configuration(arguments), runner_class=Runner)
    return code
