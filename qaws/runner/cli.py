"""The console command `qaws`: see USAGE."""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise

import qaws
from qaws import places

USAGE = """\
usage: qaws COMMAND [arguments]

  init NAME [--help]         write a target file for your service, and probe it; in a folder of your
                             own also what scenarios of your own need
  probe [TARGET]             say what a target file and its service offer, and what will be verified
  run [behave's arguments]   run scenarios, then make report and sign-off sheet: qaws run --tags=@p0
  signoff [-D …]             p0 and p1, coverage, ten shuffled runs: all that the sheet asks for
  coverage [behave's …]      which lines of the service the functional scenarios reach
  repeat [--runs N] [--seed N] [--stress] [behave's …]
                             run those of p0 over and over, each time in another order
  nightly [-D …]             run the real durations, in a folder of their own: over an hour
  report [--reports FOLDER] [--pdf] [--pictures FOLDER]
                             make the report of the last run again; print the sheet, take pictures
  verify [FOLDER] [--features]
                             tell whether what a run left behind is as it was
  lint [--write]             check the feature files; --write also writes docs/ from the code
  plan [--add | --replace]   compare the feature files with the plan of their rows, or update it
  setup                      bring what report and sheet need, where the suite is installed by pip
  demo                       start broker, service and generator, and print an address

qaws --version tells the version. The plain command behave works as well, without the report.
Exit codes: docs/verdicts.md. All pages are in {docs}"""

SIDE_RUNS = ("signoff", "coverage", "repeat", "nightly")
COMMANDS = ("init", "probe", "run", *SIDE_RUNS, "report", "verify", "lint", "plan", "setup", "demo")
SIDE_USAGE = {
    "signoff": """\
usage: qaws signoff [-D KEY=VALUE]...

Runs p0 and p1, coverage, and ten runs in shuffled orders, about 20 minutes: all that the sheet
asks for. -D goes to each part: qaws signoff -D target=targets/yours.toml""",
    "coverage": """\
usage: qaws coverage [-D KEY=VALUE]... [behave's arguments]

Runs the functional scenarios and measures which lines of a Python service they reach; the target
says in [coverage] where its functions are, or with exempt why nothing can be measured.
Example: qaws coverage -D target=targets/yours.toml""",
    "nightly": """\
usage: qaws nightly [-D KEY=VALUE]...

Runs the real durations, over an hour, in reports/nightly.
Example: qaws nightly -D target=targets/yours.toml""",
}
BEHAVE = (
    "import sys; from behave.__main__ import main; sys.argv[0] = 'qaws run'; "
    "sys.exit(main(sys.argv[1:]))"
)
"""behave calls itself by the name of its program; here that is `qaws run`. What it is not given, it
reads from the command line only where its own name is there."""
TAKE_HELP = ("-f", "--format", "-r", "--runner")
EXIT_USAGE = EXIT_BROKEN = 2
EXIT_STOPPED = 130
QUESTIONS = (
    *("-h", "--help", "--version", "--tags-help", "--lang-list", "--lang-help", "--steps-catalog"),
    *("--dry-run", "-d", "--format=help", "--runner=help", "-fhelp", "-rhelp"),
)
"""With these behave only answers and runs nothing, so the last run's report has to stay."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(USAGE.format(docs=places.SUITE / "docs"))
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
    try:
        return _do(command, rest)
    except KeyboardInterrupt:
        print(f"qaws {command}: stopped by hand", file=sys.stderr)
        return EXIT_STOPPED
    except OSError as problem:  # a disk that is full, a folder that may not be written
        where = f"{problem.filename}: " if problem.filename else ""
        print(f"BROKEN: {where}{problem.strerror or problem}", file=sys.stderr)
        return EXIT_BROKEN
    except Exception:  # 1, which Python would make of it, says that a service is at fault
        traceback.print_exc()
        print(f"BROKEN: qaws {command} came to grief; the lines above say where", file=sys.stderr)
        return EXIT_BROKEN


def _asks(arguments: Sequence[str]) -> bool:
    """Return whether arguments only ask behave something."""
    helps = pairwise(arguments)
    return any(each in QUESTIONS or each.startswith("--lang-help=") for each in arguments) or any(
        option in TAKE_HELP and value == "help" for option, value in helps
    )


def _do(command: str, rest: list[str]) -> int:
    # Each command loads its own part only: the lint needs no browser, the report no broker.
    if command == "run":
        if _asks(rest):
            return subprocess.run([sys.executable, "-c", BEHAVE, *rest], check=False).returncode
        from qaws.report.signoff import reports_folder
        from qaws.runner.job import run_job

        return run_job(rest, reports_folder())
    if command in SIDE_RUNS and {"-h", "--help"}.intersection(rest):
        print(_usage_of(command))
        return 0
    if command in SIDE_RUNS:
        return _side_run(command, rest)
    if command == "report":
        from qaws.report import command as report_command

        return report_command.main(rest)
    if command == "verify":
        from qaws.report import digests
        from qaws.report.signoff import FEATURES, reports_folder

        return digests.main(rest, reports_folder(), FEATURES)
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
        parser.add_argument("--write", action="store_true", help="also write docs/ from the code")
        parser.parse_args(rest)
        from qaws.gherkin import lint

        return lint.main(rest)
    parser.parse_args(rest)
    if command == "setup":
        from qaws.report.node import set_up

        return set_up()
    from qaws.runner import demo

    return demo.main()


def _usage_of(command: str) -> str:
    if command in SIDE_USAGE:
        return SIDE_USAGE[command]
    from qaws.runner import repeat

    return repeat.usage().format_help()


def _side_run(command: str, rest: list[str]) -> int:
    from qaws.report.signoff import EXIT_ABORTED, EXIT_BROKEN, reports_folder
    from qaws.runner import acceptance, coverage, repeat
    from qaws.runner.job import supervised
    from qaws.runner.side_run import refresh_sheet
    from qaws.verdict import Broken

    run = {
        "signoff": acceptance.run_signoff,
        "coverage": coverage.run_coverage,
        "repeat": repeat.run_repeat,
        "nightly": acceptance.run_nightly,
    }[command]
    reports = reports_folder()
    with supervised() as interruptions:
        try:
            code = run(rest, reports, interruptions)
            interruptions.child = None
            if command != "signoff":
                refresh_sheet(reports)
        except Broken as problem:
            print(f"BROKEN: {problem}", file=sys.stderr)
            return EXIT_BROKEN
        except KeyboardInterrupt:
            print("Stopped at once: no report was made", file=sys.stderr)
            return EXIT_ABORTED
    return code
