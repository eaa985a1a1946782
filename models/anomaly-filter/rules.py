"""The rules without a model that a feed could use, over log prices against the truth (which no rule knows: they look
at differences only).

- *median filter*: a source is out when it is farther from the median than a fixed distance.
- *scaled median filter*: than a multiple of the median absolute deviation, which adapts to the round; 1 bp at least.
- *Pyth's votes*: Pyth's aggregation takes the median of three votes a source, p and p +- c. It does not judge sources;
  as a filter it is read here as: a source is out when the aggregate is farther from it than a multiple of its c.
"""

import numpy as np

MEDIAN, SCALED, VOTES = "median filter", "scaled median filter", "Pyth's votes"
LEAST = 1e-4


def center(prices, present):
    """The median of the present ones of each row; an even number's middle two are averaged."""
    return np.nanmedian(np.where(present, prices, np.nan), axis=1)


def aggregate(prices, confidences, present):
    """Pyth's aggregate price of each row."""
    votes = np.stack([prices - confidences, prices, prices + confidences], axis=2)
    return np.nanmedian(np.where(present[:, :, None], votes, np.nan).reshape(len(prices), -1), axis=1)


def suspicion(prices, confidences, present):
    """What each rule compares with its threshold, for each source; larger is more suspect."""
    distance = np.abs(prices - center(prices, present)[:, None])
    scale = np.maximum(center(distance, present), LEAST)[:, None]
    votes = np.abs(prices - aggregate(prices, confidences, present)[:, None]) / np.maximum(confidences, 1e-6)
    return {MEDIAN: distance, SCALED: distance / scale, VOTES: votes}
