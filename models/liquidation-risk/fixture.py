"""Writes `programs/lending/interface/tests/features.csv`: raw inputs and the sixteen integers, which a Rust test recomputes."""

import features

REAL_ROWS = 320
U64, U128 = 2**64 - 1, 2**128 - 1
DOLLAR = features.PRICE_UNIT


def edge_cases():
    """Inputs that reach each saturation, shift and special case of the arithmetic."""
    flat = [100 * DOLLAR] * features.WINDOW
    plain = features.Position(10**12, 6 * 10**11, 8_000, 3, 4)
    position = lambda **changes: features.Position(**{**vars(plain), **changes})  # noqa: E731
    falling = [(200 - 4 * i) * DOLLAR for i in range(features.WINDOW)]
    rising = falling[::-1]
    jagged = [(100 + (37 * i) % 11) * DOLLAR for i in range(features.WINDOW)]
    markets = [
        (flat, 0, 100 * DOLLAR),
        (flat, 100 * DOLLAR, 1),
        (flat, U64, U64),
        (falling, 3 * DOLLAR, 120 * DOLLAR),
        (rising, 3 * DOLLAR, 180 * DOLLAR),
        (jagged, DOLLAR // 7, 103 * DOLLAR),
        ([1] * features.WINDOW, 1, 1),
        ([1] * 24 + [U64], 1, U64),
        ([U64] * 24 + [1], U64, 1),
        ([1, U64] * 12 + [1], 1, 1),
        ([U64 - i for i in range(features.WINDOW)], 12345, U64),
        ([2**44 - 1, 2**44, 2**44 + 1] * 8 + [2**44], 2**20, 2**44 - 1),
    ]
    positions = [
        plain,
        position(debt_value=0, borrowed=0, supplied=0),
        position(debt_value=8 * 10**11),
        position(debt_value=8 * 10**11 + 1, borrowed=1, supplied=0),
        position(debt_value=U128, collateral_value=1, liquidation_threshold_bps=1),
        position(debt_value=1, collateral_value=U128, liquidation_threshold_bps=10_000),
        position(debt_value=U128 // 3, collateral_value=U128 // 2, borrowed=U128 - 1, supplied=U128),
        position(debt_value=2**64, collateral_value=2**65 + 12345, borrowed=2**127, supplied=1),
        position(debt_value=2**44 - 1, collateral_value=2**44 + 1, liquidation_threshold_bps=9_999),
    ]
    return [(market, position) for market in markets for position in positions]


def write(path, rows):
    """`rows` are real ones; the edge cases follow them."""
    header = [f"close_{hour}" for hour in range(features.WINDOW)]
    header += ["confidence_interval", "ema", "collateral_value", "debt_value", "liquidation_threshold_bps"]
    header += ["borrowed", "supplied", *features.NAMES]
    lines = [",".join(header)]
    for prices, position in rows.inputs + edge_cases():
        closes, confidence, ema = prices
        values = [*closes, confidence, ema, *vars(position).values()]
        values += features.compute(features.market(*prices), position)
        lines.append(",".join(str(value) for value in values))
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
