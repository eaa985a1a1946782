"""A compilation's report, as text and as a card in notebooks."""

from __future__ import annotations

import json
import operator
from html import escape
from typing import Any, Iterable, Optional, cast

from ._errors import in_python
from ._native import Report as _Report

_STYLE = """
.assay-card{--fg:#1f2328;--dim:#59636e;--bg:#fff;--line:#d1d9e0;--soft:#f6f8fa;--bar:#4078c0;--good:#1a7f37;--warn:#9a6700;
 color:var(--fg);background:var(--bg);border:1px solid var(--line);border-radius:8px;padding:16px 20px;max-width:860px;
 font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
@media (prefers-color-scheme:dark){.assay-card{--fg:#e6edf3;--dim:#9198a1;--bg:#0d1117;--line:#3d444d;--soft:#151b23;--bar:#58a6ff;
 --good:#3fb950;--warn:#d29922}}
[data-jp-theme-light="true"] .assay-card{--fg:#1f2328;--dim:#59636e;--bg:#fff;--line:#d1d9e0;--soft:#f6f8fa;--bar:#4078c0;--good:#1a7f37;--warn:#9a6700}
[data-jp-theme-light="false"] .assay-card{--fg:#e6edf3;--dim:#9198a1;--bg:#0d1117;--line:#3d444d;--soft:#151b23;--bar:#58a6ff;--good:#3fb950;--warn:#d29922}
.assay-card h3{margin:0 0 2px;font-size:17px;font-weight:600;color:inherit}
.assay-card .dim{color:var(--dim);font-size:12px}
.assay-card .tiles{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}
.assay-card .tile{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:6px 12px;min-width:110px}
.assay-card .tile b{display:block;font-size:16px;font-weight:600;font-variant-numeric:tabular-nums}
.assay-card table{border-collapse:collapse;margin:6px 0 12px;width:100%;font-variant-numeric:tabular-nums;color:inherit;background:none}
.assay-card th,.assay-card td{padding:3px 10px 3px 0;text-align:right;font-size:14px;border-bottom:1px solid var(--line);font-weight:400;background:none}
.assay-card table th{color:var(--dim);font-size:12px}
.assay-card th:first-child,.assay-card td:first-child{text-align:left}
.assay-card .warn{border-left:3px solid var(--warn);padding:2px 0 2px 10px;margin:6px 0}
.assay-card details{margin-top:6px}.assay-card summary{cursor:pointer;color:var(--dim)}
.assay-card svg rect{fill:var(--bar)}.assay-card svg line{stroke:var(--line)}
.assay-card code{font-size:12px;background:none;color:inherit;word-break:break-all}
""".strip()


class Report:
    """What a compiled model costs and what it loses against the float model.

    ``str(report)`` is the report of the command line, in a notebook it is a card, and :meth:`to_dict` has every number of it.
    """

    def __init__(self, native: _Report) -> None:
        self._native = native

    def to_dict(self) -> dict[str, Any]:
        """The report as the command line's ``--json`` has it."""
        return cast("dict[str, Any]", json.loads(self._native.to_json()))

    def to_text(self, width: int = 100) -> str:
        """The report as text of lines of at most ``width`` columns."""
        return in_python(self._native.text(max(20, min(operator.index(width), 1000))))

    @property
    def warnings(self) -> list[str]:
        """What is likely to be wrong, and what to do about it."""
        return [_text_of(warning) for warning in self.to_dict().get("warnings", [])]

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        facts = self.to_dict()
        return f"<Report of {facts['model']!r}: {facts['circuit']['constraints']:,} constraints>"

    def _repr_html_(self) -> str:
        return card(self.to_dict(), self.warnings)


def card(facts: dict[str, Any], warnings: Iterable[str]) -> str:
    """The report as HTML. Every text of it is escaped: names are the model file's."""
    circuit = facts.get("circuit", {})
    parts = [
        f"<style>{_STYLE}</style><div class='assay-card'>",
        f"<h3>{_e(facts.get('model'))}</h3>",
        f"<div class='dim'>circuit <code>{_e(facts.get('circuit_digest'))}</code></div>",
        _tiles(facts, circuit),
        _table(
            ["input", "shape", "bits", "scale", "visibility"],
            [[t.get("name"), _shape(t), t.get("bits"), _scale(t), t.get("visibility")] for t in facts.get("inputs", [])],
        ),
        _errors(facts),
        "".join(f"<div class='warn'>{_e(text)}</div>" for text in warnings),
        _layers(facts),
        "</div>",
    ]
    return "".join(parts)


def _tiles(facts: dict[str, Any], circuit: dict[str, Any]) -> str:
    ranges = facts.get("ranges", {})
    taken = ranges.get(ranges.get("chosen"), {})
    time = taken.get("proving", {})
    here, typical = time.get("here"), time.get("typical")
    ms = here["ms"] if here else typical["with_ifma_ms"] if typical else None
    tiles = [
        ("constraints", _number(circuit.get("constraints"))),
        ("ranges by", ranges.get("chosen")),
        ("proving, about", None if ms is None else f"{ms:.3g} ms"),
        ("memory to prove", _bytes(facts.get("proving_memory_bytes"))),
        ("verify on chain", _units(taken.get("compute_units"))),
    ]
    shown = "".join(f"<div class='tile'><span class='dim'>{_e(name)}</span><b>{_e(value)}</b></div>" for name, value in tiles if value)
    return f"<div class='tiles'>{shown}</div>"


def _errors(facts: dict[str, Any]) -> str:
    rows = []
    for output in facts.get("outputs", []):
        bound = output.get("bound") or {}
        certified = bound.get("certified") or {}
        relative = output.get("relative_error") or {}
        decisions = output.get("decisions")
        rows.append(
            [
                output.get("name"),
                _shape(output),
                f"{output.get('bits')} bits, scale {_scale(output)}",
                _small(output.get("max_error")),
                _small(bound.get("found")),
                _small(certified.get("error")) if certified else bound.get("uncertified", "–"),
                f"{100 * relative['of_range']:.2g} %" if relative else "–",
                f"{_number(decisions['flipped'])} of {_number(decisions['total'])}" if decisions else "–",
            ]
        )
    head = ["output", "shape", "format", "error, data", "worst found", "certified", "of range", "decisions changed"]
    return _table(head, rows) + "".join(_histogram(output) for output in facts.get("outputs", []))


def _histogram(output: dict[str, Any]) -> str:
    counts = (output.get("errors") or {}).get("counts")
    if not isinstance(counts, list) or not counts or not any(counts):
        return ""
    top, width = max(counts), 640 / len(counts)
    bars = "".join(
        f"<rect x='{at * width:.1f}' y='{60 - 60 * count / top:.1f}' width='{width * 0.85:.1f}' height='{60 * count / top:.1f}'/>"
        for at, count in enumerate(counts)
        if count
    )
    return (
        f"<div class='dim'>error of {_e(output.get('name'))}, integer model less float model</div>"
        f"<svg viewBox='0 0 640 62' width='100%' height='62' preserveAspectRatio='none' role='img'>{bars}"
        f"<line x1='0' y1='61' x2='640' y2='61'/></svg>"
    )


def _layers(facts: dict[str, Any]) -> str:
    rows = [
        [
            layer.get("name"),
            layer.get("step"),
            f"{layer.get('columns')} → {layer.get('rows')}",
            _number(layer.get("parameters")),
            layer.get("bits"),
            layer.get("scale"),
            "yes" if layer.get("saturates") else "no",
            _number(layer.get("constraints")),
        ]
        for layer in facts.get("layers", [])
    ]
    head = ["layer", "step", "size", "weights", "bits", "scale", "saturates", "constraints"]
    return f"<details><summary>{len(rows)} layers</summary>{_table(head, rows)}</details>" if rows else ""


def _table(head: list[str], rows: list[list[Any]]) -> str:
    if not rows:
        return ""
    heads = "".join(f"<th>{_e(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{_e(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _text_of(warning: Any) -> str:
    if not isinstance(warning, dict):
        return in_python(str(warning))
    parts = [warning.get("text"), warning.get("remedy")]
    return in_python(". What to do: ".join(part for part in parts if part))


def _e(value: Any) -> str:
    return escape("–" if value is None else str(value), quote=True)


def _number(value: Any) -> Optional[str]:
    return None if value is None else f"{value:,}"


def _small(value: Any) -> Optional[str]:
    return None if value is None else f"{value:.4g}"


def _shape(tensor: dict[str, Any]) -> str:
    return " × ".join(str(size) for size in tensor.get("shape", [])) or "1"


def _scale(tensor: dict[str, Any]) -> str:
    scale = tensor.get("scale")
    return f"{min(scale['scales'])} to {max(scale['scales'])}" if isinstance(scale, dict) else str(scale)


def _bytes(value: Any) -> Optional[str]:
    return None if value is None else f"{value / 2**20:,.0f} MiB"


def _units(value: Any) -> Optional[str]:
    units = value.get("verify_by_cpi") if isinstance(value, dict) else None
    return None if units is None else f"{units:,} CU"
