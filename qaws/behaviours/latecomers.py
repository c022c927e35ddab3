"""Who asks for ticks only while the broker is away: it must be told of the loss like anybody else.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
from functools import partial

from qaws.behaviours import lifecycle, outage, persons
from qaws.protocol import origins
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed


async def ask_while_broker_is_away(
    testbed: Testbed, client: str, newcomer: str, selection: Selection, length_ms: float
) -> None:
    """Stop the broker for a time; a client and a newcomer subscribe while it is down.

    A service may turn away who comes at such a time (docs/specification.md, QA-WS-122): then there
    is no newcomer.

    Raises:
        Refuted: a subscription was not acknowledged.
    """
    act = partial(_ask, testbed, client, newcomer, selection)
    await outage.take_broker_away(testbed, length_ms, act)


async def _ask(testbed: Testbed, client: str, newcomer: str, selection: Selection) -> None:
    await lifecycle.subscribe(testbed, [client], selection)
    if await _is_let_in(testbed, newcomer):
        await lifecycle.subscribe(testbed, [newcomer], selection)


async def _is_let_in(testbed: Testbed, newcomer: str) -> bool:
    """Connect the newcomer, which is one of the scenario's clients only where it is welcomed."""
    arrivals = testbed.new_registry()
    location, headers = testbed.target.auth.token_locations[0], origins.headers(origins.NONE)
    tokens = await persons.tokens_of(testbed, [newcomer])
    try:
        (came,) = await arrivals.connect(
            [newcomer], testbed.service, tokens, location, headers, None, may_be_gone=True
        )
        await lifecycle.settled(testbed, came)
        if came.is_welcomed:
            arrivals.all.remove(came)
            testbed.scenario.connections.all.append(came)
        else:
            said = f"who comes while the broker is away is turned away here: {came.summary()}"
            testbed.scenario.leave_out(said)
        return came.is_welcomed
    finally:
        await asyncio.shield(testbed.goodbyes.say(arrivals))
