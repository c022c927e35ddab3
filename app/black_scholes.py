"""Price and greeks of European options (Black and Scholes, 1973), without dividends.

The generator's options are worth what this says, so that their prices hang together.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

OptionType: TypeAlias = Literal["CE", "PE"]
"""A call (CE) or a put (PE), as Indian exchanges name them."""

DAYS_PER_YEAR = 365.0

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Valuation:
    """The worth of an option and how it moves."""

    price: float
    """In the currency of the spot."""
    delta: float
    """Per unit of the spot."""
    gamma: float
    """Change of delta per unit of the spot."""
    theta: float
    """Per calendar day; for a bought option mostly negative."""
    vega: float
    """Per percentage point of volatility."""


def value(
    option_type: OptionType,
    *,
    spot: float,
    strike: float,
    years: float,
    rate: float,
    volatility: float,
) -> Valuation:
    """Value an option.

    Args:
        option_type: call or put.
        spot: price of the underlying now.
        strike: price at which the option may be exercised.
        years: time to expiry.
        rate: riskless rate per year, continuously compounded (0.065 is 6.5 %).
        volatility: standard deviation of the yearly log return (0.14 is 14 %).

    Raises:
        ValueError: when spot, strike, years or volatility is not positive.
    """
    if min(spot, strike, years, volatility) <= 0:
        raise ValueError("spot, strike, years and volatility must be positive")
    deviation = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / deviation
    d2 = d1 - deviation
    density = _NORMAL.pdf(d1)
    discounted_strike = strike * math.exp(-rate * years)
    sign = 1 if option_type == "CE" else -1
    exercise = discounted_strike * _NORMAL.cdf(sign * d2)
    decay = -spot * density * volatility / (2 * math.sqrt(years)) - sign * rate * exercise
    return Valuation(
        price=sign * spot * _NORMAL.cdf(sign * d1) - sign * exercise,
        delta=sign * _NORMAL.cdf(sign * d1),
        gamma=density / (spot * deviation),
        theta=decay / DAYS_PER_YEAR,
        vega=spot * density * math.sqrt(years) / 100,
    )
