"""What all clients of a process received, and what was wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qaws.load.subscriber.verifier import AnyVerifier
from qaws.load.violation import Violation

SHOWN = 10
"""So many sentences of violations are kept; the counts are exact."""

KNOWN = 5_000
"""So many payloads are remembered as sound: short-lived clients receive the same ticks."""


@dataclass(slots=True)
class ContractTally:
    """What all short-lived clients of a process found."""

    verifier: AnyVerifier
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)
    _sound: set[bytes] = field(default_factory=set)

    def fault(self, client: str, fault: Violation) -> None:
        """Count a violation, and keep the first of them in words."""
        self.faults[fault.kind] += fault.amount
        if fault.words and len(self.sentences) < SHOWN:
            self.sentences.append(f"{client} {fault.words}")

    def check(self, client: str, payload: bytes) -> None:
        """Hold a payload against the contract, unless the same has been found sound before."""
        if payload in self._sound:
            return
        if fault := self.verifier.fault(payload):
            self.fault(client, fault)
            return
        if len(self._sound) >= KNOWN:
            self._sound.clear()
        self._sound.add(payload)
