"""How far the owner of some sources can move what is published: a search, not a sample.

The attacker sees a round in which every source is sound, and sets price (within 5 %), confidence and lag of his own as he
likes, to move the published price up. He climbs: each step he perturbs his quotes, and keeps what publishes the
highest price; a round that publishes nothing is worth nothing to him. The search is black-box and short, so it finds a
lower bound. All rules face the same one.
"""

import numpy as np

import evaluation
import features
import rules

STEPS, TRIES = 20, 24
BOUND = 0.05


class Round:
    """Candidates of one round, in the shape that judges read."""

    def __init__(self, prices, confidences, lags, present, truth, last):
        self.price, self.confidence, self.present = prices, confidences, np.broadcast_to(present, prices.shape)
        quantized = [
            features.compute(
                [
                    (round(truth * float(np.exp(p))), round(truth * float(c)), int(lag)) if there else None
                    for p, c, lag, there in zip(*row, present)
                ],
                last,
            )
            for row in zip(prices, confidences, lags)
        ]
        self.real = features.real(np.array(quantized))


def publishes(judge, limit, candidates):
    if judge is None:
        return rules.center(candidates.price, candidates.present)
    if judge == evaluation.PYTH:
        return rules.aggregate(candidates.price, candidates.confidence, candidates.present)
    return evaluation.published(candidates.price, candidates.present, judge(candidates) >= limit)


def search(judge, limit, rows, at, owned, seed):
    """The greatest shift of the published price that the search finds, in bps; `owned` sources of round `at`."""
    rng = np.random.default_rng([seed, at])
    present = rows.present[at]
    sources, last = rows.raw[at]
    first = int(np.flatnonzero(present)[0])
    truth = sources[first][0] / float(np.exp(rows.price[at][first]))
    own = np.flatnonzero(present)[:owned]
    lags = np.array([source[2] if source else 0 for source in sources], dtype=float)
    best = (rows.price[at], rows.confidence[at], lags)
    start = value = float(
        np.nan_to_num(publishes(judge, limit, Round(*(part[None] for part in best), present, truth, last))[0])
    )
    for _ in range(STEPS):
        tried = [perturbed(rng, best, own) for _ in range(TRIES)]
        stacked = [np.array(parts) for parts in zip(*tried)]
        values = np.nan_to_num(publishes(judge, limit, Round(*stacked, present, truth, last)), nan=-1)
        if values.max() > value:
            value, best = float(values.max()), tried[int(np.argmax(values))]
    return (value - start) * evaluation.BPS


def perturbed(rng, quotes, own):
    prices, confidences, lags = (part.copy() for part in quotes)
    size = np.exp(rng.uniform(np.log(1e-5), np.log(0.03)))
    together = rng.random() < 0.6
    chosen = own if together else rng.choice(own, 1)
    prices[chosen] += size * (rng.choice([-0.5, 1]) if together else rng.normal(0, 1))
    if rng.random() < 0.3:
        prices[own] = prices[own].mean()
    prices = np.clip(prices, -BOUND, BOUND)
    if rng.random() < 0.5:
        confidences[chosen] = np.exp(rng.uniform(np.log(1e-5), np.log(0.03)))
    if rng.random() < 0.3:
        lags[chosen] = rng.integers(0, 60)
    return prices, confidences, lags


def table(judges, limits, rows, rounds, seed):
    """Shifts in bps for one owned source and for the largest minority."""
    sound = np.flatnonzero((rows.fault == "none") & (rows.present.sum(1) >= 5))
    chosen = np.sort(np.random.default_rng(seed).choice(sound, rounds, replace=False))
    every = {**judges, evaluation.PLAIN: None, evaluation.PYTH: evaluation.PYTH}
    result = {}
    for name, judge in every.items():
        result[name] = {}
        for label, count in (("one", lambda n: 1), ("minority", lambda n: (n - 1) // 2)):
            shifts = [
                search(judge, limits.get(name), rows, at, count(int(rows.present[at].sum())), seed) for at in chosen
            ]
            result[name][label] = {"median": float(np.median(shifts)), "bps_95": float(np.quantile(shifts, 0.95))}
    return result
