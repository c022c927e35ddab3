"""`python -m faults NAME`: run the service with one fault; without a name: list the faults.

`--markdown` prints the list by scenario, `--write` puts it into docs/faults.md.
"""

from __future__ import annotations

import sys
import textwrap

from app.__main__ import main as run_app
from faults.catalogue import UnknownFault, all_faults, find

EXIT_UNKNOWN = 2


def main(arguments: list[str]) -> int:
    """List the faults, or run the service with the one that is named; return the exit code."""
    if arguments in ([], ["--list"]):
        print("\n\n".join(_entry(name) for name in all_faults()))
        return 0
    if arguments in (["--markdown"], ["--write"]):
        from faults.proof import (
            listing,
        )  # reads the feature files: no business of a running service

        if arguments == ["--write"]:
            listing.write()
        else:
            print(listing.markdown())
        return 0
    if any(each.startswith("-") for each in arguments):
        print("usage: python -m faults [--list | --markdown | --write | NAME …]", file=sys.stderr)
        return EXIT_UNKNOWN
    try:
        chosen = [find(name) for name in arguments]
    except UnknownFault as problem:
        print(problem, file=sys.stderr)
        return EXIT_UNKNOWN
    for each in chosen:
        each.apply()
    return run_app()


def _entry(name: str) -> str:
    chosen = all_faults()[name]
    story = textwrap.fill(chosen.story, 96, initial_indent="    ", subsequent_indent="    ")
    caught = [f'    {test_id}: "{phrase}"' for test_id, phrase in chosen.caught_by.items()]
    return "\n".join([name, story, *caught])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
