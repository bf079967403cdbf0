"""The table of a network."""

from __future__ import annotations

import pytest

from archdsl.graph.ir import Graph
from archdsl.report.headline import one_line
from archdsl.report.summary import render, rows, to_json
from archdsl.sizes import Size
from archdsl.terminal import short
from tests.graph.build import Build


@pytest.fixture
def network() -> Graph:
    """Two scopes, what an equation adds, a shared step and an auxiliary head."""
    build = Build("small")
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="stem", out=4, kernel=3, padding=1)
    inner = build.node("conv", stem, name="layer.0.conv", out=4, kernel=3, padding=1)
    added = build.node("add", stem, inner, name="layer.0:add")
    again = build.node("conv", added, name="layer.1", owner="layer.0.conv", out=4, kernel=3, padding=1)
    flat = build.node("flatten", again, name="flat")
    scores = build.node("linear", flat, name="fc", out=10)
    side_flat = build.node("flatten", stem, name="side.0", auxiliary_head="side")
    side = build.node("linear", side_flat, name="side.1", auxiliary_head="side", out=10)
    build.auxiliary_head("side", side)
    return build.graph(scores)


# By hand: 4 * 3 * 9 + 4 = 112 parameters and 64 * 4 * 27 = 6,912 multiply-accumulates in the stem;
# 4 * 4 * 9 + 4 = 148 and 64 * 4 * 36 = 9,216 in each conv of the layer, whose parameters are the same;
# 256 * 10 + 10 = 2,570 and 2,560 in the classifier, and as many in the auxiliary head.
PARAMS = 112 + 148 + 2570
MACS = 6912 + 2 * 9216 + 2560


def test_the_totals_are_those_of_the_network_as_it_runs(network: Graph) -> None:
    table = rows(network)
    assert sum(row.params for row in table) == PARAMS
    assert sum(row.macs or 0 for row in table) == MACS
    assert [row.name for row in table] == [
        "input", "stem", "layer.0.conv", "layer.0:add", "layer.1", "flat", "fc",
    ]  # fmt: skip


def test_a_shared_step_is_counted_once_in_params_and_each_time_in_macs(network: Graph) -> None:
    again = next(row for row in rows(network) if row.name == "layer.1")
    assert (again.params, again.macs) == (0, 9216)


@pytest.mark.parametrize(
    ("depth", "names"),
    [
        (1, ["input", "stem", "layer", "flat", "fc"]),
        (2, ["input", "stem", "layer.0", "layer.1", "flat", "fc"]),
        (3, ["input", "stem", "layer.0.conv", "layer.0:add", "layer.1", "flat", "fc"]),
    ],
)
def test_depth_folds_what_lies_deeper(network: Graph, depth: int, names: list[str]) -> None:
    table = rows(network, depth)
    assert [row.name for row in table] == names
    assert sum(row.params for row in table) == PARAMS
    assert sum(row.macs or 0 for row in table) == MACS


def test_a_folded_row_has_the_sums_and_the_last_shape(network: Graph) -> None:
    layer = rows(network, 1)[2]
    assert layer.operator == "3 operators"
    assert layer.shape == "4x8x8"
    assert (layer.params, layer.macs, layer.bytes) == (148, 2 * 9216, 4 * 3 * 256)


def test_the_text_has_the_totals_and_the_auxiliary_heads(network: Graph) -> None:
    text = render(network)
    assert "small: input 3x8x8 -> output 10" in text
    assert f"params       {PARAMS:,}\n" in text
    assert f"MACs         {MACS:,}\n" in text
    assert f"in training  {PARAMS + 2570:,} params and {MACS + 2560:,} MACs" in text
    assert "side.1" not in text


def test_columns_stand_below_their_headings(network: Graph) -> None:
    lines = render(network).splitlines()
    shape = lines[0].index("output")
    end = lines[0].index("params") + len("params")
    stem = next(line for line in lines if line.startswith("stem"))
    assert stem[shape:].startswith("4x8x8")
    assert stem[:end].endswith("112")


def test_a_narrow_terminal_shortens_names_and_a_pipe_does_not() -> None:
    build = Build()
    name = "features.denseblock4.denselayer16.conv1"
    value = build.node("conv", build.input(3, 8, 8), name=name, out=4, kernel=3)
    graph = build.graph(value)
    table = render(graph, width=60).partition("\n\n")[0]
    assert max(map(len, table.splitlines())) == 60
    assert "layer16.conv1" in table
    assert name not in table
    assert name in render(graph)


def test_named_sizes_are_shown_and_not_counted() -> None:
    build = Build()
    size = Size.named("H")
    graph = build.graph(build.node("conv", build.input(3, size, size), name="c", out=4, kernel=3, padding=1))
    assert "MACs         depend on the input's size" in render(graph)
    assert to_json(graph)["macs"] is None
    assert to_json(graph)["nodes"][1]["shape"] == [4, "H", "H"]
    assert one_line(graph) == "112 params, 3xHxH -> 4xHxH"


def test_json(network: Graph) -> None:
    answer = to_json(network)
    assert set(answer) == {
        "name", "inputs", "outputs", "params", "buffers", "macs", "unused_params", "nodes",
    }  # fmt: skip
    assert (answer["inputs"], answer["outputs"]) == ({"input": [3, 8, 8]}, {"output": [10]})
    assert (answer["params"], answer["buffers"], answer["macs"]) == (PARAMS, 0, MACS)
    assert answer["unused_params"] == 0
    assert answer["nodes"][3] == {
        "path": "layer.0:add",
        "op": "add",
        "inputs": ["stem", "layer.0.conv"],
        "shape": [4, 8, 8],
        "dtype": "float32",
        "params": 0,
        "macs": 0,
        "line": 4,
    }


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1.00 k"), (9_994, "9.99 k"), (9_996, "10.0 k"), (99_960, "100 k"),
        (999_499, "999 k"), (999_500, "1.00 M"), (2_834_161_664, "2.83 G"), (None, "?"),
    ],
)  # fmt: skip
def test_short_numbers_have_three_digits(amount: int | None, text: str) -> None:
    assert short(amount) == text
