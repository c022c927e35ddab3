"""Two runs never write in one folder, not even in the moment between clearing it and behave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qaws.runtime.lock import INHERITED, NAME, hold
from qaws.verdict import Broken
from tests.waiting import HANG_S

HOLDS = """
import sys
from pathlib import Path
from qaws.runtime.lock import hold
lock = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def child_with(lock_fd: int | None, folder: Path) -> subprocess.Popen[str]:
    """Start a process that holds the folder until its input ends."""
    fds = [] if lock_fd is None else [lock_fd]
    return subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=fds,
        env={**os.environ, INHERITED: "".join(map(str, fds))},
    )


def test_another_run_is_refused_and_named(tmp_path: Path) -> None:
    said = f"another run .process {os.getpid()}. is writing here"
    with hold(tmp_path), pytest.raises(Broken, match=said):
        hold(tmp_path)
    hold(tmp_path).close()


def test_a_child_holds_what_its_parent_holds(tmp_path: Path) -> None:
    with hold(tmp_path) as lock:
        child = child_with(lock.fileno(), tmp_path)
        assert child.stdout
        assert child.stdout.readline() == "held\n"
    with pytest.raises(Broken, match="another run"):
        hold(tmp_path)  # the parent has let go of it, the child has not
    child.communicate("", timeout=HANG_S)
    hold(tmp_path).close()


def test_a_child_that_is_killed_lets_go(tmp_path: Path) -> None:
    child = child_with(None, tmp_path)
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=HANG_S)
    hold(tmp_path).close()


def test_the_lock_of_another_folder_is_not_taken_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with hold(one) as lock, hold(other):
        monkeypatch.setenv(INHERITED, str(lock.fileno()))
        with pytest.raises(Broken, match="another run"):
            hold(other)


@pytest.mark.parametrize("told", ["", "no number", "99999"])
def test_a_descriptor_that_is_none_is_passed_over(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(INHERITED, told)
    hold(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(Broken, match="cannot be written: Is a directory"):
        hold(tmp_path)
