"""The text form of graphs."""

from __future__ import annotations

from archdsl.graph.text import text_form
from archdsl.sizes import Size
from tests.graph.build import Build


def test_a_line_a_node_with_attributes_that_differ_from_their_defaults() -> None:
    build = Build("tiny")
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="stem", out=16, kernel=(1, 3), padding=(0, 1), bias=False)
    again = build.node("conv", stem, name="again", out=16, kernel=16, padding=10, groups=16)
    joined = build.node("concat", image, stem, name="joined")
    assert text_form(build.graph(joined, again)) == (
        "graph tiny\n"
        "input = input : 3x8x8\n"
        "stem = conv(out=16, kernel=[1, 3], padding=[0, 1], bias=false)(input) : 16x8x8\n"
        "again = conv(out=16, kernel=16, padding=10, groups=16)(stem) : 16x13x13\n"
        "joined = concat(input, stem) : 19x8x8\n"
        "output output0 = joined\n"
        "output output1 = again\n"
    )


def test_shared_steps_and_auxiliary_heads_say_so() -> None:
    build = Build()
    image = build.input(3, 8, 8)
    first = build.node("conv", image, name="first", out=3, kernel=1)
    second = build.node("conv", first, name="second", owner="first", out=3, kernel=1)
    side = build.node("relu", first, name="side", auxiliary_head="aux")
    build.auxiliary_head("aux", side, weight=0.4)
    text = text_form(build.graph(second))
    assert "second = conv(out=3, kernel=1)(first) : 3x8x8, parameters of first\n" in text
    assert "side = relu(first) : 3x8x8, in aux\n" in text
    assert text.endswith("output output = second\nauxiliary head aux = side, weight 0.4\n")


def test_named_dimensions_are_printed_as_expressions() -> None:
    build = Build()
    image = build.input(3, Size.named("H"), Size.named("W"))
    stem = build.node("conv", image, name="stem", out=8, kernel=3, stride=2, padding=1)
    # floor((H + 2 - 3) / 2) + 1
    assert "(input) : 8x((H + 1)//2)x((W + 1)//2)\n" in text_form(build.graph(stem))


def test_equal_graphs_have_equal_texts() -> None:
    def make() -> str:
        build = Build()
        return text_form(build.graph(build.node("relu", build.input(4))))

    assert make() == make()
