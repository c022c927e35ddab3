"""What a report reads of its run, `run.json`, and keeps of it for later ones, `history.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from qaws.report.node import ReportError

RUN = "run.json"
HISTORY = "history.jsonl"


def read_run(reports: Path) -> dict[str, Any]:
    """Return the record of the run in a reports folder; nothing where it left none.

    Raises:
        ReportError: it cannot be read.
    """
    file = reports / RUN
    if not file.is_file():
        return {}
    try:
        run = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(f"{file} cannot be read: {error}") from error
    if not isinstance(run, dict):
        raise ReportError(f"{file} cannot be read: not an object")
    return run


def note_end(reports: Path, behave_exit: int, *, aborted: bool) -> None:
    """Note in a run's record how behave ended: no report of the run that is made later knows.

    Args:
        reports: the folder.
        behave_exit: behave's exit code.
        aborted: whether the run was stopped by hand; then it has a record from here on at least.
    """
    run = read_run(reports)
    if run or aborted:
        ended = {"behave_exit": behave_exit, "aborted": aborted}
        write_whole(reports / RUN, json.dumps({"state": "aborted"} | run | ended, indent=1))


@contextmanager
def told_once(reports: Path, earlier: str | None) -> Iterator[None]:
    """Keep one line of a run in the history, however often its report is made.

    A run without a result gets none from Allure. Each line says how many scenarios were selected:
    Allure has those alone that came to a result.

    Args:
        reports: the folder with the history.
        earlier: when the run began that the deleted pages were about; None where there were none.
    """
    history = reports / HISTORY
    before = history.read_text("utf-8") if history.is_file() else None
    run = read_run(reports)
    has_line = any((reports / "allure-results").glob("*-result.json"))
    if before and has_line and earlier and earlier == run.get("started"):
        write_whole(history, "".join(before.splitlines(keepends=True)[:-1]))
    try:
        yield
        if has_line:
            *others, last = history.read_text("utf-8").splitlines(keepends=True)
            line = json.loads(last) | {"selected": len(run.get("selected") or [])}
            write_whole(history, "".join([*others, json.dumps(line) + "\n"]))
    except BaseException:
        with suppress(OSError):  # a disk that is full has no room for that either
            if before is None:
                history.unlink(missing_ok=True)
            else:
                write_whole(history, before)
        raise


def write_whole(file: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    draft = file.with_name(f".{file.name}.new")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
