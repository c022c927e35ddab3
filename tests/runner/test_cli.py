"""The console command: what it says, and that it hands on what it gets."""

import subprocess
import sys

import pytest

from qaws.runner import cli


def test_help_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {command} " in said for command in cli.COMMANDS)


def test_without_a_command_it_says_how_it_is_used(capsys):
    assert cli.main([]) == 2
    assert "usage: qaws COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("rnu", 'qaws: no command "rnu"; did you mean "qaws run"?'),
        ("xyzzy", 'qaws: no command "xyzzy"; known are run, report, lint, demo'),
    ],
)
def test_an_unknown_command_gets_one_line_with_the_nearest(capsys, word, said):
    assert cli.main([word]) == 2
    assert capsys.readouterr().err.strip() == said


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "qaws", "--version"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert done.stdout.startswith("qaws 0.")
