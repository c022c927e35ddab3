"""A market to look at: option chains and underlyings that move, published to the feed.

``python -m app.generator`` plays several broker accounts. Brokers limit how many instruments
one account may stream, so each account owns a share of the chain and publishes just that.
"""

import argparse
import asyncio
import itertools
import math
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
import uvloop
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.black_scholes import DAYS_PER_YEAR, OptionType, value
from app.logs import redact
from app.tasks import end, first_of

OPTIONS_CHANNEL = "ticker:options"
UNDERLYING_CHANNEL = "ticker:underlying"
DEFAULT_FEED_URL = "redis://127.0.0.1:6379/0"

RATE = 0.065
TICK_SIZE = 0.05
BAR_S = 1.0
STEP_S = 0.02
"""How often a share of the ticks that are due is published."""
SECONDS_PER_YEAR = DAYS_PER_YEAR * 24 * 3600
SPEED_UP = 400.0
"""How much faster than real the underlyings move, so that there is something to see."""


class Greeks(msgspec.Struct, frozen=True):
    """Sensitivities of an option; iv is its implied volatility per year (0.14 is 14 %)."""

    delta: float
    gamma: float
    theta: float
    vega: float
    iv: float


class OptionTick(msgspec.Struct, frozen=True, tag_field="type", tag="option_tick"):
    """One change of one option. Prices are in rupees, the time is in ISO 8601, UTC."""

    instrument_token: int
    symbol: str
    strike: float
    expiry: date
    option_type: OptionType
    last_price: float
    bid: float
    ask: float
    volume: int
    oi: int
    greeks: Greeks
    account: str
    timestamp: datetime


class UnderlyingBar(msgspec.Struct, frozen=True, tag_field="type", tag="underlying_bar"):
    """What one underlying did in one second."""

    symbol: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    account: str
    timestamp: datetime


@dataclass
class Underlying:
    """An index that walks at random, and remembers its walk for the bar of the second."""

    symbol: str
    spot: float
    strike_step: float
    first_token: int
    volatility: float
    volume: int = 0
    walk: list[float] = field(default_factory=list)

    def move(self, seconds: float) -> None:
        """Take one step of a geometric random walk."""
        deviation = self.volatility * math.sqrt(SPEED_UP * seconds / SECONDS_PER_YEAR)
        self.spot *= math.exp(random.gauss(-deviation * deviation / 2, deviation))
        self.volume += random.randint(1, 500)
        self.walk.append(self.spot)

    def bar(self, account: str, now: datetime) -> UnderlyingBar:
        """Close the bar of the walk so far, and begin the next one where it ends."""
        walk = [round(spot, 2) for spot in self.walk or [self.spot]]
        bar = UnderlyingBar(
            symbol=self.symbol,
            open=walk[0],
            high=max(walk),
            low=min(walk),
            close=walk[-1],
            volume=self.volume,
            account=account,
            timestamp=now,
        )
        self.walk, self.volume = [self.spot], 0
        return bar


@dataclass
class Option:
    """One contract of a chain."""

    instrument_token: int
    underlying: Underlying
    strike: float
    expiry: date
    option_type: OptionType
    volume: int = 0
    oi: int = 100_000

    def tick(self, account: str, now: datetime) -> OptionTick:
        """Value the option at the underlying's price of this moment."""
        expiry = datetime.combine(self.expiry, datetime.min.time(), UTC) + timedelta(hours=10)
        years = max((expiry - now).total_seconds(), 60.0) / SECONDS_PER_YEAR
        iv = self._implied_volatility()
        worth = value(
            self.option_type,
            spot=self.underlying.spot,
            strike=self.strike,
            years=years,
            rate=RATE,
            volatility=iv,
        )
        price = max(_to_tick_size(worth.price), TICK_SIZE)
        spread = max(_to_tick_size(price * 0.002), TICK_SIZE)
        self.volume += random.randint(1, 40) * 25
        self.oi = max(0, self.oi + random.randint(-20, 20) * 25)
        return OptionTick(
            instrument_token=self.instrument_token,
            symbol=self.underlying.symbol,
            strike=self.strike,
            expiry=self.expiry,
            option_type=self.option_type,
            last_price=price,
            bid=max(round(price - spread, 2), 0.0),
            ask=round(price + spread, 2),
            volume=self.volume,
            oi=self.oi,
            greeks=Greeks(
                delta=round(worth.delta, 4),
                gamma=round(worth.gamma, 6),
                theta=round(worth.theta, 4),
                vega=round(worth.vega, 4),
                iv=round(iv, 4),
            ),
            account=account,
            timestamp=now,
        )

    def _implied_volatility(self) -> float:
        """Return a smile: the further from the money, the dearer, and more so below it."""
        moneyness = math.log(self.strike / self.underlying.spot)
        return self.underlying.volatility * (1 - 0.6 * moneyness + 8 * moneyness**2)


def option_chain(underlying: Underlying, expiry: date, strikes_each_side: int) -> list[Option]:
    """Return calls and puts around the money, with tokens that count up from the first."""
    middle = round(underlying.spot / underlying.strike_step)
    strikes = [
        (middle + offset) * underlying.strike_step
        for offset in range(-strikes_each_side, strikes_each_side + 1)
    ]
    kinds: tuple[OptionType, OptionType] = ("CE", "PE")
    tokens = itertools.count(underlying.first_token)
    return [
        Option(next(tokens), underlying, strike, expiry, kind)
        for strike, kind in itertools.product(strikes, kinds)
    ]


@dataclass
class Account:
    """One broker account and what it streams."""

    name: str
    options: list[Option]
    underlyings: list[Underlying]
    turn: Iterator[Option] = field(init=False)

    def __post_init__(self) -> None:
        """Start the round through the account's options."""
        self.turn = itertools.cycle(self.options)


class MultiAccountTickerLoop:
    """Publishes the market of several accounts at a steady rate."""

    def __init__(self, redis: Redis, *, rate: float, accounts: int = 3) -> None:
        """Share the chains of NIFTY and BANKNIFTY out among the accounts.

        Args:
            redis: the broker.
            rate: option ticks per second, all accounts together.
            accounts: how many accounts, 1 or more.
        """
        self._redis = redis
        self._rate = rate
        self.underlyings = [
            Underlying("NIFTY", 24_850.0, 50.0, 256_265, 0.13),
            Underlying("BANKNIFTY", 55_400.0, 100.0, 260_105, 0.15),
        ]
        expiry = next_expiry(datetime.now(UTC).date())
        options = [
            option
            for underlying in self.underlyings
            for option in option_chain(underlying, expiry, strikes_each_side=10)
        ]
        self.accounts = [
            Account(f"account-{n + 1}", options[n::accounts], self.underlyings[n::accounts])
            for n in range(accounts)
        ]

    async def run(self, seconds: float = math.inf) -> int:
        """Publish for a time, in seconds, and return the number of ticks and bars.

        The schedule is fixed at the start: after a delay the ticks that are due follow at once.

        Raises:
            RedisError: the broker is away.
        """
        start = time.monotonic()
        ticks, bars = 0, 0
        turn = itertools.cycle(self.accounts)
        elapsed = 0.0
        while elapsed < seconds:
            await asyncio.sleep(STEP_S)
            elapsed = min(time.monotonic() - start, seconds)
            for underlying in self.underlyings:
                underlying.move(STEP_S)
            pipeline = self._redis.pipeline(transaction=False)
            while ticks < math.floor(elapsed * self._rate):
                account = next(turn)
                tick = next(account.turn).tick(account.name, datetime.now(UTC))
                pipeline.publish(OPTIONS_CHANNEL, msgspec.json.encode(tick))
                ticks += 1
            if bars < math.floor(elapsed / BAR_S):
                bars += 1
                for bar in self._bars():
                    pipeline.publish(UNDERLYING_CHANNEL, msgspec.json.encode(bar))
            await pipeline.execute()
        return ticks + bars * len(self.underlyings)

    def _bars(self) -> Iterator[UnderlyingBar]:
        now = datetime.now(UTC)
        for account in self.accounts:
            for underlying in account.underlyings:
                yield underlying.bar(account.name, now)


def next_expiry(today: date) -> date:
    """Return the next Thursday, a week ahead if today is one."""
    return today + timedelta(days=(3 - today.weekday() - 1) % 7 + 1)


def _to_tick_size(price: float) -> float:
    return round(round(price / TICK_SIZE) * TICK_SIZE, 2)


async def _publish(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    redis = Redis.from_url(options.feed_url)
    market = MultiAccountTickerLoop(redis, rate=options.rate, accounts=options.accounts)
    publishing = asyncio.create_task(market.run(options.seconds))
    try:
        await first_of(stop, publishing)
        if publishing.done():
            publishing.result()  # raises why it could not go on
    finally:
        await end(publishing)
        await redis.aclose()


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text}: must be more than 0")
    return number


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.generator", description=__doc__)
    parser.add_argument(
        "--feed-url",
        default=os.environ.get("TICKER_FEED_URL", DEFAULT_FEED_URL),
        help="the broker, by default TICKER_FEED_URL or %(default)s",
    )
    parser.add_argument("--rate", type=_positive, default=200.0, help="option ticks per second")
    parser.add_argument("--seconds", type=_positive, default=math.inf, help="how long to publish")
    parser.add_argument("--accounts", type=int, choices=range(1, 11), default=3)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until the time is over or a signal comes; return the exit code."""
    options = _options(arguments)
    try:
        uvloop.run(_publish(options))
    except (RedisError, OSError, ValueError) as error:
        print(f"feed {redact(options.feed_url)}: {redact(str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
