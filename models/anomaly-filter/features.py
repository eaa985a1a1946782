"""The model's 32 inputs: four values of each of eight sources, as a price feed computes them for one round.

    deviation   (price - median) / median, the median of the sources that are there
    move        (price - last) / last, the feed's last published price; zero before there is one
    confidence  confidence / price
    lag         seconds from the round's minute to the source's update, a second is 2^-6

A source that is not there has 0, 0, 0 and the least lag that the format holds. The program takes the median exactly
and at no constraint; a network could only approximate it. `features.csv`, written by `train.py`, holds raw
inputs and results for a test of the program's arithmetic.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "common"))

from arithmetic import LEAST, SCALE, change, median, quantize, ratio  # noqa: E402

SOURCES = 8
VALUES = ("deviation", "move", "confidence", "lag")
NAMES = [f"{value}_{source}" for source in range(SOURCES) for value in VALUES]
COUNT = len(NAMES)
DEVIATION, MOVE, CONFIDENCE = 9, 5, 9  # base-2 logarithms of the multipliers
LAG_CAP, SECOND = 255, 64
ABSENT = [0, 0, 0, LEAST]


def compute(sources, last):
    """The 32 integers. `sources`: eight of (price, confidence, lag in seconds) or None; prices in 1e-8 USD."""
    assert len(sources) == SOURCES
    middle = median([source[0] for source in sources if source])
    result = []
    for source in sources:
        if source is None:
            result += ABSENT
            continue
        price, confidence, lag = source
        result += [
            quantize(change(middle, price), DEVIATION),
            quantize(change(last, price), MOVE) if last else 0,
            quantize(ratio(confidence, price), CONFIDENCE),
            SECOND * min(lag, LAG_CAP),
        ]
    return result


def real(quantized):
    """Integers as the network's real inputs."""
    return quantized / float(1 << SCALE)
