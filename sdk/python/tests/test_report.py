"""Reports: text, card, dict."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import assay
from assay._report import card
from conftest import LINEAR


class Reader(HTMLParser):
    """Checks that tags are closed, and gathers them and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_a_report_in_every_form(linear: assay.Compiled) -> None:
    facts = linear.report.to_dict()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["circuit"]["constraints"] == linear.constraints and facts["circuit_digest"] == linear.circuit
    text = str(linear.report)
    assert "constraints" in text and linear.name in text and "--" not in text.replace("---", "")
    reader = read(linear.report._repr_html_())
    assert linear.circuit in reader.text and f"{linear.constraints:,}" in reader.text and "svg" in reader.tags
    assert linear.name in repr(linear.report) and linear.name in repr(linear)


def test_names_from_a_model_are_text_in_the_card(linear: assay.Compiled) -> None:
    attack = "<script>alert('x')</script><img src=x onerror=\"y\">"
    facts = json.loads(json.dumps(linear.report.to_dict()).replace(json.dumps(linear.outputs[0].name), json.dumps(attack)))
    facts["model"] = attack
    reader = read(card(facts, [attack]))
    assert not {"script", "img"} & reader.tags and reader.text.count(attack) >= 3


def test_a_card_of_an_empty_report() -> None:
    assert read(card({}, [])).tags == {"style", "div", "h3", "code", "span"} - {"span"}


def test_inputs_and_outputs() -> None:
    compiled = assay.compile(
        LINEAR / "model.onnx", LINEAR / "calibration.csv", input_format=(20, 10), domain={}, margin=0.5, max_error_calibrated=0.1
    )
    assert all((tensor.bits, tensor.scale) == (20, 10) for tensor in compiled.inputs)
    features = [feature for tensor in compiled.inputs for feature in tensor.features]
    assert features and all(feature.min < feature.max and feature.kind == "real" for feature in features)
    assert all(len(tensor.features) for tensor in compiled.inputs) and compiled.outputs[0].visibility == "public"
