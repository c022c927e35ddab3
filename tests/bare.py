"""A testbed without service, broker or loop, for what only looks at a scenario's state."""

import itertools
from types import SimpleNamespace

from qaws.clients.registry import Registry
from qaws.protocol.dialect import QaWs
from qaws.sut.resources import ResourceSnapshot
from qaws.testbed.scenario import ScenarioState
from qaws.verdict import Checks


def bare_testbed():
    """Return one whose scenario has begun."""
    state = ScenarioState(Registry(QaWs()), Checks())
    target = SimpleNamespace(file="targets/none.toml", deviations={})
    return SimpleNamespace(scenario=state, target=target, service=CountingService())


class CountingService:
    """A service of whose statistics several processes give each their own count, in turn.

    Attributes:
        counts: what the processes tell of sessions and subscriptions; none: no statistics.
        processes: how many listen; where that is not said, as many as there are counts.
        target: what `qaws` asks of its target.
    """

    def __init__(self, *counts, processes=None):
        self.counts = [ResourceSnapshot(sessions=n, subscriptions=n) for n in counts]
        path = SimpleNamespace(path="/ws/stats") if counts else None
        self.target = SimpleNamespace(name="the bare one", statistics=path)
        self.process, self.processes = None, processes or max(1, len(counts))
        self._asked = itertools.cycle(self.counts)

    def processes_that_listen(self):
        """Return how many processes there are."""
        return self.processes

    def snapshot(self, _parts=()):
        """Return what the next one in turn tells."""
        return next(self._asked)
