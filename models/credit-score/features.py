"""An applicant as twenty small integers: the bins of a scorecard. What an issuer attests, and a borrower hides.

Each is a number from 0 to 15, a value of 5 bits with sign at scale 0. Categories have the order that the source's own
codes have (A11, A12, ...), so nothing was learned in choosing it. The purpose is four flags, of the four most frequent.
Not used: sex and marital status, age, and foreign worker, which a lender may not act on in many places.
"""

import csv
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data" / "german_credit.csv"
LARGEST = 15

ORDERED = {
    "status": [
        "... < 100 DM",
        "0 <= ... < 200 DM",
        "... >= 200 DM / salary for at least 1 year",
        "no checking account",
    ],
    "credit_history": [
        "no credits taken/all credits paid back duly",
        "all credits at this bank paid back duly",
        "existing credits paid back duly till now",
        "delay in paying off in the past",
        "critical account/other credits existing",
    ],
    "savings": [
        "... < 100 DM",
        "100 <= ... < 500 DM",
        "500 <= ... < 1000 DM",
        "... >= 1000 DM",
        "unknown/no savings account",
    ],
    "employment_duration": [
        "unemployed",
        "... < 1 year",
        "1 <= ... < 4 years",
        "4 <= ... < 7 years",
        "... >= 7 years",
    ],
    "other_debtors": ["none", "co-applicant", "guarantor"],
    "property": [
        "real estate",
        "building society savings agreement/life insurance",
        "car or other",
        "unknown/no property",
    ],
    "other_installment_plans": ["bank", "stores", "none"],
    "housing": ["rent", "own", "for free"],
    "job": [
        "unemployed/unskilled - non-resident",
        "unskilled - resident",
        "skilled employee/official",
        "management/self-employed/highly qualified employee/officer",
    ],
    "telephone": ["no", "yes"],
}
PURPOSES = {
    "for_appliances": "domestic appliances",
    "for_new_car": "car (new)",
    "for_radio_television": "radio/television",
    "for_used_car": "car (used)",
}
COUNTS = ("installment_rate", "present_residence", "number_credits", "people_liable")
# Least amounts in DM of bins 1 to 15: a quarter of an octave each from 500 DM on, half an octave from 2,000 on.
AMOUNTS = (500, 600, 707, 841, 1000, 1189, 1414, 1682, 2000, 2828, 4000, 5657, 8000, 11314, 16000)
MONTHS_A_BIN = 4

NAMES = [*ORDERED, *PURPOSES, "duration", "amount", *COUNTS]
UNUSED = ("personal_status_sex", "age", "foreign_worker")


def encode(row):
    """The twenty integers of one application."""
    duration, amount = int(row["duration"]), int(row["amount"])
    return [
        *(order.index(row[name]) for name, order in ORDERED.items()),
        *(int(row["purpose"] == purpose) for purpose in PURPOSES.values()),
        min((duration - 1) // MONTHS_A_BIN, LARGEST),
        sum(amount >= least for least in AMOUNTS),
        *(int(row[name]) for name in COUNTS),
    ]


def one_hot(rows, extra=()):
    """The usual encoding of logistic regression: a column a category, numbers as they are, and the amount's logarithm."""
    columns = []
    for name in [*ORDERED, "purpose", *(name for name in extra if name != "age")]:
        columns += [[row[name] == value for row in rows] for value in sorted({row[name] for row in rows})[1:]]
    numbers = ["duration", "amount", *COUNTS, *(name for name in extra if name == "age")]
    columns += [[float(row[name]) for row in rows] for name in numbers]
    columns.append([float(np.log(float(row["amount"]))) for row in rows])
    return np.array(columns, dtype=float).T


def load():
    """All applications, and whether each went bad."""
    with open(DATA, newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, np.array([row["credit_risk"] == "0" for row in rows])
