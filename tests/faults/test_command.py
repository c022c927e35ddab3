"""`python -m faults`: lists, and runs the service with a fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults import __main__ as command
from faults.catalogue import all_faults
from faults.proof import listing
from tests.waiting import HANG_S

ROOT = Path(__file__).parents[2]


def test_the_command_lists_all_faults(capsys):
    assert command.main([]) == 0
    listed = capsys.readouterr().out
    assert all(f"{name}\n" in listed for name in all_faults())
    assert command.main(["--list"]) == 0
    assert capsys.readouterr().out == listed


@pytest.mark.parametrize(
    "given", [["tick-twise"], ["tick-twice", "tick-late"], ["tick-twice", "--list"]]
)
def test_the_command_refuses_what_it_does_not_know(capsys, given):
    assert command.main(given) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_the_command_runs_the_app():
    """Without settings the app says what it lacks: so it was the app that ran."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TICKER_")}
    done = subprocess.run(
        [sys.executable, "-m", "faults", "tick-twice"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        timeout=2 * HANG_S,
        check=False,
    )
    assert done.returncode == 2
    assert "TICKER_JWKS is not set" in done.stderr


def test_the_command_prints_the_list(capsys):
    assert command.main(["--markdown"]) == 0
    assert capsys.readouterr().out.strip() == listing.markdown().strip()
