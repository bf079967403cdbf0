"""Names, shapes and counts against what `tests/reference/record.py` found in the references."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from archdsl.analyses.count import count
from tests.zoo.files import ARCHITECTURES, DESIGNS, RECORDINGS, checked

if TYPE_CHECKING:
    from pathlib import Path

WITH_REFERENCE = [
    path
    for path in (*ARCHITECTURES, *DESIGNS)
    if re.search(r"^reference:", path.read_text(encoding="utf-8"), re.MULTILINE)
]


def recording(path: Path) -> dict[str, Any]:
    text = (RECORDINGS / f"{path.stem}.json").read_text(encoding="utf-8")
    recorded: dict[str, Any] = json.loads(text)
    return recorded


def test_every_reference_is_recorded() -> None:
    recorded = {path.stem for path in RECORDINGS.glob("*.json")}
    assert recorded == {path.stem for path in WITH_REFERENCE}


@pytest.mark.parametrize("path", WITH_REFERENCE, ids=lambda path: path.stem)
def test_names_and_shapes_are_those_of_the_reference(path: Path) -> None:
    recorded = recording(path)
    ours: dict[bool, dict[str, list[int]]] = {True: {}, False: {}}
    for name, tensor in checked(path).graph.tensors.items():
        ours[tensor.trained][name] = list(tensor.shape)
    assert ours[True] == recorded["trained"]
    assert ours[False] == recorded["buffers"]


@pytest.mark.parametrize("path", WITH_REFERENCE, ids=lambda path: path.stem)
def test_counts_are_those_of_the_reference(path: Path) -> None:
    recorded, graph = recording(path), checked(path).graph
    running, training = count(graph), count(graph, training=True)
    assert running.macs == recorded["macs"]
    assert training.params == sum(math.prod(shape) for shape in recorded["trained"].values())
    published = recorded["published"]
    if published:
        # torchvision publishes Inception v3 with its auxiliary head and GoogLeNet without its two.
        assert published["params"] in (running.params, training.params)
        assert running.macs is not None
        assert running.macs / 1e9 == pytest.approx(published["giga_macs"], abs=5e-4)
