"""How far the owner of some sources can move an estimate: a search, not a sample.

The attacker sees all prices of a window and changes those of his own sources as he likes, within 30 %. He climbs:
each step he perturbs some of his prices, and keeps what moves the estimate farther the way he wants. The search is
black-box and short, so what it finds is a lower bound of what an attacker can do; all rules face the same one.
"""

import numpy as np

import dataset
import features

STEPS, TRIES = 25, 24
WINDOW = dataset.REPORTED
BOUND = 0.3


def search(estimate, series, ends, owned, direction, seed):
    """For each window the natural logarithm of (estimate after the attack / before it); four sources."""
    shifts = []
    for end in ends:
        rng = np.random.default_rng([seed, end])
        honest = dataset.report_prices(rng, series.closes[end - WINDOW : end + 2], 4)
        best = honest
        before = value = float(np.log(estimate(quantized([honest]))[0]))
        for _ in range(STEPS):
            candidates = [perturbed(rng, best, honest, owned) for _ in range(TRIES)]
            values = np.log(np.maximum(estimate(quantized(candidates)), 1e-3))
            at = int(np.argmax(direction * values))
            if direction * values[at] > direction * value:
                value, best = float(values[at]), candidates[at]
        shifts.append(value - before)
    return np.array(shifts)


def perturbed(rng, logs, honest, owned):
    """One source or all owned ones together: single prices, a stretch, all of them, or a rescaled path."""
    result = logs.copy()
    count, hours = owned, logs.shape[1]
    size = np.exp(rng.uniform(np.log(1e-4), np.log(0.1)))
    start, stop = np.sort(rng.integers(0, hours + 1, 2))
    change = [
        lambda: size * rng.normal(0, 1, hours) * (rng.random(hours) < 0.1),
        lambda: size * rng.normal(0, 1, hours),
        lambda: size * rng.choice([-1, 1]) * ((np.arange(hours) >= start) & (np.arange(hours) < stop)),
        lambda: np.cumsum(size * rng.normal(0, 1, hours)),
        lambda: rng.uniform(-1, 1) * (result[0] - result[0, 0]),
    ][rng.integers(0, 5)]()
    rows = slice(0, count) if rng.random() < 0.5 else slice(*(lambda i: (i, i + 1))(rng.integers(0, count)))
    result[rows] += change
    result[:count] = np.clip(result[:count], honest[:count] - BOUND, honest[:count] + BOUND)
    return result


def quantized(candidates):
    prices = (np.maximum(np.rint(np.exp(logs)), 1).astype(np.int64).tolist() for logs in candidates)
    return np.array([features.compute(rows) for rows in prices])
