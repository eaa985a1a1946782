"""Writes `features.csv`: raw quotes of a round and the 32 integers, which a test of the program recomputes.

A row: the feed's last price, then price, confidence and lag of eight sources (blank where one is not there), then the
features."""

import features

REAL_ROWS = 200
U64 = 2**64 - 1


def edge_cases():
    """Rounds that reach each saturation, absence and special case of the arithmetic."""
    unit = 10**8
    quote = (100 * unit, unit // 20, 3)
    eight = lambda *quotes: [*quotes, *[None] * (features.SOURCES - len(quotes))]  # noqa: E731
    near = [(100 * unit + 10**5 * i, unit // 10 + i, 7 * i) for i in range(features.SOURCES)]
    rounds = [
        eight(quote),
        eight(quote, quote),
        [None] * 7 + [quote],
        near,
        near[::-1],
        [None if i % 2 else source for i, source in enumerate(near)],
        eight((1, 0, 0), (U64, U64, 65535), (2, U64, 255), (U64, 0, 256)),
        eight((U64, 1, 1), (U64 - 1, 2, 254)),
        eight((2**44 - 1, 2**30, 0), (2**44, 2**31, 1), (2**44 + 1, 2**32, 2)),
        eight((100 * unit, 0, 0), (100 * unit + 781_250, 0, 0), (100 * unit - 781_250, unit, 60)),
        eight((100 * unit, 0, 0), (100 * unit, 0, 0), (100 * unit - 781_251, 2 * unit, 61), (3, 4, 5)),
    ]
    lasts = [0, 1, 100 * unit, 113 * unit, 87 * unit, U64]
    return [(sources, last) for sources in rounds for last in lasts]


def write(path, rounds):
    """`rounds` are real ones; the edge cases follow them."""
    header = [
        f"{part}_{i}" for i in range(features.SOURCES) for part in ("quote_price", "quote_confidence", "quote_lag")
    ]
    lines = [",".join(["last", *header, *features.NAMES])]
    for sources, last in rounds + edge_cases():
        raw = [part for source in sources for part in (source or ("", "", ""))]
        lines.append(",".join(str(value) for value in (last, *raw, *features.compute(sources, last))))
    path.write_text("\n".join(lines) + "\n")
