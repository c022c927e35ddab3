"""Ticks that scenarios publish: one, some in turn, side by side, or a market in the background.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from qaws.protocol.malformed import payload
from qaws.protocol.market import (
    SPOT,
    Selection,
    TickKind,
    chain_of,
    samples_of,
    trading,
)
from qaws.protocol.rows import unknown_name
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
"""A number as JSON writes it, which is how a table has it."""

TOGETHER = 50
"""How many ticks each of several publishers hands to the broker at a time."""


NOTE = "remark"
"""A member that no service has to know."""

MEASURED_AT_MOST = 4
"""Ticks until one has the size that was asked for: the first shows what is missing, and a sequence
number may get a digit more."""

BURST_PER_SECOND = 500.0
"""Rate at which a scenario's handful of ticks is published."""


async def publish(testbed: Testbed, selection: Selection, kind: TickKind) -> None:
    """Publish one tick of a kind that the selection takes."""
    _, symbol, instrument = selection.sample()
    await _publish_all(testbed, [partial(testbed.feed.market.tick, kind, symbol, instrument)])


async def publish_of_size(testbed: Testbed, selection: Selection, size: int) -> None:
    """Publish an option tick of just so many bytes of UTF-8, as the broker gets it.

    A note fills it up, which no service has to know. How long it must be is seen by ticks that say
    the same, and go first.

    Raises:
        Broken: a tick has more bytes without any note.
        NotVerified: a note makes no difference, as the payload template has no words for it.
    """
    _, symbol, instrument = selection.sample()
    fields, note = testbed.feed.market.tick("option_tick", symbol, instrument), ""
    for _ in range(MEASURED_AT_MOST):
        tick = await testbed.feed.publish({**fields, NOTE: note})
        missing = size - len(tick.payload.encode())
        if not missing:
            return
        if len(note) + missing < 0:
            raise Broken(f"an option tick has more than {size:,} bytes: {size - missing:,}")
        note = "x" * (len(note) + missing)
    raise NotVerified(
        f"no option tick of {size:,} bytes can be made: the payload template leaves out its {NOTE}"
    )


async def publish_rows(testbed: Testbed, symbol: str, rows: Iterable[dict[str, str]]) -> None:
    """Publish ticks of one symbol in turn, with the values that a table gives them.

    Args:
        testbed: the testbed.
        symbol: their symbol.
        rows: one mapping per tick: "tick" is "bar" or "option tick", other columns are fields;
            an empty cell leaves the field as the market made it.

    Raises:
        Broken: a row has no known kind, an unknown field, or a value that is not a number.
    """
    ticks = [_tick_of(testbed, symbol, row) for row in rows]
    await _publish_all(testbed, [partial(dict, tick) for tick in ticks])


def _tick_of(testbed: Testbed, symbol: str, row: dict[str, str]) -> dict[str, Any]:
    kinds: dict[str, TickKind] = {"bar": "underlying_bar", "option tick": "option_tick"}
    if row.get("tick") not in kinds:
        if "tick" not in row:
            raise Broken(f'the table needs a column "tick", with {" or ".join(kinds)} in each row')
        raise Broken(f'the table has tick = "{row["tick"]}"; known are {", ".join(kinds)}')
    tick = testbed.feed.market.tick(kinds[row["tick"]], symbol, None)
    for column, cell in row.items():
        if column == "tick" or not cell:
            continue
        if column not in tick:
            raise Broken(f"in the table, {row['tick']} {unknown_name('field', column, tick)}")
        if not NUMBER.fullmatch(cell):
            raise Broken(f'the table has {column} = "{cell}", which is no number')
        tick[column] = json.loads(cell)
    return tick


async def publish_malformed(testbed: Testbed, name: str) -> None:
    """Publish a payload that is not a tick, by the name that the features give it."""
    await testbed.feed.publish_raw(*payload(name))


async def publish_in_turn(testbed: Testbed, symbols: Sequence[str], each: int) -> None:
    """Publish `each` option ticks of every symbol; symbols and their instruments take turns."""
    market, chains = testbed.feed.market, [itertools.cycle(_listed(testbed, s)) for s in symbols]
    _require_symbols(symbols)
    instruments = [next(chain) for _ in range(each) for chain in chains]
    await _publish_all(testbed, [partial(market.option_tick, token) for token in instruments])


async def publish_among_others(
    testbed: Testbed, selection: Selection, symbol: str, count: int
) -> None:
    """Publish `count` ticks that a selection takes, each followed by one of a neighbour.

    Raises:
        Broken: the symbol has no instrument that the selection does not take.
    """
    market = testbed.feed.market
    listed = _listed(testbed, symbol)
    others = [each for each in listed if not selection.takes("option_tick", symbol, each)]
    if not others and not testbed.dialect.is_plain:
        others = _of_another_symbol(testbed, symbol)
    if not others:
        raise Broken(f"{symbol} has no instrument but {selection}: nothing can be in between")
    pair = [partial(market.tick, *selection.sample()), partial(market.option_tick, others[0])]
    await _publish_all(testbed, pair * count)


def _listed(testbed: Testbed, symbol: str) -> list[int]:
    """Return the instruments of a symbol that the service has; all where it has none of them."""
    chain = chain_of(symbol)
    return [i for i in chain if testbed.dialect.carries(("option_tick", symbol, i))] or chain


def _of_another_symbol(testbed: Testbed, symbol: str) -> list[int]:
    """Return an instrument of another symbol, where the service has only one of this."""
    for other in SPOT:
        chain = _listed(testbed, other)
        if other != symbol and testbed.dialect.carries(("option_tick", other, chain[0])):
            said = f"of {other}: [market] has only one instrument of {symbol}"
            testbed.scenario.figures.append(("ticks in between", said))
            return chain[:1]
    return []


async def publish_every_kind(testbed: Testbed, symbols: Sequence[str]) -> None:
    """Publish an option tick and a bar of every symbol, as far as the target has them."""
    _require_symbols(symbols)
    samples = [sample for s in symbols for sample in (samples_of(s)[0], samples_of(s)[-1])]
    carried = [sample for sample in samples if testbed.dialect.carries(sample)]
    await _publish_all(testbed, [partial(testbed.feed.market.tick, *each) for each in carried])


async def publish_side_by_side(testbed: Testbed, symbols: Sequence[str], each: int) -> None:
    """Publish `each` ticks of every symbol, bars among them, each symbol by its own publisher."""
    _require_symbols(symbols)
    lines = [list(itertools.islice(itertools.cycle(samples_of(s)), each)) for s in symbols]
    await testbed.feed.publish_side_by_side(lines, TOGETHER)


def _require_symbols(symbols: Sequence[str]) -> None:
    """Raise `Broken` where a sentence names an instrument, and nothing would be published."""
    if not symbols:
        raise Broken("ticks of several kinds are published for symbols: name one, as NIFTY")


async def _publish_all(testbed: Testbed, make: Sequence[Callable[[], dict[str, Any]]]) -> None:
    await testbed.feed.publish_at(make, BURST_PER_SECOND)


async def keep_publishing(testbed: Testbed, selection: Selection, every_ms: float | None) -> None:
    """Publish a tick of a selection every `every_ms` until the scenario ends; None: not at all."""
    if every_ms is not None:
        testbed.feed.start_flow(selection, every_ms / 1e3)


async def open_market(testbed: Testbed, every_ms: float) -> None:
    """Publish a tick of every symbol every `every_ms` until the scenario ends.

    The symbols take turns, and so do each symbol's instruments and bars.
    """
    testbed.feed.start_mixed_flow(trading(), every_ms / 1e3 / len(SPOT))


async def close_market(testbed: Testbed) -> None:
    """End whatever is published again and again.

    Raises:
        Broken: nothing is.
    """
    if not testbed.feed.is_flowing:
        raise Broken('the market is not open: begin with "Given the market is open, with ticks …"')
    await testbed.feed.stop_flows()
