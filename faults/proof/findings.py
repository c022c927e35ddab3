"""What a proof has found so far, fault by fault, and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from faults.fault import Fault
from faults.proof.judgement import Judgement, Mark, shortened
from faults.proof.matrix import capability_of
from faults.proof.scope import QUICK, Ask, plan


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one fault."""

    fault: Fault
    judgements: dict[str, Judgement]
    seconds: float
    problem: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether all scenarios that it names caught it, and no other was red."""
        return not self.problem and all(j.mark.is_good for j in self.judgements.values())

    def with_quiet(self, ids: Collection[str]) -> Finding:
        """Return this with scenarios that were asked of several faults at once, and passed."""
        quiet = dict.fromkeys(ids, Judgement(Mark.QUIET))
        return replace(self, judgements=dict(sorted((quiet | self.judgements).items())))

    def starved(self) -> list[str]:
        """Return the ids of the scenarios that the machine kept from their verdict."""
        return [test_id for test_id, j in self.judgements.items() if j.mark is Mark.INCONCLUSIVE]

    def said(self) -> list[str]:
        """Return what the scenarios said that the fault names and that noticed it."""
        return [
            j.sentence
            for test_id, j in self.judgements.items()
            if test_id in self.fault.caught_by and j.mark is Mark.CAUGHT
        ]

    def completed_by(self, later: Finding) -> Finding:
        """Return this with what a later run found of the scenarios that were starved."""
        return replace(
            later,
            judgements=dict(sorted((self.judgements | later.judgements).items())),
            seconds=self.seconds + later.seconds,
            problem=self.problem or later.problem,
        )

    def complaints(self) -> list[str]:
        """Say what is not as it should be, one sentence each."""
        found = [f"{self.fault.name}: {self.problem}"] if self.problem else []
        return found + [
            f"{self.fault.name}: {test_id} {j.mark}: {shortened(j.sentence, 400)}"
            for test_id, j in self.judgements.items()
            if not j.mark.is_good
        ]


@dataclass(slots=True)
class Proof:
    """The whole: which faults and scenarios there are, and what was found so far.

    `picked` tells that these very faults were named on the command line, `quick` that one scenario
    of each is enough, `alone` that no cell is asked of several faults at once; `about` has the ids
    of the functional scenarios that alone are asked. What is left to the full proof is in `chosen`,
    but not in `asks`.
    """

    full: bool
    chosen: Sequence[Fault]
    picked: bool = False
    quick: bool = False
    alone: bool = False
    about: Collection[str] = ()
    titles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    asks: dict[str, Ask] = field(init=False)

    def __post_init__(self) -> None:
        """Find out what is asked of each fault."""
        self.asks = plan(self.chosen, self.full, self.picked, self.quick, self.about)

    def asking(self) -> dict[str, Any]:
        """Return what is asked of any fault: findings of proofs that ask the same go together."""
        return {
            "full": self.full,
            "every": self.full or self.picked,
            "quick": self.quick,
            "alone": self.alone,
            "about": sorted(self.about),
        }

    def terms(self) -> str:
        """Say in one line what is run against what."""
        load = sum(asked.measures for asked in self.asks.values())
        quick = ", ".join(test_id.rpartition("-")[2] for test_id in QUICK)
        if self.about:
            return f"{len(self.asks)} functional faults against {', '.join(sorted(self.about))}"
        functional = f"{len(self.asks) - load} functional faults against " + (
            "every functional scenario"
            if self.full
            else "the first scenario that they name"
            if self.quick
            else "the scenarios that they name"
        )
        if self.full:
            under = f"the load scenarios that they name, and {quick} where they name one of these"
        else:
            under = "the scenarios that they name" if self.picked else f"one of {quick} each"
        return f"{functional}; {load} under load, one at a time, against {under}"

    def as_dict(self, seconds: float) -> dict[str, Any]:
        """Return the whole as the matrix wants it: faults in order of the catalogue."""
        order = {fault.name: place for place, fault in enumerate(self.chosen)}
        return {
            "mode": "full" if self.full and not self.about else "named",
            "summary": self.summary(),
            "terms": self.terms(),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "scenarios": self.titles,
            "faults": [
                {
                    "name": finding.fault.name,
                    "capability": capability_of(finding.fault),
                    "story": finding.fault.story,
                    "proven": finding.is_proven,
                    "problem": finding.problem,
                    "seconds": round(finding.seconds, 1),
                    "scenarios": {
                        test_id: {
                            "mark": str(judgement.mark),
                            "wanted": finding.fault.caught_by.get(test_id, ""),
                            "sentence": judgement.sentence,
                        }
                        for test_id, judgement in finding.judgements.items()
                    },
                }
                for finding in sorted(self.findings, key=lambda f: order[f.fault.name])
            ],
        }

    def summary(self) -> str:
        """Say in one line how it stands."""
        bad = [finding for finding in self.findings if not finding.is_proven]
        done, asked = len(self.findings), len(self.asks)
        left_out = len(self.chosen) - asked
        why = "need a browser (make browser)" if self.full else "are left to --full: they take long"
        if self.about:
            why = "are not asked that: they are about load, or need a browser"
        rest = f"; {left_out} more {why}" if left_out else ""
        if done < asked:
            return f"{done} of {asked} faults run: {done - len(bad)} proven"
        if bad:
            return f"{done} faults: {done - len(bad)} proven, {len(bad)} not{rest}"
        others = "none spurious" if self.full else "none missed (--full shows spurious reds too)"
        return f"{done} faults: all caught, {others}{rest}"
