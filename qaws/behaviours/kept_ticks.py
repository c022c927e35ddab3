"""The ticks of a crowd, compared with the ledger when the crowd has gone (QA-WS-020).

What newcomers subscribe to is published as a scenario goes along, so that only the ledger has it.
The oracle is that of the functional clients; it is asked once for copies that are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from qaws.behaviours.background_load import BACKGROUND_LOAD
from qaws.load.churn.storm import StormReport
from qaws.load.churn.tally import SHOWN
from qaws.oracle.contents import difference
from qaws.oracle.ledger import Ledger
from qaws.protocol.dialect import Dialect
from qaws.protocol.market import SEQUENCE_FIELD
from qaws.testbed.testbed import Testbed

CONTENT = "content"
"""What the violation is called, as in a swarm."""


def compare_with_ledger(testbed: Testbed, report: StormReport) -> None:
    """Add to a report what its ticks say otherwise than they were published.

    A tick of the observers' flow, which is not in the ledger, is none that newcomers may have: it
    is in the report as that.
    """
    flow = testbed.scenario.stash[BACKGROUND_LOAD].flow.symbols
    for payload, (client, count) in report.ticks.items():
        for said in _wrong(payload, testbed.dialect, testbed.ledger, flow):
            report.faults[CONTENT] = report.faults.get(CONTENT, 0) + count
            if len(report.sentences) < SHOWN:
                report.sentences.append(f"{client} received {said}")


def _wrong(
    payload: bytes, dialect: Dialect, ledger: Ledger, elsewhere: Collection[str]
) -> Iterator[str]:
    """Yield what the ticks of a payload say otherwise, but for symbols published elsewhere.

    What breaks the contract is passed over: it is in the report as that.
    """
    try:
        text, everything = payload.decode(), dialect.read(payload)
    except (ValueError, RecursionError):
        return
    for part, said in enumerate(everything):
        tick = said.message
        if said.problem or not isinstance(tick, dict) or not dialect.is_tick(tick):
            continue
        symbol, number = tick.get("symbol"), tick.get(SEQUENCE_FIELD)
        if not isinstance(symbol, str) or type(number) is not int:
            continue
        published = ledger.find((symbol, number))
        if published is None:
            if symbol in elsewhere:
                continue
            yield f"{symbol} #{number}, which nobody has published in this scenario"
        elif found := difference(published, text, partial(dialect.exactly_as, text, part, tick)):
            yield f"{published} with {found}"
