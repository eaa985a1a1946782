"""REPORT.md and its chart, written from the metrics, so that text and numbers cannot drift apart."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from sklearn.metrics import precision_recall_curve  # noqa: E402

import dataset  # noqa: E402
import features  # noqa: E402

CHART = "precision_recall.png"
COLOURS = {"model": "#1b6ca8", "distance / volatility": "#8a6fb0", "distance": "#d1802b", "LTV": "#8c8c8c"}
DESCRIPTIONS = {
    "model": "the network's score",
    "LTV": "debt / collateral",
    "distance": "1 - LTV / threshold: the plain rule that knows each position's threshold",
    "distance / volatility": "that distance in daily moves (one feature of the network)",
}


def write(folder, metrics, curves):
    chart(folder / CHART, curves)
    (folder / "REPORT.md").write_text(text(metrics))


def chart(path, curves):
    figure, axes = plt.subplots(figsize=(7.2, 4.6), dpi=110)
    for name, colour in COLOURS.items():
        precision, recall, _ = precision_recall_curve(curves["labels"], curves["rankings"][name])
        axes.plot(recall, precision, color=colour, label=name, linewidth=2 if name == "model" else 1.4)
    flagged = curves["rankings"]["model"] >= curves["threshold"]
    hits = (flagged & curves["labels"]).sum()
    axes.plot(hits / curves["labels"].sum(), hits / flagged.sum(), "o", color=COLOURS["model"], label="threshold")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"Liquidatable within {dataset.HORIZON} hours: test set")
    axes.grid(alpha=0.25)
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def text(m):
    rows = m["rows"]
    threshold = m["score_threshold"]
    lead = m["test"]["distance"]["average_precision"]["model_leads_by"]
    return f"""# liquidation-risk: what it predicts and how well

Written by `train.py` from `metrics.json`; do not edit.

**The question.** Will this position's LTV reach its liquidation threshold within the next {m["horizon_hours"]} hours? The score is the
logit of that probability. A protocol can act on it before the threshold is crossed: a small, early, orderly
deleveraging in place of a late one.

**The answer on the test set** ({rows["test"]["hours"]} hours after everything that training and tuning saw, {rows["test"]["rows"]:,} positions, {percent(rows["test"]["positive"])} positive).
{verdict(m)}

![precision and recall on the test set]({CHART})

| ranking by | ROC AUC | model leads by | average precision | model leads by |
| --- | --- | --- | --- | --- |
{rankings(m["test"])}

In brackets: 95 % intervals from a bootstrap over whole days, all assets together. About ten days of test data are few, and
the three assets move together: read the intervals, not the third decimal.
{chr(10).join(f"*{name}*: {meaning}." for name, meaning in DESCRIPTIONS.items())}

## At the program's threshold

The threshold is the least score that is right twice for each time it is wrong on validation: **{threshold["logit"]:.4f}, which is
{threshold["units_of_2^-8"]} in units of 2^-8**. Each rule gets the threshold that flags as many positions on validation. On the test set:

| rule | flagged | precision | recall |
| --- | --- | --- | --- |
{chr(10).join(point(name, entry) for name, entry in m["operating_points"].items())}

## Each asset alone

| asset | positive | ROC AUC: model | distance | distance / volatility | average precision: model | distance | distance / volatility |
| --- | --- | --- | --- | --- | --- | --- | --- |
{assets(m["test_by_asset"])}

{assets_verdict(m["test_by_asset"])}

## What the score looks like

Median score on test positions; above 0, crossing is more likely than not.

| distance to liquidation | {" | ".join(f"volatility {percent(a)} to {percent(b)} a day" for a, b in m["score_table"]["volatility_24h"])} |
| --- | {" | ".join("---" for _ in m["score_table"]["volatility_24h"])} |
{score_rows(m["score_table"])}

Predicted against observed frequency (Brier score {m["calibration"]["brier"]:.4f}):

| predicted | positions | mean prediction | observed |
| --- | --- | --- | --- |
{chr(10).join(f"| {b['from']:.2f} to {b['to']:.2f} | {b['positions']:,} | {b['predicted']:.3f} | {b['observed']:.3f} |" for b in m["calibration"]["bins"])}

More debt must never lower the score. Adding 1 % of debt to each of {m["debt_monotonicity"]["pairs"]:,} test positions lowered it
{m["debt_monotonicity"]["score_falls"]} times (largest fall {m["debt_monotonicity"]["largest_fall"]:.4f}).

## What it uses

Average precision lost when a feature is shuffled among the test positions: {importances(m["importance"])}.
The others matter little: training shrinks what six weeks of prices cannot support, the direction of past returns first. Utilization enters
the label through the interest that debt accrues, which in {m["horizon_hours"]} hours is far below the price's moves.

## How it was made

- **Prices**: hourly candles of SOL, BTC and ETH against USDT, January and February 2024 (`../data`). Confidence and moving average are
  derived from them by a fixed rule (`candles.py`), so they stand in for Pyth's, and are not Pyth's.
- **Positions**: drawn at every hour with a fixed seed; threshold 65 to 90 %, utilization 10 to 100 %, distance to liquidation 0 to 8 %
  (the measured population), and a share farther away or past its threshold already, in training only.
- **Label**: exact, in integers, from the lows of the next {m["horizon_hours"]} candles and a kinked interest curve (`dataset.py`).
- **Split**: by time, {rows["train"]["hours"]} hours for training, {rows["validation"]["hours"]} for validation, {rows["test"]["hours"]} for the test, with {dataset.GAP} hours between them: no candle
  serves two splits. Training also sees each path mirrored and with returns scaled by 0.6 to 1.6; validation and test see real paths only.
- **Network**: {features.COUNT}-32-16-1, ReLU, {features.COUNT} inputs standardized inside the model. Settings were chosen on rolling folds before the test set:

| trained on hours before | average precision: model | distance | distance / volatility | LTV |
| --- | --- | --- | --- | --- |
{chr(10).join(fold(f) for f in m["rolling_origin"])}

## What this does not show

Six weeks, one rising market, three assets that move together, positions drawn at random and not by borrowers: this is enough to build and check the
machinery with real numbers, not to run a market. A market should retrain on its own history, and let the score open bounded actions only.
One early look, at rules and networks for a horizon of 24 hours, included the later weeks; the horizon of 6 and every setting were
then chosen on hours before the test set. Mean lead over the distance rule: {lead["value"]:+.3f} average precision, interval {bounds(lead["interval"])}.
"""


def verdict(m):
    """Says which rules the model beats: those where the whole interval of its lead lies above zero."""
    sentences = []
    for name in ("LTV", "distance", "distance / volatility"):
        leads = [m["test"][name][measure]["model_leads_by"] for measure in ("roc_auc", "average_precision")]
        if all(lead["interval"][0] > 0 for lead in leads):
            sentences.append(f"It beats ranking by {name}, in ROC AUC and in average precision.")
        elif all(lead["interval"][1] < 0 for lead in leads):
            sentences.append(f"It is worse than ranking by {name}.")
        else:
            sentences.append(f"It cannot be told apart from ranking by {name}: an interval of its lead contains zero.")
    return "\n".join(sentences)


def rankings(test):
    lines = []
    for name, measures in test.items():
        cells = [f"**{name}**" if name == "model" else name]
        for measure in measures.values():
            cells.append(f"{measure['value']:.3f} {bounds(measure['interval'])}")
            lead = measure.get("model_leads_by")
            cells.append(f"{lead['value']:+.3f} {bounds(lead['interval'])}" if lead else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def point(name, entry):
    cells = [name, percent(entry["flagged"])]
    cells += [f"{entry[k]:.3f} {bounds(entry[k + '_interval'])}" for k in ("precision", "recall")]
    return "| " + " | ".join(cells) + " |"


def assets(by_asset):
    lines = []
    for asset, entry in by_asset.items():
        cells = [asset, percent(entry["positive"])]
        for measure in ("roc_auc", "average_precision"):
            cells += [f"{entry[name][measure]:.3f}" for name in ("model", "distance", "distance / volatility")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def assets_verdict(by_asset):
    ahead, behind = [], []
    for asset, entry in by_asset.items():
        better = all(entry["model"][k] > entry["distance"][k] for k in ("roc_auc", "average_precision"))
        (ahead if better else behind).append(asset)
    sentence = f"Within one asset the model is ahead of the distance rule in both measures for {', '.join(ahead) or 'none'}"
    sentence += f", and not for {', '.join(behind)}." if behind else "."
    return (
        sentence + " Within one asset volatility varies less, so there is less to gain: most of the\n"
        "model's lead is that one threshold on its score fits calm and wild assets alike, where a distance does not."
    )


def score_rows(table):
    lines = []
    for row in table["rows"]:
        low, high = row["drop"]
        label = "past the threshold" if high == 0 else f"{percent(low)} to {percent(high)}"
        scores = ["" if score is None else f"{score:+.2f}" for score in row["median_score"]]
        lines.append(f"| {label} | {' | '.join(scores)} |")
    return "\n".join(lines)


def importances(importance):
    order = sorted(importance, key=importance.get, reverse=True)
    return ", ".join(f"`{name}` {importance[name]:.3f}" for name in order if importance[name] >= 0.001)


def fold(entry):
    cells = [str(entry["trained_before_hour"])]
    names = ("model", "distance", "distance / volatility", "LTV")
    cells += [f"{entry[name]['average_precision']:.3f}" for name in names]
    return "| " + " | ".join(cells) + " |"


def percent(value):
    return f"{round(100 * value, 1):g} %"


def bounds(pair):
    return f"[{pair[0]:.3f}, {pair[1]:.3f}]"
