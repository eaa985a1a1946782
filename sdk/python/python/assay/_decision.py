"""What a model decides, and whether the float model certainly decides the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Optional


@dataclass(frozen=True)
class Decision:
    """One decision of the integers, which a proof shows.

    What is certain is so for every input of the declared domain with this output, by the band that the model's file claims. No proof speaks of
    that: ``assay compile --check`` compiles again and compares it.
    """

    output: str
    """Name of the output."""
    name: str
    """Name of the element that decides; of the output where all of its elements together do."""
    rule: Literal["threshold", "largest", "place"]
    """Whether a threshold decides, the largest element, or the largest of scores of which the output is the place."""
    side: Optional[Literal["at_least", "below"]]
    """Of a threshold: on which side the score lies."""
    position: Optional[int]
    """The place of the largest, counted from 0."""
    class_name: Optional[str]
    """The class of that place, if it has a name."""
    integer: Optional[int]
    """The score; or by how much the largest is ahead of every other, ``None`` where that is not shown."""
    value: Optional[float]
    """What that integer stands for."""
    certain: Optional[bool]
    """Whether the float model certainly decides the same on the numbers that the integers of the inputs stand for; ``None`` where that is not
    known."""
    certain_raw: Optional[bool]
    """The same on any numbers that are rounded to those integers."""
    why: Optional[str]
    """Why it is not known, where it is not."""
    threshold: Optional[float]
    """The threshold, as the integers have it."""
    band: Optional[tuple[float, float]]
    """Scores from the first up to the second, which is outside, may be on the other side for the float model."""


def decisions(outputs: list[dict[str, Any]]) -> tuple[Decision, ...]:
    """Those in the JSON of the native half."""
    return tuple(_decision(output, decided) for output in outputs for decided in output["decided"])


def _decision(output: dict[str, Any], decided: dict[str, Any]) -> Decision:
    band = output.get("band", {})
    return Decision(
        output=output["output"],
        name=decided["name"],
        rule=output["rule"],
        side=decided.get("side"),
        position=decided.get("position"),
        class_name=decided.get("class"),
        integer=decided.get("integer", decided.get("ahead")),
        value=decided.get("value", decided.get("ahead_value")),
        certain=decided["certain"],
        certain_raw=decided["certain_raw"],
        why=decided.get("why"),
        threshold=output["threshold"]["value"] if "threshold" in output else None,
        band=(band["first_value"], band["end_value"]) if "first" in band else None,
    )
