"""Requests that name nothing: nothing is to begin by them, and nothing to end (QA-WS-025).

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from qaws.behaviours import lifecycle
from qaws.clients.frame_log import Frame
from qaws.testbed.testbed import Testbed
from qaws.verdict import Refuted

LISTS = ("symbols", "instruments")
ANSWERS = {"subscribe": ("subscribed", "error"), "unsubscribe": ("unsubscribed", "error")}
"""Request → what may answer it."""


async def ask_for_nothing(testbed: Testbed, client: str) -> None:
    """Let a client subscribe to empty lists, and unsubscribe from them.

    Whether that is acknowledged or refused is the service's affair. The client is entitled to
    nothing by it, and goes on holding what it held.

    Raises:
        Refuted: one of the requests was not answered.
    """
    connection = testbed.scenario.connections.named(client)
    if not testbed.dialect.is_plain:
        why = f"the dialect {testbed.dialect.name} has words of its own"
        testbed.scenario.leave_out(f"requests that name nothing: {why}")
        return
    for action, kinds in ANSWERS.items():
        for name in LISTS:
            asked = await connection.send(json.dumps({"action": action, name: []}))
            is_one = partial(_is_one_of, testbed, kinds)
            answer = await connection.wait_for(is_one, asked, testbed.grace_s)
            if answer is None:
                raise Refuted(
                    f"{client} sent {asked.text} and got no answer: {connection.summary()}"
                )


def _is_one_of(testbed: Testbed, kinds: Sequence[str], frame: Frame) -> bool:
    return any(lifecycle.is_kind(testbed, kind)(frame) for kind in kinds)
