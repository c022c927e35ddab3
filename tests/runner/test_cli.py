"""The console command: what it says, and that it hands on what it gets."""

import subprocess
import sys
from contextlib import suppress

import pytest

from qaws.runner import cli
from tests.waiting import HANG_S


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
        (
            "xyzzy",
            'qaws: no command "xyzzy"; known are init, probe, run, signoff, coverage, repeat, '
            "nightly, report, verify, lint, plan, setup, demo",
        ),
    ],
)
def test_an_unknown_command_gets_one_line_with_the_nearest(capsys, word, said):
    assert cli.main([word]) == 2
    assert capsys.readouterr().err.strip() == said


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "qaws", "--version"],
        capture_output=True,
        text=True,
        timeout=2 * HANG_S,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("qaws 0.")


@pytest.mark.parametrize(
    "question",
    [*([each] for each in cli.QUESTIONS), ["--lang-help=de"], ["-f", "help"], ["--runner", "help"]],
)
def test_a_question_to_behave_leaves_the_last_report_alone(monkeypatch, tmp_path, question):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path))
    report = tmp_path / "signoff.html"
    report.write_text("the last run's")
    cli.main(["run", *question])
    assert report.read_text() == "the last run's"


@pytest.mark.parametrize(
    "line", [["lint", "--wirte"], ["plan", "--wirte"], ["demo", "now"], ["probe", "--now"]]
)
def test_an_argument_that_a_command_does_not_know_is_refused(capsys, line):
    with pytest.raises(SystemExit) as ended:
        cli.main(line)
    assert ended.value.code == cli.EXIT_USAGE
    assert f"qaws {line[0]}: error: unrecognized arguments: {line[1]}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["lint", "demo"])
def test_a_command_that_is_asked_how_it_is_used_only_says_so(capsys, command):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: qaws {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", cli.SIDE_RUNS)
@pytest.mark.parametrize("question", ["-h", "--help"])
def test_a_long_run_that_is_asked_how_it_is_used_does_not_begin(
    capsys, monkeypatch, tmp_path, command, question
):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", None)
    with suppress(SystemExit):
        assert cli.main([command, question]) == 0
    assert f"usage: qaws {command} [" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_what_behave_says_of_its_usage_names_the_command_that_was_given(capfd):
    assert cli.main(["run", "--help"]) == 0
    assert capfd.readouterr().out.startswith("usage: qaws run [")


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (
            OSError(28, "No space left on device", "reports/x"),
            2,
            "BROKEN: reports/x: No space left on device\n",
        ),
        (KeyboardInterrupt(), 130, "qaws plan: stopped by hand\n"),
        (ZeroDivisionError("no"), 2, "BROKEN: qaws plan came to grief; the lines above say where"),
    ],
)
def test_what_the_suite_itself_cannot_do_is_never_the_services_fault(
    capsys, monkeypatch, problem, code, said
):
    def failing(*_):
        raise problem

    monkeypatch.setattr(cli, "_do", failing)
    assert cli.main(["plan"]) == code
    assert said in capsys.readouterr().err
