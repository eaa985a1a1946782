"""The model's sixteen inputs: what a market program computes from the hourly prices that it observed.

Integers only, and no result depends on the order of the sources. `features.csv`, written by `train.py`, holds raw
inputs and results for a test of the program's arithmetic.

    M[h]     median of the present prices at hour h
    r[s][h]  return of source s from hour h to h + 1, where both prices are there
    R[h]     median of the sources' returns; if there is none, the return of M
    day(x)   the daily volatility of hourly returns x: sqrt(24 * mean of squares)
    V        day(r[s]) of the sources, ascending

All in units of 2^-20; `arithmetic.py` has ratio, median and rounding.
"""

import sys
from math import isqrt
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

from arithmetic import FRACTION, SCALE, change, median, quantize, ratio  # noqa: E402

NAMES = [
    "volatility_of_medians",  # day(returns of M)
    "volatility_of_median_returns",  # day(R)
    "volatility_lowest",  # V, and so the next three
    "volatility_lower_median",
    "volatility_upper_median",
    "volatility_highest",
    "bipower",  # sqrt(24 * mean of |R[h] R[h+1]|): volatility that one jump does not move
    "absolute_returns",  # 24 * mean of |R|
    "largest_return",  # max |R|
    "bounce",  # signed root of 24 * mean of R[h] R[h+1]: noise of the quotes makes it negative
    "range",  # (max M - min M) / min M
    "mean_spread",  # mean over hours of (highest - lowest price) / M
    "largest_spread",
    "still_median",  # share of hours with R = 0
    "still_source",  # the largest such share of one source
    "absent",  # share of prices that are not there
]
MULTIPLIERS = [4, 4, 4, 4, 4, 4, 4, 2, 5, 4, 4, 7, 5, 1, 1, 1]  # base-2 logarithms
COUNT = 16
RETURNS = range(12, 32)  # numbers of hours that the formulas and the model are made for
SOURCES = range(1, 5)
ABSENT = 0  # in place of a price


def day(returns):
    return isqrt(24 * sum(r * r for r in returns) // len(returns))


def observed(before, after):
    return before != ABSENT and after != ABSENT


def values(prices):
    """The sixteen values before rounding, in units of 2^-20. `prices[source][hour]` in 1e-8 USD, oldest first."""
    hours = len(prices[0])
    count = hours - 1
    assert count in RETURNS and len(prices) in SOURCES
    present = [[source[h] for source in prices if source[h] != ABSENT] for h in range(hours)]
    assert all(present), "an hour without any price"
    medians = [median(there) for there in present]
    of_medians = [change(a, b) for a, b in zip(medians, medians[1:])]
    by_source = [[change(a, b) for a, b in zip(s, s[1:]) if observed(a, b)] for s in prices]
    by_source = [returns for returns in by_source if returns]
    common = []
    for h in range(count):
        there = [change(s[h], s[h + 1]) for s in prices if observed(s[h], s[h + 1])]
        common.append(median(there) if there else of_medians[h])
    ordered = sorted(day(returns) for returns in by_source) or [day(of_medians)]
    last = len(ordered) - 1
    neighbours = [a * b for a, b in zip(common, common[1:])]
    bounce = sum(neighbours)
    rooted = isqrt(24 * abs(bounce) // (count - 1))
    spreads = [ratio(max(there) - min(there), middle) for there, middle in zip(present, medians)]
    still = [(sum(r == 0 for r in returns) << FRACTION) // len(returns) for returns in by_source]
    absent = sum(price == ABSENT for source in prices for price in source)
    return [
        day(of_medians),
        day(common),
        ordered[0],
        ordered[last // 2],
        ordered[(last + 1) // 2],
        ordered[last],
        isqrt(24 * sum(abs(product) for product in neighbours) // (count - 1)),
        24 * sum(abs(r) for r in common) // count,
        max(abs(r) for r in common),
        -rooted if bounce < 0 else rooted,
        ratio(max(medians) - min(medians), min(medians)),
        sum(spreads) // hours,
        max(spreads),
        (sum(r == 0 for r in common) << FRACTION) // count,
        max(still, default=0),
        (absent << FRACTION) // (len(prices) * hours),
    ]


def compute(prices):
    """The sixteen integers."""
    return [quantize(value, multiplier) for value, multiplier in zip(values(prices), MULTIPLIERS)]


def real(quantized):
    """Integers as the network's real inputs."""
    return quantized / float(1 << SCALE)


def percent_a_day(value):
    """A volatility in units of 2^-20 as percent a day."""
    return 100 * value / (1 << FRACTION)
