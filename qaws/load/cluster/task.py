"""Runs the function that `LocalProcesses` has left: `python -m qaws.load.cluster.task FOLDER`."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path


def main(place: Path) -> None:
    """Call the function in `place`/task, and leave what it returns in `place`/outcome."""
    function, arguments = pickle.loads((place / "task").read_bytes())
    outcome = pickle.dumps(function(*arguments))
    unfinished = place / "outcome.part"
    unfinished.write_bytes(outcome)
    unfinished.rename(place / "outcome")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
