"""Parts (a) and (c): the same stream to every receiver, and what each took for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from bench.contestants import Contestant
from bench.machine import Neighbours, cpu_s, ended_cpu_s
from bench.sending import Sending
from bench.stream import Flaw, Own
from bench.tally import Tally
from qaws.measure.clock import now_us

CONNECT_S = 20.0


class Receipt(msgspec.Struct, frozen=True):
    """One round of one receiver.

    Attributes:
        tally: what it found.
        received_s: from the sender's first write until the last client had checked the last tick.
        verdict_s: from there until the receiver's result could be read.
        cpu_s: CPU seconds of the receiver, its children included, from the word "go" to its end.
        sent_s: how long the sender took to hand everything to the kernel.
        wrong: what was not as it was sent; None if it was.
        doubt: why the figures may be worse than they should; None if there is no reason.
    """

    tally: Tally
    received_s: float
    verdict_s: float
    cpu_s: float
    sent_s: float
    wrong: str | None
    doubt: str | None

    @property
    def per_second(self) -> float:
        """Return messages per second of wall time."""
        return self.tally.ticks / self.received_s if self.received_s > 0 else 0.0

    @property
    def per_cpu_second(self) -> float:
        """Return messages per CPU second of the receiver."""
        return self.tally.ticks / self.cpu_s if self.cpu_s > 0 else 0.0


def receive(
    make: Callable[[], Contestant],
    folder: Path,
    clients: int,
    ticks: int,
    within_s: float,
    own: Own = "",
    flaws: Sequence[Flaw] = (),
) -> Receipt:
    """Let one contestant receive the stream once.

    Args:
        make: makes the contestant.
        folder: for logs.
        clients: how many connections.
        ticks: how many each of them gets.
        within_s: how long it may take.
        own: what each message to a client has of its own.
        flaws: what is damaged on purpose.

    Raises:
        Broken: sender or contestant failed, or took too long.
    """
    ended_before = ended_cpu_s()
    with closing(Sending(folder, clients, ticks, own, flaws)) as sending:
        contestant = make()
        try:
            contestant.start(sending.url, clients, ticks, CONNECT_S + within_s)
            sending.await_clients(CONNECT_S)
            contestant.begin()
            neighbours = Neighbours()
            before = cpu_s(contestant.pids)
            sending.go()
            sent = sending.report(within_s)
            tally = contestant.finish(within_s)
            verdict_s = (now_us() - sent.begun_us) / 1e6
        finally:
            contestant.close()
        # The contestant is the only child of ours that has ended since.
        used = contestant.told_cpu_s or ended_cpu_s() - ended_before - before
        doubt = neighbours.doubt()
    return Receipt(
        tally,
        max(0.0, (tally.last_us - sent.begun_us) / 1e6),
        verdict_s,
        used,
        (sent.sent_us - sent.begun_us) / 1e6,
        tally.wrong(clients, ticks),
        doubt,
    )
