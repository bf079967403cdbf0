"""Numbers of a form are those of its text, in their order; what is left is the same whatever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archdsl.backends.torch.expressions import constructed, expression
from archdsl.backends.torch.form_walk import layer_of, numbers_of, without_numbers
from archdsl.backends.torch.layout import Placeholder, flat, literal, replaced
from archdsl.ops import OPERATORS
from archdsl.ops.torch_form import Invoke, Layer, Operand
from tests.ops.calls import operator

if TYPE_CHECKING:
    from archdsl.backends.torch.layout import Text
    from archdsl.ops.torch_form import TorchForm

FORMS = {
    f"{example.call} on {example.inputs}": operator(example.call).to_torch(example.inputs)
    for kind in OPERATORS.values()
    for example in kind.examples
}


def written(text: Text) -> list[object]:
    found = []

    def fill(hole: Placeholder) -> Text:
        found.append(hole.value)
        return literal(hole.value)

    replaced(text, fill)
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_numbers_are_in_the_order_in_which_they_are_written(form: TorchForm) -> None:
    text = expression(form, ["a", "b", "c", "d"], ("self.layer",), lambda word: f"self.{word}")
    assert written(text) == [value for _, value in numbers_of(form)]
    layer = layer_of(form)
    if layer is not None:
        assert set(map(repr, written(constructed(layer)))) <= set(map(repr, layer.keywords.values()))


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_forms_of_one_text_are_one_without_numbers(form: TorchForm) -> None:
    same = [other for other in FORMS.values() if without_numbers(other) == without_numbers(form)]
    assert form in same
    texts = {
        flat(expression(other, ["a", "b", "c", "d"], ("self.layer",), str), lambda _: "#") for other in same
    }
    # Operands that a layer is called on are not in its form, and all are written.
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Invoke("F.pad", (Operand(0), [1, 1])), Invoke("F.pad", (Operand(0), [2, 0])), True),
        (Invoke("F.pad", (Operand(0), [1, 1])), Invoke("F.pad", (Operand(0), 1)), True),
        (Invoke(".mean", keywords={"dim": 1}), Invoke(".mean", keywords={"dim": True}), False),
        (Invoke(".mean", keywords={"dim": 1}), Invoke(".mean", keywords={"axis": 1}), False),
        (Invoke("torch.sub", (Operand(0), Operand(1))), Invoke("torch.sub", (Operand(1), Operand(0))), False),
        (Invoke(Layer("nn.ReLU"), (Operand(0),)), Invoke("F.relu", (Operand(0),)), False),
    ],
)
def test_what_is_no_number_tells_forms_apart(one: TorchForm, other: TorchForm, alike: bool) -> None:
    assert (without_numbers(one) == without_numbers(other)) is alike
