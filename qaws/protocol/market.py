"""The market as the features speak of it: symbols, instruments, and ticks to publish.

Prices and greeks carry as many digits as a double holds, so that a service that rounds on the way
is seen to round. And markets are less tidy than that: early in every flow come the edges, values
at which services stumble that take zero for missing, wrap volumes, or expect a fraction.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from qaws.protocol.rows import Row, RowList, meant
from qaws.verdict import Broken

TickKind = Literal["option_tick", "underlying_bar"]

Sample = tuple[TickKind, str, int | None]
"""What a tick is to be: kind, symbol, and instrument of an option."""

SEQUENCE_FIELD = "seq"
DUE_FIELD = "due_us"
RUN_FIELD = "qaws_run"
"""Members that each published tick carries besides its market fields: its number, when it was due,
in microseconds since 1970, and the mark of the run."""

MEMBERS: dict[TickKind, tuple[str, ...]] = {
    "option_tick": (
        *("last_price", "bid", "ask", "volume"),
        *("greeks.delta", "greeks.gamma", "greeks.theta", "greeks.vega", "greeks.iv"),
    ),
    "underlying_bar": ("open", "high", "low", "close", "volume"),
}
"""Kind of tick → the market fields that each of them has."""

INSTRUMENTS = {
    256265: "NIFTY",
    256521: "NIFTY",
    260105: "BANKNIFTY",
    260361: "BANKNIFTY",
    270857: "NIFTYNXT50",
    2**53: "FINNIFTY",
    2**53 + 1: "FINNIFTY",
    2**53 + 2**32 + 1: "FINNIFTY",
    519937: "M&M",
    519938: "M",
    265793: "BRK.B",
    265794: "BRK",
    256009: "NIFTY 50",
    256777: "NIFTY 24DEC24000 CE",
    256778: "NIFTY 24DEC24000 PE",
    500325: "500325",
    500326: "BSE:500325",
    225001: "日経225",
    225002: "日経２２５",
    300301: "EUR/USD",
    300302: "EUR-USD",
    128501: "MIDCPNIFTY24DEC12850CE",
    128502: "MIDCPNIFTY24DEC12850PE",
    590000: "SPXW  241220C05900000",
    590500: "SPXW  241220C05905000",
    100001: "TRUE",
    100002: "NAN",
}
"""Instrument token → symbol of the option chain that the suite publishes.

The tokens of FINNIFTY differ in a bit that a double does not hold, or in one that 32 bits do not.
Others have names that differ behind so many characters, in front of a colon, or in nothing but the
width of their digits or the mark between two currencies. Names of options have up to 22 characters,
some of them blanks; and TRUE and NAN are what the shares of two companies are called.
"""

TIME_FIELD, EARLIEST_NS, LATEST_NS = (
    "exchange_time_ns",
    1_790_000_000 * 10**9,
    1_800_000_000 * 10**9,
)
"""When a tick was at the exchange, in nanoseconds since 1970: odd numbers, which no double holds.
Ticks of instruments that none holds either have it."""

SPOT = {"NIFTY": 24010.0, "BANKNIFTY": 51240.0, "NIFTYNXT50": 66890.0}
"""Symbol → level of its underlying: those of the open market."""

OTHERS = {
    "FINNIFTY": 23880.0,
    "M&M": 3120.0,
    "M": 17.0,
    "BRK.B": 471.0,
    "BRK": 12.0,
    "NIFTY 50": 24012.0,
    "NIFTY 24DEC24000 CE": 210.0,
    "NIFTY 24DEC24000 PE": 190.0,
    "500325": 1375.0,
    "BSE:500325": 1374.0,
    "日経225": 39800.0,
    "日経２２５": 39790.0,
    "EUR/USD": 108.0,
    "EUR-USD": 107.0,
    "MIDCPNIFTY24DEC12850CE": 95.0,
    "MIDCPNIFTY24DEC12850PE": 92.0,
    "SPXW  241220C05900000": 84.0,
    "SPXW  241220C05905000": 81.0,
    "TRUE": 3.0,
    "NAN": 11.0,
}
"""Symbol → level, of those that only features name which are about names or numbers."""

LEVELS = SPOT | OTHERS


@dataclass(frozen=True, slots=True)
class Selection:
    """What a client subscribes to: instruments, symbols, or the bars of one underlying."""

    kind: Literal["instruments", "symbols", "underlying"]
    instruments: tuple[int, ...] = ()
    symbols: tuple[str, ...] = ()

    def takes(self, kind: TickKind, symbol: str, instrument: int | None) -> bool:
        """Return whether a tick is part of this selection (docs/specification.md, section 1)."""
        if self.kind == "instruments":
            return instrument in self.instruments
        if self.kind == "symbols":
            return symbol in self.symbols
        return kind == "underlying_bar" and symbol in self.symbols

    @property
    def of_symbols(self) -> tuple[str, ...]:
        """Return the symbols of the ticks that it takes."""
        return self.symbols or tuple(INSTRUMENTS[i] for i in self.instruments if i in INSTRUMENTS)

    def sample(self) -> Sample:
        """Return kind, symbol and instrument of a tick that this selection takes."""
        if self.kind == "instruments":
            instrument = self.instruments[0]
            return "option_tick", symbol_of(instrument), instrument
        if self.kind == "symbols":
            return "option_tick", self.symbols[0], instrument_of(self.symbols[0])
        return "underlying_bar", self.symbols[0], None

    def parts(self) -> tuple[Selection, ...]:
        """Return the selections of one instrument or symbol that this one stands for, each once."""
        if self.kind == "instruments":
            each = dict.fromkeys(self.instruments)
            return tuple(Selection("instruments", instruments=(i,)) for i in each)
        return tuple(Selection(self.kind, symbols=(s,)) for s in dict.fromkeys(self.symbols))

    def twice(self) -> Selection:
        """Return the same, with each instrument or symbol named twice."""
        return Selection(self.kind, self.instruments * 2, self.symbols * 2)

    def __str__(self) -> str:
        if self.kind == "instruments":
            return "instrument " + ", ".join(map(str, self.instruments))
        names = [n if re.fullmatch(r"[A-Z][A-Z0-9]+", n) else f'"{n}"' for n in self.symbols]
        return ", ".join(names) if self.kind == "symbols" else f"the {names[0]} underlying"


def selection_of(words: str) -> Selection:
    """Read a selection as features write it.

    "NIFTY", "NIFTY and BANKNIFTY", "instrument 256265", "instruments 256265 and 260105", "the NIFTY
    underlying". A symbol may stand in quotes, and must where it is not of letters and digits only:
    '"BRK.B"'.

    Raises:
        Broken: the words name a symbol or instrument that the suite cannot publish.
    """
    if words.startswith(("instrument ", "instruments ")):
        tokens = re.split(r", | and ", words.partition(" ")[2])
        if not all(token.isdigit() and int(token) in INSTRUMENTS for token in tokens):
            known = ", ".join(map(str, sorted(INSTRUMENTS)))
            raise Broken(f'"{words}": known instruments are {known}')
        return Selection("instruments", instruments=tuple(map(int, tokens)))
    if words.startswith("the ") and words.endswith(" underlying"):
        name = words.removeprefix("the ").removesuffix(" underlying")
        return Selection("underlying", symbols=(_known(name),))
    return Selection("symbols", symbols=tuple(map(_known, symbols_of(words))))


def symbols_of(words: str) -> list[str]:
    """Return the symbols of a list in words: 'NIFTY, "NIFTY 50" and BANKNIFTY'."""
    return [
        quoted or plain
        for quoted, plain in re.findall(r'"([^"]+)"|([^\s,"]+)', words)
        if plain != "and"
    ]


def symbol_of(instrument: int) -> str:
    """Return the symbol whose option `instrument` is."""
    return INSTRUMENTS[instrument]


def instrument_of(symbol: str) -> int:
    """Return the first instrument of a symbol's chain."""
    return chain_of(symbol)[0]


def chain_of(symbol: str) -> list[int]:
    """Return the instruments of a symbol's option chain."""
    return [token for token, name in INSTRUMENTS.items() if name == symbol]


def _known(symbol: str) -> str:
    symbol = symbol.strip('"')
    if symbol not in LEVELS:
        raise Broken(f'"{symbol}": {meant(symbol, LEVELS)}known symbols are {", ".join(LEVELS)}')
    return symbol


def trading() -> Iterator[Sample]:
    """Yield without end what ticks in an open market: the symbols in turn, each with all it has."""
    for samples in itertools.cycle([itertools.cycle(samples_of(symbol)) for symbol in SPOT]):
        yield next(samples)


def samples_of(symbol: str) -> list[Sample]:
    """Return one sample for each instrument of a symbol, and one for its bars."""
    options: list[Sample] = [("option_tick", symbol, token) for token in chain_of(symbol)]
    return [*options, ("underlying_bar", symbol, None)]


Edge = Mapping[str, Any]
"""Members of a tick with the values that they have at an edge of the market."""


class EdgeTick(Row):
    """Members of a tick at an edge of the market; the other members are plausible ones."""

    of: Literal["option tick", "underlying bar"]
    members: dict[str, Any]
    nulls: tuple[str, ...] = ()
    """Further members, whose value is null, for which TOML has no word."""

    @property
    def edge(self) -> Edge:
        """Return all members."""
        return {**self.members, **dict.fromkeys(self.nulls)}


EDGES = RowList("edge-ticks", "edge", EdgeTick)


def edge_in(fields: Mapping[str, Any]) -> str:
    """Return the name of the edge of the market that a tick is at; "" for a plausible one.

    Where one edge is the same as another, it is the first of them.
    """
    of = "option tick" if fields.get("type") == "option_tick" else "underlying bar"
    for name, row in EDGES.rows.items():
        edge = row.edge
        if row.of == of and all(n in fields and fields[n] == v for n, v in edge.items()):
            return name
    return ""


def option_edges() -> Sequence[Edge]:
    """Return option ticks at the edges, in the order that instruments have them in."""
    return [row.edge for row in EDGES.rows.values() if row.of == "option tick"]


def bar_edges() -> Sequence[Edge]:
    """Return bars at the edges, in the order that underlyings have them in."""
    return [row.edge for row in EDGES.rows.values() if row.of == "underlying bar"]


class Market:
    """Makes ticks: plausible ones, and those at the edges; the same seed makes the same ticks.

    Each instrument's first tick is a plausible one, so that a value of before is seen to have been
    kept where a zero should be; then come the edges, one each, and plausible ones from then on.
    Underlyings have their bars likewise.
    """

    def __init__(self, seed: int = 20251) -> None:
        self._random = random.Random(seed)
        self._made: Counter[int | str] = Counter()
        self._option_edges, self._bar_edges = option_edges(), bar_edges()

    def open(self) -> None:
        """Begin a new day: each instrument and underlying has its edges again."""
        self._made.clear()

    def _edge(self, of: int | str, edges: Sequence[Edge]) -> dict[str, Any]:
        """Return what the next tick has otherwise than a plausible one; nothing for most."""
        turn = self._made[of]
        self._made[of] += 1
        return dict(edges[turn - 1]) if 1 <= turn <= len(edges) else {}

    def option_tick(self, instrument: int) -> dict[str, Any]:
        """Return the market fields of one option tick (prices in rupees, iv as a fraction)."""
        draw = self._random
        price = round(draw.uniform(40, 400), 4)
        plausible: dict[str, Any] = {
            "type": "option_tick",
            "instrument_token": instrument,
            "symbol": symbol_of(instrument),
            "last_price": price,
            "bid": round(price - 0.05, 4),
            "ask": round(price + 0.05, 4),
            "volume": draw.randrange(1, 100_000),
            "greeks": {
                "delta": draw.uniform(-1, 1),
                "gamma": draw.uniform(1e-5, 1e-3),
                "theta": -draw.uniform(1, 20),
                "vega": draw.uniform(1, 30),
                "iv": draw.uniform(0.08, 0.4),
            },
        }
        if instrument > 2**53:
            plausible[TIME_FIELD] = draw.randrange(EARLIEST_NS + 1, LATEST_NS, 2)
        return plausible | self._edge(instrument, self._option_edges)

    def underlying_bar(self, symbol: str) -> dict[str, Any]:
        """Return the market fields of one bar: open, high, low, close in points, volume in lots."""
        draw = self._random
        opened = LEVELS[symbol] + round(draw.uniform(-50, 50), 2)
        closed = opened + round(draw.uniform(-20, 20), 2)
        plausible: dict[str, Any] = {
            "type": "underlying_bar",
            "symbol": symbol,
            "open": round(opened, 2),
            "high": round(max(opened, closed) + draw.uniform(1, 10), 2),
            "low": round(min(opened, closed) - draw.uniform(1, 10), 2),
            "close": round(closed, 2),
            "volume": draw.randrange(1_000, 1_000_000),
        }
        return plausible | self._edge(symbol, self._bar_edges)

    def tick(self, kind: TickKind, symbol: str, instrument: int | None) -> dict[str, Any]:
        """Return the market fields of a tick of the given kind."""
        if kind == "underlying_bar":
            return self.underlying_bar(symbol)
        return self.option_tick(instrument if instrument is not None else instrument_of(symbol))


def in_turn(symbols: Iterable[str], rounds: int) -> list[str]:
    """Return `rounds` times all symbols, one after the other."""
    return list(symbols) * rounds
