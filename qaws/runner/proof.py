"""For which state of the suite `make faults` has proven its faults, for the sheet.

`python -m qaws.runner.proof begin [part]`, then the proof, then `… end CODE`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from qaws.report.evidence import Evidence, Figure, read_evidence
from qaws.report.signoff import reports_folder
from qaws.runner.provenance import suite_state
from qaws.runner.side_run import changed_since

KIND = "faults"


def begin(reports: Path, *, whole: bool = True) -> None:
    """Note the state of the suite; what an earlier proof has left is no evidence any more.

    Args:
        reports: the folder of the matrix.
        whole: whether all faults are asked about, and not some of them, or at a glance.
    """
    reports.mkdir(parents=True, exist_ok=True)
    evidence = Evidence(KIND, suite_state(), whole=whole)
    evidence.file_sha256 = _digest(reports)
    evidence.write(reports)


def end(reports: Path, code: int) -> None:
    """Note what came of it: the proof's exit code, and the matrix that it has written."""
    evidence = read_evidence(reports, KIND)
    if evidence is None:
        return
    before, evidence.file_sha256 = evidence.file_sha256, _digest(reports)
    evidence.problem = changed_since(dict(evidence.suite))
    if evidence.file_sha256 == before:
        evidence.problem = evidence.problem or "it has written no matrix"
        evidence.end(reports, "broken")
        return
    matrix = json.loads((reports / "faults.json").read_text(encoding="utf-8"))
    evidence.selection, evidence.summary = matrix["terms"], matrix["summary"]
    verdict = Figure("faults", matrix["summary"], "all caught", "not met" if code else "met")
    evidence.figures, evidence.details = [verdict], [matrix["terms"]]
    evidence.end(reports, "finished")


def _digest(reports: Path) -> str:
    file = reports / "faults.json"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit code of the proof."""
    if arguments[0] == "begin":
        begin(reports_folder(), whole=arguments[1:] != ["part"])
        return 0
    code = int(arguments[1])
    end(reports_folder(), code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
