"""The integer arithmetic that features on chain are made of: bit for bit that of the programs' interface crates.

Values are signed integers in units of 2^-20. A model's input is such a value times a power of two, in units of 2^-12,
saturated to 15 bits.
"""

FRACTION = 20
ONE = 1 << FRACTION
RATIO_CAP = 16 << FRACTION
BITS = 15
SCALE = 12  # the real value of an input q is q * 2^-12
LEAST, LARGEST = -(1 << (BITS - 1)), (1 << (BITS - 1)) - 1


def ratio(numerator, denominator):
    """numerator / denominator, rounded down, capped at 16; operands cut to 44 bits together."""
    excess = max((numerator | denominator).bit_length() - 44, 0)
    numerator, denominator = numerator >> excess, denominator >> excess
    return min((numerator << FRACTION) // denominator, RATIO_CAP) if denominator else RATIO_CAP


def change(start, end):
    """(end - start) / start, rounded toward zero."""
    magnitude = ratio(abs(end - start), start)
    return -magnitude if end < start else magnitude


def median(values):
    """The middle one; of an even number the middle two's mean, rounded down."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low + (high - low) // 2


def quantize(value, multiplier):
    """A value times 2^multiplier in units of 2^-12: halves up, saturated to 15 bits."""
    shift = FRACTION - SCALE - multiplier
    scaled = (value + (1 << (shift - 1))) >> shift if shift > 0 else value << -shift
    return max(LEAST, min(LARGEST, scaled))
