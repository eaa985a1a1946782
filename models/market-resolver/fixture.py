"""Writes `features.csv`: raw hourly prices and the sixteen integers, which a test of the program recomputes.

A row: number of returns, number of sources, prices of source 0 from the oldest hour on, of source 1, ..., blank to the
width of four sources of 32 hours, then the features."""

import features

REAL_ROWS = 96
U64 = 2**64 - 1
WIDTH = max(features.SOURCES) * (max(features.RETURNS) + 1)


def edge_cases():
    """Windows that reach each saturation, absence and special case of the arithmetic."""
    unit = 10**8
    flat = lambda hours: [100 * unit] * hours  # noqa: E731
    waves = [(100 + (37 * i) % 11) * unit for i in range(32)]
    rising = [(100 + i) * unit for i in range(32)]
    holes = [0 if i % 2 else price for i, price in enumerate(waves)]
    other = [price if i % 2 else 0 for i, price in enumerate(rising)]
    cases = [[flat(hours)] * count for hours in (13, 25, 32) for count in features.SOURCES]
    cases += [[waves[:hours], rising[:hours], flat(hours), waves[:hours][::-1]] for hours in range(13, 33)]
    cases += [
        [holes, other],  # no source has two hours in a row
        [holes, waves],
        [holes, other, rising],
        [holes, holes, other, other],
        [[1, U64] * 16],
        [[U64, 1] * 16, [1] * 32],
        [[1] * 32, [U64] * 32, [2**44] * 32, [2**44 - 1] * 32],
        [[U64 - i for i in range(25)], [U64 - 2 * i for i in range(25)]],
        [[1] * 24 + [U64], [1] * 25, [1] * 25],
        [[3, 2] * 12 + [3], [2, 3] * 12 + [2]],
        [[0] * 24 + [5 * unit], waves[:25]],
        [[100 * unit + i % 2 for i in range(25)]] * 3,
        [[3 * unit - i * 1000 for i in range(25)], [3 * unit + 7 - i * 1000 for i in range(25)]],
    ]
    return cases


def write(path, windows):
    """`windows` are real ones; the edge cases follow them."""
    lines = [",".join(["returns", "sources", *(f"price_{i}" for i in range(WIDTH)), *features.NAMES])]
    for prices in windows + edge_cases():
        raw = [price for source in prices for price in source]
        row = [len(prices[0]) - 1, len(prices), *raw, *[""] * (WIDTH - len(raw)), *features.compute(prices)]
        lines.append(",".join(str(value) for value in row))
    path.write_text("\n".join(lines) + "\n")
