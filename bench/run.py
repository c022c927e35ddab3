"""The run: rounds in which all take turns, within a budget of time, told on the console."""

from __future__ import annotations

import itertools
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from bench.allocating import TIMES, allocating
from bench.arithmetic import FEWEST, ratio
from bench.contestants import (
    BY_TABLE,
    Contestant,
    OurSwarm,
    PlainWebsockets,
    RawReceiver,
    k6_version,
)
from bench.contestants import K6 as K6Program
from bench.crowd import curve, knee
from bench.delivering import SYMBOL, Delivery, Load, Stage
from bench.figures import (
    ALSO_BY_TABLE,
    BROADCAST,
    K6,
    OWN,
    OWN_BYTES,
    PER_CLIENT,
    PLAIN,
    QA_WS,
    REFERENCE,
    SWARM,
    TABLE,
    TWICE,
    Run,
    beside,
    of,
    per_second,
    receipts_of,
)
from bench.machine import load, this_machine
from bench.receiving import Receipt, receive
from bench.stream import IN_TEXT, payloads, slices
from bench.truth import CLIENTS, DELAYS_MS, PER_SECOND, measure
from qaws.measure.clock import now_us
from qaws.protocol.market import Market, instrument_of
from qaws.verdict import Broken, Refuted

AT_THE_LIMIT = 0.7

ROUNDS = 5
"""Of each part, where nobody asks for a number."""

CAREFUL = (Broken, Refuted)
"""What one round may end with without ending the bench."""


class Options(msgspec.Struct, frozen=True):
    """What to run.

    Attributes:
        parts: out of "abcdefg".
        repeats: rounds of parts (a) to (c), and (e); None: five, or as many as time allows.
        quick: small sizes, no bounds.
        without: contestants and services to leave out.
        command: how the bench was called.
        swarm: where the swarm of parts (b), (d) and (f) runs: "local", or a Dask scheduler.
        clients: the only size of crowd in part (f).
        rate: the only number of ticks a second to each client there.
    """

    parts: frozenset[str] = frozenset("abcdeg")
    repeats: int | None = None
    quick: bool = False
    without: frozenset[str] = frozenset()
    command: str = "python -m bench"
    swarm: str = "local"
    clients: int | None = None
    rate: int | None = None


class Sizes(msgspec.Struct, frozen=True):
    """How much is received and delivered.

    `own_ticks` is less than `ticks`: where nothing is alike, a round of the loop takes so long
    that the swarm's sign of life would fail to come. `alike_ticks` come where copies differ in
    numbers only.
    """

    clients: int = 100
    ticks: int = 10_000
    own_ticks: int = 200
    alike_ticks: int = 2000
    within_s: float = 90.0
    load: Load = Load()
    budgets_s: tuple[tuple[str, float], ...] = (
        ("a", 230.0),
        ("b", 210.0),
        ("d", 100.0),
        ("e", 60.0),
    )
    clients_axis: tuple[int, ...] = (10, 30, 100, 300, 1000)
    rate_axis: tuple[int, ...] = (100, 300, 1000, 3000, 10_000, 20_000)
    payload_axis: tuple[int, ...] = (0, 512, 1024, 2048, 4096)
    point_s: float = 1.5
    truth_ticks: int = 800
    traced: Load = Load(100, 500, 1.0)
    crowds: tuple[int, ...] = (100, 1000, 2000, 5000, 10_000)
    crowd_rates: tuple[int, ...] = (10, 25, 50, 100, 200, 400)
    crowd_s: float = 3.0


QUICK = Sizes(
    clients=20,
    ticks=1000,
    own_ticks=200,
    alike_ticks=500,
    within_s=20.0,
    load=Load(20, 2000, 0.5),
    clients_axis=(5, 20),
    rate_axis=(100, 1000),
    payload_axis=(0, 1024),
    point_s=0.3,
    truth_ticks=100,
    traced=Load(5, 100, 0.5),
    crowds=(20, 100),
    crowd_rates=(10, 50),
    crowd_s=0.3,
)


class Bench:
    """One run."""

    def __init__(self, options: Options, folder: Path) -> None:
        """Prepare; nothing is started yet.

        Args:
            options: what to run.
            folder: for the logs of everything that is started.
        """
        self._options = options
        self._sizes = QUICK if options.quick else Sizes()
        self._folder = folder
        self._within_s = self._sizes.within_s
        self.run = Run(options.command, options.quick, this_machine())

    def go(self) -> Run:
        """Run everything.

        Raises:
            Broken: nothing can be measured: k6 does not run, no broker, nobody to receive.
        """
        begin = time.monotonic()
        parts = self._options.parts
        self._note_versions()
        if parts & {"a", "c"}:
            self._receive()
        if parts & {"b", "d", "f", "g"}:
            with closing(Stage(self._folder, self._options.swarm)) as stage:
                if "b" in parts:
                    self._fan_out(stage)
                if "d" in parts:
                    self._grow(stage)
                if "f" in parts:
                    self._crowd(stage)
                if "g" in parts:
                    self._allocate(stage)
        if "e" in parts:
            self._tell_truth()
        self.run.seconds = time.monotonic() - begin
        return self.run

    def _note_versions(self) -> None:
        if "a" in self._options.parts and K6 not in self._options.without:
            self.run.versions["k6"] = k6_version().removeprefix("k6 v")
        for package in ("websockets", "fastapi", "uvicorn", "uvloop", "msgspec", "memray"):
            try:
                self.run.versions[package] = version(package)
            except PackageNotFoundError:
                if "b" in self._options.parts and package in ("fastapi", "uvicorn"):
                    raise Broken(f"{package} is not installed; run make bench") from None

    # --- parts (a) and (c) ------------------------------------------------------------------------

    def _receive(self) -> None:
        run, sizes, folder = self.run, self._sizes, self._folder
        run.loads["receiving"] = load()
        pieces = slices(payloads(sizes.ticks, now_us()))
        stream_bytes = sum(map(len, pieces))
        run.sizes["receiving"] = (
            f"{sizes.clients} clients, {sizes.ticks:,} ticks each: {sizes.clients * sizes.ticks:,} "
            f"messages of {stream_bytes / sizes.ticks:.0f} bytes. Where no two clients are alike: "
            f"{sizes.own_ticks:,} ticks each; where they have a time or a counter of their own: "
            f"{sizes.alike_ticks:,}, but {sizes.ticks:,} by table and with qa-ws beside it."
        )
        makers: dict[str, Callable[[], Contestant]] = {
            SWARM: lambda: OurSwarm(folder),
            TABLE: lambda: OurSwarm(folder, dialect=BY_TABLE),
            OWN_BYTES: lambda: OurSwarm(folder),
            PLAIN: lambda: PlainWebsockets(folder),
            K6: lambda: K6Program(folder),
        }
        for how, own in OWN.items():
            makers[f"{SWARM}, {how}"] = partial(OurSwarm, folder, own)
            if not own.endswith(IN_TEXT):  # it does not look at prices: the same as without
                makers[f"{PLAIN}, {how}"] = partial(PlainWebsockets, folder, own)
            if own != "remembered":  # k6 only offers to have each message deflated for itself
                makers[f"{K6}, {how}"] = partial(K6Program, folder, own)
        for how in filter(None, ALSO_BY_TABLE):
            makers[beside(how)] = partial(OurSwarm, folder, OWN[how])
            makers[of(TABLE, how)] = partial(OurSwarm, folder, OWN[how], BY_TABLE)
        makers = {name: make for name, make in makers.items() if self._wanted("a", name)}
        run.receiving = {name: [] for name in makers}
        if "c" in self._options.parts:
            makers["raw"] = lambda: RawReceiver(folder, stream_bytes)
        for number, name in self._turns("a", list(makers)):
            own = OWN.get(name.partition(", ")[2], "text" if name == OWN_BYTES else "")
            ticks = {"": sizes.ticks, "text": sizes.own_ticks}.get(own, sizes.alike_ticks)
            if name.startswith((TABLE, QA_WS)):
                ticks = sizes.ticks
            try:
                receipt = receive(makers[name], folder, sizes.clients, ticks, self._within_s, own)
            except CAREFUL as problem:
                self._failed(number, name, problem)
                continue
            (run.limit if name == "raw" else run.receiving[name]).append(receipt)
            self._tell_receipt(number, name, receipt)
        self._note_limit()

    def _note_limit(self) -> None:
        """Say who was as fast as the sender: what that one could do remains unknown."""
        limit = receipts_of(self.run.limit, per_second).median
        for name in self.run.receiving:
            reached = ratio(self.run.received(name, per_second).median, limit)
            if reached >= AT_THE_LIMIT:
                self.run.notes.append(
                    f"{name}: at {reached:.0%} of what the sender and the machine allow (c); its "
                    "messages/s are a lower bound"
                )

    def _tell_receipt(self, number: int, name: str, receipt: Receipt) -> None:
        if receipt.wrong:
            self.run.problems.append(f"{name}, round {number}: {receipt.wrong}")
        self._tell(
            number,
            name,
            f"{receipt.per_second:>11,.0f} messages/s {receipt.per_cpu_second:>11,.0f} per CPU-s",
            receipt.wrong or receipt.doubt,
        )

    # --- part (b) ---------------------------------------------------------------------------------

    def _fan_out(self, stage: Stage) -> None:
        run, asked = self.run, self._sizes.load
        run.loads["fan-out"] = load()
        run.sizes["fanout"] = (
            f"{asked.per_second:,.0f} ticks/s to each of {asked.clients} clients for "
            f"{asked.seconds:g} s: {asked.ticks * asked.clients:,} deliveries."
        )
        everybody = (REFERENCE, TWICE, BROADCAST, PER_CLIENT)
        names = [name for name in everybody if self._wanted("b", name)]
        run.fanout = {name: [] for name in names}
        for number, name in self._turns("b", names):
            delivery = self._deliver(stage, number, name, asked)
            if delivery:
                run.fanout[name].append(delivery)

    def _deliver(self, stage: Stage, number: int, name: str, asked: Load) -> Delivery | None:
        try:
            if name == TWICE:
                twice = msgspec.structs.replace(asked, per_second=2 * asked.per_second)
                delivery = stage.deliver(REFERENCE, twice, self._within_s)
            else:
                delivery = stage.deliver(name, asked, self._within_s)
        except CAREFUL as problem:
            self._failed(number, name, problem)
            return None
        if delivery.wrong:
            self.run.problems.append(f"{name}, round {number}: {delivery.wrong}")
        self._tell(
            number,
            name,
            f"{delivery.per_second:>11,.0f} deliveries/s, p99 {delivery.p99_ms:>8,.1f} ms, "
            f"service {delivery.service_us:.2f} CPU-µs each",
            delivery.wrong or delivery.doubt,
        )
        return delivery

    # --- part (d) ---------------------------------------------------------------------------------

    def _grow(self, stage: Stage) -> None:
        run, sizes = self.run, self._sizes
        run.loads["growth"] = load()
        base, seconds = 1000.0, sizes.point_s
        natural = natural_size()
        axes: dict[str, list[tuple[float, Load]]] = {
            f"clients (at {base:,.0f} ticks/s)": [
                (n, Load(n, base, seconds)) for n in sizes.clients_axis
            ],
            f"ticks/s (to {sizes.clients} clients)": [
                (rate, Load(sizes.clients, rate, seconds)) for rate in sizes.rate_axis
            ],
            f"bytes of a tick ({base:,.0f}/s, {sizes.clients} clients)": [
                (pad or natural, Load(sizes.clients, base, seconds, pad))
                for pad in sizes.payload_axis
            ],
        }
        deadline = time.monotonic() + self._budget("d")
        for axis, points in axes.items():
            run.growth[axis] = []
            for number, (place, asked) in enumerate(points, 1):
                if time.monotonic() > deadline:
                    run.notes.append(f"{axis}: {place:g} was left out, the time was up")
                    continue
                name = f"{place:,.0f} {axis.split(' (')[0]}"
                delivery = self._deliver_as(stage, number, name, asked)
                if delivery:
                    run.growth[axis].append((place, delivery))

    def _deliver_as(self, stage: Stage, number: int, name: str, asked: Load) -> Delivery | None:
        try:
            delivery = stage.deliver(REFERENCE, asked, self._within_s)
        except CAREFUL as problem:
            self._failed(number, name, problem)
            return None
        if delivery.wrong:
            self.run.problems.append(f"{name}: {delivery.wrong}")
        words = (
            f"service {delivery.service_us:>6.2f}, swarm {delivery.swarm_us:>6.2f} CPU-µs each, "
            f"p99 {delivery.p99_ms:>7.1f} ms"
        )
        self._tell(number, name, words, delivery.wrong or delivery.doubt)
        return delivery

    # --- part (f) ---------------------------------------------------------------------------------

    def _crowd(self, stage: Stage) -> None:
        run, sizes = self.run, self._sizes
        run.loads["crowd"] = load()
        run.sizes["crowd"] = f"{sizes.crowd_s:g} s of ticks a point."
        numbers = itertools.count(1)
        size, rate = self._options.clients, self._options.rate
        run.crowd = curve(
            (size,) if size else sizes.crowds,
            (rate,) if rate else sizes.crowd_rates,
            sizes.crowd_s,
            lambda name, asked: self._deliver_as(stage, next(numbers), name, asked),
        )
        for clients, points in run.crowd.items():
            best = knee(points)
            found = f"{best.load.per_second:,.0f} ticks/s each" if best else "none of these rates"
            run.notes.append(f"{int(clients):,} clients: p99 within the bound up to {found}")
            run.notes += [
                f"{int(clients):,} clients, {point.load.per_second:g}/s: clocks of the workers "
                f"{', '.join(point.clocks)}"
                for point in points
                if point.clocks
            ]

    # --- part (g) ---------------------------------------------------------------------------------

    def _allocate(self, stage: Stage) -> None:
        run, asked = self.run, self._sizes.traced
        run.loads["allocations"] = load()
        run.sizes["allocating"] = (
            f"{asked.per_second:,.0f} ticks/s to each of {asked.clients} clients, for "
            f"{asked.seconds:g} s and for {asked.seconds * TIMES:g} s: what the longer one takes "
            "more is counted."
        )
        for name in (REFERENCE, BROADCAST, PER_CLIENT):
            if not self._wanted("g", name):
                continue
            try:
                found = allocating(stage, self._folder, name, asked, self._within_s)
            except CAREFUL as problem:
                self._failed(1, name, problem)
                continue
            run.allocating[name] = found
            if found.wrong:
                run.problems.append(f"{name}, allocations: {found.wrong}")
            words = f"{found.blocks_each:.2f} allocations, {found.bytes_each:,.0f} bytes each"
            self._tell(1, name, words, found.wrong)

    # --- part (e) ---------------------------------------------------------------------------------

    def _tell_truth(self) -> None:
        run, ticks = self.run, self._sizes.truth_ticks
        run.loads["truth"] = load()
        run.sizes["truth"] = f"{ticks:,} ticks to {CLIENTS} clients, at {PER_SECOND:g} per second."
        delays = {f"{delay:g} ms": delay for delay in DELAYS_MS}
        run.truth = {name: [] for name in delays}
        for number, name in self._turns("e", list(delays)):
            try:
                truth = measure(self._folder, delays[name], ticks, self._within_s)
            except CAREFUL as problem:
                self._failed(number, name, problem)
                continue
            run.truth[name].append(truth)
            if truth.wrong:
                run.problems.append(f"{name}, round {number}: {truth.wrong}")
            p50, p99 = truth.swarm_ms
            self._tell(number, name, f"p50 {p50:.2f} ms, p99 {p99:.2f} ms", truth.path_doubt)

    # --- helpers ----------------------------------------------------------------------------------

    def _wanted(self, part: str, name: str) -> bool:
        without = self._options.without
        who, _, own = name.partition(", ")
        return part in self._options.parts and not {name, who, own} & without

    def _budget(self, part: str) -> float:
        return dict(self._sizes.budgets_s)[part]

    def _turns(self, part: str, names: list[str]) -> Iterator[tuple[int, str]]:
        """Yield round and name: every round all take turns, each time another one first.

        Unless somebody asked for a number of rounds, none begins after the fewest that say
        something that the longest one so far would take beyond the budget.
        """
        begin, longest, asked = time.monotonic(), 0.0, self._options.repeats
        budget_s = math.inf if asked else self._budget(part)
        for number in range(1, (asked or ROUNDS) + 1):
            elapsed = time.monotonic() - begin
            if number > FEWEST and elapsed + longest > budget_s:
                self.run.notes.append(
                    f"part ({part}): {number - 1} of {ROUNDS} rounds, the time was up"
                )
                return
            shift = (number - 1) % len(names) if names else 0
            for name in names[shift:] + names[:shift]:
                yield number, name
            longest = max(longest, time.monotonic() - begin - elapsed)

    def _failed(self, number: int, name: str, problem: BaseException) -> None:
        sentence = f"{name}, round {number}: {problem}"
        if name == OWN_BYTES:
            self.run.notes.append(sentence)
        else:
            self.run.problems.append(sentence)
        self._tell(number, name, "failed", str(problem))

    def _tell(self, number: int, name: str, words: str, but: str | None) -> None:
        print(f"  {number}  {name:<28}{words}" + (f"  [{but}]" if but else ""), flush=True)


def natural_size() -> int:
    """Return how many bytes a tick has that is not padded."""
    tick = Market().option_tick(instrument_of(SYMBOL))
    return len(json.dumps(tick | {"seq": 1000, "due_us": now_us()}))


def run_bench(options: Options, logs: Path) -> Run:
    """Run the bench.

    Args:
        options: what to run.
        logs: folder for the logs of everything that is started; emptied.

    Raises:
        Broken: nothing can be measured.
    """
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    return Bench(options, logs).go()
