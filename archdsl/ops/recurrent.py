"""Recurrent layers over N x D, with PyTorch's names: a state goes along the N steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it, change, without
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Expects,
    Flag,
    Operator,
    Parameter,
    Probability,
    Shapes,
)
from archdsl.ops.dimensions import known
from archdsl.ops.initializers import Uniform
from archdsl.ops.onnx_form import unsqueeze
from archdsl.ops.torch_form import Invoke, Layer, TorchForm
from archdsl.shapes import FLOAT32, Shape, text_of

_HIDDEN = Field(description="features of the state, of each direction")
_LAYERS = Field(description="layers on each other")
_BIDIRECTIONAL = Field(
    description="whether a second state goes from the end to the beginning, its features beside"
)
_DROPOUT = Field(description="share of what goes from a layer to the next that is dropped in training")
_BIAS = Field(description="whether the gates have biases")
_LAST = Field(description="whether the output is the last state and not that of every step")


class _Recurrent(Operator):
    """A recurrent layer: its attributes and its forms, all but which gates it has."""

    accepts = FLOAT32
    torch_only_arguments = {"input_size": 0}
    argument_aliases = {"hidden_size": "hidden", "units": "hidden", "num_layers": "layers"}
    gates: ClassVar[Sequence[int]]
    """Where ONNX's gates, in ONNX's order, stand among PyTorch's."""
    onnx_operator: ClassVar[str]

    hidden: Annotated[Count, _HIDDEN]
    layers: Annotated[Count, _LAYERS] = 1
    bidirectional: Annotated[Flag, _BIDIRECTIONAL] = False
    dropout: Annotated[Probability, _DROPOUT] = 0.0
    bias: Annotated[Flag, _BIAS] = True
    last: Annotated[Flag, _LAST] = False

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if len(shape) != 2:
            row = f"reshape(1, {shape[0]})" if len(shape) == 1 else "flatten(2) -> permute(0, 2, 1)"
            raise OperatorError(
                "not-a-sequence",
                f"`{self.word}` takes N x D, a row of features for each step, but gets {text_of(shape)}",
                label=f"gets {text_of(shape)}",
                changes=(before_it(row, " for one step" if len(shape) == 1 else " for the cells of a map"),),
            )
        known(shape[1], self.word, "the number of features")
        if self.dropout and self.layers == 1:
            raise OperatorError(
                "wrong-argument",
                f"`{self.word}` drops what goes from a layer to the next, and has one layer",
                label="nothing is dropped",
                changes=(without("dropout"), change(layers=2)),
                argument="dropout",
                of_input=False,
            )
        features = self.hidden * self._directions
        return (features,) if self.last else (shape[0], features)

    def _words(self) -> Iterator[tuple[int, str]]:
        """The layers and directions in PyTorch's order: the number of the layer, and the end of its tensors' names."""
        for layer in range(self.layers):
            yield from ((layer, f"_l{layer}{end}") for end in ("", "_reverse")[: self._directions])

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        features = known(inputs[0][1], self.word, "the number of features")
        rows = len(self.gates) * self.hidden
        rule = Uniform(1 / math.sqrt(self.hidden), "1 / sqrt(hidden)")
        found = []
        for layer, end in self._words():
            given = self.hidden * self._directions if layer else features
            found.append(Parameter(f"weight_ih{end}", (rows, given), rule))
            found.append(Parameter(f"weight_hh{end}", (rows, self.hidden), rule))
            if self.bias:
                found += [Parameter(f"bias_{part}{end}", (rows,), rule) for part in ("ih", "hh")]
        return tuple(found)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        steps = known(inputs[0][0], self.word, "the number of steps")
        weights = [each.shape for each in self.params(inputs) if each.name.startswith("weight")]
        return steps * sum(math.prod(shape) for shape in weights)

    def _keywords(self, inputs: Shapes) -> dict[str, object]:
        keywords: dict[str, object] = {"input_size": inputs[0][1], "hidden_size": self.hidden}
        if self.layers > 1:
            keywords["num_layers"] = self.layers
        if not self.bias:
            keywords["bias"] = False
        if self.dropout:
            keywords["dropout"] = self.dropout
        if self.bidirectional:
            keywords["bidirectional"] = True
        return {**keywords, "batch_first": True}

    def to_torch(self, inputs: Shapes) -> TorchForm:
        made = Invoke(Layer(f"nn.{self.onnx_operator}", self._keywords(inputs)))
        if not self.last:
            return Invoke(".__getitem__", (made, 0))
        states = self._states(Invoke(".__getitem__", (made, 1)))
        if not self.bidirectional:
            return Invoke(".__getitem__", (states, -1))
        both = Invoke("torch.narrow", (states, 0, -2, 2))
        return Invoke("torch.flatten", (Invoke("torch.transpose", (both, 0, 1)), 1))

    def _states(self, found: Invoke) -> Invoke:
        """The last states of all layers and directions, in what PyTorch gives beside the sequence."""
        return found

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        value = emit.node("Transpose", [values[0]], perm=[1, 0, 2])
        state = ""
        directions, features = self._directions, self.hidden * self._directions
        for layer in range(self.layers):
            ends = [end for at, end in self._words() if at == layer]
            tensors = [
                self._of_directions(emit, [self._reordered(emit, f"weight_{part}{end}") for end in ends])
                for part in ("ih", "hh")
            ]
            if self.bias:
                both = [
                    emit.node(
                        "Concat",
                        [self._reordered(emit, f"bias_{part}{end}") for part in ("ih", "hh")],
                        axis=0,
                    )
                    for end in ends
                ]
                tensors.append(self._of_directions(emit, both))
            every, state = emit.nodes(
                self.onnx_operator,
                [value, *tensors],
                2,
                hidden_size=self.hidden,
                direction="bidirectional" if self.bidirectional else None,
                **self._onnx_attributes(),
            )
            # Steps x directions x batch x features to steps x batch x the features of both.
            beside = emit.node("Transpose", [every], perm=[0, 2, 1, 3])
            value = emit.node("Reshape", [beside, emit.integers(0, 0, features)])
        if not self.last:
            return emit.node("Transpose", [value], perm=[1, 0, 2])
        sides = emit.node("Transpose", [state], perm=[1, 0, 2])
        return emit.node("Reshape", [sides, emit.integers(0, directions * self.hidden)])

    def _onnx_attributes(self) -> dict[str, object]:
        return {}

    def _reordered(self, emit: Emitter, name: str) -> str:
        """A tensor with its gates in ONNX's order."""
        stored = emit.parameter(name)
        if len(self.gates) == 1:
            return stored
        sizes = emit.integers(*[self.hidden] * len(self.gates))
        parts = emit.nodes("Split", [stored, sizes], len(self.gates), axis=0)
        return emit.node("Concat", [parts[at] for at in self.gates], axis=0)

    def _of_directions(self, emit: Emitter, tensors: Sequence[str]) -> str:
        apart = [unsqueeze(emit, tensor, 0) for tensor in tensors]
        return apart[0] if len(apart) == 1 else emit.node("Concat", apart, axis=0)


class Lstm(_Recurrent):
    """Long short-term memory over the steps of N x D (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    The output is the state of every step, N x hidden, or, with ``last=true``, the last one; of two directions side
    by side.
    """

    word = "lstm"
    aliases = ("LSTM", "blstm", "bilstm")
    gates = (0, 3, 1, 2)  # i, o, f, c of i, f, c, o
    onnx_operator = "LSTM"
    examples = (
        Example("lstm(4)", ((5, 3),)),
        Example("lstm(4, layers=2, bidirectional=true)", ((5, 3),)),
        Example("lstm(4, bias=false, last=true)", ((5, 3),)),
        Example("lstm(3, layers=2, dropout=0.5, bidirectional=true, last=true)", ((4, 6),)),
        Example("lstm(2)", ((1, 3),)),
    )

    def _states(self, found: Invoke) -> Invoke:
        return Invoke(".__getitem__", (found, 0))  # its cells' are beside them


class Gru(_Recurrent):
    """Gated recurrent units over the steps of N x D (Cho et al. 2014).

    The output is the state of every step, N x hidden, or, with ``last=true``, the last one; of two directions side
    by side. The reset gate weighs the product of the state and its weights, as PyTorch and cuDNN have it.
    """

    word = "gru"
    aliases = ("GRU", "bigru")
    gates = (1, 0, 2)  # z, r, h of r, z, h
    onnx_operator = "GRU"
    examples = (
        Example("gru(4)", ((5, 3),)),
        Example("gru(4, layers=2, bidirectional=true)", ((5, 3),)),
        Example("gru(4, bias=false, last=true)", ((5, 3),)),
        Example("gru(3, bidirectional=true, last=true)", ((4, 6),)),
    )

    def _onnx_attributes(self) -> dict[str, object]:
        return {"linear_before_reset": 1}


class Rnn(_Recurrent):
    """A plain recurrent layer over the steps of N x D (Elman 1990): h' = tanh(W x + U h + b).

    The output is the state of every step, N x hidden, or, with ``last=true``, the last one; of two directions side
    by side.
    """

    word = "rnn"
    aliases = ("RNN", "SimpleRNN", "elman")
    argument_aliases = {**_Recurrent.argument_aliases, "nonlinearity": "activation"}
    gates = (0,)
    onnx_operator = "RNN"
    examples = (
        Example("rnn(4)", ((5, 3),)),
        Example("rnn(4, layers=2, bidirectional=true)", ((5, 3),)),
        Example("rnn(4, bias=false, last=true, activation=relu)", ((5, 3),)),
        Example("rnn(4, bidirectional=true, activation=relu)", ((5, 3),)),
    )

    activation: Annotated[
        Literal["tanh", "relu"],
        Expects("`tanh` or `relu`"),
        Field(description="what is applied to the sum"),
    ] = "tanh"

    def _keywords(self, inputs: Shapes) -> dict[str, object]:
        keywords = super()._keywords(inputs)
        return keywords if self.activation == "tanh" else {**keywords, "nonlinearity": "relu"}

    def _onnx_attributes(self) -> dict[str, object]:
        names = {"tanh": "Tanh", "relu": "Relu"}
        return {"activations": [names[self.activation]] * self._directions}
