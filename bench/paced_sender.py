"""The sender of part (e): a tick to each client at a known time after it was due.

    python -m bench.paced_sender CLIENTS TICKS PER_SECOND HELD_MS

Otherwise it is as `bench.sender`. Every tick is kept back by HELD_MS from its due time: a delay in
the path whose length is known, and measured here too, for a sender may be late itself.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time

import numpy as np

from bench.sender import LEAD_S, Sender
from bench.stream import payloads, text_frame
from qaws.measure.clock import now_us

SPIN_NS = 300_000
"""A sleeping process wakes late by about a tenth of a millisecond: the rest is waited awake."""


class PacedSender(Sender):
    """The server and its one stream, on a schedule."""

    def __init__(self, clients: int, ticks: int, per_second: float, held_ms: float) -> None:
        super().__init__(clients, ticks, "", [])
        self._per_second, self._held_ms = per_second, held_ms

    async def _send(self) -> None:
        """Send each tick to all clients, in turn, when it has been kept back for long enough."""
        lead_us = int((LEAD_S + self._ticks * 6e-5) * 1e6)
        begin_us = now_us() + lead_us
        begin_ns = time.monotonic_ns() + lead_us * 1000
        due_us = [begin_us + round(n / self._per_second * 1e6) for n in range(self._ticks)]
        frames = [
            text_frame(tick.replace(b'"due_us": 1}', b'"due_us": %d}' % due))
            for tick, due in zip(payloads(self._ticks, 1), due_us, strict=True)
        ]
        gc.collect()
        gc.disable()
        begun_cpu, held_us = time.process_time(), []
        for frame, due in zip(frames, due_us, strict=True):
            wait_until(begin_ns + (due - begin_us) * 1000 + int(self._held_ms * 1e6))
            held_us.append(now_us() - due)
            for client in self._clients:
                client.transport.write(frame)
            await asyncio.sleep(0)
        p50, p99 = np.percentile(held_us, (50, 99), method="higher") / 1000
        self._tell(
            {
                "begun_us": begin_us,
                "sent_us": now_us(),
                "cpu_s": time.process_time() - begun_cpu,
                "stream_bytes": sum(map(len, frames)),
                "held_p50_ms": float(p50),
                "held_p99_ms": float(p99),
            }
        )


def wait_until(at_ns: int) -> None:
    """Wait until an instant of the monotonic clock; the last part of it awake."""
    left = at_ns - time.monotonic_ns()
    if left > SPIN_NS:
        time.sleep((left - SPIN_NS) / 1e9)
    while time.monotonic_ns() < at_ns:
        pass


def main(arguments: list[str]) -> None:
    """Run one sender."""
    clients, ticks, per_second, held_ms = arguments
    asyncio.run(PacedSender(int(clients), int(ticks), float(per_second), float(held_ms)).run())


if __name__ == "__main__":
    main(sys.argv[1:])
