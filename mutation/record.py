"""What the mutants came to, as a file and in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mutation.mutants import ROOT, Mutant
from mutation.verdicts import NEAREST_ONLY, Outcome, Verdict

NAME = "mutation.json"
EQUIVALENT = Path(__file__).with_name("equivalent.json")
LEAST_SCORE = 90.0
"""Per cent of the mutants that are not equivalent, and of which something is known."""
MOST_EQUIVALENT = 5.0
"""Per cent of the sample that may be called equivalent."""
LEAST_SAMPLE = 200


def reasons() -> dict[str, str]:
    """Return key → why no client can see that mutant."""
    return dict(json.loads(EQUIVALENT.read_text(encoding="utf-8")))


def digest(only: Iterable[str] = ()) -> str:
    """Return the SHA-256 of service, features and harness: verdicts are of one state of them.

    Args:
        only: the functional scenarios that are asked, which make verdicts of their own; none: all.
    """
    whole = hashlib.sha256(" ".join(sorted(only)).encode())
    for folder, pattern in (("app", "*.py"), ("features", "*.*"), ("qaws", "*.py")):
        for file in sorted((ROOT / folder).rglob(pattern)):
            if "__pycache__" not in file.parts:
                whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return whole.hexdigest()


@dataclass(slots=True)
class Record:
    """A sample of mutants and what came of them.

    Attributes:
        population: how many mutants there are.
        sample: how many were drawn.
        seed: by which they were drawn.
        of: digest of service, features and harness.
        equivalent: key → why no client can see it.
        left_out: scenarios that were not asked, as they are red without a mutant, and why.
        starved: those that were inconclusive without a mutant: only a failure of them counts.
        seconds: how long each functional scenario took without a mutant.
        apart_seconds: the same of what is asked apart, of what survived the others.
        verdicts: in drawn order.
        again: the record in which these had survived; "" for a sample.
        only: the functional scenarios that were asked; none for all.
    """

    population: int
    sample: int
    seed: int
    of: str
    equivalent: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    starved: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    apart_seconds: Mapping[str, float] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    again: str = ""
    only: Sequence[str] = ()

    def outcome(self, verdict: Verdict) -> str:
        """Return what came of a mutant; one that survived may be equivalent."""
        if verdict.outcome == "survived" and verdict.mutant.key in self.equivalent:
            return "equivalent"
        return verdict.outcome

    def count(self, outcome: str) -> int:
        """Return how many mutants came to that."""
        return sum(self.outcome(each) == outcome for each in self.verdicts)

    @property
    def score(self) -> float:
        """Return the mutation score in per cent."""
        decided = self.count("killed") + self.count("survived")
        return 100 * self.count("killed") / decided if decided else 0.0

    @property
    def is_whole(self) -> bool:
        """Whether the sample is as large as is asked for, and all of it was run."""
        is_all = not (self.again or self.only)
        return is_all and len(self.verdicts) == self.sample >= min(LEAST_SAMPLE, self.population)

    @property
    def is_good(self) -> bool:
        """Whether score and equivalents keep their bounds."""
        few = 100 * self.count("equivalent") <= MOST_EQUIVALENT * len(self.verdicts)
        return self.score >= LEAST_SCORE and few and self.count("killed") > 0

    def summary(self) -> str:
        """Say in one line what came of it."""
        done = len(self.verdicts)
        of = f"{done} mutants" if done == self.sample else f"{done} of {self.sample} mutants"
        return (
            f"{self.score:.1f} % of {of}: {self.count('killed')} killed, "
            f"{self.count('survived')} survived, {self.count('equivalent')} equivalent, "
            f"{self.count('undecided')} undecided"
        )

    def terms(self) -> str:
        """Say in one line what was asked."""
        what = (
            f"the {self.sample} mutants that survived in {self.again}"
            if self.again
            else f"{self.sample} of the {self.population} mutants of nine modules of app/, "
            f"drawn by seed {self.seed}"
        )
        asked = f", asked {' '.join(self.only)} and what is near apart" if self.only else ""
        return f"{what}{asked}; only a scenario that failed kills one"

    def as_dict(self) -> dict[str, Any]:
        """Return it for the file."""
        return {
            "summary": self.summary(),
            "terms": self.terms(),
            "whole": self.is_whole,
            "good": self.is_good,
            "allowed": f"at least {LEAST_SCORE:g} %, at most {MOST_EQUIVALENT:g} % equivalent",
            "details": [*self.details()],
            "population": self.population,
            "sample": self.sample,
            "seed": self.seed,
            "of": self.of,
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "left_out": dict(self.left_out),
            "starved": dict(self.starved),
            "seconds": dict(self.seconds),
            "apart_seconds": dict(self.apart_seconds),
            "mutants": [self._entry(each) for each in self.verdicts],
        }

    def details(self) -> list[str]:
        """Return a line for each mutant that was not killed."""
        lines = [self.terms()]
        for word in ("survived", "undecided", "equivalent"):
            for each in self.verdicts:
                if self.outcome(each) == word:
                    why = self.equivalent.get(each.mutant.key, "") or each.words
                    change = " → ".join(line[1:].strip() for line in each.mutant.diff)
                    lines.append(f"{word}: {each.mutant.name}: {change}{why and f' ({why})'}")
        return lines

    def _entry(self, verdict: Verdict) -> dict[str, Any]:
        mutant = verdict.mutant
        entry = {**asdict(verdict), "outcome": self.outcome(verdict)}
        entry["mutant"] = {**asdict(mutant), "file": mutant.file}
        return {"name": mutant.name, "key": mutant.key, "diff": mutant.diff, **entry}

    def write(self, reports: Path) -> None:
        """Write the file, in place of an earlier one."""
        reports.mkdir(parents=True, exist_ok=True)
        draft = reports / f".{NAME}.new"
        draft.write_text(json.dumps(self.as_dict(), indent=1, ensure_ascii=False), "utf-8")
        draft.replace(reports / NAME)


def survivors(file: Path, mutants: Iterable[Mutant]) -> list[Mutant]:
    """Return those of the mutants of today that had survived in an earlier record.

    Those that no client can see are left out.

    Args:
        file: the record, of whatever state.
        mutants: those of today.

    Raises:
        ValueError: it is no such record, or knows none of them.
    """
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["mutants"]
        asked = {(e["key"], e["mutant"]["operator"]): e["outcome"] for e in entries}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: no record of mutants ({error!r})") from None
    left = {place for place, outcome in asked.items() if outcome == "survived"}
    found = [each for each in mutants if (each.key, each.operator) in left]
    if not found:
        raise ValueError(f"{file}: no mutant of today is among those that survived there")
    return found


def sound_of(reports: Path, of: str) -> dict[str, Any]:
    """Return what the sound service has shown in an earlier run on the same state, or nothing."""
    try:
        found = json.loads((reports / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    names = ("seconds", "starved", "left_out", "apart_seconds")
    parts = {name: found.get(name, {}) for name in names}
    return parts if found["of"] == of and parts["seconds"] else {}


def earlier(reports: Path, of: str) -> dict[Mutant, Verdict]:
    """Return the verdicts of an earlier run on the same state.

    What is undecided is asked again; where only the others were not asked yet, these are left.
    """
    try:
        found = json.loads((reports / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    verdicts: dict[Mutant, Verdict] = {}
    for each in found["mutants"] if found["of"] == of else ():
        place = {name: value for name, value in each["mutant"].items() if name != "file"}
        mutant = Mutant(**place)
        outcome: Outcome = "survived" if each["outcome"] == "equivalent" else each["outcome"]
        if outcome != "undecided" or each["words"] == NEAREST_ONLY:
            verdicts[mutant] = Verdict(
                mutant, outcome, each["by"], each["words"], each["seconds"], each["asked"]
            )
    return verdicts


def in_order(mutants: Sequence[Mutant], verdicts: Mapping[Mutant, Verdict]) -> list[Verdict]:
    """Return the verdicts in the order of the mutants."""
    return [verdicts[each] for each in mutants if each in verdicts]
