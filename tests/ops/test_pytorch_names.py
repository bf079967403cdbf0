"""What PyTorch calls operators and their arguments is known here."""

from __future__ import annotations

import inspect

import pytest
import torch

from archdsl.backends.torch import eager
from archdsl.ops import OPERATORS
from archdsl.ops.aliases import operator_called
from archdsl.ops.documentation import example_design
from tests.checking import check

NO_CONCERN = {"device", "dtype", "inplace", "args", "kwargs"}
"""Of PyTorch's constructors: how a module is stored and run, which no design says."""
NOT_HERE = {
    "padding_mode", "return_indices", "track_running_stats", "divisor_override", "num_parameters",
    "recompute_scale_factor", "momentum", "bias", "threshold",
    "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse", "_weight", "_freeze",
}  # fmt: skip
"""Arguments of PyTorch's classes that no operator has, nor reads off its input in one number."""
WITH_ARGUMENTS = {"global_avg_pool", "global_max_pool", "stochastic_depth"}
"""Operators whose class in PyTorch is another operator's, with arguments that make it this one."""


def layers(word: str) -> set[str]:
    """The classes of ``torch.nn`` that an operator is in PyTorch, in its examples."""
    found: set[str] = set()
    if word in WITH_ARGUMENTS:
        return found
    operator = OPERATORS[word]
    for example in operator.examples if len(operator.operands) == 1 and not operator.merges else ():
        made = check(example_design(operator, example.call, example.types)).network
        assert made is not None
        layer = eager.layer_of(made.nodes[-1].op.to_torch(example.inputs))
        if layer is not None and "." not in layer.target.removeprefix("nn."):
            found.add(layer.target.removeprefix("nn."))
    return found


@pytest.mark.parametrize("word", OPERATORS)
def test_pytorchs_class_leads_to_the_operator_that_is_it(word: str) -> None:
    for name in layers(word):
        assert hasattr(torch.nn, name)
        assert operator_called(f"nn.{name}", OPERATORS) == word


@pytest.mark.parametrize("word", OPERATORS)
def test_every_argument_of_pytorchs_class_is_known_here(word: str) -> None:
    operator = OPERATORS[word]
    known = {*operator.model_fields, *operator.argument_aliases, *operator.torch_only_arguments}
    for name in layers(word):
        asked = set(inspect.signature(getattr(torch.nn, name)).parameters)
        assert asked - known - NO_CONCERN - NOT_HERE == set()
