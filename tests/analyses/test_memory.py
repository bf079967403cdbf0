"""Activation memory by hand."""

from __future__ import annotations

from archdsl.analyses.memory import activation_memory
from archdsl.passes.sequence import for_inference
from archdsl.sizes import Size
from tests.graph.build import Build


def test_a_chain_holds_two_values_at_a_time() -> None:
    build = Build()
    value = build.input(10)
    for index, out in enumerate((100, 50, 5)):
        value = build.node("linear", value, out=out, name=f"fc{index}")
    memory = activation_memory(build.graph(value))
    assert memory is not None
    assert memory.peak == 4 * 150  # 100 while the 50 is made of it
    assert memory.peak_node == "fc1"
    assert (memory.peak, memory.total) == (600, 660)  # float32 has four bytes


def test_a_branch_waits_for_its_merge() -> None:
    build = Build()
    image = build.input(4, 8, 8)  # 256
    left = build.node("conv", image, out=8, kernel=1)  # 512
    right = build.node("relu", build.node("conv", image, out=8, kernel=1))  # 512 each
    memory = activation_memory(build.graph(build.node("add", left, right, name="sum")))
    assert memory is not None
    # While the relu runs: left, the convolution's value and its own; then left, right and the sum.
    assert memory.peak == 4 * 3 * 512
    assert memory.total == 4 * (256 + 4 * 512)


def test_every_layer_of_a_dense_block_keeps_the_ones_before_it_alive() -> None:
    build = Build()
    value = build.input(10)
    first = build.node("linear", value, out=10)
    joined = build.node("concat", value, first)
    second = build.node("linear", joined, out=10)
    graph = build.graph(build.node("concat", value, first, second))
    memory = activation_memory(graph)
    assert memory is not None
    assert memory.peak == 4 * (10 + 10 + 10 + 30)  # joined (20) is gone when the last one is made


def test_outputs_live_to_the_end_and_inputs_from_the_start() -> None:
    build = Build()
    small = build.input(5, name="small")
    early = build.node("linear", small, out=100)
    large = build.input(1000, name="large")
    memory = activation_memory(build.graph(early, build.node("linear", large, out=10)))
    assert memory is not None
    assert memory.peak == 4 * (100 + 1000 + 10)
    assert memory.peak_node == "3"


def test_side_heads_and_unused_values_are_not_there_in_inference() -> None:
    build = Build()
    value = build.input(10)
    build.node("linear", value, out=5_000)
    build.auxiliary_head("aux", build.node("linear", value, out=9_000, auxiliary_head="aux"))
    memory = activation_memory(for_inference(build.graph(build.node("linear", value, out=1))))
    assert memory is not None
    assert (memory.peak, memory.total) == (44, 44)


def test_named_dimensions_leave_it_open() -> None:
    build = Build()
    assert activation_memory(build.graph(build.node("relu", build.input(3, Size.named("H"), 8)))) is None


def test_each_value_has_the_bytes_of_its_dtype() -> None:
    build = Build()
    picture = build.input(3, 8, 8, dtype="uint8")
    memory = activation_memory(build.graph(build.node("cast", picture, dtype="float32")))
    assert memory is not None
    assert (memory.peak, memory.total) == (192 + 4 * 192, 192 + 4 * 192)
