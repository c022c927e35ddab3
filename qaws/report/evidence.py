"""What runs beside the main job have shown, for the sign-off sheet: one file per kind of evidence.

Each names the state of the suite and the target that it is of; the sheet takes only what is of its
own run's (`signoff/evidence.mjs`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

FOLDER = "evidence"

Verdict = Literal["met", "not met", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, in the words of a scenario's check."""

    what: str
    measured: str
    allowed: str
    verdict: Verdict


@dataclass(slots=True)
class Evidence:
    """What one run beside the main job has shown so far.

    Attributes:
        kind: "coverage", "repeat", "stress", "hour", "faults" or "mutation"; one file each, the
            last run's.
        suite: the state of the suite, as `run.json` has it.
        target: the target, as `run.json` has it; None while nobody knows, or where none matters.
        selection: what it ran.
        whole: whether that is what the criterion is about, and not a part of it.
        state: "running", "finished", "aborted" or "broken".
        summary: what ran and what it came to, in one line.
        problem: why there is no figure, or none to be relied on; "" where there is no reason.
        figures: what was measured.
        details: lines for whoever wants to know more.
        file_sha256: of the file that goes with it, `faults.json` or `mutation.json`; "" where
            there is none.
    """

    kind: str
    suite: Mapping[str, str | None]
    target: Mapping[str, Any] | None = None
    selection: str = ""
    whole: bool = True
    state: str = "running"
    summary: str = ""
    problem: str = ""
    figures: list[Figure] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    file_sha256: str = ""
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    ended: str | None = None

    def write(self, reports: Path) -> None:
        """Write it into the evidence of a reports folder, in place of an earlier one."""
        folder = reports / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{self.kind}.new"
        draft.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")
        draft.replace(folder / f"{self.kind}.json")

    def end(self, reports: Path, state: str) -> None:
        """Write it for the last time."""
        self.state = state
        self.ended = datetime.now(UTC).isoformat(timespec="seconds")
        self.write(reports)


def read_evidence(reports: Path, kind: str) -> Evidence | None:
    """Return the evidence of a kind; None where there is none that can be read."""
    try:
        found = json.loads((reports / FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
        figures = [Figure(**each) for each in found.pop("figures")]
        return Evidence(figures=figures, **found)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read_checks(reports: Path) -> list[dict[str, Any]]:
    """Return the lines of `checks.jsonl`; one that was cut short is left out."""
    file = reports / "checks.jsonl"
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            found.append(dict(json.loads(line)))
        except ValueError:
            continue
    return found


def figures_of(checks: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Return checks of `checks.jsonl` as figures."""
    return [
        Figure(each["what"], each["measured"], each["allowed"], each["verdict"]) for each in checks
    ]
