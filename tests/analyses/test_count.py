"""Parameters, buffers and multiply-accumulates against the figures of papers."""

from __future__ import annotations

import random

from archdsl.analyses.count import count, node_counts, unused
from archdsl.backends.onnx.write import to_model
from archdsl.sizes import Size
from tests.graph.build import Build
from tests.weights.given import Given


def test_lenet5_layer_by_layer() -> None:
    # LeCun et al. 1998, section II.B: C1 has 156 trainable parameters, C5 48,120, F6 10,164.
    build = Build()
    image = build.input(1, 32, 32)
    c1 = build.node("conv", image, out=6, kernel=5)
    s2 = build.node("avg_pool", c1, kernel=2)
    c3 = build.node("conv", s2, out=16, kernel=5)
    s4 = build.node("avg_pool", c3, kernel=2)
    c5 = build.node("conv", s4, out=120, kernel=5)
    flat = build.node("flatten", c5)
    f6 = build.node("linear", flat, out=84)
    graph = build.graph(build.node("linear", f6, out=10))
    counts = node_counts(graph)
    assert [counts[position].params for position in (c1, c3, c5, f6)] == [156, 2_416, 48_120, 10_164]
    assert [counts[position].macs for position in (image, c1, s2, flat, f6)] == [0, 117_600, 0, 0, 10_080]
    assert count(graph) == (61_706, 0, 416_520)


def test_grouped_convolution() -> None:
    # Krizhevsky et al. 2012, conv2: 5x5x48 kernels, of which each tower has 128, on 27x27.
    build = Build()
    graph = build.graph(build.node("conv", build.input(96, 27, 27), out=256, kernel=5, padding=2, groups=2))
    assert count(graph) == (5 * 5 * 48 * 256 + 256, 0, 223_948_800)


def test_normalisation_trains_two_and_keeps_two_for_each_channel() -> None:
    build = Build()
    assert count(build.graph(build.node("batch_norm", build.input(64, 7, 7)))) == (128, 128, 0)


def test_a_shared_step_owns_once_and_works_each_time() -> None:
    build = Build()
    image = build.input(8, 4, 4)
    first = build.node("conv", image, name="first", out=8, kernel=1, bias=False)
    second = build.node("conv", first, name="second", owner="first", out=8, kernel=1, bias=False)
    graph = build.graph(second)
    assert count(graph) == (64, 0, 2 * 64 * 16)
    assert [counts.params for counts in node_counts(graph)] == [0, 64, 0]


def test_side_heads_count_in_training_only() -> None:
    build = Build()
    image = build.input(10)
    hidden = build.node("linear", image, out=20)
    build.auxiliary_head("aux", build.node("linear", hidden, out=5, auxiliary_head="aux"))
    graph = build.graph(build.node("linear", hidden, out=2))
    running, side = 10 * 20 + 20 * 2, 20 * 5
    assert count(graph) == (running + 22, 0, running)
    assert count(graph, training=True) == (running + 22 + side + 5, 0, running + side)


def test_what_no_output_needs_is_counted_apart() -> None:
    build = Build()
    image = build.input(10)
    lost = build.node("batch_norm", build.node("linear", image, out=7))
    graph = build.graph(build.node("linear", image, out=2))
    assert count(graph) == (11 * 2, 0, 10 * 2)
    assert node_counts(graph)[lost] == (0, 0, 0)
    assert unused(graph) == (11 * 7 + 2 * 7, 2 * 7, 0)


def test_a_shared_step_whose_first_use_is_lost_counts_where_it_runs() -> None:
    build = Build()
    image = build.input(4)
    build.node("linear", image, name="first", out=4)
    last = build.node("linear", image, name="again", owner="first", out=4)
    graph = build.graph(last)
    assert count(graph) == (20, 0, 16)
    assert node_counts(graph)[last] == (20, 0, 16)
    assert unused(graph) == (0, 0, 0)


def test_counts_are_those_of_what_is_emitted() -> None:
    """Random graphs: the multiply-accumulates of the ONNX nodes that are written, by hand."""
    for seed in range(30):
        choose = random.Random(seed)
        build = Build()
        values = [build.input(8, 5, 5)]
        for _ in range(12):
            word = choose.choice(["conv", "relu", "add"])
            attributes = {"out": 8, "kernel": 1, "bias": False} if word == "conv" else {}
            operands = choose.choices(values, k=2 if word == "add" else 1)
            values.append(build.node(word, *operands, **attributes))
        graph = build.graph(choose.choice(values[1:]), choose.choice(values))
        model = to_model(graph, weights=Given())
        convolutions = sum(node.op_type == "Conv" for node in model.graph.node)
        weights = sum(8 * 8 for each in model.graph.initializer if each.dims[:2] == [8, 8])
        assert count(graph)[::2] == (weights, convolutions * 8 * 8 * 25)


def test_named_dimensions_leave_macs_open_and_nothing_else() -> None:
    build = Build()
    image = build.input(3, Size.named("H"), 32)
    conv = build.node("conv", image, out=8, kernel=3)
    graph = build.graph(build.node("relu", conv))
    assert count(graph) == (3 * 9 * 8 + 8, 0, None)
    assert [counts.macs for counts in node_counts(graph)] == [0, None, 0]


def test_named_dimensions_stay_out_of_what_has_no_macs() -> None:
    build = Build()
    flat = build.node("global_avg_pool", build.input(3, Size.named("H"), Size.named("W")))
    assert count(build.graph(build.node("linear", build.node("flatten", flat), out=2))) == (8, 0, 6)
