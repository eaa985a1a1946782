"""What the model finds, what it takes for wrong that is not, and what a feed then publishes; next to rules without one.

Every judge turns a round into a suspicion of each source, and a source is out from a threshold on. Each threshold is the
one at which a hundredth of the sound sources of the validation rounds is out. What is published is the median of those
that are left, if they are a majority of the present ones; else nothing.
"""

import numpy as np
from sklearn.metrics import roc_auc_score

import rules

MODEL, PLAIN, PYTH = "model", "plain median", "Pyth's aggregate"
FALSE_ALARMS = 0.01
SCALE = 1 << 8  # of the model's outputs
BPS = 1e4
SIZES = (5, 15, 50, 150)  # bps
LARGE, MANY = 50, 0.4  # bps; share of a round's sources


def judges(model):
    """Suspicion by name, of rows."""
    result = {MODEL: lambda rows: -model.scores(rows.real)}
    for name in (rules.MEDIAN, rules.SCALED, rules.VOTES):
        result[name] = lambda rows, name=name: rules.suspicion(rows.price, rows.confidence, rows.present)[name]
    return result


def sound(rows):
    return rows.present & ~rows.wrong


def threshold(suspicion, rows):
    return float(np.quantile(suspicion[sound(rows)], 1 - FALSE_ALARMS))


def score_threshold(model, validation):
    """The least score that lets a source in, in units of 2^-8; rounded down, so no more false alarms than said."""
    return int(np.floor(-threshold(-model.scores(validation.real), validation) * SCALE))


def detection(suspicion, out, rows, faults):
    """Ranking, false alarms and the share of wrong sources found, by manipulation."""
    found = {}
    for fault in faults:
        wrong = rows.wrong & (rows.fault == fault)[:, None]
        if wrong.any():
            found[fault] = {"sources": int(wrong.sum()), "found": float(out[wrong].mean())}
    return {
        "roc_auc": roc_auc_score(rows.wrong[rows.present], suspicion[rows.present]),
        "false_alarms": float(out[sound(rows)].mean()),
        "found": float(out[rows.wrong].mean()),
        "by_fault": found,
    }


def by_size(outs, rows):
    """The share of wrong sources found, by how far from the truth they are."""
    distance = np.abs(rows.price) * BPS
    table = []
    for low, high in zip(SIZES, (*SIZES[1:], np.inf)):
        inside = rows.wrong & (distance >= low) & (distance < high)
        found = {name: float(out[inside].mean()) for name, out in outs.items()}
        table.append({"from_bps": low, "sources": int(inside.sum()), **found})
    return table


def large_misses(out, rows):
    """Wrong sources of 50 bps and more that the model lets in, and how many of them are among many."""
    missed = rows.wrong & ~out & (np.abs(rows.price) * BPS >= LARGE)
    many = rows.wrong.sum(1) >= MANY * rows.present.sum(1)
    return {"sources": int(missed.sum()), "among_many": int((missed & many[:, None]).sum())}


def published(prices, present, out):
    """Log of the published price against the truth; NaN where nothing is published."""
    left = present & ~out
    enough = left.sum(1) * 2 > present.sum(1)
    masked = np.where(left & enough[:, None], prices, np.nan)
    result = np.full(len(prices), np.nan)
    result[enough] = np.nanmedian(masked[enough], axis=1)
    return result


def errors(values):
    """Of published prices, in bps of the truth."""
    given = np.abs(values[~np.isnan(values)]) * BPS
    return {
        "mean_bps": float(given.mean()),
        "bps_99": float(np.quantile(given, 0.99)),
        "nothing": float(np.isnan(values).mean()),
    }


def price_errors(outs, rows, groups):
    """Errors of what each judge's filter publishes, of the median of all, and of Pyth's aggregate, by group of faults."""
    values = {name: published(rows.price, rows.present, out) for name, out in outs.items()}
    values[PLAIN] = rules.center(rows.price, rows.present)
    values[PYTH] = rules.aggregate(rows.price, rows.confidence, rows.present)
    table = {}
    for label, faults in groups.items():
        inside = np.isin(rows.fault, faults)
        table[label] = {"rounds": int(inside.sum()), **{name: errors(value[inside]) for name, value in values.items()}}
    return table


def by_lead(model_out, other_out, rows, seed):
    """The model's lead in the share found, with a 95 % interval from a bootstrap over whole days."""
    block = rows.hour // 24
    lead = (model_out.astype(float) - other_out) * rows.wrong
    sums = np.array([(lead[block == b].sum(), rows.wrong[block == b].sum()) for b in np.unique(block)])
    rng = np.random.default_rng(seed)
    draws = [sums[rng.integers(0, len(sums), len(sums))].sum(0) for _ in range(1000)]
    bounds = np.percentile([a / b for a, b in draws], [2.5, 97.5])
    return {"value": float(sums[:, 0].sum() / sums[:, 1].sum()), "interval": [float(bound) for bound in bounds]}


def quantized(integers, model, rows, limit, faults):
    """The circuit's integers, with the threshold as the program compares it, against the float model."""
    scores, out = model.scores(rows.real), integers < limit
    flips = (out != (scores < limit / SCALE)) & rows.present
    near = np.abs(scores - limit / SCALE) < 2
    difference = np.abs(integers / SCALE - scores)
    return {
        **detection(-integers, out, rows, faults),
        "rows": len(rows),
        "sources": int(rows.present.sum()),
        "flips": int(flips.sum()),
        "largest_difference": float(difference[rows.present].max()),
        "largest_difference_near_threshold": float(difference[rows.present & near].max()),
        "absent_let_in": int((~rows.present & ~out).sum()),
        "absent": int((~rows.present).sum()),
    }
