"""Draws a scenario's plots in a process of its own: `python -m qaws.report.drawing`.

The library that draws takes 60 MB, which it would keep in the process that measures. The process
gets a pickled list of functions without arguments on its standard input, and answers with a pickled
list of SVG documents.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence

from qaws.verdict import Broken

GIVEN_UP_S = 60.0
"""How long it may take to draw the plots of one scenario: they take a second or two."""


def draw(pictures: Sequence[Callable[[], str]]) -> list[str]:
    """Return SVG documents.

    Args:
        pictures: functions that draw; whatever they are given must be picklable.

    Raises:
        Broken: they could not be drawn.
    """
    if not pictures:
        return []
    try:
        done = subprocess.run(
            [sys.executable, "-m", "qaws.report.drawing"],
            input=pickle.dumps(list(pictures)),
            capture_output=True,
            timeout=GIVEN_UP_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        said = (getattr(problem, "stderr", None) or b"").decode("utf-8", "replace").strip()
        raise Broken(
            f"the plots of the scenario could not be drawn: {said.splitlines()[-1:] or problem}"
        ) from None
    documents: list[str] = pickle.loads(done.stdout)
    return documents


if __name__ == "__main__":
    sys.stdout.buffer.write(
        pickle.dumps([picture() for picture in pickle.loads(sys.stdin.buffer.read())])
    )
