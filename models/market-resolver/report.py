"""REPORT.md and its chart, written from the metrics, so that text and numbers cannot drift apart."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

import dataset  # noqa: E402
from artifacts import cost_text, percent, table  # noqa: E402
from evaluation import LEVELS, MEDIAN, MODEL  # noqa: E402

CHART = "error_by_fault.png"
COLOURS = {MODEL: "#1b6ca8", MEDIAN: "#d1802b", "first source": "#8c8c8c"}
MEANING = {
    "none": "nothing wrong",
    "arbitrary": "one source: returns of any scale, any noise",
    "spike": "one source wrong for one to three hours",
    "still": "one source repeats a price",
    "churn": "one source up and down by turns",
    "damped": "one source's returns made smaller",
    "gaps": "one source on another level, there every second hour",
    "pair spike": "two of four, the same wrong price",
    "pair still": "two of four repeat a price",
    "step": "one source steps to another level (never trained on)",
    "slow drift": "one source drifts away (never trained on)",
    "other asset": "one source follows another path (never trained on)",
}


def write(folder, metrics):
    chart(folder / CHART, metrics["by_fault"])
    (folder / "REPORT.md").write_text(text(metrics))


def chart(path, by_fault):
    names = list(MEANING)[::-1]
    figure, axes = plt.subplots(figsize=(8.2, 5.8), dpi=110)
    for place, (rule, colour) in enumerate(COLOURS.items()):
        errors = [100 * by_fault[name][rule]["mean_error"] for name in names]
        axes.barh(np.arange(len(names)) + 0.27 * (1 - place), errors, 0.25, color=colour, label=rule)
    axes.set_yticks(np.arange(len(names)), [MEANING[name] for name in names], fontsize=8)
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 5, 10, 20, 50], ["1 %", "2 %", "5 %", "10 %", "20 %", "50 %"])
    axes.set_xlabel("mean error of the volatility (logarithmic)")
    axes.set_title("Test windows: the model and the plain formula", fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.11), ncol=3, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def text(m):
    test, integers = m["test"], m["quantized"]
    faultless = m["by_fault"]["none"]
    return f"""# market-resolver: how volatile was it?

Written by `train.py` from `metrics.json`; do not edit.

**The question.** "Did SOL's realized volatility over the last {dataset.REPORTED} hours reach the level?" A market program has hourly prices of up to
four sources, fixed when the market was made. The model estimates the daily realized volatility, in percent, from sixteen numbers
of them; the market's thresholds hold the level, so one model serves every level. An output of 2^10 stands for 1 % a day.

**Why not the formula?** sqrt(24 x mean of squared hourly returns) of the median price needs no model, and where the sources are sound it is
nearly as good: mean error {percent(faultless[MEDIAN]["mean_error"])} against the model's {percent(faultless[MODEL]["mean_error"])}. The model is for windows where sources are not sound.

![mean error by fault]({CHART})

## On the test set

{m["rows"]["test"]["windows"]:,} windows of {m["rows"]["test"]["hours"]} hours after everything that training and tuning saw, three assets, median volatility {m["rows"]["test"]["median"]:.2f} % a day. Truth is the
volatility of the candles' closes. In brackets: 95 % intervals of the model's lead, from a bootstrap over whole days.

{table(["rule", "mean error", "95th percentile", "model's lead, mean error", *(f"AUC {level} %" for level in LEVELS), *(f"wrong at {level} %" for level in LEVELS)], rules(test))}

*median price*: the plain formula on the hourly medians. *median return*: on the medians of the sources' returns. *first source*: on one source alone.
"Wrong at 3 %": share of windows in which estimate and truth lie on different sides of 3 % a day. These figures depend on how often faults were
drawn. {without_pairs(m["by_fault"])}

## By what is wrong

{table(["fault", "windows", *(f"{name}: mean error" for name in (MODEL, MEDIAN, "median return", "first source")), "wrong: model", "wrong: median price"], faults(m["by_fault"]))}

{verdict(m["by_fault"])}

Mean error of sound windows by number of sources: {sound(m["sound_by_sources"])}.

Mean error of windows of other lengths, faults included: {lengths(m["by_length"])}.

## What an attacker moves

He owns one or two of four sources and sees all prices. A search of {m["attack_tries"]} trials a window, on {m["attacks"][MODEL]["windows"]} test windows of SOL; the estimate is multiplied by

{table(["rule", "one source, up: median (worst)", "one source, down", "two sources, up", "two sources, down"], attacked(m["attacks"]))}

The search is short: read it as "at least". The network alone could be led further; its answer is therefore clamped in the circuit
between 0.96 times the lower and 1.02 times the upper median of the sources' own volatilities, so that one source of four cannot carry it out of what the
other three say. **Two of four can, with the model as with the formula** (downward {further(m["attacks"])}): the gain on the two faults above
holds for those faults, not against who chooses his prices knowing the model. A question should have four sources that do not share an owner.

## In the circuit

{cost_text(m["circuit"])}

Run on all {integers["rows"]:,} test windows, the integers differ from the float model by {integers["largest_difference"]:.3f} % a day at most.
{table(["", "mean error", *(f"AUC {level} %" for level in LEVELS), *(f"wrong at {level} %" for level in LEVELS)], [compared("float", test[MODEL]), compared("quantized", integers)])}

Decisions that rounding changes: {", ".join(f"{integers['flips'][str(level)]} at {level} %" for level in LEVELS)}, of {integers["rows"]:,}.

## How it was made

- **Prices**: hourly candles of SOL, BTC and ETH against USDT, January and February 2024 (`../data`).
- **Sources** are made from the candles (`dataset.py`): each with a level of its own (4 bps), noise of 1 to 13 bps an hour, and updates
  {dataset.LATE} s late on average, which hold a little of the next hour. They stand in for real oracles and are not: no public record of four oracles' hours was at hand.
- **Faults** are drawn for 63 % of the windows; three kinds occur in the test set alone.
- **Split** by time: training before hour {dataset.TRAIN_END}, validation before {dataset.VALIDATION_END}, the test after, with {dataset.GAP} hours between. Training also sees each path mirrored and its
  returns scaled by 0.5 to 2, and windows of 12 to 31 hours.
- **Network**: 16-24-12-1, ReLU, trained on the relative error; clamp as above. Clamp and settings were chosen on validation windows. Two early looks,
  at networks without a clamp, included the test windows.

## What this does not show

Six weeks, three assets that move together, simulated sources. The volatility of hourly closes is itself a definition: it does not see what happened within an hour.
With one source there is nothing to compare, and the model is the formula with noise taken out.
"""


def rules(test):
    rows = []
    for name, entry in test.items():
        lead = entry.get("model_leads_by", {}).get("mean_error")
        by_level = [entry["levels"][str(level)] for level in LEVELS]
        rows.append(
            [
                f"**{name}**" if name == MODEL else name,
                percent(entry["mean_error"]),
                percent(entry["error_95"]),
                f"{percent(lead['value'])} [{percent(lead['interval'][0])}, {percent(lead['interval'][1])}]" if lead else "",
                *(f"{level['roc_auc']:.4f}" for level in by_level),
                *(percent(level["wrong"]) for level in by_level),
            ]
        )
    return rows


def compared(name, entry):
    by_level = [entry["levels"][str(level)] for level in LEVELS]
    cells = [name, f"{100 * entry['mean_error']:.2f} %"]
    return cells + [f"{level['roc_auc']:.4f}" for level in by_level] + [f"{100 * level['wrong']:.2f} %" for level in by_level]


def faults(by_fault):
    rows = []
    for name, meaning in MEANING.items():
        entry = by_fault[name]
        errors = [percent(entry[rule]["mean_error"]) for rule in (MODEL, MEDIAN, "median return", "first source")]
        rows.append([meaning, str(entry["windows"]), *errors, percent(entry[MODEL]["wrong"]), percent(entry[MEDIAN]["wrong"])])
    return rows


def verdict(by_fault):
    """Where the model is behind the plain formula on the median price, said in words."""
    behind = [MEANING[name] for name in MEANING if by_fault[name][MODEL]["mean_error"] > by_fault[name][MEDIAN]["mean_error"]]
    if not behind:
        return "The model's mean error is below the plain formula's for every fault."
    return f"The plain formula on the median price is the better one for: {'; '.join(behind)}."


def without_pairs(by_fault):
    """The lead where at most one source lies."""
    kept = [entry for name, entry in by_fault.items() if not name.startswith("pair")]
    total = sum(entry["windows"] for entry in kept)
    model, formula = (sum(e["windows"] * e[rule]["mean_error"] for e in kept) / total for rule in (MODEL, MEDIAN))
    return (
        f"Nearly all of the lead is two faults of half the sources: in the {total:,} other windows the mean error is\n"
        f"{100 * model:.1f} % for the model and {100 * formula:.1f} % for the formula. The next table is the one to read."
    )


def sound(by_sources):
    parts = []
    for count, entry in by_sources.items():
        parts.append(f"{count}: model {percent(entry[MODEL]['mean_error'])}, formula {percent(entry[MEDIAN]['mean_error'])}")
    return "; ".join(parts)


def lengths(by_length):
    parts = []
    for returns, entry in by_length.items():
        model, formula = (percent(entry[rule]["mean_error"]) for rule in (MODEL, MEDIAN))
        parts.append(f"{returns} hours: model {model}, formula {formula}")
    return "; ".join(parts)


def further(attacks):
    """Which of the two an attacker with two sources leads further down."""
    model, formula = attacks[MODEL]["2_down"]["median"], attacks[MEDIAN]["2_down"]["median"]
    return "even further with the model" if model < formula else "less far with the model"


def attacked(attacks):
    rows = []
    for name, entry in attacks.items():
        cells = [f"{entry[key]['median']:.2f} ({entry[key]['worst']:.2f})" for key in ("1_up", "1_down", "2_up", "2_down")]
        rows.append([f"**{name}**" if name == MODEL else name, *cells])
    return rows
