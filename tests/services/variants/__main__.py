"""`python -m tests.services.variants SERVICE`: run the reference service with its variations.

In place of a service, names of variations may be given; without any, they are listed. `--write`
brings docs/variations.md up to date.
"""

from __future__ import annotations

import sys

from app.__main__ import main as run_app
from tests.services.variants import listing
from tests.services.variants.catalogue import MADE_OF, all_variations

EXIT_UNKNOWN = 2


def main(names: list[str]) -> int:
    """List the variations, or run a service that has them; return the exit code."""
    known = all_variations()
    if names == ["--write"]:
        listing.PAGE.write_text(listing.updated(listing.PAGE.read_text("utf-8")), "utf-8")
        return 0
    if not names:
        print("\n\n".join(f"{v.name}\n    {v.story}\n    {v.authority}" for v in known.values()))
        return 0
    chosen = []
    for name in names:
        if name in MADE_OF:
            chosen += MADE_OF[name]
        elif name in known:
            chosen.append(known[name])
        else:
            print(
                f"{name}: no such variation or service; known are {', '.join(MADE_OF)}, and "
                f"those that are listed without a name",
                file=sys.stderr,
            )
            return EXIT_UNKNOWN
    for each in chosen:
        each.apply()
    return run_app()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
