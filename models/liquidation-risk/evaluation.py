"""How well scores rank positions, next to the rules a protocol would use without a model."""

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

import dataset
import features
from network import sigmoid

TARGET_PRECISION = 2 / 3  # two right for one wrong: where the program's threshold is set, on validation
BLOCK = 24  # hours in a bootstrap block
RESAMPLES = 1000

LTV, DROP, BUFFER = (features.NAMES.index(name) for name in ("ltv", "drop_to_liquidation", "buffer_in_volatilities"))


def rankings(network, rows):
    """Every ranking that is compared, larger meaning riskier."""
    real = rows.real
    return {
        "model": network.logits(real),
        "LTV": real[:, LTV],
        "distance": -real[:, DROP],
        "distance / volatility": -real[:, BUFFER],
    }


def quality(labels, ranking):
    return {
        "roc_auc": roc_auc_score(labels, ranking),
        "average_precision": average_precision_score(labels, ranking),
    }


def with_intervals(rows, ranked, seed):
    """Quality of each ranking, and of the model's lead over each, with 95 % intervals.

    The bootstrap draws whole blocks of hours, all assets together: positions of one hour, hours of one day and the
    three assets of one hour are not independent."""
    samples = {name: {"roc_auc": [], "average_precision": []} for name in ranked}
    for chosen in resamples(rows, seed):
        for name, ranking in ranked.items():
            for measure, value in quality(rows.label[chosen], ranking[chosen]).items():
                samples[name][measure].append(value)
    result = {}
    for name, ranking in ranked.items():
        result[name] = {}
        for measure, value in quality(rows.label, ranking).items():
            entry = {"value": value, "interval": interval(samples[name][measure])}
            if name != "model":
                lead = np.subtract(samples["model"][measure], samples[name][measure])
                own = quality(rows.label, ranked["model"])[measure]
                entry["model_leads_by"] = {"value": own - value, "interval": interval(lead)}
            result[name][measure] = entry
    return result


def resamples(rows, seed):
    """Index arrays of the bootstrap's draws: as many whole blocks as there are, with repetition."""
    block = rows.hour // BLOCK
    members = [np.flatnonzero(block == b) for b in np.unique(block)]
    rng = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        yield np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])


def interval(values):
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def choose_threshold(labels, logits):
    """The least score, in units of 2^-8, from which on precision is at least the target."""
    order = np.argsort(-logits, kind="stable")
    precision = np.cumsum(labels[order]) / np.arange(1, len(order) + 1)
    last = np.flatnonzero(precision >= TARGET_PRECISION)[-1]
    return float(np.ceil(logits[order][last] * 256) / 256)


def at_threshold(labels, ranking, threshold):
    flagged = ranking >= threshold
    hits = int((flagged & labels).sum())
    return {
        "flagged": float(flagged.mean()),
        "precision": hits / max(int(flagged.sum()), 1),
        "recall": hits / int(labels.sum()),
    }


def operating_points(test, ranked_validation, ranked_test, threshold, seed):
    """Precision and recall on the test set, with intervals as above. Every rule gets the threshold that flags, on
    validation, as many positions as the model's does."""
    rate = float((ranked_validation["model"] >= threshold).mean())
    points = {}
    for name, ranking in ranked_test.items():
        own = threshold if name == "model" else float(np.quantile(ranked_validation[name], 1 - rate))
        points[name] = {"threshold": own, **at_threshold(test.label, ranking, own)}
        drawn = [at_threshold(test.label[chosen], ranking[chosen], own) for chosen in resamples(test, seed)]
        for measure in ("precision", "recall"):
            points[name][f"{measure}_interval"] = interval([draw[measure] for draw in drawn])
    return points


def calibration(labels, logits):
    """Predicted against observed frequency, by predicted probability."""
    probabilities = sigmoid(logits)
    edges = [0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.000001]
    bins = []
    for low, high in zip(edges, edges[1:]):
        inside = (probabilities >= low) & (probabilities < high)
        if inside.any():
            bins.append(
                {
                    "from": low,
                    "to": min(high, 1),
                    "positions": int(inside.sum()),
                    "predicted": float(probabilities[inside].mean()),
                    "observed": float(labels[inside].mean()),
                }
            )
    return {"brier": float(np.mean((probabilities - labels) ** 2)), "bins": bins}


def score_table(network, rows):
    """Median score of the close positions, by distance and by volatility: what the number looks like in use."""
    drops = [(-0.1, 0.0), (0.0, 0.005), (0.005, 0.01), (0.01, 0.02), (0.02, 0.04), (0.04, 0.08)]
    volatilities = [(0.0, 0.02), (0.02, 0.04), (0.04, 0.08)]
    drop = rows.real[:, DROP] / 8
    volatility = rows.real[:, features.NAMES.index("volatility_24h")] / 16
    logits = network.logits(rows.real)
    table = []
    for low, high in drops:
        row = {"drop": [low, high], "median_score": []}
        for calm, wild in volatilities:
            inside = (drop >= low) & (drop < high) & (volatility >= calm) & (volatility < wild)
            row["median_score"].append(float(np.median(logits[inside])) if inside.any() else None)
        table.append(row)
    return {"volatility_24h": [list(bounds) for bounds in volatilities], "rows": table}


def debt_monotonicity(network, rows):
    """Whether more debt ever lowers the score: each row against the same position with 1 % more debt."""
    worst, falls, base = 0.0, 0, network.logits(rows.real)
    more = []
    for prices, position in rows.inputs:
        heavier = features.Position(
            position.collateral_value,
            position.debt_value + position.debt_value // 100,
            position.liquidation_threshold_bps,
            position.borrowed,
            position.supplied,
        )
        more.append(features.compute(features.market(*prices), heavier))
    rise = network.logits(np.array(more) / float(1 << features.SCALE)) - base
    falls, worst = int((rise < 0).sum()), float(max(0.0, -rise.min()))
    return {"pairs": len(rise), "score_falls": falls, "largest_fall": worst}


def importance(network, rows, seed):
    """Average precision lost when one feature is shuffled across the rows."""
    rng = np.random.default_rng(seed)
    base = quality(rows.label, network.logits(rows.real))["average_precision"]
    lost = {}
    for column, name in enumerate(features.NAMES):
        shuffled = rows.real
        shuffled[:, column] = rng.permutation(shuffled[:, column])
        lost[name] = base - quality(rows.label, network.logits(shuffled))["average_precision"]
    return lost


def rolling_origin(rows, fit, seed):
    """Five folds that each train on the past and are measured on the next 100 hours, all before the test set. The
    network's settings were chosen on these, so they flatter it a little; the test set was not used for that."""
    folds = []
    for cut in range(200, 601, 100):
        past = rows[rows.hour < cut]
        future = (rows.hour >= cut + dataset.GAP) & (rows.hour < cut + dataset.GAP + 100)
        held_out = rows[future & (rows.hour < dataset.VALIDATION_END) & ~rows.derived & (rows.kind == "close")]
        network = fit(past.real, past.label.astype(float), seed)
        measured = {name: quality(held_out.label, r) for name, r in rankings(network, held_out).items()}
        folds.append({"trained_before_hour": cut, **measured})
    return folds
