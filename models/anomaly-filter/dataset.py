"""Rounds of a price feed: what up to eight sources say of a minute, and which of them are wrong.

A round is made of one hourly candle. Its return, times a factor, is what the price moved since the last round: at a
factor of 1/8, about 1 / sqrt(60), the hour stands for a minute of the same market; larger factors stand for minutes
like those of a crash. A quote's confidence follows the candle's range by the rule of `candles.py` and the same factor. A
sound source is off by a part of its confidence and by a level of its own, and its update comes some seconds after the
minute, holding a little of the next move.

A manipulated source is **wrong** when it is farther from the true price than sound sources of that round are: four times
their standard deviation, and 5 bps at least. A smaller manipulation is not counted: it harms nobody.

Manipulations in `TRAINED` occur in training, validation and test; those in `UNSEEN` in the test alone. Splits are by
time, with a gap between them. Training also sees the paths mirrored.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import features

sys.path.append(str(Path(__file__).resolve().parent.parent / "liquidation-risk"))
import candles  # noqa: E402

TRAIN_END, VALIDATION_END, GAP = 600, 730, 30  # hours of the common timeline
DRAWS = {"train": 12, "validation": 10, "test": 12}  # for each hour, asset and path
FACTORS = (1 / 8, 1 / 4, 1 / 2, 1)
CHANCES_OF_FACTOR = (0.55, 0.2, 0.15, 0.1)
NUMBERS = (3, 4, 5, 6, 7, 8)  # of sources in a feed

TRAINED = ("none", "spike", "collusion", "stuck", "drift", "wide", "stale")
CHANCES = (0.4, 0.15, 0.15, 0.1, 0.1, 0.05, 0.05)
UNSEEN = ("opposed", "jitter")  # two sources off to either side; a minority off, each elsewhere
SIGMAS, LEAST_WRONG = 4.0, 5e-4
HISTORY = 12  # rounds that a stuck or stale price may be old

LATE, LATEST = 8, 60  # mean and greatest lag of an update, seconds


@dataclass(frozen=True)
class Rows:
    """Columns of equal length; of each of eight sources where two-dimensional."""

    asset: np.ndarray
    hour: np.ndarray
    fault: np.ndarray
    quantized: np.ndarray  # (n, 32) integers
    present: np.ndarray  # (n, 8)
    wrong: np.ndarray  # (n, 8)
    price: np.ndarray  # (n, 8) natural logarithm of price / truth; zero where absent
    confidence: np.ndarray  # (n, 8) fraction of the price
    raw: list  # sources and last price, for the fixture

    def __getitem__(self, mask):
        index = np.flatnonzero(mask)
        names = ("asset", "hour", "fault", "quantized", "present", "wrong", "price", "confidence")
        return Rows(*(getattr(self, name)[index] for name in names), [self.raw[i] for i in index])

    def __len__(self):
        return len(self.fault)

    @property
    def real(self):
        return features.real(self.quantized)


def draw(rng, series, at, fault):
    """One round at candle `at`."""
    factor = rng.choice(FACTORS, p=CHANCES_OF_FACTOR)
    path = np.log(np.array(series.closes[at - HISTORY : at + 2], dtype=float)) * factor
    path += np.log(series.closes[at]) - path[HISTORY]  # the truth of the round is the candle's close
    truth, before, ahead = path[HISTORY], path[HISTORY - 1], path[HISTORY + 1] - path[HISTORY]
    last = before + rng.normal(0, 1e-4)
    count = int(rng.choice(NUMBERS))
    base = max(factor * series.confidences[at] / series.closes[at], 0.5e-4)
    confidence = base * np.exp(rng.normal(0, 0.35, count))
    lag = np.minimum(rng.exponential(LATE, count), LATEST - 1)
    sigma = float(np.hypot(0.5 * base, 1e-4))
    off = rng.normal(0, 0.5, count) * confidence + rng.normal(0, 1e-4, count) + ahead * lag / 60
    sound = off.copy()
    spoil(rng, fault, off, confidence, lag, path[: HISTORY + 1] - truth)
    wrong = (off != sound) & (np.abs(off) > max(SIGMAS * sigma, LEAST_WRONG))
    places = rng.permutation(count)  # a feed of fewer sources fills the first places
    lost = (rng.random(count) < 0.04) & ~wrong
    if count - lost.sum() < 3:
        lost[:] = False
    sources, columns = [None] * features.SOURCES, np.zeros((4, features.SOURCES))
    for i, place in enumerate(places):
        if not lost[i]:
            price = max(int(round(np.exp(truth + off[i]))), 1)
            sources[place] = (price, int(price * confidence[i]), int(lag[i]))
            columns[:, place] = 1, wrong[i], off[i], confidence[i]
    last_price = int(round(np.exp(last)))
    quantized = features.compute(sources, last_price)
    present, wrong, price, confidence = columns
    return fault, quantized, present > 0, wrong > 0, price, confidence, (sources, last_price)


def spoil(rng, fault, off, confidence, lag, history):
    """Applies a manipulation in place. `history`: earlier true prices against the present one, as logarithms, oldest first."""
    count = len(off)
    minority = (count - 1) // 2
    order = rng.permutation(count)
    size = np.exp(rng.uniform(np.log(0.001), np.log(0.2))) * rng.choice([-1, 1])
    if fault == "spike":
        off[order[0]] += size
    elif fault == "collusion":  # as many as a minority can be, the same wrong price, confident
        chosen = order[: int(rng.integers(1, minority + 1))]
        off[chosen] = size + off[chosen] * rng.uniform(0, 1)
        confidence[chosen] *= rng.uniform(0.2, 1)
    elif fault == "stuck":  # the price of some rounds ago, with fresh times
        chosen = order[: int(rng.integers(1, minority + 1))]
        off[chosen] = history[-1 - int(rng.integers(1, HISTORY + 1))]
    elif fault == "drift":  # a little more each round: caught early or late
        off[order[0]] += np.sign(size) * rng.uniform(0.001, 0.01)
    elif fault == "wide":  # a source that knows little, and says so
        wide = rng.uniform(0.003, 0.03)
        off[order[0]] += wide * rng.normal()
        confidence[order[0]] = wide
    elif fault == "stale":  # an old price that comes late, its confidence grown
        chosen = order[0]
        off[chosen] = history[-1 - int(rng.integers(1, 5))]
        lag[chosen] = rng.uniform(30, LATEST - 1)
        confidence[chosen] *= rng.uniform(1, 4)
    elif fault == "opposed" and minority >= 2:
        off[order[0]] += abs(size)
        off[order[1]] -= abs(size) * rng.uniform(0.5, 1.5)
    elif fault == "jitter":
        chosen = order[:minority]
        off[chosen] += abs(size) * rng.normal(0, 1, len(chosen))


def split_of(hour):
    if hour < TRAIN_END:
        return "train"
    if TRAIN_END + GAP <= hour < VALIDATION_END:
        return "validation"
    return "test" if hour >= VALIDATION_END + GAP else None


def build(seed):
    """Train, validation and test rows; only training has mirrored paths."""
    loaded = {asset: candles.load(asset) for asset in candles.FILES}
    start = max(series.times[0] for series in loaded.values())
    rows = {name: [] for name in DRAWS}
    for number, real in enumerate(loaded.values()):
        for variant, series in enumerate((real, candles.mirrored(real))):
            rng = np.random.default_rng([seed, number, variant])
            for at in range(HISTORY, len(series.closes) - 1):
                hour = (series.times[at] - start) // candles.HOUR
                name = split_of(hour)
                if name is None or (variant and name != "train"):
                    continue
                for _ in range(DRAWS[name]):
                    unseen = name == "test" and rng.random() < 0.15
                    fault = str(rng.choice(UNSEEN) if unseen else rng.choice(TRAINED, p=CHANCES))
                    rows[name].append((series.asset, hour, *draw(rng, series, at, fault)))
    return {name: collect(part) for name, part in rows.items()}


def collect(rows):
    parts = [list(part) for part in zip(*rows)]
    return Rows(*(np.array(part) for part in parts[:-1]), parts[-1])
