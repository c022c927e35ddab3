"""Whose tokens clients show: each is a person of its own, and stays that person."""

from __future__ import annotations

from collections.abc import Sequence

from qaws.testbed.testbed import Testbed


async def tokens_of(testbed: Testbed, clients: Sequence[str]) -> list[str]:
    """Return a valid token for each client; one that has connected before is the same person.

    Raises:
        Broken: the target gives no token.
    """
    fresh = await testbed.tokens.for_clients(len(clients))
    earlier = {each.name: each.token for each in testbed.scenario.connections.all}
    return [
        testbed.tokens.renewed(earlier.get(client)) or token
        for client, token in zip(clients, fresh, strict=True)
    ]
