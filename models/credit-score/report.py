"""REPORT.md and its chart, written from the metrics, so that text and numbers cannot drift apart."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

import features  # noqa: E402
import scorer  # noqa: E402
from artifacts import cost_text, percent, table  # noqa: E402
from evaluation import CODES, EVERYTHING, FOLDS, MODEL, ONE_HOT, REPEATS  # noqa: E402

CHART = "bad_by_tier.png"


def write(folder, metrics):
    chart(folder / CHART, metrics)
    (folder / "REPORT.md").write_text(text(metrics))


def chart(path, m):
    figure, axes = plt.subplots(figsize=(6.4, 4), dpi=110)
    sets = (("folds of the training rows", m["fold_tiers"], "#b9cfe2"), ("test rows, circuit", m["quantized"]["test_tiers"], "#1b6ca8"))
    for place, (name, tiers, colour) in enumerate(sets):
        at = np.arange(scorer.TIERS) + 0.4 * (place - 0.5)
        bars = axes.bar(at, [100 * (tier["bad"] or 0) for tier in tiers], 0.38, color=colour, label=name)
        axes.bar_label(bars, [str(tier["applicants"]) for tier in tiers], fontsize=8)
    axes.set_xticks(range(scorer.TIERS), [f"tier {tier}" for tier in range(scorer.TIERS)])
    axes.set_ylabel("credits that went bad, %")
    axes.set_title("Bad credits by tier (above the bars: applicants)", fontsize=11)
    axes.margins(y=0.1)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def text(m):
    integers, test = m["quantized"], m["test"]
    return f"""# credit-score: a tier, and nothing else

Written by `train.py` from `metrics.json`; do not edit.

**The question.** Which of four tiers is this borrower in? An issuer attests twenty numbers of him; he proves his tier and hides the numbers. The tier is the circuit's only
output: the score that it comes from stays in the witness.

**The answer on {m["rows"]["test"]} held-out applications** ({percent(m["rows"]["test_bad"])} bad): ROC AUC of the network's score {test[MODEL]["roc_auc"]:.3f} {bounds(test[MODEL]["interval"])}, of logistic regression on the same inputs
{test[CODES]["roc_auc"]:.3f} {bounds(test[CODES]["interval"])}. {verdict(test[CODES], m["folds"][CODES])}

![bad credits by tier]({CHART})

| tier | predicted risk | test rows | of them bad | training rows, by folds | of them bad |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(tiers(m))}

## The ranking

| model | AUC, {REPEATS} x {FOLDS} folds of the training rows | the network leads by (least, most of {REPEATS}) | AUC, test | the network leads by |
| --- | --- | --- | --- | --- |
{chr(10).join(ranked(name, m["folds"][name], test[name]) for name in (MODEL, CODES, ONE_HOT, EVERYTHING))}

In brackets: 95 % bootstrap intervals. {m["rows"]["test"]} applications cannot separate models that differ by a few hundredths.
*same inputs*: the twenty bins below. *one-hot*: a column a category, the amount's logarithm. *all attributes*: one-hot with sex and marital status, age and foreign worker as well, which the
others do not use.

## In the circuit

Hidden features: {cost_text(m["circuit"])}
With public features it has {m["circuit_public"]["constraints"]} constraints. What a program adds for the issuer's tree and the nullifier is not in these figures.

Rounding changes {integers["flips"]} of all {integers["rows"]:,} tiers ({integers["flips_on_test"]} of the test rows), by {integers["furthest_flip"]} tier at most.

{table(["test rows", "float", "quantized"], [
    ["AUC of the score", f"{integers['float_score_roc_auc']:.4f}", f"{integers['score_roc_auc']:.4f} (the same network compiled with the score as output)"],
    ["AUC of the tier", f"{integers['float_tier_roc_auc']:.4f}", f"{integers['tier_roc_auc']:.4f}"],
])}

**How a tier comes out of a network**: with thresholds t1 < t2 < t3 on the score s, `ArgMax` over the four lines i s - (t1 + ... + t_i) is the number of thresholds below s. The lines
are weights, so they fold into the last layer.

## How it was made

- **Data**: UCI Statlog (German Credit Data), 1,000 applications of 1973 to 1975, 30 % bad (`../data`). Labels of some categories in this well-known file are known to be exchanged, so
  what a single attribute says here should not be believed.
- **Inputs**: {len(features.NAMES)} integers of 0 to {features.LARGEST}, 5 bits with sign, scale 0 (`features.py`): {", ".join(f"`{name}`" for name in features.NAMES)}.
- **Not used**: {", ".join(f"`{name}`" for name in features.UNUSED)}. The price is the lead of "all attributes" over "one-hot" in the table. Other attributes may stand in for them; this was not examined.
- **Split**: {m["rows"]["train"]} for training, {m["rows"]["test"]} for the test, by a fixed seed, as many bad ones in each. The applications have no dates, so the test is of held-out people, not of later ones.
- **Network**: {"-".join(map(str, scorer.SETTINGS.sizes))}, ReLU, strong weight decay, noise on the inputs while training. Settings were chosen by folds of the training rows. Thresholds are predicted risks of
  {", ".join(percent(bad) for bad in scorer.BAD_BELOW)}, fixed beforehand.

## What this does not show

Loans of a German bank fifty years ago say nothing about borrowers on a chain. This model shows that a scorecard fits a small circuit and loses nothing there; a lender trains his own. Accepted
applications only: whoever was refused is not in the data.
"""


def tiers(m):
    risks = ["above 50 %", "25 to 50 %", "10 to 25 %", "below 10 %"]
    rows = []
    for tier, (risk, test, fold) in enumerate(zip(risks, m["quantized"]["test_tiers"], m["fold_tiers"])):
        cells = [str(tier), risk]
        for entry in (test, fold):
            cells += [str(entry["applicants"]), percent(entry["bad"]) if entry["bad"] is not None else ""]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def ranked(name, fold, test):
    cells = [f"**{name}**" if name == MODEL else name, f"{fold['roc_auc']:.3f}"]
    lead = fold.get("network_leads_by")
    cells.append(f"{lead['value']:+.3f} ({lead['least']:+.3f}, {lead['most']:+.3f})" if lead else "")
    cells.append(f"{test['roc_auc']:.3f} {bounds(test['interval'])}")
    lead = test.get("network_leads_by")
    cells.append(f"{lead['value']:+.3f} {bounds(lead['interval'])}" if lead else "")
    return "| " + " | ".join(cells) + " |"


def verdict(test, fold):
    low, high = test["network_leads_by"]["interval"]
    on_test = "leads there" if low > 0 else "is behind there" if high < 0 else "cannot be told apart from it there"
    lead = fold["network_leads_by"]
    ahead = "ahead" if lead["least"] > 0 else "behind" if lead["most"] < 0 else "sometimes ahead"
    return f"The network {on_test}; over the folds of the training rows it is {ahead}, by {lead['value']:+.3f} on average."


def bounds(pair):
    return f"[{pair[0]:.3f}, {pair[1]:.3f}]"
