"""What one scenario has done so far, as far as several capabilities share it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qaws.clients.registry import Registry, key_of
from qaws.feed import Feed
from qaws.feed.other_publishers import SHOWN_BYTES
from qaws.oracle.announcements import Outage
from qaws.oracle.ledger import Ledger
from qaws.protocol.dialect import Dialect
from qaws.protocol.run_mark import of_another_run
from qaws.sut.service import Service
from qaws.testbed.service_output import first_stack_trace
from qaws.testbed.standstill import standstill
from qaws.testbed.stash import Stash
from qaws.verdict import Broken, Checks, Inconclusive, NotVerified, Refuted


class ScenarioState:
    """One scenario's clients, services and checks; each capability keeps its own in the stash.

    Attributes:
        connections: every connection that its clients have made.
        checks: what was verified so far.
        service: its own; None before a step has said which.
        services: each service that it uses, with the length of that one's log when it came.
        steps: when each began (`time.monotonic_ns()`), and its text.
        actions: the steps that did something, in the words of the feature: the last one of those
            that set the scene, and all that came of it.
        is_judging: whether what goes on now is a step behind them, which only looks.
        outages: what the feed has suffered: ticks of such a time may be announced as lost.
        background: tasks that are cancelled behind its last step; what ends one of them early ends
            the scenario (`require_chores`).
        on_end: what ends what its steps have started; the last one first.
        remarks: what a reader of a verdict on the service must know besides, such as what the
            target may decline.
        reservations: why it cannot pass although nothing is refuted; raised behind its last step,
            so that none of them hides what is.
        deviations: what the target declares to be otherwise, and a check has required so.
        figures: names and values that the report shows beside the checks.
        pictures: captions, and what draws an SVG document once the scenario has ended.
        screenshots: captions and PNG images.
        stash: what only one capability knows.
    """

    def __init__(self, connections: Registry, checks: Checks) -> None:
        self.connections = connections
        self.checks = checks
        self.service: Service | None = None
        self.services: list[tuple[Service, int]] = []
        self.steps: list[tuple[int, str]] = []
        self.actions: list[str] = []
        self.is_judging = False
        self._sets_the_scene = True
        self.outages: list[Outage] = []
        self.background: list[asyncio.Task[None]] = []
        self.on_end: list[Callable[[], object]] = []
        self.remarks: list[str] = []
        self.reservations: list[Inconclusive | NotVerified] = []
        self.deviations: list[str] = []
        self.figures: list[tuple[str, str]] = []
        self.pictures: list[tuple[str, Callable[[], str]]] = []
        self.screenshots: list[tuple[str, bytes]] = []
        self.stash = Stash()
        self.started_ns = time.monotonic_ns()

    def begin(self, kind: str, keyword: str, text: str) -> None:
        """Note that a step begins; `kind` is "given", "when" or "then"."""
        self.steps.append((time.monotonic_ns(), f"{keyword} {text}"))
        self.is_judging = kind == "then"
        if kind == "given" or (kind == "when" and self._sets_the_scene):
            self.actions.clear()
        self._sets_the_scene = kind == "given" or (self._sets_the_scene and kind != "when")
        if not self.is_judging:
            self.actions.append(text)

    def in_its_place(self) -> list[str]:
        """Say what had just been done, or was being done: what a sentence of a check leaves out."""
        where = "after" if self.is_judging else "in"
        shown = [f'"{each}"' for each in self.actions]
        return [f"{where} {' and '.join(shown)}"] if shown else []

    def leave_out(self, what: str) -> None:
        """Show among the figures what is not tried here: it is the cause of no other check."""
        if (figure := ("not tried", what)) not in self.figures:
            self.figures.append(figure)

    def said_behind(self, refuted: Refuted) -> list[str]:
        """Return what stands behind the sentence of a check: where, remarks, and a stack trace."""
        trace = first_stack_trace(self.services, str(refuted))
        return [*self.in_its_place(), *dict.fromkeys(self.remarks), *filter(None, [trace])]

    def cause_of(self, refuted: Refuted, ledger: Ledger) -> list[str]:
        """Return what a client that is named lacks something for, or waits for in vain.

        It is a tick of an earlier run, whose number may be that of one of this run. Or it is the
        first message to it that cannot be what it should be; one that nobody can read comes before
        one that breaks the contract. Where there is none, it is that nobody has received anything
        any more.
        """
        said, everybody = str(refuted), self.connections.all
        if stale := self._of_an_earlier_run(said, ledger.run):
            return [stale]
        breaches = [c.breaches[0] for c in everybody if c.breaches and c.name in said]
        unread = [b for b in breaches if "JSON text" in b or "not JSON" in b or "RFC 6455" in b]
        if not breaches and not self.outages and any(each.name in said for each in everybody):
            return standstill(everybody, ledger, self.started_ns)
        return [each for each in (unread or breaches)[:1] if each not in said]

    def _of_an_earlier_run(self, said: str, run: str) -> str:
        """Say so where a client that a sentence names has received a tick of an earlier run."""
        for connection in self.connections.all:
            for frame in connection.received("tick") if connection.name in said else ():
                if (other := of_another_run(frame.message, run)) and other not in said:
                    symbol, number = key_of(frame) or ("a tick", "?")
                    return f"{connection.name} received {symbol} #{number} with {other}"
        return ""

    async def of_others(self, feed: Feed) -> str:
        """Say what somebody else publishes where this run does; "" for nothing.

        It is heard at the broker, and where nobody can listen there, another run of the suite is
        known by the mark of its ticks.
        """
        if heard := await feed.others.heard():
            return heard
        for connection in self.connections.all:
            for frame in connection.received("tick"):
                if isinstance(frame.message, dict) and feed.run.of_another_now(frame.message):
                    return (
                        f"another run of the suite publishes to this service: {connection.name} "
                        f"received {frame.text[:SHOWN_BYTES]!r}…; give the suite a broker, or "
                        "channels in [feed], of its own"
                    )
        return ""

    @contextmanager
    def told_last(self) -> Iterator[None]:
        """Take what is inconclusive or not verified for a reservation."""
        try:
            yield
        except (Inconclusive, NotVerified) as problem:
            self.reservations.append(problem)

    def require_no_reservations(self) -> None:
        """Raise why a scenario of which nothing is refuted cannot pass all the same.

        Raises:
            Inconclusive: the harness did not do all that the scenario says; this comes first, as
                another run may show more.
            NotVerified: something could not be shown.
        """
        for problem in sorted(self.reservations, key=lambda each: isinstance(each, NotVerified)):
            raise problem

    def require_own_part(self) -> None:
        """Make sure that chores and clients have done their part.

        Raises:
            Broken: something that is no verdict has ended a chore.
            NotVerified: a client could not answer by itself what it should: what the service made
                of that is not its fault.
        """
        self.require_chores()
        for client in self.connections.all:
            if client.unsaid:
                raise client.unsaid

    def require_chores(self) -> None:
        """Raise what has ended a task in the background: nobody may wait for that one.

        It is raised once.

        Raises:
            Broken: something that is no verdict has ended it.
        """
        for chore in [*self.background]:
            if chore.done() and not chore.cancelled() and (problem := chore.exception()):
                self.background.remove(chore)
                if isinstance(problem, Refuted | Inconclusive | Broken | NotVerified):
                    raise problem
                raise Broken(
                    f"what went on in the background has ended: {type(problem).__name__}: {problem}"
                ) from problem


def no_scenario(dialect: Dialect) -> ScenarioState:
    """Return the state between two scenarios: what the ended one held can be freed."""
    return ScenarioState(Registry(dialect), Checks())
