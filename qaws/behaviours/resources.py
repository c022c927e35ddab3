"""What a service must give back when clients leave: sockets, sessions, subscriptions, memory.

Measured on the service's process and in its own statistics, never on the harness. A scenario
records a baseline; later steps compare what the service holds with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from qaws.behaviours import instruments
from qaws.behaviours.instruments import STATISTICS
from qaws.sut.resources import CLIENT_PARTS, ResourceSnapshot
from qaws.sut.service import MIB
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, bound_words

BASELINE = Key[ResourceSnapshot]("no step has recorded what the service held before")
MEMORY_BEFORE = Key[int]("no step has recorded the service's memory before")
MEMORY_PEAK = Key[int]("no step has watched the service's memory")

LOOK_EVERY_S, LOOK_AT_LEAST_EVERY_S = 0.02, 0.2
"""How often a service is looked at while it gives back what it held: the first pause and the last.
Each look takes CPU time; what is seen after a pause came at most so much earlier."""

WATCHED_EVERY_S = 0.005
"""How often the service's memory is looked at while it is watched: 16 MiB take some 50 ms to
inflate."""

PAUSE_GROWS = 1.25

RESTING_S = 0.1
"""A service to which many clients have just come is steady when it holds the same after that."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What was seen of a service that gives back what it held; instants by `time.monotonic_ns()`.

    Attributes:
        held: what it held at last.
        begun_ns: when the watch began.
        not_yet_ns: when the last look began that did not show it.
        seen_ns: when the first look ended that did, or the last one of all.
    """

    held: ResourceSnapshot
    begun_ns: int
    not_yet_ns: int
    seen_ns: int


# --- what was before ------------------------------------------------------------------------------


BETWEEN_LOOKS_S = 0.05
"""A look takes a socket of the service: it must be gone before the next, or both count one more."""


async def record(testbed: Testbed, parts: Sequence[str] = CLIENT_PARTS) -> None:
    """Record what the service holds, once it is steady, as the scenario's baseline.

    Raises:
        Broken: the target gives no means to see one of the parts.
        NotVerified: what tells of the service does not follow clients that come.
    """
    await instruments.see_them_move(testbed)
    await asyncio.to_thread(_record, testbed, parts, BETWEEN_LOOKS_S)


def record_now(testbed: Testbed, parts: Sequence[str] = CLIENT_PARTS) -> None:
    """Do the same and block; for scenarios whose clients live in processes of their own."""
    instruments.see_them_move_now(testbed)
    _record(testbed, parts, RESTING_S)


def _record(testbed: Testbed, parts: Sequence[str], rest_s: float) -> None:
    baseline = _steady(testbed, parts, rest_s)
    if baseline.unseen(parts):
        raise Broken(
            f"{testbed.target.file}: without [launch] and [statistics] nobody can tell what the "
            f"service holds; it shows {baseline}"
        )
    testbed.scenario.stash[BASELINE] = baseline


async def record_memory(testbed: Testbed) -> None:
    """Record the service's private memory.

    Raises:
        Broken: the service is not a process of this machine.
        NotVerified: its processes are not those that hold our clients.
    """
    await instruments.see_them_move(testbed)
    memory_bytes = await asyncio.to_thread(testbed.service.memory_bytes)
    testbed.scenario.stash[MEMORY_BEFORE] = memory_bytes


def _steady(testbed: Testbed, parts: Sequence[str], rest_s: float) -> ResourceSnapshot:
    """Return what the service holds once two looks agree, or what it holds after the grace period.

    Sockets and statistics are not read at one instant: a single look may mix two moments. And a
    baseline must not count who has just gone: it would never be returned to. Nor whoever asks for
    the statistics: where these rest they are left alone until their lines are gone.
    """
    deadline_s = time.monotonic() + testbed.grace_s
    counted = [part for part in parts if part not in STATISTICS]
    last, asked = testbed.service.snapshot(parts), parts
    while True:
        time.sleep(rest_s)
        goes = testbed.service.closing_sockets()  # who goes by the next line was counted in it
        now = testbed.service.snapshot(asked)
        now = now if asked is parts else replace(now, **_told(last))
        nobody_goes = now == last and not goes and not testbed.service.closing_sockets()
        late = time.monotonic() > deadline_s
        if late or (nobody_goes and (asked is parts or testbed.service.snapshot(parts) == now)):
            return now
        rests = asked is parts and counted and _told(now) == _told(last)
        last, asked = now, counted if rests or (asked is counted and goes) else parts


def _told(seen: ResourceSnapshot) -> dict[str, int | None]:
    return {part: getattr(seen, part) for part in STATISTICS}


# --- what is after --------------------------------------------------------------------------------


async def return_to_baseline(testbed: Testbed, parts: Sequence[str], within_ms: float) -> None:
    """Require that these parts of what the service holds return exactly to the baseline in time."""
    _baseline(testbed, parts)
    start_ns = time.monotonic_ns()
    bound_ns = start_ns + int(within_ms * 1e6)
    deadline_ns = bound_ns + int(testbed.grace_s * 1e9)
    watch = await asyncio.to_thread(until_back, testbed, parts, start_ns, deadline_ns, bound_ns)
    await require_believed(testbed, parts, watch.held)
    require_back(testbed, parts, watch, within_ms)


async def require_believed(testbed: Testbed, parts: Sequence[str], now: ResourceSnapshot) -> None:
    """Require that the statistics can be believed, where nothing else has already shown a leak.

    Raises:
        NotVerified: those who ask at once are told this and that, or fewer than our clients.
    """
    baseline, others = _baseline(testbed, parts), [p for p in parts if p not in STATISTICS]
    if now.is_back_at(baseline, others):
        await instruments.require_agreement(testbed, parts, now, baseline)


def until_back(
    testbed: Testbed,
    parts: Sequence[str],
    begun_ns: int,
    deadline_ns: int,
    bound_ns: int | None = None,
) -> Watch:
    """Look until the service holds what it held at the baseline, twice in a row, or time is up.

    Args:
        testbed: the testbed.
        parts: what is looked at.
        begun_ns: when what is watched began (`time.monotonic_ns()`).
        deadline_ns: when to give up (`time.monotonic_ns()`).
        bound_ns: until when it must be back, where that is known: far from it one look in a while
            will do.

    """
    baseline = _baseline(testbed, parts)
    back = partial(ResourceSnapshot.is_back_at, baseline=baseline, parts=parts)
    return _until(testbed, parts, back, (begun_ns, deadline_ns), bound_ns)


def _baseline(testbed: Testbed, parts: Sequence[str]) -> ResourceSnapshot:
    """Return the baseline.

    Raises:
        Broken: it was not recorded, or one of the parts was not.
    """
    baseline = testbed.scenario.stash[BASELINE]
    if unseen := baseline.unseen(parts):
        raise Broken(f"no step has recorded the service's {in_words(unseen)}: record it before")
    return baseline


def _until(
    testbed: Testbed,
    parts: Sequence[str],
    wanted: Callable[[ResourceSnapshot], bool],
    watched_ns: tuple[int, int],
    bound_ns: int | None,
) -> Watch:
    (begun_ns, deadline_ns), pause_s, begin_ns = watched_ns, LOOK_EVERY_S, time.monotonic_ns()
    not_yet_ns, now = begun_ns, None
    while True:
        looked_ns = time.monotonic_ns()
        now = _look(testbed, parts, wanted, now)
        at_ns = time.monotonic_ns()
        if wanted(now):
            now = testbed.service.snapshot(parts)
        if wanted(now) or at_ns > deadline_ns + testbed.held_up.ms(begin_ns, at_ns) * 1e6:
            return Watch(now, begun_ns, not_yet_ns, at_ns)
        not_yet_ns = looked_ns
        left_s = 0.0 if bound_ns is None else (bound_ns - at_ns) / 1e9
        time.sleep(max(LOOK_EVERY_S, min(pause_s, left_s / 10)))
        pause_s = min(pause_s * PAUSE_GROWS, LOOK_AT_LEAST_EVERY_S)


def _look(
    testbed: Testbed,
    parts: Sequence[str],
    wanted: Callable[[ResourceSnapshot], bool],
    last: ResourceSnapshot | None,
) -> ResourceSnapshot:
    """Return what a service holds; its statistics are not asked again where they are as wanted.

    To ask takes a socket, which a server may let go a while after it has answered: Tomcat up to a
    second. Whoever asks all the time would see his own last question, and never that it goes.
    """
    if last is not None and wanted(replace(_baseline(testbed, parts), **_told(last))):
        counted = [part for part in parts if part not in STATISTICS]
        return replace(testbed.service.snapshot(counted), **_told(last))
    return testbed.service.snapshot(parts)


def require_back(
    testbed: Testbed,
    parts: Sequence[str],
    watch: Watch,
    within_ms: float,
) -> None:
    """Require that what was seen is the baseline, and that it was in time.

    Args:
        testbed: the testbed.
        parts: what the sentence names.
        watch: what was seen.
        within_ms: the bound in milliseconds.
    """
    baseline, held = _baseline(testbed, parts), watch.held
    what = f"{in_words(parts)} of the service"
    is_back = held.is_back_at(baseline, parts)
    testbed.scenario.checks.require(is_back, what, str(held), f"as before: {baseline}")
    _require_in_time(testbed, f"return of {what}", watch, within_ms)


def _require_in_time(testbed: Testbed, what: str, watch: Watch, within_ms: float) -> None:
    """Require a return in time; where nobody looked about the bound, it was before or behind it."""
    checks, bound_ns = testbed.scenario.checks, watch.begun_ns + within_ms * 1e6
    if watch.not_yet_ns <= bound_ns < watch.seen_ns:
        measured = f"{(watch.seen_ns - watch.begun_ns) / 1e6:.1f} ms"
        unseen_ms = (watch.seen_ns - watch.not_yet_ns) / 1e6
        doubt = f"{unseen_ms:.0f} ms before that were not looked into: it may have been in time"
        checks.undecided(what, measured, f"at most {bound_words(within_ms)}", doubt)
    checks.at_most_ms(what, watch.begun_ns, watch.seen_ns, within_ms)


async def no_more_than_baseline(testbed: Testbed, parts: Sequence[str], within_ms: float) -> None:
    """Require that the service holds no more of these parts than at the baseline, in time."""
    baseline, start_ns = _baseline(testbed, parts), time.monotonic_ns()
    bound_ns = start_ns + int(within_ms * 1e6)
    deadline_ns = bound_ns + int(testbed.grace_s * 1e9)

    def holds_no_more(now: ResourceSnapshot) -> bool:
        return now.is_within(baseline, parts)

    watch = await asyncio.to_thread(
        _until, testbed, parts, holds_no_more, (start_ns, deadline_ns), bound_ns
    )
    now = watch.held
    if now.is_within(baseline, [part for part in parts if part not in STATISTICS]):
        await instruments.require_agreement(testbed, parts, now, baseline)
    what = f"{in_words(parts)} of the service"
    allowed = f"no more than before: {baseline}"
    testbed.scenario.checks.require(holds_no_more(now), what, str(now), allowed)
    _require_in_time(testbed, f"return of the {what}", watch, within_ms)


@asynccontextmanager
async def memory_watched(testbed: Testbed) -> AsyncIterator[None]:
    """Note the most private memory that the service has in a time, where it was recorded before.

    What is taken for an instant and given back would not show behind it.
    """
    stash = testbed.scenario.stash

    async def watch() -> None:
        with suppress(Broken, NotVerified):  # it has ended: others say so
            while True:
                now = await asyncio.to_thread(testbed.service.memory_bytes)
                stash[MEMORY_PEAK] = max(now, stash.setdefault(MEMORY_PEAK, now))
                await asyncio.sleep(WATCHED_EVERY_S)

    watching = asyncio.create_task(watch()) if MEMORY_BEFORE in stash else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()


async def memory_grew_less(testbed: Testbed, megabytes: float) -> None:
    """Require that the service's private memory grew by less than `megabytes` MiB, also meanwhile.

    Meanwhile is when it was watched, see `memory_watched`.
    """
    before = testbed.scenario.stash[MEMORY_BEFORE]
    after, what = await asyncio.to_thread(testbed.service.memory_bytes), ""
    if (peak := testbed.scenario.stash.get(MEMORY_PEAK) or 0) > after:
        after, what = peak, ", at its peak"
    name = f"growth of the service's private memory{what}"
    require_growth(testbed, name, before, after, megabytes)


def require_growth(
    testbed: Testbed, what: str, before: int, after: int, megabytes: float, why: str = ""
) -> None:
    """Require that memory, in bytes, grew by less than `megabytes` MiB; `why` it may not have."""
    grown = (after - before) / MIB
    testbed.scenario.checks.require(
        grown < megabytes,
        what,
        f"{grown:.2f} MB (from {before / MIB:.1f} to {after / MIB:.1f} MB){why and f'; {why}'}",
        f"less than {megabytes:g} MB",
    )


def in_words(parts: Sequence[str]) -> str:
    """Return names of parts as a sentence lists them."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
