"""The console command: `qaws init`, `probe`, `run`, `report`, `lint`, `plan`, `demo`."""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
from collections.abc import Sequence

import qaws

USAGE = """\
usage: qaws COMMAND [arguments]

  init NAME [--help]         write a target file for your service, and probe it
  probe [TARGET]             say what a target file and its service offer, and what will be verified
  run [behave's arguments]   run scenarios, then make report and sign-off sheet: qaws run --tags=@p0
  report [--reports FOLDER]  make the report of the last run again
  lint [--write]             check the feature files; --write also writes docs/steps.md
  plan [--add | --replace]   compare the feature files with the plan of their rows, or update it
  demo                       start broker, service and generator, and print an address

qaws --version tells the version. The plain command behave works as well, without the report.
Exit codes of run and report: docs/verdicts.md."""

COMMANDS = ("init", "probe", "run", "report", "lint", "plan", "demo")
EXIT_USAGE = 2
# With these behave only answers and runs nothing, so the last run's report has to stay.
QUESTIONS = {"-h", "--help", "--version", "--tags-help", "--lang-list"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if given else EXIT_USAGE
    command, rest = given[0], given[1:]
    if command in ("-V", "--version"):
        print(f"qaws {qaws.__version__}")
        return 0
    if command not in COMMANDS:
        near = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f'did you mean "qaws {near[0]}"?' if near else f"known are {', '.join(COMMANDS)}"
        print(f'qaws: no command "{command}"; {hint}', file=sys.stderr)
        return EXIT_USAGE
    return _do(command, rest)


def _do(command: str, rest: list[str]) -> int:
    # Each command loads its own part only: the lint needs no browser, the report no broker.
    if command == "run":
        if QUESTIONS.intersection(rest):
            return subprocess.run([sys.executable, "-m", "behave", *rest], check=False).returncode
        from qaws.report.signoff import reports_folder
        from qaws.runner.job import run_job

        return run_job(rest, reports_folder())
    if command == "report":
        from qaws.report import signoff

        return signoff.main(rest)
    if command == "probe":
        from qaws.runner import probe

        return probe.main(rest)
    if command == "init":
        from qaws.runner import init

        return init.main(rest)
    if command == "plan":
        from qaws.gherkin import plan_command

        return plan_command.main(rest)
    parser = argparse.ArgumentParser(prog=f"qaws {command}", allow_abbrev=False)
    if command == "lint":
        parser.add_argument("--write", action="store_true", help="also write docs/steps.md")
        parser.parse_args(rest)
        from qaws.gherkin import lint

        return lint.main(rest)
    parser.parse_args(rest)
    from qaws.runner import demo

    return demo.main()
