"""Hourly candles, and the price updates that they stand for.

A Pyth update has a confidence interval and a moving average; a candle has neither. Both are derived here by a
fixed rule, in integers (units of 1e-8 USD), which whoever replays candles as price updates repeats:

    price       = close
    confidence  = (high - low) // 16
    ema         = close of the first candle, then ema + (close - ema) // 2   (floor division)
    publish time = the candle's time + 3600: a close is known when its hour ends

Halving an hour is Pyth's own average: its weights have a half-life of one hour. A sixteenth of the hour's range
has the magnitude of live confidence intervals (a few basis points), and widens with the market as they do.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
FILES = {"SOL": "sol_1h.csv", "BTC": "btc_1h_2024q1.csv", "ETH": "eth_1h_2024q1.csv"}
HOUR = 3600


@dataclass(frozen=True)
class Series:
    """One asset's candles, oldest first; prices are integers in units of 1e-8 USD."""

    asset: str
    times: list  # publish times, Unix seconds
    highs: list
    lows: list
    closes: list
    confidences: list
    emas: list


def fixed_point(text):
    """A decimal price as an integer in units of 1e-8, exactly."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > 8:
        raise ValueError(f"price {text} has more than 8 decimals")
    return int(whole) * 10**8 + int(fraction.ljust(8, "0"))


def series(asset, times, highs, lows, closes):
    """A `Series`, with confidence and average derived by the rule above."""
    emas, ema = [], closes[0]
    for close in closes:
        ema += (close - ema) // 2
        emas.append(ema)
    confidences = [(high - low) // 16 for high, low in zip(highs, lows)]
    return Series(asset, times, highs, lows, closes, confidences, emas)


def load(asset):
    """Reads an asset's file; refuses a gap, because the features count hours."""
    with open(DATA / FILES[asset], newline="") as file:
        rows = list(csv.DictReader(file))
    times = [int(row["time"]) + HOUR for row in rows]
    if any(later - earlier != HOUR for earlier, later in zip(times, times[1:])):
        raise ValueError(f"{FILES[asset]}: the candles are not one hour apart")
    columns = {name: [fixed_point(row[name]) for row in rows] for name in ("high", "low", "close")}
    return series(asset, times, columns["high"], columns["low"], columns["close"])


def mirrored(original):
    """The same hours with every price p replaced by first^2 / p: rises become falls of the same log size."""
    unit = original.closes[0] ** 2
    highs = [unit // low for low in original.lows]
    lows = [unit // high for high in original.highs]
    closes = [unit // close for close in original.closes]
    return series(original.asset, original.times, highs, lows, closes)


def scaled(original, factor):
    """The same hours with every log return multiplied by `factor`: a calmer or a wilder market of the same shape."""
    first = original.closes[0]

    def scale(prices):
        return [max(1, round(first * math.exp(factor * math.log(price / first)))) for price in prices]

    highs, lows, closes = (scale(prices) for prices in (original.highs, original.lows, original.closes))
    return series(original.asset, original.times, highs, lows, closes)
