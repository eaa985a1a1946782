"""The model's sixteen inputs, bit for bit as `programs/lending/interface/src/features.rs` computes them on chain.

Integers only. `programs/lending/interface/tests/features.csv`, written by `train.py`, holds raw inputs and results; a Rust test
compares. The Rust module documents unit, formula, rounding and saturation of each feature.
"""

import sys
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

from arithmetic import FRACTION, ONE, RATIO_CAP, SCALE, change, quantize, ratio  # noqa: E402, F401

NAMES = [
    "ltv",
    "threshold_distance",
    "drop_to_liquidation",
    "volatility_24h",
    "volatility_6h",
    "downside_volatility_24h",
    "drawdown_24h",
    "run_up_24h",
    "return_1h",
    "return_6h",
    "return_24h",
    "worst_hour_24h",
    "confidence",
    "ema_gap",
    "utilization",
    "buffer_in_volatilities",
]
MULTIPLIERS = [1, 3, 3, 4, 4, 4, 4, 4, 5, 4, 4, 5, 7, 5, 1, -2]  # base-2 logarithms
COUNT = 16
WINDOW = 25
PRICE_UNIT = 10**8


@dataclass(frozen=True)
class Position:
    """What the program reads from the position and the reserve."""

    collateral_value: int
    debt_value: int
    liquidation_threshold_bps: int
    borrowed: int
    supplied: int


def ratio_wide(numerator, denominator):
    """`ratio` of 128-bit operands, cut to 64 bits first."""
    excess = max((numerator | denominator).bit_length() - 64, 0)
    return ratio(numerator >> excess, denominator >> excess)


def in_volatilities(drop, volatility):
    """drop / volatility, rounded toward zero; without any movement it is infinitely many."""
    if volatility == 0:
        return ((drop > 0) - (drop < 0)) * RATIO_CAP
    count = (abs(drop) << FRACTION) // volatility
    return max(-RATIO_CAP, min(RATIO_CAP, -count if drop < 0 else count))


def market(closes, confidence, ema):
    """The values, in units of 2^-20, that depend on prices alone: those at places 3 to 13."""
    assert len(closes) == WINDOW and min(closes) > 0 and ema > 0
    returns = [change(a, b) for a, b in zip(closes, closes[1:])]
    price, high, low = closes[-1], max(closes), min(closes)
    return [
        isqrt(sum(r * r for r in returns)),
        isqrt(4 * sum(r * r for r in returns[-6:])),
        isqrt(sum(r * r for r in returns if r < 0)),
        -change(high, price),
        change(low, price),
        change(closes[-2], price),
        change(closes[-7], price),
        change(closes[0], price),
        min(returns),
        ratio(confidence, price),
        change(ema, price),
    ]


def compute(market_values, position):
    """The sixteen integers for one position in a market that `market` has summarized."""
    threshold = position.liquidation_threshold_bps
    assert 0 < threshold <= 10_000 and position.collateral_value > 0
    ltv = ratio_wide(position.debt_value, position.collateral_value)
    limit = (threshold << FRACTION) // 10_000
    drop = ONE - ltv * 10_000 // threshold
    utilization = ratio_wide(position.borrowed, position.supplied) if position.borrowed else 0
    values = [ltv, limit - ltv, drop, *market_values, utilization, in_volatilities(drop, market_values[0])]
    return [quantize(value, multiplier) for value, multiplier in zip(values, MULTIPLIERS)]
