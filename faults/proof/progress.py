"""How far a proof has come, line by line in a file, so that one that was stopped can go on.

What was found is of one state of the service, the features and the harness, and of each fault as it
was declared then. Of another state nothing is taken over; of a fault that has changed since,
nothing that was found of it.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from faults.catalogue import all_faults
from faults.fault import Fault
from faults.proof.findings import Finding
from faults.proof.judgement import Judgement, Mark
from faults.proof.suite import ROOT

NAME = "faults-progress.jsonl"
STATE = (("app", "*.py"), ("features", "*.*"), ("qaws", "*.py"), ("targets", "reference.toml"))
JUDGING = ("environment.py", "faults/fault.py", "faults/proof/judgement.py")


@dataclass(frozen=True, slots=True)
class Together:
    """What was found of a group.

    Attributes:
        turn: in which round.
        declared: fault → how it was declared, as `declared` has it.
        green: ids of the scenarios that were green with all of them.
        suspected: fault → ids of those that were red in its words.
    """

    turn: int
    declared: Mapping[str, str]
    green: frozenset[str]
    suspected: Mapping[str, frozenset[str]]


class Progress:
    """The file, and what an earlier run has left there.

    Attributes:
        groups: of earlier runs, in their order.
        findings: fault → what was found of it, where it was proven as it is declared now.
        problem: why nothing of an earlier run could be taken over, "" where it could.
    """

    def __init__(self, file: Path, terms: Mapping[str, Any], resume: bool) -> None:
        """Read what is there, or begin anew.

        Args:
            file: of the progress.
            terms: what is asked: it must be the same.
            resume: whether to go on with what is there.
        """
        self.groups: list[Together] = []
        self.findings: dict[str, Finding] = {}
        self.problem = ""
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        of = {"state": state(), "terms": dict(terms)}
        if not resume or not self._read(of):
            file.write_text(f"{json.dumps(of)}\n", encoding="utf-8")

    def _read(self, of: Mapping[str, Any]) -> bool:
        """Take what is there; tell whether it is of the same state and was asked the same."""
        try:
            text = self._file.read_text(encoding="utf-8")
            head, *lines = [json.loads(line) for line in text.split("\n")[:-1]]
        except (OSError, ValueError):
            self.problem = f"{self._file}: no earlier proof to go on with; it begins anew"
            return False
        for what, told in (
            ("state", "of another state of app, qaws, features or the rules of judging"),
            ("terms", "of a proof that asked something else"),
        ):
            if head.get(what) != of[what]:
                self.problem = f"{self._file}: {told}; it begins anew"
                return False
        for line in lines:
            if "turn" in line:
                self.groups.append(_together(line))
            elif (finding := _finding(line)) and finding.is_proven:
                self.findings[finding.fault.name] = finding
        return True

    def add_group(
        self,
        turn: int,
        faults: Iterable[Fault],
        green: Collection[str],
        suspected: Mapping[str, Collection[str]],
    ) -> None:
        """Note what was found of a group."""
        self._add(
            turn=turn,
            declared={each.name: declared(each) for each in faults},
            green=sorted(green),
            suspected={name: sorted(ids) for name, ids in suspected.items()},
        )

    def add(self, finding: Finding) -> None:
        """Note what was found of a fault."""
        self._add(
            fault=finding.fault.name,
            declared=declared(finding.fault),
            problem=finding.problem,
            seconds=finding.seconds,
            judgements={i: [str(j.mark), j.sentence] for i, j in finding.judgements.items()},
        )

    def _add(self, **line: Any) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")


def _together(line: Mapping[str, Any]) -> Together:
    suspected = {name: frozenset(ids) for name, ids in line["suspected"].items()}
    return Together(line["turn"], line["declared"], frozenset(line["green"]), suspected)


def _finding(line: Mapping[str, Any]) -> Finding | None:
    """Return a finding; None where there is no such fault as it was then."""
    fault = all_faults().get(line["fault"])
    if fault is None or declared(fault) != line["declared"]:
        return None
    judgements = {i: Judgement(Mark(mark), said) for i, (mark, said) in line["judgements"].items()}
    return Finding(fault, judgements, line["seconds"], line["problem"])


@cache
def state() -> str:
    """Return the SHA-256 of service, features, harness and rules: findings are of one of them."""
    whole = hashlib.sha256()
    files = [ROOT / each for each in JUDGING]
    for folder, pattern in STATE:
        found = sorted((ROOT / folder).rglob(pattern))
        files += [each for each in found if "__pycache__" not in each.parts and each.is_file()]
    for file in files:
        whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def declared(fault: Fault) -> str:
    """Return the SHA-256 of what a fault does and declares, and of all helpers that it may use."""
    own = [fault.story, *map(str, fault.caught_by.items()), *fault.also]
    of_module, functions = _module(fault.apply.__module__)
    source = functions.get(fault.apply.__name__, "")
    return hashlib.sha256("\0".join([*own, source, of_module]).encode()).hexdigest()


@cache
def _module(name: str) -> tuple[str, dict[str, str]]:
    """Return what the faults of a module share, and the source of each of them by its name.

    What it takes from other modules of faults is shared, too.
    """
    text = (ROOT / Path(*name.split("."))).with_suffix(".py").read_text(encoding="utf-8")
    functions, shared = {}, []
    for node in ast.parse(text).body:
        source = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            functions[node.name] = source
        else:
            shared.append(source)
        if isinstance(node, ast.ImportFrom) and (other := node.module or "").startswith("faults."):
            shared.append(_module(other)[0])  # a helper of another module
    return "\n".join(shared), functions
