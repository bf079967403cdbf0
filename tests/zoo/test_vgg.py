"""The columns of VGG's table 1 (Simonyan and Zisserman 2015)."""

from __future__ import annotations

import itertools

import pytest

import archdsl
from archdsl.ops.conv import Conv
from archdsl.ops.linear import Linear

# Convolutions of each stage: kernel, and width.
COLUMNS = {
    "vgg11": "3-64 | 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "vgg11_lrn": "3-64 lrn | 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "vgg13": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 | 3-512 3-512 | 3-512 3-512",
    "vgg16c": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 1-256 | 3-512 3-512 1-512 | 3-512 3-512 1-512",
    "vgg16": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 3-256 | 3-512 3-512 3-512 | 3-512 3-512 3-512",
    "vgg19": "3-64 3-64 | 3-128 3-128 | 3-256 3-256 3-256 3-256 | 3-512 3-512 3-512 3-512"
    " | 3-512 3-512 3-512 3-512",
}
"""Columns A, A-LRN, B, C, D and E; after each stage a pool."""


@pytest.mark.parametrize(("name", "column"), COLUMNS.items())
def test_its_layers_are_those_of_the_table(name: str, column: str) -> None:
    found = []
    for node in archdsl.load(name).nodes:
        if isinstance(node.op, Conv):
            assert node.op.stride == 1
            found.append(f"{node.op.kernel}-{node.shape[0]}")
        elif node.op.word in ("lrn", "max_pool", "linear"):
            found.append({"lrn": "lrn", "max_pool": "|", "linear": f"fc-{node.shape[0]}"}[node.op.word])
    assert " ".join(found) == f"{column} | fc-4096 fc-4096 fc-1000"


@pytest.mark.parametrize("name", ["vgg11", "vgg13", "vgg16", "vgg16c", "vgg19"])
def test_normalised_ones_differ_by_a_norm_after_each_convolution(name: str) -> None:
    plain, normalised = ([node.op for node in archdsl.load(each).nodes] for each in (name, f"{name}_bn"))
    assert [op for op in normalised if op.word != "batch_norm"] == plain
    for op, after in itertools.pairwise(normalised):
        assert (after.word == "batch_norm") is isinstance(op, Conv)


@pytest.mark.parametrize("name", ["vgg11", "vgg13", "vgg16", "vgg16c", "vgg19"])
def test_it_has_the_layers_of_its_name(name: str) -> None:
    nodes = archdsl.load(name).nodes
    assert sum(isinstance(node.op, Conv | Linear) for node in nodes) == int(name[3:5])
