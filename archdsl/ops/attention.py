"""Matrix products and attention (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.ops.attention_form import attend
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Flag,
    OperandSpec,
    Operator,
    Parameter,
    Probability,
    Shapes,
    Trait,
)
from archdsl.ops.dimensions import known
from archdsl.ops.initializers import Constant, Uniform
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.ops.weight_init import OptionalNumber
from archdsl.shapes import FLOAT32, NUMBERS, DType, Shape, element_count, text_of
from archdsl.sizes import Dim


class Matmul(Operator):
    """The matrix product of the last two dimensions: N x K by K x M. The dimensions before them are equal, or 1."""

    word = "matmul"
    accepts = NUMBERS - {"uint8"}
    aliases = ("MatMul", "bmm", "mm", "batch_matmul", "dot")
    operands = (OperandSpec("input"), OperandSpec("other"))
    traits = Trait.OVERWRITABLE_OUTPUT | Trait.BROADCASTS_BATCH
    examples = (
        Example("matmul(from(other))", ((3, 4), (4, 5))),
        Example("matmul(from(other))", ((2, 3, 4), (2, 4, 5))),
        Example("matmul(from(other))", ((2, 3, 4), (1, 4, 5))),
    )

    def infer(self, inputs: Shapes) -> Shape:
        left, right = inputs
        if len(left) < 2 or len(left) != len(right) or left[-1] != right[-2]:
            raise OperatorError(
                "matmul-shape-mismatch",
                f"`{self.word}` multiplies ... x N x K by ... x K x M, but gets {text_of(left)} and {text_of(right)}",
                label=f"{text_of(left)} and {text_of(right)}",
                otherwise=_transposed(left, right),
                argument="other",
            )
        return (*_leading(self.word, left[:-2], right[:-2]), left[-2], right[-1])

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return (element_count(output) or 0) * known(inputs[0][-1], self.word, "the size it sums over")

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.matmul", (Operand(0), Operand(1)))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("MatMul", list(values))


def _transposed(left: Shape, right: Shape) -> str:
    """The help where a matrix product's operands do not fit."""
    if len(left) == len(right) == 2 and left[-1] == right[-1]:
        return "put `permute(0, 2, 1)` after what `other` names, to multiply by its transpose"
    return "the last size of the first is the last but one of the other"


def _leading(word: str, left: Shape, right: Shape) -> Shape:
    """The dimensions before those that are multiplied: equal, or 1 in one of them."""
    sizes: list[Dim] = []
    for one, other in zip(left, right, strict=True):
        if one != other and one != 1 and other != 1:
            raise OperatorError(
                "matmul-shape-mismatch",
                f"the dimensions of `{word}` before those that it multiplies are {text_of(left)} and {text_of(right)}",
                label=f"{text_of(left)} and {text_of(right)}",
                otherwise="make them equal, or 1",
            )
        sizes.append(other if one == 1 else one)
    return tuple(sizes)


KEYS_AND_VALUES = (OperandSpec("input"), OperandSpec("k", optional=True), OperandSpec("v", optional=True))


class Attention(Operator):
    """Scaled dot-product attention: softmax(q k^T * scale + mask) v, over the last two dimensions.

    q, which flows in, is ... x N x D, k is ... x M x D and v is ... x M x E; both are q, and v is k, unless they are
    given. With ``heads``, D and E are cut into so many parts, each of which attends by itself. The scale is
    1 / sqrt(D / heads) unless it is given. The mask is ... x (heads x) N x M: numbers are added, as a bias is, and of
    ``bool`` it says which keys each query sees.
    """

    word = "attention"
    aliases = ("Attention", "scaled_dot_product_attention", "dot_product_attention", "sdpa")
    operands = (*KEYS_AND_VALUES, OperandSpec("mask", optional=True))
    traits = Trait.OVERWRITABLE_OUTPUT | Trait.BROADCASTS_BATCH
    examples = (
        Example("attention", ((5, 8),)),
        Example("attention(from(k))", ((5, 8), (7, 8))),
        Example("attention(from(k), from(v), heads=2)", ((5, 8), (7, 8), (7, 6))),
        Example("attention(from(k), from(v), scale=0.5)", ((3, 5, 8), (3, 7, 8), (3, 7, 4))),
        Example("attention(from(k), from(v), from(mask))", ((5, 8), (7, 8), (7, 8), (5, 7))),
        Example("attention(from(k), from(v), from(mask), heads=2)", ((5, 8), (7, 8), (7, 8), (2, 5, 7))),
        Example("attention(from(k), from(v), from(mask), heads=2)", ((5, 8), (7, 8), (7, 8), (1, 5, 7))),
        Example(
            "attention(from(k), from(v), from(mask))",
            ((5, 8), (7, 8), (7, 8), (5, 7)),
            ("float32", "float32", "float32", "bool"),
        ),
    )

    heads: Annotated[Count, Field(description="parts that attend by themselves")] = 1
    scale: Annotated[OptionalNumber, Field(description="what the products are multiplied by")] = None

    def _operands(self, inputs: Shapes) -> tuple[Shape, Shape, Shape, Shape | None]:
        """The shapes of q, k, v and the mask."""
        q, k, v = (inputs[min(at, len(inputs) - 1)] for at in range(3))
        return q, k, v, inputs[3] if len(inputs) > 3 else None

    def infer(self, inputs: Shapes) -> Shape:
        q, k, v, mask = self._operands(inputs)
        fits = (
            len(q) == len(k) == len(v) >= 2
            and q[-1] == k[-1]
            and k[-2] == v[-2]
            and q[:-2] == k[:-2] == v[:-2]
        )
        if not fits:
            raise OperatorError(
                "attention-shape-mismatch",
                f"`{self.word}` takes N x D, M x D and M x E, but gets {text_of(q)}, {text_of(k)} and {text_of(v)}",
                label="q, k and v do not fit",
                otherwise="q and k have the same last size, k and v the same last but one, and all the same before",
                argument="k",
            )
        for size, what in ((q[-1], "features of q and k"), (v[-1], "features of v")):
            check_heads(self.word, self.heads, known(size, self.word, "the number of features"), what)
        if mask is not None:
            self._check_mask(mask, (*q[:-2], *([self.heads] if self.heads > 1 else []), q[-2], k[-2]))
        return (*q[:-1], v[-1])

    def _check_mask(self, mask: Shape, scores: Shape) -> None:
        if len(mask) == len(scores) and all(
            one in (1, other) for one, other in zip(mask, scores, strict=True)
        ):
            return
        raise OperatorError(
            "attention-shape-mismatch",
            f"what `{self.word}` adds is {text_of(mask)}, and the products of q and k are {text_of(scores)}",
            label=f"the mask is {text_of(mask)}",
            otherwise=f"give it {text_of(scores)}, with 1 for sizes along which it is the same: "
            f"`reshape({', '.join(map(str, [*[1] * (len(scores) - len(mask)), *mask]))})`",
            argument="mask",
        )

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        mask = dtypes[3:]
        return super().infer_dtype(dtypes[:3] if mask == ("bool",) else dtypes)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        q, k, v, _ = self._operands(inputs)
        return attention_macs(q, k[-2], v[-1])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        last = min(len(inputs), 3) - 1
        parts = [self._split(Operand(min(at, last))) for at in range(3)]
        keywords: dict[str, object] = {}
        if len(inputs) > 3:
            keywords["attn_mask"] = Operand(3)
        if self.scale is not None:
            keywords["scale"] = self.scale
        value = Invoke("F.scaled_dot_product_attention", tuple(parts), keywords)
        if self.heads == 1:
            return value
        return Invoke("torch.flatten", (Invoke("torch.transpose", (value, -3, -2)), -2))

    def _split(self, operand: Operand) -> Operand | Invoke:
        if self.heads == 1:
            return operand
        return Invoke("torch.transpose", (Invoke("torch.unflatten", (operand, -1, (self.heads, -1))), -3, -2))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        shapes = self._operands(inputs)
        last = min(len(values), 3) - 1
        q, k, v = (values[min(at, last)] for at in range(3))
        mask = values[3] if len(values) > 3 else None
        keeps = mask is not None and emit.dtype(3) == "bool"
        return attend(emit, (q, k, v), shapes[:3], self.heads, self.scale, mask, shapes[3] or (), keeps=keeps)


def check_heads(word: str, heads: int, features: int, what: str) -> None:
    """Raise `OperatorError` for heads that do not divide the features."""
    if features % heads:
        nearest = max(count for count in range(1, heads + 1) if features % count == 0)
        raise OperatorError(
            "heads-do-not-divide",
            f"the {heads} heads of `{word}` do not divide the {features} {what}",
            label=f"{features} {what}",
            changes=(change(heads=nearest),),
            argument="heads",
        )


def attention_macs(q: Shape, keys: Dim, features: Dim) -> int:
    """The multiply-accumulates of the two matrix products, of all heads together."""
    queries = element_count(q[:-1]) or 0
    return (
        queries
        * (element_count((keys,)) or 0)
        * ((element_count(q[-1:]) or 0) + (element_count((features,)) or 0))
    )


class MultiHeadAttention(Operator):
    """Attention of several heads between two linear layers each, as PyTorch packs them: q, k and v are projected by
    the parts of ``in_proj_weight``, and what the heads make by ``out_proj``.

    Self-attention of N x D, or, with operands, attention of q, which flows in, to k and v, which is k unless it is
    given. All have the same number of features.
    """

    word = "multi_head_attention"
    accepts = FLOAT32
    aliases = ("MultiheadAttention", "MultiHeadAttention", "self_attention", "mha", "msa")
    argument_aliases = {"num_heads": "heads"}
    torch_only_arguments = {"embed_dim": 0}
    operands = KEYS_AND_VALUES
    examples = (
        Example("multi_head_attention(heads=2)", ((5, 8),)),
        Example("multi_head_attention(heads=4, bias=false)", ((5, 8),)),
        Example("multi_head_attention(from(k), heads=2)", ((5, 8), (7, 8))),
        Example("multi_head_attention(from(k), from(v), heads=2)", ((5, 8), (7, 8), (7, 8))),
    )

    heads: Annotated[Count, Field(description="parts that attend by themselves")]
    dropout: Annotated[
        Probability, Field(description="share of the attention that is dropped in training")
    ] = 0.0
    bias: Annotated[Flag, Field(description="whether the projections have a bias")] = True

    def infer(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        features = known(first[-1], self.word, "the number of features") if first else 0
        if any(len(shape) != 2 or shape[-1] != features for shape in inputs) or (
            inputs[1:2] != inputs[2:3] and inputs[2:]
        ):
            raise OperatorError(
                "attention-shape-mismatch",
                f"`{self.word}` takes N x D, and M x D for k and v, but gets {', '.join(map(text_of, inputs))}",
                label=f"gets {text_of(first)}",
                otherwise="bring tokens into rows of features, with `flatten(2) -> permute(0, 2, 1)` for a map",
            )
        check_heads(self.word, self.heads, features, "features")
        return first

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        features = known(inputs[0][-1], self.word, "the number of features")
        zero = Constant(0.0)
        inner = Uniform(math.sqrt(6 / (4 * features)), "sqrt(6 / (fan_in + fan_out))")
        outer = Uniform(1 / math.sqrt(features), "1 / sqrt(fan_in)")
        found = [Parameter("in_proj_weight", (3 * features, features), inner)]
        if self.bias:
            found.append(Parameter("in_proj_bias", (3 * features,), zero))
        found.append(Parameter("out_proj.weight", (features, features), outer))
        if self.bias:
            found.append(Parameter("out_proj.bias", (features,), zero))
        return tuple(found)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        q, k = inputs[0], inputs[min(1, len(inputs) - 1)]
        features = known(q[-1], self.word, "the number of features")
        projected = 2 * (element_count(q) or 0) + 2 * (element_count(k) or 0)
        return projected * features + attention_macs(q, k[-2], features)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"embed_dim": inputs[0][-1], "num_heads": self.heads}
        if self.dropout:
            keywords["dropout"] = self.dropout
        if not self.bias:
            keywords["bias"] = False
        keywords["batch_first"] = True
        last = len(inputs) - 1
        operands = tuple([Operand(min(at, last)) for at in range(3)])
        attended = Invoke(Layer("nn.MultiheadAttention", keywords), operands, {"need_weights": False})
        return Invoke(".__getitem__", (attended, 0))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        features = known(inputs[0][-1], self.word, "the number of features")
        projected = self._projected(emit, values, features)
        k = inputs[min(1, len(inputs) - 1)]
        joined = attend(emit, projected, (inputs[0], k, k), self.heads)
        return self._linear(emit, joined, emit.parameter("out_proj.weight"), "out_proj.bias")

    def _projected(self, emit: Emitter, values: Sequence[str], features: int) -> list[str]:
        """q, k and v."""
        sizes = emit.integers(features, features, features)
        weight = emit.parameter("in_proj_weight")
        if len(values) == 1:
            return emit.nodes(
                "Split", [self._linear(emit, values[0], weight, "in_proj_bias"), sizes], 3, axis=-1
            )
        weights = emit.nodes("Split", [weight, sizes], 3, axis=0)
        biases = (
            emit.nodes("Split", [emit.parameter("in_proj_bias"), sizes], 3, axis=0) if self.bias else None
        )
        found = []
        for at, part in enumerate(weights):
            value = values[min(at, len(values) - 1)]
            product = emit.node("MatMul", [value, emit.node("Transpose", [part], perm=[1, 0])])
            found.append(product if biases is None else emit.node("Add", [product, biases[at]]))
        return found

    def _linear(self, emit: Emitter, value: str, weight: str, bias: str) -> str:
        product = emit.node("MatMul", [value, emit.node("Transpose", [weight], perm=[1, 0])])
        return emit.node("Add", [product, emit.parameter(bias)]) if self.bias else product
