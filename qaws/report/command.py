"""`qaws report`: the report of the last run again, a PDF of its sheet, pictures of both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qaws.report.browser import NoBrowser, take_pictures
from qaws.report.node import ReportError
from qaws.report.signoff import (
    EXIT_ABORTED,
    EXIT_BROKEN,
    make_report,
    reports_folder,
    require_writable,
)
from qaws.runtime.lock import hold
from qaws.verdict import Broken


def main(arguments: list[str] | None = None) -> int:
    """Make the report of the last run; see `make_report` for the exit codes.

    Returns:
        Its code; 2 where pictures were asked for, and could not be taken.
    """
    parser = argparse.ArgumentParser(
        prog="qaws report",
        description="Make report and sign-off sheet of the last run again.",
        allow_abbrev=False,
    )
    folder = reports_folder()
    parser.add_argument("--reports", type=Path, default=folder, help=f"default: {folder}")
    parser.add_argument(
        "--pdf", action="store_true", help="print the sheet too, signoff.pdf; wants Chromium"
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="take report.png and signoff.png, as in the README; wants Playwright and Chromium",
    )
    options = parser.parse_args(arguments)
    try:
        require_writable(options.reports)
        with hold(options.reports):
            code = make_report(options.reports, pdf=options.pdf)
        if options.pictures:
            for file in take_pictures(options.reports, options.pictures):
                print(f"Picture: {file}")
    except (NoBrowser, ReportError, Broken) as problem:
        print(f"BROKEN: {problem}", file=sys.stderr)
        return EXIT_BROKEN
    except KeyboardInterrupt:
        print("interrupted: no report was made", file=sys.stderr)
        return EXIT_ABORTED
    return code
