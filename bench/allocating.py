"""Part (g): how often, and how much, does a service allocate for each delivery?"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from bench.delivering import Load, Stage
from qaws.verdict import Broken

TIMES = 3
"""The second of two loads is so many times the first."""

ALLOCATING_HEAD = ["service", "allocations per delivery", "bytes allocated per delivery", ""]

_numbers = itertools.count(1)


class Allocating(msgspec.Struct, frozen=True):
    """What one service allocated between two loads, the start and its clients aside.

    Attributes:
        deliveries: by how many the second load had more than the first.
        blocks: how many allocations came on top, of Python objects and of everything else.
        of_bytes: how many bytes these were.
        wrong: what was not delivered as it should be; None if all was.
    """

    deliveries: int
    blocks: int
    of_bytes: int
    wrong: str | None = None

    @property
    def blocks_each(self) -> float:
        """Return allocations per delivery."""
        return self.blocks / self.deliveries if self.deliveries else 0.0

    @property
    def bytes_each(self) -> float:
        """Return bytes allocated per delivery."""
        return self.of_bytes / self.deliveries if self.deliveries else 0.0


def allocating(stage: Stage, folder: Path, name: str, load: Load, within_s: float) -> Allocating:
    """Have a service deliver a load, then a larger one, and count what it allocates for the rest.

    Each is played on a process of its own under memray, which sees what Python and what C asks for.

    Args:
        stage: the broker and the tokens.
        folder: for what memray writes.
        name: of the service, one of `TARGETS`.
        load: the first; the second has `TIMES` as many ticks.
        within_s: how long after the last publish the last tick may come.

    Raises:
        Broken: memray is not installed, or service, publisher or swarm failed.
        Refuted: the service did not let the clients in.
    """
    if not find_spec("memray"):
        raise Broken("memray is not installed; run make bench")
    found = []
    for seconds in (load.seconds, load.seconds * TIMES):
        trace = folder / f"allocations-{next(_numbers)}.bin"
        asked = msgspec.structs.replace(load, seconds=seconds)
        delivery = stage.deliver(name, asked, within_s, trace)
        found.append((delivery, *_totals(name, trace)))
    (first, blocks, of_bytes), (second, more_blocks, more_bytes) = found
    return Allocating(
        second.deliveries - first.deliveries,
        more_blocks - blocks,
        more_bytes - of_bytes,
        first.wrong or second.wrong,
    )


def _totals(name: str, trace: Path) -> tuple[int, int]:
    """Return how many allocations memray has seen, and of how many bytes."""
    told = trace.with_suffix(".json")
    command = [sys.executable, "-m", "memray", "stats", "--json", "--force", "--output", str(told)]
    ended = subprocess.run([*command, str(trace)], capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip() or "it said nothing").splitlines()[-1]
        raise Broken(f"{name}: memray could not read what it had written: {last}")
    totals = json.loads(told.read_text(encoding="utf-8"))
    trace.unlink()
    return totals["total_num_allocations"], totals["total_bytes_allocated"]


def allocating_table(found: Mapping[str, Allocating]) -> Sequence[Sequence[str]]:
    """Return the rows of part (g)."""
    return [
        [name, f"{each.blocks_each:.2f}", f"{each.bytes_each:,.0f}", each.wrong or ""]
        for name, each in found.items()
    ]
