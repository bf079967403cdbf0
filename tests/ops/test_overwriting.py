"""Writing in place, operator by operator: the same values and the same gradients.

Two promises are held here for every example of every operator. Where an operator has a form that writes
its output over an operand, that form computes what the other one does. And where an operator says that
its output may be overwritten, autograd does not need that output: it refuses a backward pass through a
saved tensor that was written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from archdsl.backends.torch import eager
from archdsl.backends.torch.form_walk import layer_of
from archdsl.ops import OPERATORS, Operator
from archdsl.ops.base import Trait
from tests.ops.calls import operator

if TYPE_CHECKING:
    from archdsl.ops import Example
    from archdsl.ops.torch_form import TorchForm

EXAMPLES = [example for kind in OPERATORS.values() for example in kind.examples]
OVERWRITING = [
    (example, operand)
    for example in EXAMPLES
    for operand in range(len(example.inputs))
    if operator(example.call).overwriting(example.inputs, operand) is not None
]
OVERWRITABLE = [example for example in EXAMPLES if Trait.OVERWRITABLE_OUTPUT in operator(example.call).traits]


def named(example: Example) -> str:
    return f"{example.call} on {example.inputs}"


class Trained:
    """An example with leaves that have gradients: its operands and its tensors."""

    def __init__(self, example: Example) -> None:
        random = torch.Generator().manual_seed(3)
        self.op = operator(example.call)
        self.leaves = [
            torch.randn((2, *shape), generator=random).requires_grad_() for shape in example.inputs
        ]
        self.weights = {
            parameter.name: (
                torch.rand(parameter.shape, generator=random).add(0.5)
                if parameter.dtype == "float32"
                else torch.zeros(parameter.shape, dtype=torch.int64)
            )
            for parameter in self.op.params(example.inputs)
        }
        for parameter in self.op.params(example.inputs):
            if parameter.trained:
                self.leaves.append(self.weights[parameter.name].requires_grad_())
        self.count = len(example.inputs)

    def run(self, form: TorchForm, *, then_double: bool = False) -> list[torch.Tensor]:
        """The output and every gradient. Operands are no leaves, as inside a network."""
        for leaf in self.leaves:
            leaf.grad = None
        layer = layer_of(form)
        module = None
        if layer is not None:
            module = eager.build(layer).eval()
            # The leaves themselves, so that their gradients are seen.
            for name, value in self.weights.items():
                if value.requires_grad:
                    module.get_parameter(name).data = value.data
                else:
                    module.get_buffer(name).copy_(value)
        operands = [leaf * 1 for leaf in self.leaves[: self.count]]
        output = eager.run(form, operands, module, self.weights)
        if then_double:
            output.mul_(2)
        else:
            output = output * 2
        (output * torch.linspace(-1, 1, output.numel()).reshape(output.shape)).sum().backward()
        gradients = [leaf.grad for leaf in self.leaves[: self.count]]
        if module is not None:
            gradients += [value.grad for value in module.parameters()]
        else:
            gradients += [leaf.grad for leaf in self.leaves[self.count :]]
        return [output.detach(), *(gradient for gradient in gradients if gradient is not None)]


@pytest.mark.parametrize(
    ("example", "operand"), OVERWRITING, ids=[f"{named(example)}, {at}" for example, at in OVERWRITING]
)
def test_a_form_that_writes_over_an_operand_computes_the_same(example: Example, operand: int) -> None:
    it = Trained(example)
    form = it.op.overwriting(example.inputs, operand)
    assert form is not None
    expected, found = it.run(it.op.to_torch(example.inputs)), it.run(form)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("example", OVERWRITABLE, ids=named)
def test_an_output_that_may_be_overwritten_is_not_needed_by_its_gradient(example: Example) -> None:
    it = Trained(example)
    form = it.op.to_torch(example.inputs)
    expected, found = it.run(form), it.run(form, then_double=True)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-6)


def test_every_form_that_overwrites_is_tried() -> None:
    tried = {operator(example.call).word for example, _ in OVERWRITING}
    assert {word for word, kind in OPERATORS.items() if kind.overwriting is not Operator.overwriting} == tried
