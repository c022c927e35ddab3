"""The world of a run: what a scenario can reach, wired once."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qaws.auth.tokens import Tokens
from qaws.clients.registry import Registry
from qaws.feed import Feed
from qaws.oracle.announcements import Outage
from qaws.oracle.ledger import Ledger, Published
from qaws.protocol.contract import Contract
from qaws.protocol.dialect import QaWs
from qaws.runtime.loop import LoopThread, Overdue
from qaws.sut.broker import Broker, open_broker
from qaws.sut.service import Holdings, Service, Services
from qaws.sut.target import Target
from qaws.verdict import Broken, Checks, Refuted

if TYPE_CHECKING:
    from qaws.auth.callback_server import Lure
    from qaws.behaviours.attacks import Siege
    from qaws.behaviours.background_load import Visits
    from qaws.behaviours.breakpoint import Knee
    from qaws.behaviours.load import LoadRun
    from qaws.behaviours.outage import Pinging
    from qaws.behaviours.random_sequences import Search
    from qaws.behaviours.shutdown import Shutdown
    from qaws.behaviours.storm import Crowd
    from qaws.behaviours.token_leaks import Cage
    from qaws.behaviours.tokens import Places
    from qaws.clients.browser_page import BrowserPage
    from qaws.clients.connection import Connection

T = TypeVar("T")

STEP_LIMIT_S = 120.0
"""When a step is given up, so that nothing can hang a run."""

DYING_S = 0.1
"""How long a process may take from losing its sockets to being seen as dead."""

ALLOWANCE_S = 2.0
"""How long something without a bound of its own may take before it counts as not happening."""


class Scene:
    """What one scenario has done so far: its services, steps, clients, and checks.

    `services` holds each service with the length of its log when the scenario came to it; `steps`
    holds when each step began, and its text; `pictures` are captions and SVG documents, `figures`
    names and values, that the report shows beside the checks. What a step starts for its scenario
    it ends through `on_end`.
    """

    def __init__(self, connections: Registry, checks: Checks) -> None:
        self.connections = connections
        self.checks = checks
        self.service: Service | None = None
        self.services: list[tuple[Service, int]] = []
        self.steps: list[tuple[int, str]] = []
        self.holdings: Holdings | None = None
        self.places: Places | None = None
        self.lure: Lure | None = None
        self.cage: Cage | None = None
        self.session_ids: list[str] = []
        self.memory_bytes: int | None = None
        self.chores: list[asyncio.Task[None]] = []
        self.on_end: list[Callable[[], None]] = []
        self.load: LoadRun | None = None
        self.knee: Knee | None = None
        self.visits: Visits | None = None
        self.crowd: Crowd | None = None
        self.search: Search | None = None
        self.outages: list[Outage] = []
        self.pinging: Pinging | None = None
        self.deaf: list[Connection] = []
        self.shutdown: Shutdown | None = None
        self.node: Service | None = None
        self.returned_ns: int | None = None
        self.siege: Siege | None = None
        self.page: BrowserPage | None = None
        self.page_connected_s = 0.0
        self.screenshots: list[tuple[str, bytes]] = []
        self.pictures: list[tuple[str, str]] = []
        self.figures: list[tuple[str, str]] = []
        self.started_ns = time.monotonic_ns()


class World:
    """Broker, services, feed, tokens and the event loop of one run.

    `refusal` is what the first client was told whose token was refused: all others are told alike.
    """

    def __init__(
        self, target: Target, folder: Path, patience: float = 1.0, swarm: str = "local"
    ) -> None:
        """Start what the target asks for: loop, keys, broker. Services start when first needed.

        Args:
            target: the service under test.
            folder: where logs go; made if need be.
            patience: factor for allowances (never for bounds under test).
            swarm: where load comes from: "local" processes, or a Dask scheduler's address.

        Raises:
            Broken: a part of it cannot be used; whatever had started has been ended again.
        """
        self.target = target
        self.patience = patience
        self.logs = folder
        self.swarm_engine = swarm
        self.dialect = QaWs()
        self.contract = Contract(target.dialect)
        self.scratch = Path(tempfile.mkdtemp(prefix="qaws-"))
        self.broker: Broker | None = None
        self._feed: Feed | None = None
        self.services: Services | None = None
        self.refusal: str | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.loop = LoopThread()
        try:
            self.tokens = Tokens(target.auth, self.scratch)
            if target.feed:
                self.broker = open_broker(target.feed.broker, folder, target.grants)
                self._feed = self.loop.call(self._open_feed())
            self.placeholders = {
                "python": sys.executable,
                "broker_url": self.broker.url if self.broker else "",
                "jwks_file": str(self.tokens.jwks_file),
                "folder": str(self.scratch),
            }
            self.services = Services(target, folder, self.placeholders, patience)
        except BaseException:
            self.stop()
            raise
        self.scene = self.new_scene()

    async def _open_feed(self) -> Feed:
        assert self.broker
        assert self.target.feed
        return Feed(self.broker, self.target.feed)

    # --- per scenario -------------------------------------------------------------------------

    def new_scene(self) -> Scene:
        """Begin a scenario: no clients, no ticks, no checks, and a broker that is there.

        Raises:
            Broken: a broker that had died or stayed away does not come up again.
        """
        if self.broker and (self.broker.has_died or self.broker.is_away):
            self._replace_broker(self.broker)
        if self._feed:
            self._feed.ledger = self._feed.ledger.successor()
        checks = Checks(self.loop.stalls.between)
        self.scene = Scene(Registry(self.dialect, self.contract), checks)
        return self.scene

    def _replace_broker(self, broker: Broker) -> None:
        """Bring a broker up again; what its loss has done to the services is anybody's guess."""
        broker.bring_up()
        if self._feed:
            self.loop.call(self._feed.hang_up(), timeout_s=5)
        if self.services:
            self.services.stop()

    def end_scene(self, trust: bool) -> None:
        """End a scenario: stop its chores and flows, close its clients, look after its services.

        Args:
            trust: whether services may be used again; after a scenario that did not pass, what
                state they are in is anybody's guess: also the idle ones, which hear the same feed.

        Raises:
            Broken: a service that is to be used again or the broker has died, or a flow had ended
                by itself.
        """
        assert self.services
        services = [service for service, _ in self.scene.services]
        try:
            with contextlib.ExitStack() as winding_up:  # last begun, first ended; none left out
                winding_up.callback(lambda: self.loop.call(self._wind_up(self.scene), timeout_s=30))
                for undo in self.scene.on_end:
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

    async def _wind_up(self, scene: Scene) -> None:
        try:
            await self.hush()
        finally:
            await scene.connections.close()

    async def hush(self) -> None:
        """End what goes on in the background: pinging clients, flowing ticks."""
        for chore in self.scene.chores:
            chore.cancel()
        if self._feed:
            await self._feed.stop_flows()

    # --- what steps call ------------------------------------------------------------------------

    async def do(
        self,
        act: Callable[..., Coroutine[Any, Any, T]],
        *args: Any,
        limit_s: float = STEP_LIMIT_S,
        **named: Any,
    ) -> T:
        """Run an action or expectation on the loop thread, from a step.

        Raises:
            Broken: it did not end within `limit_s` seconds (times patience).
        """
        limit_s *= self.patience
        try:
            return await self.loop.run(act(self, *args, **named), limit_s)
        except Overdue:
            raise Broken(f"the step did not end within {limit_s:g} s; it was given up") from None
        except Refuted as refuted:
            await asyncio.sleep(DYING_S)
            self._tell_of_deaths(refuted)
            raise

    def _tell_of_deaths(self, refuted: Refuted) -> None:
        """Say so where a process has died in the meantime: that is why, whatever was refuted.

        Raises:
            Broken: the suite's own broker has died, so that nothing follows for the service.
            Refuted: the service has died; the sentence says both.
        """
        if self.broker:
            self.broker.require_alive()
        for service, _ in self.scene.services:
            try:
                service.require_alive()
            except Broken as death:
                raise Refuted(f"{refuted}; {death}") from refuted

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
        """Return the tick that "it" means: the scenario's last one, fences and flows aside.

        Raises:
            Broken: the scenario has published none.
        """
        for tick in reversed(self.ledger.ticks):
            if tick.role == "tick":
                return tick
        raise Broken('no tick has been published yet for "it" to mean')

    @property
    def service(self) -> Service:
        """Return the scenario's service.

        Raises:
            Broken: no step has said which service is running.
        """
        if self.scene.service is None:
            raise Broken('begin the scenario with "Given the ticker service is running"')
        return self.scene.service

    @property
    def allowance_s(self) -> float:
        """Return how long something without a bound of its own may take, in seconds."""
        return ALLOWANCE_S * self.patience

    def use_service(
        self, settings: Mapping[str, str] | None = None, *, afresh: bool = False
    ) -> Service:
        """Make the service with these settings the scenario's own, starting it if need be.

        Args:
            settings: name in the features' words → value.
            afresh: end one that runs with these settings, and start another. What earlier clients
                have left free in a service's memory could hide a leak.

        Raises:
            Broken: it does not start, or the target has no such setting.
        """
        assert self.services
        if self.broker:
            self.broker.require_alive()
        service = self.services.get(settings, afresh=afresh)
        self.scene.service = service
        self._note_service(service)
        return service

    def use_second_node(self) -> None:
        """Start a second service with the settings of the scenario's own, on the same feed."""
        assert self.services
        self.scene.node = self.services.get(self.service.settings, node=2)
        self._note_service(self.scene.node)

    def _note_service(self, service: Service) -> None:
        """Note that the scenario uses a service, and how long its log is now."""
        if service not in [known for known, _ in self.scene.services]:
            written = len(service.process.read_log()) if service.process else 0
            self.scene.services.append((service, written))

    def stop(self) -> None:
        """End everything that this world started; safe to call twice."""
        try:
            if self._feed:
                self.loop.call(self._feed.close(), timeout_s=5)
                self._feed = None
        except Exception as problem:
            print(f"while closing the feed: {problem}")
        finally:
            self.loop.stop()
            if self.services:
                self.services.stop()
            if self.broker:
                self.broker.stop()
            shutil.rmtree(self.scratch, ignore_errors=True)


def patience_of(environment: Mapping[str, str] = os.environ) -> float:
    """Return the factor for allowances from QAWS_PATIENCE, 1.0 when it is not set.

    Raises:
        Broken: it is not a number of 1 or more.
    """
    text = environment.get("QAWS_PATIENCE", "1")
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor < math.inf:
        raise Broken(f"QAWS_PATIENCE={text}: must be a number of 1 or more")
    return factor
