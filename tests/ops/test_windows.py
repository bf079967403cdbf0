"""Pools and convolutions at the limits of their attributes, against torch and onnxruntime.

What is accepted runs in both, with the inferred shape and equal values; what is refused PyTorch refuses
too, or has nothing but an empty map or an infinity for it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy
import pytest
import torch

from archdsl.backends.onnx.write import to_model
from archdsl.diagnostics import OperatorError
from archdsl.graph.ir import Graph, Node, Output
from archdsl.ops.input import Input
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from archdsl.shapes import TensorType
from archdsl.source import Source
from tests.ops.window_cases import WindowCase, line_cases, random_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archdsl.shapes import Shape

BATCH = 2
AT_ONCE = 200
"""Cases that go into one model."""


def judge(cases: Iterable[WindowCase]) -> int:
    """Judge each case, and return how many were accepted."""
    accepted: list[tuple[WindowCase, Shape]] = []
    for case in cases:
        try:
            accepted.append((case, case.op.infer((case.shape,))))
        except OperatorError:
            check_refused(case)
    for begin in range(0, len(accepted), AT_ONCE):
        check_accepted(accepted[begin : begin + AT_ONCE])
    return len(accepted)


def check_refused(case: WindowCase) -> None:
    if not case.has_a_torch_call:
        return
    try:
        output = case.torch_call(torch.ones(BATCH, *case.shape))
    except (RuntimeError, ValueError):
        return
    assert output.numel() == 0 or not torch.isfinite(output).all(), f"PyTorch takes {case}"


def check_accepted(accepted: list[tuple[WindowCase, Shape]]) -> None:
    span = Source("").span()
    inputs = [
        Node(f"x{at}", Input(), (), TensorType(case.shape), span, f"x{at}")
        for at, (case, _) in enumerate(accepted)
    ]
    steps = [
        Node(f"step{at}", case.op, (at,), TensorType(shape), span, f"step{at}")
        for at, (case, shape) in enumerate(accepted)
    ]
    count = len(accepted)
    outputs = tuple([Output(f"y{at}", count + at) for at in range(count)])
    graph = Graph("windows", (*inputs, *steps), tuple(range(count)), outputs)
    random = numpy.random.default_rng(0)
    feeds = {node.name: random.standard_normal((BATCH, *node.shape)).astype(numpy.float32) for node in inputs}
    ours = live(graph, SyntheticWeights(), feeds)
    model = to_model(graph, weights=SyntheticWeights())
    theirs = open_session(model.SerializeToString(), "cpu").run(feeds)
    for at, (case, shape) in enumerate(accepted):
        output = ours[f"y{at}"]
        assert output.shape == (BATCH, *shape), case
        numpy.testing.assert_allclose(theirs[f"y{at}"], output, atol=1e-5, err_msg=str(case))
        if case.word.endswith("pool"):
            value = feeds[f"x{at}"]
            expected = pooled(case, value, shape)
            numpy.testing.assert_allclose(output, expected, atol=1e-5, err_msg=str(case))


def pooled(case: WindowCase, value: numpy.ndarray, shape: Shape) -> numpy.ndarray:
    """A pool by its definition: each window cell by cell. A mean is over the cells of the input or, where
    the padding counts, over those of the padding too, and never over what lies beyond."""
    over = case.op._window(case.shape)  # type: ignore[attr-defined]
    sizes = case.shape[1:]
    output = numpy.empty((BATCH, *[int(size) for size in shape]), numpy.float32)
    for position in itertools.product(*[range(int(size)) for size in shape[1:]]):
        windows = []
        counts = 1
        for axis, at in enumerate(position):
            start = at * over.stride[axis] - over.begins[axis]
            cells = [start + cell * over.dilation[axis] for cell in range(over.kernel[axis])]
            windows.append([cell for cell in cells if 0 <= cell < sizes[axis]])
            counts *= sum(cell < sizes[axis] + over.ends[axis] for cell in cells)
        seen = value[numpy.ix_(range(BATCH), range(value.shape[1]), *windows)]
        axes = tuple(range(2, seen.ndim))
        if case.word == "max_pool":
            found = seen.max(axes)
        elif case.attributes["count_include_pad"]:
            found = seen.sum(axes) / counts
        else:
            found = seen.mean(axes)
        output[(slice(None), slice(None), *position)] = found
    return output


def test_every_small_window_on_a_line() -> None:
    assert judge(line_cases()) > 1500


@pytest.mark.parametrize("seed", range(2))
def test_windows_in_all_dimensions(seed: int) -> None:
    assert judge(random_cases(seed, 500)) > 200


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_windows(seed: int) -> None:
    judge(random_cases(seed, 2000))


FOUND = [
    WindowCase("max_pool", {"kernel": 3, "stride": 1, "padding": 2, "dilation": 2, "ceil": False}, (1, 13)),
    WindowCase("max_pool", {"kernel": 3, "stride": 2, "padding": (0, 1), "dilation": 1, "ceil": True}, (2, 2, 4)),
    WindowCase(
        "avg_pool",
        {"kernel": 2, "stride": 2, "padding": 1, "ceil": False, "count_include_pad": False},
        (6, 2, 2, 1),
    ),
    WindowCase(
        "conv_transpose",
        {"out": 2, "kernel": 3, "stride": 1, "padding": 0, "dilation": 2, "output_padding": 1},
        (2, 5, 5),
    ),
    WindowCase(
        "conv_transpose",
        {"out": 2, "kernel": 1, "stride": 2, "padding": 1, "dilation": 3, "output_padding": 2},
        (2, 1),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_windows_that_one_back_end_has_no_single_call_for(case: WindowCase) -> None:
    assert judge([case]) == 1
