"""The link to the broker breaks in the middle of a tick, and what is new can come at once.

The service stands behind a relay, as in `silent_link`. What clients must see of it is judged as
after any other outage, by `outage`.
"""

from __future__ import annotations

import asyncio
import time

from qaws.behaviours import outage
from qaws.behaviours.silent_link import RELAY, relay_in_use
from qaws.protocol.market import Selection
from qaws.sut.relay import Break
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified

WORDS: dict[Break, str] = {
    "reset": "the link to the broker was reset in the middle of a tick",
    "ended one way": "the link to the broker ended in one direction in the middle of a tick",
}
TICK_WITHIN_S = 5.0
"""How long a tick is waited for in which to break the link: many times what that takes."""


async def break_link(testbed: Testbed, how: Break, client: str, selection: Selection) -> None:
    """Break the service's link to the broker when the first half of a tick has gone through.

    Args:
        testbed: the testbed.
        how: reset, or ended towards the service while the broker goes on.
        client: subscribes right behind that.
        selection: to this.

    Raises:
        NotVerified: the service does not use the relay, or no tick came through it.
    """
    _ = testbed.scenario.stash[RELAY]
    loss = await outage.foresee(testbed, WORDS[how])
    relay = relay_in_use(testbed)
    within_s = TICK_WITHIN_S * testbed.timeout_factor
    broke_ns = await asyncio.to_thread(relay.break_amid_a_tick, how, within_s)
    if not broke_ns:
        raise NotVerified(
            f"no tick came through the relay for {within_s:g} s: there was none to break the link "
            'in; is "the market is open" missing, or has the service another link?'
        )
    loss.broke_ns, loss.returned_ns = broke_ns, time.monotonic_ns()
    await outage.meanwhile(testbed, client, outage.Change(selection))
