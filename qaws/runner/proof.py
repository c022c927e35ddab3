"""For which state of the suite `make faults` or `make mutation` has proven what, for the sheet.

`python -m qaws.runner.proof [mutation] begin [part]`, then the proof, then `… end CODE`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qaws.report.evidence import Evidence, Figure, read_evidence
from qaws.report.signoff import reports_folder
from qaws.runner.provenance import suite_state
from qaws.runner.side_run import changed_since

FAULTS, MUTATION = "faults", "mutation"
WRITTEN = {FAULTS: "matrix", MUTATION: "record"}
"""Kind → what its file, `faults.json` or `mutation.json`, is called."""


def begin(reports: Path, *, whole: bool = True, kind: str = FAULTS) -> None:
    """Note the state of the suite; what an earlier proof has left is no evidence any more.

    Args:
        reports: the folder of the matrix, or of the record.
        whole: whether all faults are asked about, and not some of them, or at a glance.
        kind: "faults" or "mutation".
    """
    reports.mkdir(parents=True, exist_ok=True)
    evidence = Evidence(kind, suite_state(), whole=whole)
    evidence.file_sha256 = _digest(reports, kind)
    evidence.write(reports)


def end(reports: Path, code: int, kind: str = FAULTS) -> None:
    """Note what came of it: the proof's exit code, and the file that it has written."""
    evidence = read_evidence(reports, kind)
    if evidence is None:
        return
    before, evidence.file_sha256 = evidence.file_sha256, _digest(reports, kind)
    evidence.problem = changed_since(dict(evidence.suite))
    if evidence.file_sha256 == before:
        evidence.problem = evidence.problem or f"it has written no {WRITTEN[kind]}"
        evidence.end(reports, "broken")
        return
    found = json.loads((reports / f"{kind}.json").read_text(encoding="utf-8"))
    evidence.selection, evidence.summary = found["terms"], found["summary"]
    evidence.whole = evidence.whole and bool(found.get("whole", True))
    evidence.figures = [_figure(kind, found, code)]
    evidence.details = found.get("details", [found["terms"]])
    evidence.end(reports, "finished")


def _figure(kind: str, found: dict[str, Any], code: int) -> Figure:
    what = "mutation score" if kind == MUTATION else "faults"
    allowed = found.get("allowed", "all caught")
    return Figure(what, found["summary"], allowed, "not met" if code else "met")


def _digest(reports: Path, kind: str) -> str:
    file = reports / f"{kind}.json"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit code of the proof."""
    kind = MUTATION if arguments[0] == MUTATION else FAULTS
    what, *rest = arguments[1:] if kind == MUTATION else arguments
    if what == "begin":
        begin(reports_folder(), whole=rest != ["part"], kind=kind)
        return 0
    code = int(rest[0])
    end(reports_folder(), code, kind)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
