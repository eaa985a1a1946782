"""How well scores and tiers tell good credits from bad ones, next to logistic regression."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scorer

MODEL, CODES, ONE_HOT, EVERYTHING = "network", "logistic, same inputs", "logistic, one-hot", "logistic, all attributes"
FOLDS, REPEATS = 5, 10
RESAMPLES = 2000
INVERSE_PENALTY = 0.03  # of logistic regression, the best of 0.01, 0.03, 0.1 and 1 on the folds


def logistic(inputs, bad, seed):
    """Scores of the good by a penalized logistic regression, as a function of inputs."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, max_iter=2000))
    return pipeline.fit(inputs, ~bad).decision_function


def network(inputs, bad, seed):
    return scorer.fit(inputs, bad, seed).scores


def folds(encodings, bad, train, seed):
    """ROC AUC over repeated folds of the training rows, and the network's scores of the rows it had not seen.

    The lead's spread is over repeats: the folds of one repeat share training rows."""
    values = {name: np.zeros((REPEATS, FOLDS)) for name in encodings}
    unseen = np.zeros((REPEATS, len(bad)))
    for repeat in range(REPEATS):
        split = StratifiedKFold(FOLDS, shuffle=True, random_state=seed + repeat).split(train, bad[train])
        for fold, (inside, outside) in enumerate(split):
            inside, outside = train[inside], train[outside]
            for name, inputs in encodings.items():
                fit = network if name == MODEL else logistic
                scores = fit(inputs[inside], bad[inside], seed + repeat)(inputs[outside])
                values[name][repeat, fold] = roc_auc_score(~bad[outside], scores)
                if name == MODEL:
                    unseen[repeat, outside] = scores
    result = {}
    for name, table in values.items():
        lead = values[MODEL].mean(1) - table.mean(1)
        result[name] = {"roc_auc": float(table.mean()), "deviation_of_folds": float(table.std())}
        if name != MODEL:
            result[name]["network_leads_by"] = {
                "value": float(lead.mean()),
                "least": float(lead.min()),
                "most": float(lead.max()),
            }
    return result, unseen.mean(0)


def held_out(scores, bad, seed):
    """ROC AUC on the test rows, and the network's lead, with 95 % bootstrap intervals."""
    good = ~bad
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(bad), len(bad)) for _ in range(RESAMPLES)]
    auc = lambda name, rows=slice(None): roc_auc_score(good[rows], scores[name][rows])  # noqa: E731
    result = {}
    for name in scores:
        result[name] = {"roc_auc": auc(name), "interval": interval([auc(name, draw) for draw in draws])}
        if name != MODEL:
            leads = [auc(MODEL, draw) - auc(name, draw) for draw in draws]
            result[name]["network_leads_by"] = {"value": auc(MODEL) - auc(name), "interval": interval(leads)}
    return result


def interval(values):
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def by_tier(tiers, bad):
    return [
        {
            "applicants": int((tiers == tier).sum()),
            "bad": float(bad[tiers == tier].mean()) if (tiers == tier).any() else None,
        }
        for tier in range(scorer.TIERS)
    ]


def quantized(circuit, tiers, score_integers, scores, bad, test):
    """The circuit's tiers and the integer scores behind such a circuit, against the float model: test and all rows."""
    return {
        "rows": len(bad),
        "flips": int((circuit != tiers).sum()),
        "flips_on_test": int((circuit[test] != tiers[test]).sum()),
        "furthest_flip": int(np.abs(circuit - tiers).max()),
        "score_roc_auc": roc_auc_score(~bad[test], score_integers[test]),
        "float_score_roc_auc": roc_auc_score(~bad[test], scores[test]),
        "tier_roc_auc": roc_auc_score(~bad[test], circuit[test]),
        "float_tier_roc_auc": roc_auc_score(~bad[test], tiers[test]),
        "test_tiers": by_tier(circuit[test], bad[test]),
    }
