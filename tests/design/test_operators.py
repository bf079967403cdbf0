"""The vocabulary: which operators there are, and what their calls look like."""

from __future__ import annotations

import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.ops import OPERATORS
from tests.checking import codes, design, network, operators, parameters, shape

WORDS = """
conv conv_transpose linear batch_norm layer_norm group_norm instance_norm lrn relu relu6 leaky_relu prelu
sigmoid hardsigmoid tanh gelu silu hardswish softmax abs max_pool avg_pool global_avg_pool
adaptive_avg_pool flatten dropout stochastic_depth pad upsample slice center_crop reshape permute
channel_shuffle scale layer_scale l2_normalize identity subsample table_conv scaled_tanh rbf
elu selu celu mish softplus softsign log_softmax hardtanh clip glu exp log sqrt pow erf sin cos
global_max_pool rms_norm pixel_shuffle pixel_unshuffle roll transpose tile repeat_along unfold reduce_mean reduce_sum reduce_max reduce_min matmul attention multi_head_attention parameter
cast normalize constant arange zeros ones gather embedding where lstm gru rnn adaptive_max_pool
"""


def test_the_operators_are_those_of_the_language() -> None:
    assert set(STANDARD.calls) == set(WORDS.split())


def test_the_input_is_no_operator_that_can_be_called() -> None:
    assert codes(design("- input")) == ["unknown-operator"]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("conv", ("out", "kernel", "stride", "padding", "dilation", "groups", "bias")),
        ("max_pool", ("kernel", "stride", "padding", "dilation", "ceil")),
        ("avg_pool", ("kernel", "stride", "padding", "ceil", "count_include_pad")),
        ("batch_norm", ("eps", "momentum")),
        ("linear", ("out", "bias")),
    ],
)
def test_attributes_are_the_fields_own(word: str, names: tuple[str, ...]) -> None:
    assert set(names) <= set(OPERATORS[word].model_fields)
    assert (
        tuple(OPERATORS[word].model_fields)[: 2 if word != "batch_norm" else 1]
        == names[: 2 if word != "batch_norm" else 1]
    )


def test_defaults_are_pytorchs() -> None:
    """Conv2d(stride=1, padding=0, groups=1, bias=True), BatchNorm2d(eps=1e-5, momentum=0.1)."""
    ours = {node.op.word: node.op for node in network(design("- conv(4, 3) -> batch_norm")).nodes}
    assert ours["conv"].model_dump() == {
        "out": 4,
        "kernel": 3,
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
        "init": None,
        "std": None,
        "bias_init": None,
    }
    assert {**ours["batch_norm"].model_dump()} | {"eps": 1e-5, "momentum": 0.1} == ours[
        "batch_norm"
    ].model_dump()
    assert shape(design("- max_pool(2)")) == (3, 4, 4), "the stride of a pool is its kernel"


@pytest.mark.parametrize(
    ("input", "weight", "output"),
    [
        ("[3, 9]", (4, 3, 3), (4, 7)),
        ("[3, 9, 10]", (4, 3, 3, 3), (4, 7, 8)),
        ("[3, 9, 10, 11]", (4, 3, 3, 3, 3), (4, 7, 8, 9)),
    ],
)
def test_the_spatial_rank_comes_from_the_input(
    input: str, weight: tuple[int, ...], output: tuple[int, ...]
) -> None:
    text = design("- conv(4, 3)", input=input)
    assert parameters(text)["0.weight"] == weight
    assert shape(text) == output


def test_pad_pads_channels_too() -> None:
    assert shape(design("- pad(0, channels=[0, 5])")) == (8, 8, 8)
    assert shape(design("- pad([1, 2])")) == (3, 10, 12)


def test_upsample_by_a_factor_or_to_a_size() -> None:
    assert shape(design("- upsample(2)")) == (3, 16, 16)
    assert shape(design("- upsample(size=[5, 7])")) == (3, 5, 7)


def test_a_network_in_one_glance() -> None:
    """The example at the top of the language's definition."""
    text = design(
        """
        - conv1: conv(64, 7, stride=2, padding=3)          # label: call
        - batch_norm -> relu -> max_pool(3, stride=2)      # chain
        - concat:                                          # construct: branches
            branch1: conv(64, 1)
            branch2: conv(96, 1) -> conv(128, 3, padding=1)
        - residual: conv(192, 3, padding=1) -> batch_norm  # the incoming value is added
        - dense(6, as=j):                                  # every layer fed by all before it
            - "denselayer{j + 1}": dense_layer(growth)
        """,
        input="[3, 64, 64]",
        params="{growth: 8}",
        blocks="dense_layer(out): conv(out, 1) -> relu",
    )
    assert shape(text) == (192 + 6 * 8, 15, 15)
    names = list(parameters(text))
    assert names[0] == "conv1.weight"
    assert {"branch1.weight", "branch2.0.weight", "branch2.1.weight", "denselayer6.0.weight"} <= set(names)
    assert operators(text).count("concat") == 1 + 6


@pytest.mark.parametrize(
    "body",
    [
        "- let(x=3): relu",
        "- relu -> a, b: slice(0, 1)",
        "- conv(xs[0:1], 1)",
        "- conv([x for x in xs], 1)",
        "- conv(*xs)",
        "- conv(**xs)",
        "- conv(lambda x: x, 1)",
        "- when(true): relu\n  elif(false): tanh",
        "- conv('4', 1)",
        "- &x relu",
    ],
)
def test_what_is_kept_out_on_purpose(body: str) -> None:
    assert codes(design(body)) != []
