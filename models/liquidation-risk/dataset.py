"""Positions over real price paths, and what happened to them.

A row is one position at one hour of one asset: its sixteen features, and the label "within the next HORIZON hours
its LTV reached the liquidation threshold". The future enters through the candles' lows, so a dip inside an hour
counts, and through the interest that the debt accrues. The comparison is exact, in integers.

Splits are by time: train, then validation, then test. Between two splits lies a gap of a feature window and a
horizon, so that no candle takes part in two of them.

Six weeks of three correlated assets are few independent events. Training therefore also sees each path mirrored
(no preference for a rising market, which these weeks were) and with its returns scaled (other levels of
volatility). Validation and test see only what happened.
"""

from dataclasses import dataclass

import numpy as np

import candles
import features

HORIZON = 6  # hours
GAP = features.WINDOW - 1 + HORIZON
TRAIN_END, VALIDATION_END = 600, 730  # hours of the common timeline; a split starts GAP after the last one's end
HOURS_IN_YEAR = 8760

# Draws for each hour, asset and orientation of the path. `close` is the population that the report measures: within
# reach of a few hours' fall. `wide` and `past` teach the network the rest of its domain, where the answer is plain.
DRAWS = {"close": 8, "wide": 3, "past": 1}
PATHS = [(scale, mirrored) for scale in (1, 0.6, 0.8, 1.25, 1.6) for mirrored in (False, True)]
REAL = 0  # the path in PATHS that is as it happened
DROPS = {"close": (0.0005, 0.08), "wide": (0.08, 0.6), "past": (-0.1, 0.0)}


@dataclass(frozen=True)
class Rows:
    """Columns of equal length. `inputs` are raw (market window and position), kept for the fixture."""

    asset: np.ndarray
    hour: np.ndarray  # on the common timeline
    kind: np.ndarray
    derived: np.ndarray  # from a path that is not a real one
    quantized: np.ndarray  # (n, 16) integers
    label: np.ndarray
    inputs: list

    def __getitem__(self, mask):
        index = np.flatnonzero(mask)
        columns = (self.asset, self.hour, self.kind, self.derived, self.quantized, self.label)
        return Rows(*(column[index] for column in columns), [self.inputs[i] for i in index])

    def __len__(self):
        return len(self.label)

    @property
    def real(self):
        """The features as the network's real inputs."""
        return self.quantized / float(1 << features.SCALE)


def annual_rate_bps(borrowed, supplied):
    """A kinked borrow rate: 2 % at rest, 10 % at 80 % utilization, 150 % when all is lent."""
    used = min(borrowed * 10_000 // supplied, 10_000)
    return 200 + 800 * used // 8_000 if used <= 8_000 else 1_000 + 14_000 * (used - 8_000) // 2_000


def becomes_liquidatable(series, now, position):
    """Whether LTV reaches the threshold at some candle's low among the next HORIZON."""
    rate = annual_rate_bps(position.borrowed, position.supplied)
    year = 10_000 * HOURS_IN_YEAR
    for hours in range(1, HORIZON + 1):
        debt = position.debt_value * (year + rate * hours) * 10_000 * series.closes[now]
        limit = position.collateral_value * position.liquidation_threshold_bps * year * series.lows[now + hours]
        if debt >= limit:
            return True
    return False


def draw_position(rng, kind):
    """A random position whose price may fall by a random `drop` before it becomes liquidatable."""
    threshold = int(rng.integers(6_500, 9_001))
    drop = rng.uniform(*DROPS[kind])
    collateral = int(10 ** rng.uniform(2, 6) * features.PRICE_UNIT)
    debt = round(collateral * threshold * (1 - drop) / 10_000)
    supplied = int(10 ** rng.uniform(5, 8)) * features.PRICE_UNIT
    borrowed = int(supplied * rng.uniform(0.1, 1.0))
    return features.Position(collateral, debt, threshold, borrowed, supplied)


def build(seed):
    """All rows of all assets. Real paths come whole. Paths derived from them (mirrored, and with returns scaled)
    serve training alone, and stop where training stops."""
    loaded = {asset: candles.load(asset) for asset in candles.FILES}
    start = max(series.times[0] for series in loaded.values())
    names = ("asset", "hour", "kind", "derived", "quantized", "label", "inputs")
    columns = {name: [] for name in names}
    for number, real in enumerate(loaded.values()):
        for variant, (scale, mirrored) in enumerate(PATHS):
            series = real if scale == 1 else candles.scaled(real, scale)
            series = candles.mirrored(series) if mirrored else series
            rng = np.random.default_rng([seed, number, variant])
            for now in range(features.WINDOW - 1, len(series.closes) - HORIZON):
                hour = (series.times[now] - start) // candles.HOUR
                if variant != REAL and hour >= TRAIN_END:
                    break
                prices = (series.closes[now - features.WINDOW + 1 : now + 1], series.confidences[now], series.emas[now])
                market = features.market(*prices)
                for kind, count in DRAWS.items():
                    for _ in range(count):
                        position = draw_position(rng, kind)
                        quantized = features.compute(market, position)
                        label = becomes_liquidatable(series, now, position)
                        row = (series.asset, hour, kind, variant != REAL, quantized, label, (prices, position))
                        for name, value in zip(names, row):
                            columns[name].append(value)
    inputs = columns.pop("inputs")
    return Rows(*(np.array(column) for column in columns.values()), inputs)


def split(rows):
    """Train (derived paths included), validation and test (real paths only)."""
    train = rows[rows.hour < TRAIN_END]
    validation = rows[~rows.derived & (rows.hour >= TRAIN_END + GAP) & (rows.hour < VALIDATION_END)]
    test = rows[~rows.derived & (rows.hour >= VALIDATION_END + GAP)]
    return train, validation, test
