"""The generated market: prices that hang together, and a loop that keeps its rate."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from app.black_scholes import OptionType, value
from app.generator import MultiAccountTickerLoop, next_expiry
from app.messages import parse_tick
from tests.app.harness import Broker
from tests.processes import ROOT, started
from tests.waiting import HANG_S

MARKETS = st.fixed_dictionaries(
    {
        "spot": st.floats(50, 200),
        "strike": st.floats(50, 200),
        "years": st.floats(0.05, 3),
        "rate": st.floats(-0.02, 0.2),
        "volatility": st.floats(0.05, 1),
    }
)


def test_known_value() -> None:
    """Hull, Options, Futures, and Other Derivatives, example 15.6."""
    market = {"spot": 42.0, "strike": 40.0, "years": 0.5, "rate": 0.1, "volatility": 0.2}
    assert value("CE", **market).price == pytest.approx(4.76, abs=0.005)
    assert value("PE", **market).price == pytest.approx(0.81, abs=0.005)


@given(MARKETS)
def test_put_call_parity(market: dict[str, float]) -> None:
    call, put = value("CE", **market), value("PE", **market)
    forward = market["spot"] - market["strike"] * math.exp(-market["rate"] * market["years"])
    assert call.price - put.price == pytest.approx(forward, abs=1e-9)
    assert call.delta - put.delta == pytest.approx(1)
    assert call.gamma == put.gamma
    assert call.vega == put.vega


@given(MARKETS, st.sampled_from(["CE", "PE"]))
def test_greeks_are_the_slopes_of_the_price(
    market: dict[str, float], option_type: OptionType
) -> None:
    def slope(name: str, step: float) -> float:
        up = value(option_type, **(market | {name: market[name] + step})).price
        down = value(option_type, **(market | {name: market[name] - step})).price
        return (up - down) / (2 * step)

    valuation = value(option_type, **market)
    assert valuation.delta == pytest.approx(slope("spot", 1e-4), abs=1e-5)
    assert valuation.vega * 100 == pytest.approx(slope("volatility", 1e-5), abs=1e-2)
    assert valuation.theta * 365 == pytest.approx(-slope("years", 1e-5), abs=1e-2)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        value("CE", spot=1, strike=1, years=0, rate=0, volatility=1)


@pytest.mark.parametrize(
    ("today", "expiry"),
    [
        (date(2025, 1, 1), date(2025, 1, 2)),
        (date(2025, 1, 2), date(2025, 1, 9)),
        (date(2025, 1, 3), date(2025, 1, 9)),
    ],
)
def test_expiry_is_the_next_thursday(today: date, expiry: date) -> None:
    assert next_expiry(today) == expiry


def test_accounts_share_the_instruments() -> None:
    loop = MultiAccountTickerLoop(Redis(), rate=1, accounts=3)
    shares = [{option.instrument_token for option in a.options} for a in loop.accounts]
    assert all(not a & b for a, b in itertools.combinations(shares, 2))
    tokens = set.union(*shares)
    nifty = {
        option.instrument_token
        for account in loop.accounts
        for option in account.options
        if option.underlying.symbol == "NIFTY"
    }
    assert 256265 in nifty < tokens
    assert len(tokens) == sum(map(len, shares)) == 84


def generator(broker: Broker, *options: str) -> AbstractContextManager[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "app.generator", *options)
    environment = {**os.environ, "TICKER_FEED_URL": broker.url}
    return started(*command, env=environment, stderr=subprocess.PIPE)


@pytest.fixture(scope="module", autouse=True)
def published() -> Iterator[Callable[[], list[tuple[bytes, bytes]]]]:
    """What 1.2 s of a generator publish to a broker of its own, while other tests run."""
    with (
        closing(Broker()) as broker,
        closing(broker.listen()) as listener,
        generator(broker, "--rate", "500", "--seconds", "1.2") as process,
    ):

        def wait() -> list[tuple[bytes, bytes]]:
            _, errors = process.communicate(timeout=HANG_S)
            assert (process.returncode, errors) == (0, "")
            return listener.until_now()

        yield wait


def test_sigterm_ends_it_cleanly() -> None:
    with (
        closing(Broker()) as broker,
        closing(broker.listen()) as listener,
        generator(broker) as process,
    ):
        listener.next()  # and so the signal comes in the middle of its work
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=HANG_S)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("url", ["redis://:secret@127.0.0.1:1/0", "nonsense"])
def test_no_broker_is_one_line(url: str) -> None:
    command = [sys.executable, "-m", "app.generator", "--feed-url", url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_published_ticks_are_valid(published: Callable[[], list[tuple[bytes, bytes]]]) -> None:
    options: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    for channel, data in published():
        route, payload = parse_tick(channel, data)
        (options if route.type == "option_tick" else bars).append(json.loads(payload))
    assert len(options) == 600
    assert {tick["account"] for tick in options} == {"account-1", "account-2", "account-3"}
    for tick in options:
        assert tick["bid"] <= tick["last_price"] <= tick["ask"]
        assert set(tick["greeks"]) == {"delta", "gamma", "theta", "vega", "iv"}
    assert [bar["symbol"] for bar in bars] == ["NIFTY", "BANKNIFTY"]
    for bar in bars:
        assert bar["low"] <= min(bar["open"], bar["close"])
        assert bar["high"] >= max(bar["open"], bar["close"])
