"""How near the estimates come to the volatility that was, and how often they decide a question wrongly."""

import numpy as np
from sklearn.metrics import roc_auc_score

import attack
import dataset
import features

LEVELS = (2, 3, 4)  # percent a day: questions "did it reach the level?"
SCALE = 1 << 10  # of the model's output
BLOCK = 24  # hours in a bootstrap block
RESAMPLES = 1000
MODEL, MEDIAN = "model", "median price"


def plain(rows):
    """The plain formula, sqrt(24 * mean of squared returns), on three readings of the sources."""
    return {MEDIAN: of_medians(rows.quantized), "median return": of_returns(rows.quantized), "first source": rows.first}


def column(quantized, name):
    """A volatility among the features, as percent a day."""
    place = features.NAMES.index(name)
    return 100 * quantized[:, place] / (1 << features.SCALE + features.MULTIPLIERS[place])


def of_medians(quantized):
    return column(quantized, "volatility_of_medians")


def of_returns(quantized):
    return column(quantized, "volatility_of_median_returns")


def relative(estimates, truth):
    return np.abs(estimates / truth - 1)


def quality(estimates, rows):
    missed = relative(estimates, rows.truth)
    return {
        "mean_error": float(missed.mean()),
        "error_95": float(np.quantile(missed, 0.95)),
        "levels": {str(level): at_level(estimates, rows.truth, level) for level in LEVELS},
    }


def at_level(estimates, truth, level):
    above = truth >= level
    return {"roc_auc": roc_auc_score(above, estimates), "wrong": float(((estimates >= level) != above).mean())}


def with_leads(rules, rows, seed):
    """Each rule's quality; with the model's lead over it in mean error and in wrong decisions, 95 % intervals.

    The bootstrap draws whole days, all assets together."""
    result = {name: quality(estimates, rows) for name, estimates in rules.items()}
    block = rows.hour // BLOCK
    members = [np.flatnonzero(block == b) for b in np.unique(block)]
    rng = np.random.default_rng(seed)
    draws = [
        np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))]) for _ in range(RESAMPLES)
    ]
    for name in rules:
        if name == MODEL:
            continue
        leads = {"mean_error": relative(rules[name], rows.truth) - relative(rules[MODEL], rows.truth)}
        for level in LEVELS:
            wrong = [(rules[rule] >= level) != (rows.truth >= level) for rule in (name, MODEL)]
            leads[f"wrong_{level}"] = wrong[0].astype(float) - wrong[1]
        result[name]["model_leads_by"] = {
            key: {"value": float(lead.mean()), "interval": interval([lead[draw].mean() for draw in draws])}
            for key, lead in leads.items()
        }
    return result


def interval(values):
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def by_group(rules, rows, key, groups):
    """Mean relative error and wrong decisions, all levels together, of each rule in each group of rows."""
    table = {}
    for group in groups:
        inside = key == group
        truth = rows.truth[inside]
        table[str(group)] = {"windows": int(inside.sum())}
        for name, estimates in rules.items():
            wrong = [((estimates[inside] >= level) != (truth >= level)).mean() for level in LEVELS]
            table[str(group)][name] = {
                "mean_error": float(relative(estimates[inside], truth).mean()),
                "wrong": float(np.mean(wrong)),
            }
    return table


def attacks(estimators, seed):
    """What one and two owners of four sources move, on test windows of SOL; as a factor of the estimate."""
    series = dataset.candles.load("SOL")
    ends = range(dataset.VALIDATION_END + dataset.GAP + dataset.REPORTED, len(series.closes) - 2, 8)
    table = {}
    for name, estimate in estimators.items():
        table[name] = {"windows": len(ends)}
        for owned in (1, 2):
            for way, direction in (("up", 1), ("down", -1)):
                shifts = attack.search(estimate, series, ends, owned, direction, seed)
                worst = shifts[np.argmax(np.abs(shifts))]
                table[name][f"{owned}_{way}"] = {
                    "median": float(np.exp(np.median(shifts))),
                    "worst": float(np.exp(worst)),
                }
    return table


def quantized(integers, float_estimates, rows):
    """The circuit's integers against the float model's answers."""
    estimates = integers[:, 0] / SCALE
    return {
        **quality(estimates, rows),
        "rows": len(rows),
        "largest_difference": float(np.abs(estimates - float_estimates).max()),
        "flips": {str(level): int(((estimates >= level) != (float_estimates >= level)).sum()) for level in LEVELS},
    }
