"""Outputs that a file names beside its body, by the dotted names of values."""

from __future__ import annotations

import pytest
import torch

import archdsl
from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.source import Source
from tests.checking import check, design, network, refused

BODY = """
- layer1: conv(4, 1)
- layer2:
    - "0": conv(8, 1)
    - act: relu
- aux(side): conv(5, 1)
- head: conv(2, 1)
"""


def test_they_come_after_those_of_the_body() -> None:
    text = design(BODY) + "outputs: {c3: layer2.act, c2: layer1, again: head, c1: '\"layer2.0\"', x: input}\n"
    found = network(text)
    assert found.outputs == {
        "output": (2, 8, 8), "c3": (8, 8, 8), "c2": (4, 8, 8), "again": (2, 8, 8), "c1": (8, 8, 8), "x": (3, 8, 8),
    }  # fmt: skip
    assert found.with_outputs(["c2"]).outputs == {"c2": (4, 8, 8)}


def test_a_value_that_is_an_output_is_used() -> None:
    text = "input: [3, 8, 8]\nbody:\n  - a: conv(4, 1)\n  - from(input) -> conv(2, 1)\noutputs: {a: a}\n"
    assert network(text).outputs == {"output": (2, 8, 8), "a": (4, 8, 8)}


def test_facts_are_about_them_too() -> None:
    text = design(BODY) + "outputs: {c2: layer1}\nexpect: {outputs: {output: [2, 8, 8], c2: [4, 8, 8]}}\n"
    assert [*network(text).outputs] == ["output", "c2"]


@pytest.mark.parametrize(
    ("outputs", "code", "fix"),
    [
        ("{c2: ‹layer3›}", "unknown-value", "layer1"),
        ("{c2: ‹layer2.ac›}", "unknown-value", "layer2.act"),
        ("{c2: ‹layer1.act›}", "unknown-value", "layer1"),
        ("{c2: ‹layer1 + 1›}", "wrong-argument", None),
        ("{c2: ‹{a: layer1}›}", "wrong-value", None),
        ("{c2: ‹side›}", "value-in-aux", None),
        ("{‹output›: layer1}", "output-twice", "first"),
        ("{‹side›: layer1}", "output-twice", "first"),
        ("‹layer1›", "wrong-section", "{c2: layer1}"),
        ("{‹2c›: layer1}", "wrong-value", "c2"),
    ],
)
def test_what_names_no_value_is_an_error_at_its_place(outputs: str, code: str, fix: str | None) -> None:
    refused(design(BODY) + f"outputs: {outputs}\n", code, fix=fix)


def test_several_mistakes_are_reported_in_one_run() -> None:
    found = check(design(BODY) + "outputs: {a: layer9, b: layer1 + 1, c: side, output: layer1}\n").diagnostics
    assert [each.code for each in found] == [
        "unknown-value",
        "wrong-argument",
        "value-in-aux",
        "output-twice",
    ]


def test_both_syntaxes_have_them() -> None:
    arch = "input [3, 8, 8]\nbody {\n  a: { b: conv(4, 1) }\n  relu\n}\noutputs { c1: a.b }\n"
    checked = pipeline.check(Source(arch, "net.arch", "net.arch"))
    assert checked.network is not None
    assert checked.network.outputs == {"output": (4, 8, 8), "c1": (4, 8, 8)}


VARIANT = "extends: resnet18\nname: features\ninput: [3, 64, 64]\noutputs: {c2: layer1, c3: layer2}\n"


def test_a_variant_adds_the_features_of_its_base() -> None:
    """Those are what torchvision's own modules of these names compute, so its weights give the same."""
    whole = archdsl.load("resnet18", input="3x64x64").to_torch(seed=3).eval()
    model = archdsl.load(VARIANT).to_torch(seed=3).eval()
    assert [*whole.state_dict()] == [*model.state_dict()]
    found: dict[str, torch.Tensor] = {}
    for name in ("layer1", "layer2"):
        whole.get_submodule(name).register_forward_hook(
            lambda _, __, value, name=name: found.update({name: value})
        )
    torch.manual_seed(0)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        logits = whole(x)
        values = model(x)
    assert torch.equal(values.output, logits)
    assert torch.equal(values.c2, found["layer1"])
    assert torch.equal(values.c3, found["layer2"])


def test_another_body_has_outputs_of_its_own() -> None:
    files = {"base.yaml": design(BODY) + "outputs: {c2: layer1}\n"}

    def opener(name: str, beside: str | None) -> Source:
        return Source(files[name], name, name)

    def outputs(text: str) -> tuple[list[str], tuple[Diagnostic, ...]]:
        checked = pipeline.check(Source(text, "net.yaml", "net.yaml"), opener=opener)
        return [*checked.network.outputs] if checked.network else [], checked.diagnostics

    assert outputs("extends: base.yaml\n") == (["output", "c2"], ())
    assert outputs("extends: base.yaml\nbody: relu\n") == (["output"], ())
    assert outputs("extends: base.yaml\noutputs: {c3: layer2}\n") == (["output", "c3"], ())
