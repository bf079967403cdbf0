"""Every network of ours: it checks without a word, and its counts are the published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from archdsl.analyses.count import count
from archdsl.graph.verify import verify
from tests.zoo.files import ARCHITECTURES, DESIGNS, checked

# The exact counts of each network with where they are from: papers, reference implementations and
# arithmetic on their layer tables.
PUBLISHED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("published.json").read_text(encoding="utf-8")
)
# A family's own defaults are one of its networks, whose file states the facts.
FAMILIES = {
    "densenet": "densenet121",
    "convnext": "convnext_tiny",
    "densenet_cifar": "densenet40",
    "efficientnet": "efficientnet_b0",
    "efficientnet_v2": "efficientnet_v2_s",
    "mnasnet": "mnasnet1_0",
    "mobilenet_v3": "mobilenet_v3_large",
    "preresnet": "preresnet50",
    "preresnet_cifar": "preresnet164",
    "regnet": "regnet_y_400mf",
    "resnet": "resnet50",
    "resnet_cifar": "resnet20",
    "shufflenet_v2": "shufflenet_v2_x1_0",
    "swin": "swin_t",
    "swin_v2": "swin_v2_t",
    "vgg": "vgg16",
    "vit": "vit_b_16",
}


@pytest.mark.parametrize("path", [*ARCHITECTURES, *DESIGNS], ids=lambda path: path.stem)
def test_checks_without_a_diagnostic_and_gives_a_legal_graph(path: Path) -> None:
    assert verify(checked(path).graph) == []


@pytest.mark.parametrize("path", ARCHITECTURES, ids=lambda path: path.stem)
def test_counts_are_the_published_ones(path: Path) -> None:
    published = PUBLISHED[FAMILIES.get(path.stem, path.stem)]
    network = checked(path)
    assert network.params == published["params"]
    assert network.buffers == published["buffers"]
    assert network.macs == published["macs"]
    training = count(network.graph, training=True)
    for fact, value in published.get("training", {}).items():
        assert getattr(training, fact) == value


@pytest.mark.parametrize("path", ARCHITECTURES, ids=lambda path: path.stem)
def test_the_file_states_its_facts(path: Path) -> None:
    if path.stem in FAMILIES:
        return
    design = yaml.safe_load(path.read_text(encoding="utf-8"))
    expect, published = design["expect"], PUBLISHED[path.stem]
    assert design["name"] == path.stem
    assert "doc" in design
    assert expect["output"]
    assert (expect["params"], expect["macs"]) == (published["params"], published["macs"])
    assert expect.get("training", {}) == published.get("training", {})
