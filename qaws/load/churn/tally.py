"""What all clients of a process received, and what was wrong with it.

Where it was fixed beforehand what is published, ticks are compared with that as they come; where
the ledger alone has it they are kept, and compared afterwards.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qaws.load.subscriber.verifier import AnyVerifier
from qaws.load.violation import Violation

SHOWN = 10
"""So many sentences of violations are kept; the counts are exact."""

KNOWN = 5_000
"""So many payloads are remembered as sound: short-lived clients receive the same ticks."""


KeptTicks = dict[bytes, tuple[str, int]]
"""A payload with ticks in it → the first client that received it, and how many did."""

Hung = tuple[str, float, float]
"""Who waited in vain, in words, and from when until when (`time.monotonic()`)."""


@dataclass(slots=True)
class ContractTally:
    """What all short-lived clients of a process found.

    Attributes:
        verifier: what each payload is held against.
        keeps_ticks: whether ticks are kept, for who knows what was published.
        kinds: messages received, by kind.
        faults: violations, by kind.
        sentences: the first of them, in words.
        ticks: those that were kept.
    """

    verifier: AnyVerifier
    keeps_ticks: bool = False
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)
    ticks: KeptTicks = field(default_factory=dict)
    _sound: set[bytes] = field(default_factory=set)

    def fault(self, client: str, fault: Violation) -> None:
        """Count a violation, and keep the first of them in words."""
        self.faults[fault.kind] += fault.amount
        if fault.words and len(self.sentences) < SHOWN:
            self.sentences.append(f"{client} {fault.words}")

    def keep(self, client: str, payload: bytes) -> None:
        """Keep a payload with ticks in it, if they are to be kept; the same one once."""
        if self.keeps_ticks:
            first, count = self.ticks.get(payload, (client, 0))
            self.ticks[payload] = first, count + 1

    def check(self, client: str, payload: bytes) -> None:
        """Hold a payload against contract and feed, unless the same was found sound before."""
        if payload in self._sound:
            return
        if fault := self.verifier.fault(payload):
            self.fault(client, fault)
            return
        if len(self._sound) >= KNOWN:
            self._sound.clear()
        self._sound.add(payload)
