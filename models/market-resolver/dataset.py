"""Windows of hourly prices as up to four sources report them, and the volatility that really was.

The truth of a window is the realized volatility of the candles' closes. No source says exactly that: each has a level
of its own, noise from hour to hour, and its first update after the hour comes seconds to minutes late, so it holds
a little of the next hour already. Faults are drawn on top. Those in `TRAINED` occur in training, validation and
test, those in `UNSEEN` in the test alone.

Splits are by time; between two lies a gap of a window and of the hour that lateness reaches into. Training also sees
each path mirrored and with its returns scaled, validation and test only what happened.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import features

sys.path.append(str(Path(__file__).resolve().parent.parent / "liquidation-risk"))
import candles  # noqa: E402

TRAIN_END, VALIDATION_END = 600, 730  # hours of the common timeline
REPORTED = 24  # returns of the windows that are reported; training draws all that the features allow
GAP = max(features.RETURNS) + 1
PATHS = [(scale, mirrored) for scale in (1, 0.5, 0.75, 1.4, 2.0) for mirrored in (False, True)]
REAL = 0
DRAWS = {"train": 3, "validation": 4, "test": 8}  # for each hour, asset and path

LATE, LATEST = 45, 600  # mean and greatest lateness of an update, seconds
TRAINED = ("none", "arbitrary", "spike", "still", "churn", "damped", "gaps", "pair spike", "pair still")
UNSEEN = ("step", "slow drift", "other asset")
# In 2 of 5 windows nothing is wrong; in 1 of 5 one source says whatever it likes.
CHANCES = np.array([0.37, 0.21, *[0.06] * 7])
CHANCES_OF_COUNT = (0.1, 0.15, 0.2, 0.55)  # of one to four sources


@dataclass(frozen=True)
class Rows:
    """Columns of equal length. `prices` are raw (source by hour), kept for the fixture."""

    asset: np.ndarray
    hour: np.ndarray  # of the window's end, on the common timeline
    returns: np.ndarray  # how many the window has
    sources: np.ndarray
    fault: np.ndarray
    quantized: np.ndarray  # (n, 16) integers
    first: np.ndarray  # volatility of the first source alone, percent a day
    truth: np.ndarray  # percent a day
    prices: list

    def __getitem__(self, mask):
        index = np.flatnonzero(mask)
        columns = (
            self.asset,
            self.hour,
            self.returns,
            self.sources,
            self.fault,
            self.quantized,
            self.first,
            self.truth,
        )
        return Rows(*(column[index] for column in columns), [self.prices[i] for i in index])

    def __len__(self):
        return len(self.truth)

    @property
    def real(self):
        return features.real(self.quantized)


def report_prices(rng, closes, count):
    """What `count` sources report of `closes`, of which the last serves lateness alone."""
    path = np.log(np.array(closes, dtype=float))
    steps = np.diff(path)
    level = rng.normal(0, 4e-4, (count, 1))
    noise = 10 ** rng.uniform(-4.0, -2.9, (count, 1))  # 1 to 13 bps
    late = np.minimum(rng.exponential(LATE, (count, len(steps))), LATEST) / candles.HOUR
    return path[:-1] + late * steps + level + noise * rng.normal(0, 1, (count, len(steps)))


def spoil(rng, logs, fault):
    """Applies a fault to the log prices of one or two sources; returns which prices are there."""
    count, hours = logs.shape
    there = np.ones(logs.shape, dtype=bool)
    order = rng.permutation(count)
    one, pair = order[0], order[:2]
    size = np.exp(rng.uniform(np.log(0.004), np.log(0.15))) * rng.choice([-1, 1])
    start = int(rng.integers(0, hours - 3))
    if fault == "spike":  # a wrong price for one to three hours
        logs[one, start : start + int(rng.integers(1, 4))] += size
    elif fault == "pair spike":  # two sources, the same wrong price
        logs[pair, start : start + int(rng.integers(1, 4))] += size
    elif fault == "still":  # the same price again and again
        logs[one, start:] = logs[one, start]
    elif fault == "pair still":
        logs[pair, start:] = logs[pair, start][:, None]
    elif fault == "churn":  # up and down by turns, to feign volatility
        logs[one] += abs(size) / 4 * (-1.0) ** np.arange(hours)
    elif fault == "damped":  # returns made smaller, to hide it
        logs[one] = logs[one, :1] + rng.uniform(0, 0.7) * (logs[one] - logs[one, :1])
    elif fault == "gaps":  # a source on another level, there every now and then
        logs[one] += size / 3
        there[one] = rng.random(hours) < 0.5
    elif fault == "arbitrary":  # returns of any scale and sign, and noise of any size
        logs[one] = logs[one, :1] + rng.uniform(-1, 3) * (logs[one] - logs[one, :1])
        logs[one] += np.exp(rng.uniform(np.log(1e-4), np.log(0.1))) * rng.normal(0, 1, hours)
    elif fault == "step":  # from some hour on another level
        logs[one, start + 1 :] += size
    elif fault == "slow drift":
        logs[one] += np.linspace(0, size, hours)
    elif fault == "other asset":  # from some hour on an unrelated path
        logs[one, start:] += np.cumsum(rng.normal(0, 0.02, hours - start))
    return there


def window(rng, closes, fault, count):
    """Prices in 1e-8 USD, sources by hours, 0 where one is absent."""
    logs = report_prices(rng, closes, count)
    there = spoil(rng, logs, fault)
    prices = np.maximum(np.rint(np.exp(logs)), 1).astype(np.int64)
    return [[int(p) if t else features.ABSENT for p, t in zip(*row)] for row in zip(prices, there)]


def volatility(closes):
    """Realized volatility of true closes, percent a day."""
    returns = np.diff(np.array(closes, dtype=float)) / np.array(closes[:-1], dtype=float)
    return 100 * float(np.sqrt(24 * np.mean(returns**2)))


def first_source(prices):
    """The plain formula on the first source alone, its missing hours left out."""
    there = [p for p in prices[0] if p != features.ABSENT]
    returns = [features.change(a, b) for a, b in zip(there, there[1:])]
    return features.percent_a_day(features.day(returns)) if returns else 0.0


def draw(rng, series, end, returns, fault):
    """One row: the window whose last close is at `end`."""
    count = max(int(rng.choice(features.SOURCES, p=CHANCES_OF_COUNT)), least_sources(fault))
    closes = series.closes[end - returns : end + 2]
    prices = window(rng, closes, fault, count)
    quantized = features.compute(prices)
    return returns, count, fault, quantized, first_source(prices), volatility(closes[:-1]), prices


def least_sources(fault):
    """A fault leaves at least half of the sources sound: with fewer no rule could tell who is right."""
    return 1 if fault == "none" else 4 if fault.startswith("pair") else 3


def split_of(hour):
    if hour < TRAIN_END:
        return "train"
    if TRAIN_END + GAP <= hour < VALIDATION_END:
        return "validation"
    return "test" if hour >= VALIDATION_END + GAP else None


def timeline():
    """Each asset's candles, and when the common timeline starts."""
    loaded = {asset: candles.load(asset) for asset in candles.FILES}
    return list(loaded.values()), max(series.times[0] for series in loaded.values())


def build(seed):
    """Train, validation and test rows. A window belongs to the split of its end, and the gap keeps it there."""
    loaded, start = timeline()
    columns = {name: [] for name in DRAWS}
    for number, real in enumerate(loaded):
        for variant, (scale, mirrored) in enumerate(PATHS):
            series = real if scale == 1 else candles.scaled(real, scale)
            series = candles.mirrored(series) if mirrored else series
            rng = np.random.default_rng([seed, number, variant])
            for end in range(GAP - 1, len(series.closes) - 1):
                hour = (series.times[end] - start) // candles.HOUR
                name = split_of(hour + 1) if hour + 1 < TRAIN_END else split_of(hour)
                if name is None or (variant != REAL and name != "train"):
                    continue
                for _ in range(DRAWS[name]):
                    returns = int(rng.choice(features.RETURNS)) if name == "train" else REPORTED
                    fault = draw_fault(rng, UNSEEN if name == "test" and rng.random() < 0.2 else None)
                    columns[name].append((series.asset, hour, *draw(rng, series, end, returns, fault)))
    return {name: collect(rows) for name, rows in columns.items()}


def test_of_length(seed, returns):
    """Test rows whose windows have another number of returns; faults as in training."""
    rows = []
    loaded, start = timeline()
    for number, series in enumerate(loaded):
        rng = np.random.default_rng([seed, number, returns])
        for end in range(GAP - 1, len(series.closes) - 1):
            hour = (series.times[end] - start) // candles.HOUR
            if split_of(hour) == "test":
                rows.append((series.asset, hour, *draw(rng, series, end, returns, draw_fault(rng, None))))
    return collect(rows)


def draw_fault(rng, among):
    return str(rng.choice(among) if among else rng.choice(TRAINED, p=CHANCES))


def collect(rows):
    parts = [list(part) for part in zip(*rows)]
    return Rows(*(np.array(part) for part in parts[:-1]), parts[-1])
