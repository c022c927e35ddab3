"""The testbed of a run: what every scenario can reach, wired once."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from qaws.auth.tokens import Tokens
from qaws.clients.registry import Goodbyes, Registry
from qaws.feed import Feed
from qaws.feed.readiness import until_heard
from qaws.load.cluster.forked import SHARED
from qaws.oracle.ledger import Ledger, Published
from qaws.runtime.loop import LoopThread, Overdue
from qaws.sut.broker import Broker, broker_of
from qaws.sut.secured import with_certificates
from qaws.sut.service import DYING_S, Service
from qaws.sut.services import Services
from qaws.sut.spoken import dialect_of
from qaws.sut.target import Target
from qaws.testbed.held_up import HeldUp
from qaws.testbed.scenario import ScenarioState, no_scenario
from qaws.testbed.stash import Stash
from qaws.verdict import Broken, Inconclusive, Refuted, without_tokens

P = ParamSpec("P")
T = TypeVar("T")

STEP_LIMIT_S = 120.0
"""When a step is given up, so that nothing can hang a run."""

GRACE_S = 2.0
"""How long something without a bound of its own may take before it counts as not happening."""


class Testbed:
    """Broker, services, feed, tokens and the event loop of one run.

    Attributes:
        stash: what only one capability knows, of the whole run.
        on_stop: what ends what goes on for the whole run; the last one first.
        longest_s: how long the longest-lived connection of the scenarios so far was open.
    """

    def __init__(
        self,
        target: Target,
        folder: Path,
        timeout_factor: float = 1.0,
        swarm: str = "local",
        *,
        is_dialect_known: bool = True,
    ) -> None:
        """Start what the target asks for: loop, keys, broker. Services start when first needed.

        Args:
            target: the service under test.
            folder: where logs go; made if need be.
            timeout_factor: of allowances (never of bounds under test).
            swarm: where load comes from: "local" processes, or a Dask scheduler's address.
            is_dialect_known: whether the service speaks the target's dialect; not so where `init`
                looks for it.

        Raises:
            Broken: a part of it cannot be used; whatever had started has been ended again.
        """
        self.timeout_factor = timeout_factor
        self.logs = folder
        self.swarm_engine = swarm
        target.require_secrets()
        self.dialect = dialect_of(target, is_known=is_dialect_known)
        self.scratch = Path(tempfile.mkdtemp(prefix="qaws-"))
        self.target, files = with_certificates(target, self.scratch)
        self.broker: Broker | None = None
        self._feed: Feed | None = None
        self.services: Services | None = None
        self.stash = Stash()
        self.longest_s = 0.0
        self.goodbyes = Goodbyes()
        folder.mkdir(parents=True, exist_ok=True)
        self.loop = LoopThread()
        self.scenario = no_scenario(self.dialect)
        self.held_up = HeldUp(
            self.loop.stalls, lambda: (self.scenario.services, self.broker, self._feed)
        )
        SHARED.keep()  # once a scenario has needed load, the next one need not wait for it
        self.on_stop: list[Callable[[], None]] = [SHARED.leave]
        try:
            self._open(target, files)
        except BaseException:
            self.stop()
            raise
        self.scenario = self.begin_scenario()

    def _open(self, target: Target, files: Mapping[str, str]) -> None:
        """Open what may fail: keys, broker, feed; and prepare the services.

        Args:
            target: the service under test, as its file has it.
            files: placeholders of certificates.
        """
        self.tokens = Tokens(target.auth, self.scratch)
        self.on_stop.append(self.tokens.close)
        if target.feed:
            self.broker = broker_of(target, self.logs)
            self.broker.server.services = lambda: [each for each, _ in self.scenario.services]
        if target.may_publish:
            self._feed = self.loop.call(self._open_feed())
        self.placeholders = {
            "python": sys.executable,
            "broker_url": self.broker.told_url if self.broker else "",
            **self.tokens.placeholders,
            **files,
        }
        known = self.target, self.logs, self.placeholders, self.timeout_factor
        self.services = Services(*known, self.tokens.valid, self.held_up.ms)
        if self._feed and self.broker:
            told = self._feed.readiness, self.broker, self.loop.call, self.timeout_factor
            self.services.around_start = partial(until_heard, *told)

    async def _open_feed(self) -> Feed:
        assert self.broker
        assert self.target.feed
        return Feed(self.broker, self.target.feed, self.dialect)

    # --- per scenario -------------------------------------------------------------------------

    def begin_scenario(self, *, under_load: bool = False) -> ScenarioState:
        """Begin a scenario: no clients, no ticks, no checks, and a broker that is there.

        Args:
            under_load: whether ticks will come from processes of their own.

        Raises:
            Broken: a broker that had died or stayed away does not come up again.
        """
        if self.broker and (self.broker.has_died or self.broker.is_away):
            self._replace_broker(self.broker)
        if self._feed:
            self.loop.call(self._feed.begin(alone=not under_load), timeout_s=30)
        self.scenario = ScenarioState(self.new_registry(), self.held_up.checks())
        return self.scenario

    def new_registry(self) -> Registry:
        """Return a registry without connections."""
        return Registry(self.dialect, self.held_up.ms)

    def _replace_broker(self, broker: Broker) -> None:
        """Bring a broker up again; what its loss has done to the services is anybody's guess."""
        broker.bring_up()
        if self._feed:
            self.loop.call(self._feed.hang_up(), timeout_s=5)
        if self.services:
            self.services.stop()

    def end_scenario(self, trust: bool) -> None:
        """End a scenario: stop its chores and flows, close its clients, look after its services.

        Args:
            trust: whether services may be used again; after a scenario that did not pass, what
                state they are in is anybody's guess: also the idle ones, which hear the same feed.

        Raises:
            Broken: a service that is to be used again or the broker has died, or a flow had ended
                by itself.
        """
        assert self.services
        services = [service for service, _ in self.scenario.services]
        try:
            with contextlib.ExitStack() as winding_up:  # last begun, first ended; none left out
                winding_up.callback(
                    lambda: self.loop.call(self._wind_up(self.scenario), timeout_s=30)
                )
                for undo in self.scenario.on_end:
                    winding_up.callback(undo)
        except BaseException:
            trust = False
            raise
        finally:
            if not trust:
                self.services.stop()
        self.services.require_alive(services)
        if self.broker:
            self.broker.require_alive()

    async def _wind_up(self, scenario: ScenarioState) -> None:
        try:
            await self.hush()
        finally:
            await self.goodbyes.say(scenario.connections)
            self.longest_s = max([self.longest_s, *(c.lived_s() for c in scenario.connections.all)])
            for service, _ in scenario.services:
                service.clients_have_left()

    async def hush(self) -> None:
        """End what goes on in the background: pinging clients, flowing ticks."""
        for chore in self.scenario.background:
            chore.cancel()
        if self._feed:
            await self._feed.stop_flows()
        self.scenario.require_chores()

    # --- what steps call ------------------------------------------------------------------------

    async def do(
        self,
        act: Callable[Concatenate[Testbed, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **named: P.kwargs,
    ) -> T:
        """Run an action or expectation on the loop thread, from a step.

        Raises:
            Broken: it did not end within STEP_LIMIT_S (times timeout_factor), or ticks that were to
                flow have ceased.
            Inconclusive: these all but stand still, as it begins or where it was refuted.
            Exception: what has ended a task in the background, if one has.
        """
        limit_s = STEP_LIMIT_S * self.timeout_factor
        self._require_flows()
        try:
            done = await self.loop.run(act(self, *args, **named), limit_s)
        except Overdue:
            self._require_flows()
            self.scenario.require_chores()
            raise Broken(f"the step did not end within {limit_s:g} s; it was given up") from None
        except Inconclusive:  # nor does anything follow from it where somebody else publishes
            await self.loop.run(self.require_alone(), STEP_LIMIT_S)
            raise
        except Broken as broken:
            await asyncio.sleep(DYING_S)
            self._tell_of_deaths(broken)
            raise
        except Refuted as refuted:
            await asyncio.sleep(DYING_S)
            self._tell_of_deaths(refuted)
            await self.loop.run(self.require_alone(), STEP_LIMIT_S)
            self._require_flows()
            self.scenario.require_own_part()
            said = [*self.scenario.cause_of(refuted, self.ledger), str(refuted)]
            said += self.scenario.said_behind(refuted)
            raise Refuted(without_tokens("; ".join(said))) from refuted
        self.scenario.require_own_part()
        return done

    async def require_alone(self) -> None:
        """Make sure that nobody else publishes where the suite does; on the loop thread.

        Raises:
            Broken: somebody does, so that nothing follows for the service.
        """
        if self._feed and (said := await self.scenario.of_others(self._feed)):
            raise Broken(said)

    def _require_flows(self) -> None:
        if self._feed:
            self._feed.require_flows()

    def _tell_of_deaths(self, problem: Broken | Refuted) -> None:
        """Say so where a process has died in the meantime: that is why, whatever the problem is.

        Raises:
            Broken, Refuted: a service has died, and the sentence says both; or the suite's broker.
        """
        if self.broker:
            self.broker.require_alive()
        for service, _ in self.scenario.services:
            try:
                service.require_alive()
            except Broken as death:
                if str(death) not in str(problem):
                    raise type(problem)(f"{problem}; {death}") from problem

    @property
    def feed(self) -> Feed:
        """Return the feed.

        Raises:
            Broken: the target has none.
        """
        if self._feed is None:
            raise Broken(f"{self.target.file}: has no [feed]: ticks cannot be published")
        return self._feed

    @property
    def ledger(self) -> Ledger:
        """Return what this scenario has published; empty without a feed."""
        return self._feed.ledger if self._feed else Ledger()

    @property
    def last_tick(self) -> Published:
        """Return what "that tick" means: the scenario's last one, fences and flows aside.

        Raises:
            Broken: the scenario has published none.
        """
        for tick in reversed(self.ledger.ticks):
            if tick.role == "tick":
                return tick
        raise Broken('no step has published a tick yet for "that tick" to mean')

    @property
    def service(self) -> Service:
        """Return the scenario's service.

        Raises:
            Broken: no step has said which service is running.
        """
        if self.scenario.service is None:
            raise Broken('begin the scenario with "Given the ticker service is running"')
        return self.scenario.service

    @property
    def grace_s(self) -> float:
        """Return how long something without a bound of its own may take, in seconds."""
        return GRACE_S * self.timeout_factor

    def use_service(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        afresh: bool = False,
        placeholders: Mapping[str, str] | None = None,
        behind_proxy: bool = False,
    ) -> Service:
        """Make the service with these settings the scenario's own, starting it if need be.

        Args:
            settings: name in the features' words → value.
            afresh: end one that runs with them: what it has left free in memory could hide a leak.
            placeholders: as in `Services.get`, which also says what is raised.
            behind_proxy: as there.
        """
        assert self.services
        if self.broker:
            self.broker.require_alive()
        service = self.services.get(
            settings, afresh=afresh, placeholders=placeholders, behind_proxy=behind_proxy
        )
        self.scenario.service = service
        self._note_service(service)
        return service

    def withhold_statistics(self) -> None:
        """Do without the statistics that the target names and nobody can read."""
        assert self.services
        self.services.read_no_statistics()
        self.target = self.target.model_copy(update={"statistics": None})

    def launch_service(self) -> Service:
        """Start a service of the scenario's own, without waiting until it is ready."""
        assert self.services
        service = self.scenario.service = self.services.launch()
        self._note_service(service)
        return service

    def second_node(self, *, afresh: bool = False) -> Service:
        """Start a second service with the settings of the scenario's own, on the same feed.

        `afresh` is as in `use_service`: one that has seen nothing yet.
        """
        assert self.services
        node = self.services.get(self.service.settings, node=2, afresh=afresh)
        self._note_service(node)
        return node

    def _note_service(self, service: Service) -> None:
        """Note that the scenario uses a service, and how long its log is now."""
        if service not in [known for known, _ in self.scenario.services]:
            written = len(service.process.read_log()) if service.process else 0
            self.scenario.services.append((service, written))
            self.held_up.look()

    def stop(self) -> None:
        """End everything that this testbed started; safe to call twice."""
        try:
            with contextlib.ExitStack() as ending:
                if self._feed:
                    ending.callback(self.loop.call, self._feed.close(), timeout_s=5)
                    self._feed = None
                for end in self.on_stop:
                    ending.callback(end)
                self.on_stop.clear()
        except Exception as problem:
            print(f"while closing what was open for the whole run: {problem}")
        finally:
            self.loop.stop()
            self.held_up.close()
            if self.services:
                self.services.stop()
            if self.broker:
                self.broker.stop()
            shutil.rmtree(self.scratch, ignore_errors=True)
