"""An operator's PyTorch form as a Python expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.form_walk import is_number
from archdsl.backends.torch.layout import Bracketed, Concatenation, Placeholder, literal
from archdsl.ops.torch_form import DeviceOf, Invoke, Layer, Operand, Weight
from archdsl.size_formulas import SizeArithmetic, SizeOf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archdsl.backends.torch.layout import Text
    from archdsl.size_formulas import SizeFormula

LEADING = (
    "in_channels", "out_channels", "in_features", "out_features", "num_features", "num_groups",
    "num_channels", "normalized_shape", "num_parameters", "output_size", "p",
)  # fmt: skip
"""Arguments that PyTorch's constructors take first, in this order, and that are clear without a name."""

_SIGNS = {"torch.add": " + ", "torch.mul": " * ", "torch.sub": " - ", "torch.div": " / "}


def expression(
    entry: object,
    names: Sequence[Text],
    layer: tuple[Text, ...],
    weight: Callable[[str], str],
) -> Text:
    """The expression of a form, or of what stands in it. ``names`` are the variables of the operands,
    ``layer`` is the expression that calls the form's layer, and any arguments before the form's; ``weight`` gives
    the expression of a parameter by the operator's own word. Numbers are placeholders, in the order in which
    `numbers_of` gives them."""
    module, *before = layer

    def of(inner: object) -> Text:
        return expression(inner, names, layer, weight)

    if isinstance(entry, Operand):
        return names[entry.position]
    if isinstance(entry, Weight):
        return weight(entry.name)
    if isinstance(entry, SizeOf):
        return Concatenation((_single(names[entry.operand]), f".shape[{entry.dimension}]"))
    if isinstance(entry, DeviceOf):
        return Concatenation((_single(names[entry.position]), ".device"))
    if isinstance(entry, SizeArithmetic):
        return _arithmetic(entry, of)
    if isinstance(entry, Layer):
        return Bracketed(Concatenation((module, "(")), (*before, *names))
    if isinstance(entry, Invoke):
        target = "" if isinstance(entry.target, Layer) else entry.target
        arguments = [of(argument) for argument in entry.arguments]
        keywords: list[Text] = [
            Concatenation((f"{name}=", of(value))) for name, value in entry.keywords.items()
        ]
        if not target:
            return Bracketed(Concatenation((module, "(")), (*before, *arguments, *keywords))
        return _call(target, arguments, keywords)
    if is_number(entry):
        return Placeholder(entry)
    if isinstance(entry, list):
        return Bracketed("[", tuple([of(item) for item in entry]), "]")
    if isinstance(entry, tuple):
        return Bracketed("(", tuple([of(item) for item in entry]), ",)" if len(entry) == 1 else ")")
    return literal(entry)


def _arithmetic(entry: SizeArithmetic, of: Callable[[object], Text]) -> Text:
    """A size by its formula: numbers in it are its own, and no arguments of a class."""

    def side(inner: SizeFormula, *, needs_brackets: bool) -> Text:
        text = str(inner) if isinstance(inner, int) else of(inner)
        return Concatenation(("(", text, ")")) if needs_brackets else text

    binds = _BINDING[entry.sign]
    left, right = entry.left, entry.right
    loose_left = isinstance(left, SizeArithmetic) and _BINDING[left.sign] < binds
    # a - (b - c) and a // (b * c) need theirs; a + (b + c) does not.
    loose_right = isinstance(right, SizeArithmetic) and (
        _BINDING[right.sign] < binds or (_BINDING[right.sign] == binds and entry.sign != "+")
    )
    texts = side(left, needs_brackets=loose_left), side(right, needs_brackets=loose_right)
    return Concatenation((texts[0], f" {entry.sign} ", texts[1]))


_BINDING = {"+": 1, "-": 1, "*": 2, "//": 2}


def _call(target: str, arguments: list[Text], keywords: list[Text]) -> Text:
    if target in _SIGNS and len(arguments) == 2 and not keywords:
        sign = _SIGNS[target]
        left, right = arguments
        if sign in (" * ", " / ") and _sign(left) in (" + ", " - "):
            left = _single(left)
        return Concatenation((left, sign, _single(right)))
    if target == ".__getitem__":
        return Bracketed(Concatenation((_single(arguments[0]), "[")), (arguments[1],), "]")
    if target.startswith("."):
        return Bracketed(Concatenation((_single(arguments[0]), f"{target}(")), (*arguments[1:], *keywords))
    return Bracketed(f"{target}(", (*arguments, *keywords))


def _sign(text: Text) -> Text | None:
    """The sign of a sum or a product, None for anything else."""
    if isinstance(text, Concatenation) and len(text.parts) == 3 and text.parts[1] in _SIGNS.values():
        return text.parts[1]
    return None


def _single(text: Text) -> Text:
    """The text in brackets where it is a sum or a product."""
    return text if _sign(text) is None else Concatenation(("(", text, ")"))


def constructed(layer: Layer, fill: Callable[[str, object], Text] | None = None) -> Text:
    """The call of a layer's constructor; ``fill`` writes the value of a keyword that is a number."""
    texts: dict[str, Text] = {}
    for name, value in layer.keywords.items():
        if not is_number(value):
            texts[name] = literal(value)
        else:
            texts[name] = Placeholder(value) if fill is None else fill(name, value)
    return Bracketed(f"{layer.target}(", arguments_of(texts))


def arguments_of(texts: Mapping[str, Text]) -> tuple[Text, ...]:
    """Arguments with their names, but for those that lead and are clear without."""
    items: list[Text] = []
    leads = True
    for name, text in texts.items():
        leads = leads and name.endswith(LEADING)
        items.append(text if leads else Concatenation((f"{name}=", text)))
    return tuple(items)
