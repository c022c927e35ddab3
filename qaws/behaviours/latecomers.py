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

VISITOR = "a visitor"
"""Comes and goes before the newcomer, to see whether anybody is let in at such a time."""


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
    if await _is_anybody_let_in(testbed):
        await lifecycle.be_subscribed(testbed, [newcomer], selection)


async def _is_anybody_let_in(testbed: Testbed) -> bool:
    visits = testbed.new_registry()
    location, headers = testbed.target.auth.token_locations[0], origins.headers(origins.NONE)
    tokens = await persons.tokens_of(testbed, [VISITOR])
    try:
        (came,) = await visits.connect(
            [VISITOR], testbed.service, tokens, location, headers, None, may_be_gone=True
        )
        await lifecycle.settled(testbed, came)
        if not came.is_welcomed:
            said = f"who comes while the broker is away is turned away here: {came.summary()}"
            testbed.scenario.leave_out(said)
        return came.is_welcomed
    finally:
        await asyncio.shield(testbed.goodbyes.say(visits))
