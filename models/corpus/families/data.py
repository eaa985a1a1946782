"""Data that the models are trained on: drawn from fixed seeds, rounded to a few decimals as data in files are."""

import numpy as np

CALIBRATION, UNSEEN = 96, 24
CREDIT = ["income", "debt_ratio", "age", "late_payments", "utilization", "years_employed"]


def generator(name):
    """A generator whose numbers depend on the name only."""
    return np.random.default_rng([10, *name.encode()])


def normal(rng, rows, features, digits=3):
    """Standard normal features, cut at three deviations."""
    return rng.standard_normal((rows, features)).clip(-3, 3).round(digits).astype(np.float32)


def credit(rng, rows):
    """Applicants: six features whose sizes differ by five orders, as they do in a bank's table."""
    columns = [
        rng.lognormal(10.5, 0.5, rows).clip(8_000, 250_000).round(-2),
        rng.beta(2, 4, rows).round(3),
        rng.integers(18, 80, rows),
        rng.poisson(0.7, rows).clip(0, 6),
        rng.beta(2, 3, rows).round(3),
        rng.gamma(2, 4, rows).clip(0, 40).round(1),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def default_risk(rng, applicants):
    """The latent risk of each applicant."""
    income, debt, age, late, used, years = applicants.T.astype(np.float64)
    risk = 3 * debt + 2.5 * used + 0.8 * late - 0.05 * years - 0.9 * np.log(income / 30_000) - 0.01 * (age - 45) - 2.3
    return risk + 0.4 * rng.standard_normal(len(risk))


def split(values, rows=CALIBRATION, unseen=UNSEEN):
    """Rows to calibrate on, and rows that calibration does not see but whose features lie within its ranges."""
    calibration, rest = values[:rows], values[rows:]
    low, high = np.nanmin(calibration, axis=0), np.nanmax(calibration, axis=0)
    inside = [row for row in rest if np.all(np.isnan(row) | ((row >= low) & (row <= high)))]
    return calibration, np.stack(inside[: 3 * unseen])
