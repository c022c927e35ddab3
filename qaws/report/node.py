"""The Node that makes the report, and the packages that it does that with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from qaws import places

OLDEST_NODE = 22
SETUP = "qaws setup" if places.IS_INSTALLED else "make setup"
"""The command that brings both."""


class ReportError(Exception):
    """The report cannot be made: one line that names the thing and the way out."""


class ToolMissing(ReportError):
    """The report cannot be made here, whatever the run was: what makes it is not installed."""


def find_node() -> str:
    """Return a Node that is new enough: the machine's own, or the virtual environment's.

    Raises:
        ToolMissing: there is none.
    """
    candidates = [shutil.which("node"), str(Path(sys.executable).parent / "node")]
    seen: list[str] = []
    for candidate in dict.fromkeys(c for c in candidates if c and os.access(c, os.X_OK)):
        version = _version(candidate)
        if int(version.split(".")[0] or 0) >= OLDEST_NODE:
            return candidate
        seen.append(version or "that does not start")
    if seen:
        have = " and ".join(seen)
        raise ToolMissing(f"Node {have} is too old, {OLDEST_NODE} is needed: run `{SETUP}`")
    raise ToolMissing(f"Node is missing: run `{SETUP}`")


def require_packages(signoff: Path) -> None:
    """Raise ToolMissing where the folder of the sign-off sheet has no npm packages."""
    if not (signoff / "node_modules" / "allure" / "package.json").is_file():
        raise ToolMissing(f"signoff/node_modules is missing: run `{SETUP}`")


def _version(node: str) -> str:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.match(r"v(\d+\.\d+\.\d+)", done.stdout)
    return match[1] if match else ""


def set_up() -> int:
    """Bring both into the virtual environment that this is; return an exit code."""
    command = ["sh", str(places.SIGNOFF / "setup.sh"), sys.prefix]
    return subprocess.run(command, check=False).returncode
