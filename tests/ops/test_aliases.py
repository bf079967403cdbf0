"""What operators and their arguments are called elsewhere, held against those who call them so."""

from __future__ import annotations

import onnx
import pytest

from archdsl.ops import OPERATORS
from archdsl.ops.aliases import operator_called, plain_word
from tests.checking import check, design


def test_no_name_leads_to_two_operators() -> None:
    owners: dict[str, str] = {}
    for word, operator in OPERATORS.items():
        for alias in {plain_word(name) for name in (word, *operator.aliases)}:
            assert owners.setdefault(alias, word) == word, alias


@pytest.mark.parametrize("word", OPERATORS)
def test_every_alias_of_an_argument_is_of_an_attribute(word: str) -> None:
    operator = OPERATORS[word]
    assert set(operator.argument_aliases.values()) <= set(operator.model_fields)
    assert not set(operator.argument_aliases) & set(operator.model_fields)


@pytest.mark.parametrize(
    ("theirs", "word"),
    # What ONNX calls by one operator; Clip, Gather, MatMul and the like are parts of ours.
    [
        ("Conv", "conv"), ("ConvTranspose", "conv_transpose"), ("Gemm", "linear"), ("Relu", "relu"),
        ("LeakyRelu", "leaky_relu"), ("PRelu", "prelu"), ("Sigmoid", "sigmoid"), ("HardSwish", "hardswish"),
        ("Tanh", "tanh"), ("Gelu", "gelu"), ("Softmax", "softmax"), ("Abs", "abs"), ("MaxPool", "max_pool"),
        ("AveragePool", "avg_pool"), ("GlobalAveragePool", "global_avg_pool"), ("Flatten", "flatten"),
        ("Reshape", "reshape"), ("Slice", "slice"), ("Pad", "pad"), ("Resize", "upsample"),
        ("Concat", "concat"), ("Add", "add"), ("Sum", "add"), ("Mul", "mul"), ("Max", "max"), ("LRN", "lrn"),
        ("BatchNormalization", "batch_norm"), ("LayerNormalization", "layer_norm"),
        ("GroupNormalization", "group_norm"), ("InstanceNormalization", "instance_norm"),
        ("LpNormalization", "l2_normalize"), ("Identity", "identity"), ("Dropout", "dropout"),
    ],
)  # fmt: skip
def test_onnxs_operator_leads_to_ours(theirs: str, word: str) -> None:
    assert onnx.defs.has(theirs)
    assert operator_called(theirs, OPERATORS) == word


@pytest.mark.parametrize(
    ("theirs", "word"),
    # Keras 3, and the words of papers and of other code.
    [
        ("Conv2D", "conv"), ("Conv3DTranspose", "conv_transpose"), ("MaxPooling2D", "max_pool"),
        ("AveragePooling1D", "avg_pool"), ("GlobalAveragePooling2D", "global_avg_pool"),
        ("UpSampling2D", "upsample"), ("ZeroPadding2D", "pad"), ("Concatenate", "concat"),
        ("Multiply", "mul"), ("Maximum", "max"), ("UnitNormalization", "l2_normalize"),
        ("swish", "silu"), ("drop_path", "stochastic_depth"), ("DropPath", "stochastic_depth"),
        ("mean_pool", "avg_pool"), ("global_mean_pool", "global_avg_pool"), ("fc", "linear"), ("bn", "batch_norm"),
    ],
)  # fmt: skip
def test_other_words_lead_to_ours(theirs: str, word: str) -> None:
    assert operator_called(theirs, OPERATORS) == word


@pytest.mark.parametrize("word", ["hardshrink", "Dropout2d", "nn.", "", "_", "Dense"])
def test_a_word_that_means_something_else_leads_nowhere(word: str) -> None:
    assert operator_called(word, OPERATORS) is None


@pytest.mark.parametrize("word", [word for word, operator in OPERATORS.items() if operator.merges])
def test_a_merge_by_another_name_leads_to_the_construct(word: str) -> None:
    """In YAML a heading with arguments is no label; in `.arch` braces tell."""
    for alias in OPERATORS[word].aliases:
        if plain_word(alias) == plain_word(word):
            continue
        (found,) = check(design(f"- {alias}(dim=1): [relu, tanh]")).diagnostics
        assert (found.code, found.help) == ("not-a-construct", f"did you mean `{word}`?")
        (found,) = check(
            f"input [3, 8, 8]\nbody {{\n  {alias} {{\n    relu\n    tanh\n  }}\n}}\n"
        ).diagnostics
        assert (found.code, found.help) == ("not-a-construct", f"did you mean `{word}`?")


def test_kerass_dense_is_linear() -> None:
    (found,) = check(design("- flatten -> dense(64)")).diagnostics
    assert found.code == "construct-in-chain"
    assert "Keras's Dense, is `linear`" in found.help
    assert check(design("- flatten -> linear(64)")).network is not None
