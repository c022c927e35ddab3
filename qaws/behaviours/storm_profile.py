"""What a crowd is to do, read from the table of phases of QA-WS-020."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qaws.gherkin.types import DURATION, NUMBER, duration, number
from qaws.protocol.market import SPOT
from qaws.verdict import Broken


@dataclass(frozen=True, slots=True)
class StormProfile:
    """What a crowd does; see `StormPlan`. Times are in seconds."""

    clients: int
    within_s: float
    resets: int
    churn_per_s: float
    churn_s: float
    lull_leave: int = 0
    lull_come: int = 0


WHOLE, LENGTH = re.compile(NUMBER), re.compile(DURATION)
PHASES = ["storm", "churn", "lull"]
COLUMNS = ("phase", "connect per second", "reset per second", "subscribing to", "for")


def profile_of(rows: Sequence[Mapping[str, str]]) -> tuple[StormProfile, str]:
    """Return what a table of phases says, and what those who come after the storm subscribe to.

    In the row of the storm so many connect in that time, of whom so many reset in mid-handshake. In
    the row of the churn so many of those that were welcomed reset, and as many connect. In the row
    of the lull, which may be missing, so many leave, and a second later so many connect.

    Raises:
        Broken: the table has other columns or rows, or values that no crowd can play.
    """
    for row in rows:
        if tuple(row) != COLUMNS:
            raise Broken(f"the table has columns {', '.join(row)}; needed are {', '.join(COLUMNS)}")
    phases = [row["phase"] for row in rows]
    if [phase.partition(",")[0] for phase in phases] not in (PHASES[:2], PHASES):
        raise Broken(
            f'the table has phases {phases}; needed are "storm, …" and then "churn, …", '
            'and behind them there may be "lull, …"'
        )
    (come, reset, nothing, storm_s), (arrive, leave, symbol, churn_s), *lull = map(_phase, rows)
    if nothing:
        raise Broken(f'phase "{phases[0]}": nobody subscribes in it; leave out "{nothing}"')
    if arrive != leave:
        raise Broken(
            f'phase "{phases[1]}": {arrive} connect and {leave} reset per second; '
            "in the churn as many must come as go"
        )
    if symbol not in SPOT:
        raise Broken(f'phase "{phases[1]}": no symbol "{symbol}"; known are {", ".join(SPOT)}')
    clients, resets = come * storm_s, reset * storm_s
    if clients % 1 or resets % 1:
        raise Broken(
            f'phase "{phases[0]}": {clients:g} clients and {resets:g} resets are not whole'
        )
    late = depart = 0
    if lull:
        ((late, depart, other, lull_s),) = lull
        if other != symbol or lull_s != 1:
            raise Broken(
                f'phase "{phases[2]}": who comes subscribes to {symbol} too, and within 1 second'
            )
    profile = StormProfile(int(clients), storm_s, int(resets), arrive, churn_s, depart, late)
    return profile, symbol


def _phase(row: Mapping[str, str]) -> tuple[int, int, str, float]:
    """Return how many connect and reset per second, the symbol, and the length in seconds."""
    phase, connect, reset, symbol, length = (row[column] for column in COLUMNS)
    if not (WHOLE.fullmatch(connect) and WHOLE.fullmatch(reset) and LENGTH.fullmatch(length)):
        raise Broken(
            f'phase "{phase}": "{connect}", "{reset}" and "{length}" must be two whole numbers and '
            'a duration such as "10 seconds"'
        )
    return number(connect), number(reset), symbol, duration(length) / 1e3
