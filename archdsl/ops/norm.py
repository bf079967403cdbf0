"""Normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import CallChange, change, in_place_of_it, left_out
from archdsl.ops.aliases import ranks
from archdsl.ops.base import (
    Count,
    Emitter,
    Epsilon,
    Example,
    Flag,
    Index,
    Number,
    Operator,
    Parameter,
    Probability,
    Shapes,
    TensorLayout,
    Trait,
)
from archdsl.ops.dimensions import check_groups, known, known_channels, position
from archdsl.ops.geometry import spatial
from archdsl.ops.initializers import Constant
from archdsl.ops.onnx_form import filled, per_channel, reduce, reshape, reshape_like, unsqueeze
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import FLOAT32, Shape, element_count, is_known, text_of

_ONE, _ZERO = Constant(1.0), Constant(0.0)


def _affine(count: int) -> tuple[Parameter, ...]:
    return (Parameter("weight", (count,), _ONE), Parameter("bias", (count,), _ZERO))


def _scale_and_shift(emit: Emitter, value: str, spatial_rank: int) -> str:
    scaled = emit.node("Mul", [value, per_channel(emit, "weight", spatial_rank)])
    return emit.node("Add", [scaled, per_channel(emit, "bias", spatial_rank)])


class BatchNorm(Operator):
    """Batch normalisation of each channel (Ioffe & Szegedy 2015).

    y = (x - mean) / sqrt(variance + eps) * weight + bias, with the batch's statistics in training
    and the running ones otherwise.
    """

    word = "batch_norm"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = (*ranks("BatchNorm{}d"), "SyncBatchNorm", "BatchNormalization", "bn")
    argument_aliases = {"epsilon": "eps"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"num_features": 0}
    examples = (
        Example("batch_norm", ((8, 5, 5),)),
        Example("batch_norm(eps=0.001, momentum=0.01)", ((8, 5, 5),)),
        Example("batch_norm(affine=false)", ((8, 5, 5),)),
        Example("batch_norm", ((8,),)),
        Example("batch_norm", ((8, 5),)),
        Example("batch_norm", ((8, 3, 4, 5),)),
    )

    eps: Annotated[Epsilon, Field(description="what is added to the variance")] = 1e-5
    momentum: Annotated[Probability, Field(description="share of a batch in the running statistics")] = 0.1
    affine: Annotated[Flag, Field(description="whether a weight and a bias are trained")] = True

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            spatial(shape, self.word)
        known_channels(shape, self.word)
        return shape

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        channels = known_channels(inputs[0], self.word)
        running = (
            Parameter("running_mean", (channels,), _ZERO, trained=False),
            Parameter("running_var", (channels,), _ONE, trained=False),
            # How many batches the running statistics have seen: PyTorch's state dicts have it.
            Parameter("num_batches_tracked", (), _ZERO, trained=False, dtype="int64", training_only=True),
        )
        return (*_affine(channels), *running) if self.affine else running

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        keywords: dict[str, object] = {"num_features": shape[0]}
        if self.eps != 1e-5:
            keywords["eps"] = self.eps
        if self.momentum != 0.1:
            keywords["momentum"] = self.momentum
        if not self.affine:
            keywords["affine"] = False
        return Layer(f"nn.BatchNorm{max(len(shape) - 1, 1)}d", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        channels = known_channels(inputs[0], self.word)
        if self.affine:
            scale = [emit.parameter("weight"), emit.parameter("bias")]
        else:
            scale = [filled(emit, 1.0, channels), filled(emit, 0.0, channels)]
        statistics = [emit.parameter("running_mean"), emit.parameter("running_var")]
        return emit.node("BatchNormalization", [values[0], *scale, *statistics], epsilon=self.eps)


class LayerNorm(Operator):
    """Layer normalisation over one dimension: the last, or with ``dim=1`` the channels.

    y = (x - mean) / sqrt(variance + eps) * weight + bias (Ba et al. 2016).
    """

    word = "layer_norm"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = ("LayerNorm", "LayerNormalization", "ln")
    argument_aliases = {"epsilon": "eps", "elementwise_affine": "affine"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"normalized_shape": 0}
    examples = (
        Example("layer_norm", ((5, 8),)),
        Example("layer_norm(eps=1e-6, dim=1)", ((8, 5, 6),)),
        Example("layer_norm(affine=false)", ((4, 5, 8),)),
        Example("layer_norm(affine=false, dim=1)", ((8, 5, 6),)),
        Example("layer_norm(1e-6)", ((8,),)),
        Example("layer_norm(dim=1)", ((8,),)),
        Example("layer_norm(dim=1)", ((8, 5),)),
        Example("layer_norm(dim=1)", ((8, 3, 4, 5),)),
        Example("layer_norm(dim=2)", ((8, 5, 6),)),
    )

    eps: Annotated[Epsilon, Field(description="what is added to the variance")] = 1e-5
    dim: Annotated[Index, Field(description="the dimension that is normalised")] = -1
    affine: Annotated[Flag, Field(description="whether a weight and a bias are trained")] = True

    def infer(self, inputs: Shapes) -> Shape:
        self._features(inputs[0])
        return inputs[0]

    def _features(self, shape: Shape) -> int:
        return known(shape[position(self.dim, shape, self.word)], self.word, "the size it normalises")

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        features = self._features(inputs[0])
        return _affine(features) if self.affine else ()

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        keywords: dict[str, object] = {"normalized_shape": self._features(shape)}
        if self.eps != 1e-5:
            keywords["eps"] = self.eps
        if not self.affine:
            keywords["elementwise_affine"] = False
        layer = Layer("nn.LayerNorm", keywords)
        dim = position(self.dim, shape, self.word) + 1
        if dim == len(shape):
            return layer
        moved = Invoke("torch.movedim", (Operand(0), dim, -1))
        return Invoke("torch.movedim", (Invoke(layer, (moved,)), -1, dim))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (shape,) = inputs
        dim, last = position(self.dim, shape, self.word) + 1, len(shape)
        if dim == last:
            return self._normalise(emit, values[0], shape)
        there = [*(d for d in range(last + 1) if d != dim), dim]
        back = [there.index(d) for d in range(last + 1)]
        moved = emit.node("Transpose", [values[0]], perm=there)
        return emit.node("Transpose", [self._normalise(emit, moved, shape)], perm=back)

    def _normalise(self, emit: Emitter, value: str, shape: Shape) -> str:
        """Over the last dimension."""
        if emit.opset >= 17:
            if self.affine:
                tensors = [value, emit.parameter("weight"), emit.parameter("bias")]
            else:
                tensors = [value, filled(emit, 1.0, self._features(shape))]
            return emit.node("LayerNormalization", tensors, axis=-1, epsilon=self.eps)
        centred = emit.node("Sub", [value, reduce(emit, "ReduceMean", value, [-1])])
        variance = reduce(emit, "ReduceMean", emit.node("Mul", [centred, centred]), [-1])
        deviation = emit.node("Sqrt", [emit.node("Add", [variance, emit.number(self.eps)])])
        normal = emit.node("Div", [centred, deviation])
        return _scale_and_shift(emit, normal, 0) if self.affine else normal


class GroupNorm(Operator):
    """Normalisation of each group of channels, sample by sample (Wu & He 2018)."""

    word = "group_norm"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = ("GroupNorm", "GroupNormalization", "gn")
    argument_aliases = {"num_groups": "groups", "epsilon": "eps"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"num_channels": 1}
    examples = (
        Example("group_norm(4)", ((8, 5, 6),)),
        Example("group_norm(1, eps=1e-3)", ((8, 5, 6),)),
        Example("group_norm(8, affine=false)", ((8, 5, 6),)),
        Example("group_norm(2)", ((8,),)),
        Example("group_norm(2)", ((8, 5),)),
        Example("group_norm(2)", ((8, 3, 4, 5),)),
    )

    groups: Annotated[Count, Field(description="groups of channels")]
    eps: Annotated[Epsilon, Field(description="what is added to the variance")] = 1e-5
    affine: Annotated[Flag, Field(description="whether a weight and a bias are trained")] = True

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            spatial(shape, self.word)
        check_groups(known_channels(shape, self.word), self.groups, self.word)
        if element_count(shape) == self.groups:
            raise _nothing_to_normalise(self.word, shape, "each group has one number", change(groups=1))
        return shape

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return _affine(known_channels(inputs[0], self.word)) if self.affine else ()

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"num_groups": self.groups, "num_channels": inputs[0][0]}
        if self.eps != 1e-5:
            keywords["eps"] = self.eps
        if not self.affine:
            keywords["affine"] = False
        return Layer("nn.GroupNorm", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (shape,) = inputs
        channels = known_channels(shape, self.word)
        # Not GroupNormalization, which opset 18 defines otherwise, onnx infers no shape for and
        # onnxruntime takes apart into the same.
        # A group is an instance with one channel.
        grouped = reshape(emit, values[0], self.groups, -1)
        units = [filled(emit, 1.0, self.groups), filled(emit, 0.0, self.groups)]
        normal = emit.node("InstanceNormalization", [grouped, *units], epsilon=self.eps)
        normal = reshape_like(emit, normal, values[0], (channels, *shape[1:]))
        return _scale_and_shift(emit, normal, len(shape) - 1) if self.affine else normal


class InstanceNorm(Operator):
    """Normalisation of each channel of each sample (Ulyanov et al. 2016)."""

    word = "instance_norm"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = (*ranks("InstanceNorm{}d"), "InstanceNormalization")
    argument_aliases = {"epsilon": "eps"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"num_features": 0}
    examples = (
        Example("instance_norm", ((4, 5, 6),)),
        Example("instance_norm(eps=1e-3, affine=true)", ((4, 5, 6),)),
        Example("instance_norm(affine=true)", ((4, 7),)),
        Example("instance_norm", ((4, 3, 4, 5),)),
    )

    eps: Annotated[Epsilon, Field(description="what is added to the variance")] = 1e-5
    affine: Annotated[Flag, Field(description="whether a weight and a bias are trained")] = False

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        sizes = spatial(shape, self.word)
        known_channels(shape, self.word)
        if element_count(sizes) == 1:
            raise _nothing_to_normalise(
                self.word, shape, "each channel has one number", in_place_of_it("group_norm(1)")
            )
        return shape

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return _affine(known_channels(inputs[0], self.word)) if self.affine else ()

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        keywords: dict[str, object] = {"num_features": shape[0]}
        if self.eps != 1e-5:
            keywords["eps"] = self.eps
        if self.affine:
            keywords["affine"] = True
        return Layer(f"nn.InstanceNorm{len(shape) - 1}d", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        channels = known_channels(inputs[0], self.word)
        if self.affine:
            scale = [emit.parameter("weight"), emit.parameter("bias")]
        else:
            scale = [filled(emit, 1.0, channels), filled(emit, 0.0, channels)]
        return emit.node("InstanceNormalization", [values[0], *scale], epsilon=self.eps)


def _nothing_to_normalise(word: str, shape: Shape, why: str, fix: CallChange) -> OperatorError:
    return OperatorError(
        "nothing-to-normalise",
        f"`{word}` has nothing to normalise on an input of {text_of(shape)}: {why}, which is its own mean",
        label=f"the input is {text_of(shape)}",
        changes=(fix, left_out()),
    )


class LocalResponseNorm(Operator):
    """Local response normalisation across neighbouring channels (Krizhevsky et al. 2012).

    y = x / (k + alpha / size * sum(x^2 over size channels))^beta. The paper, unlike PyTorch and
    Caffe, does not divide alpha by size: its 1e-4 over 5 channels is ``lrn(5, alpha=5e-4, k=2)``.
    """

    word = "lrn"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = ("LocalResponseNorm", "local_response_normalization", "cross_map_lrn")
    examples = (
        Example("lrn(5, alpha=5e-4, k=2)", ((8, 5, 6),)),
        Example("lrn(3, alpha=0.5, beta=0.5, k=1)", ((8, 5, 6),)),
        Example("lrn(4, alpha=0.5)", ((8, 5, 6),)),
        Example("lrn(5, alpha=0.5)", ((8, 6),)),
        Example("lrn(5, alpha=0.5)", ((8, 3, 4, 5),)),
        Example("lrn(9, alpha=0.5)", ((2, 4, 5),)),
    )

    size: Annotated[Count, Field(description="neighbouring channels in a sum")]
    alpha: Annotated[Number, Field(description="weight of the mean of squares")] = 1e-4
    beta: Annotated[Number, Field(description="exponent")] = 0.75
    k: Annotated[Number, Field(description="what is added to the mean of squares")] = 1.0

    def infer(self, inputs: Shapes) -> Shape:
        spatial(inputs[0], self.word)
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords = {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
        return Layer("nn.LocalResponseNorm", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (shape,) = inputs
        (value,) = values
        # onnxruntime has it for two spatial dimensions and odd sizes.
        if len(shape) == 3 and self.size % 2:
            return emit.node("LRN", [value], size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k)
        squares = emit.node("Mul", [value, value])
        cells = math.prod([size for size in shape[1:] if is_known(size)])
        flat = [shape[0] if is_known(shape[0]) else -1, -1 if element_count(shape[1:]) is None else cells]
        if flat.count(-1) > 1:
            known_channels(shape, self.word)
        # As a picture of channels x cells with one channel, whose columns are averaged. For an even
        # size PyTorch looks one channel farther back than forth.
        picture = unsqueeze(emit, reshape(emit, squares, *flat), 1)
        back, forth = self.size // 2, (self.size - 1) // 2
        mean = emit.node(
            "AveragePool",
            [picture],
            kernel_shape=[self.size, 1],
            strides=[1, 1],
            pads=[back, 0, forth, 0],
            count_include_pad=1,
        )
        mean = reshape_like(emit, mean, value, shape)
        scaled = emit.node("Mul", [mean, emit.number(self.alpha)])
        shifted = emit.node("Add", [scaled, emit.number(self.k)])
        return emit.node("Div", [value, emit.node("Pow", [shifted, emit.number(self.beta)])])


class L2Normalize(Operator):
    """Scales a dimension to Euclidean length 1: y = x / max(|x|, eps)."""

    word = "l2_normalize"
    layout = TensorLayout.KEPT
    aliases = ("l2_norm", "LpNormalization", "UnitNormalization")
    argument_aliases = {"axis": "dim"}
    examples = (
        Example("l2_normalize", ((512,),)),
        Example("l2_normalize(dim=-1, eps=1e-6)", ((4, 5, 6),)),
        Example("l2_normalize", ((4, 5, 6),)),
    )

    dim: Annotated[Index, Field(description="the dimension whose length becomes 1")] = 1
    eps: Annotated[Epsilon, Field(description="the least length to divide by")] = 1e-12

    def infer(self, inputs: Shapes) -> Shape:
        position(self.dim, inputs[0], self.word)
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        dim = position(self.dim, inputs[0], self.word) + 1
        return Invoke("F.normalize", (Operand(0),), {"dim": dim, "eps": self.eps})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        dim = position(self.dim, inputs[0], self.word) + 1
        length = reduce(emit, "ReduceL2", values[0], [dim])
        return emit.node("Div", [values[0], emit.node("Max", [length, emit.number(self.eps)])])
