"""Where operators write their ONNX nodes, and how values, nodes and tensors get their names.

Values are one namespace in ONNX, and nodes another. Values are named in this order; one that finds its
name taken is called ``name:value``:

    1. inputs           the name of the node
    2. outputs          the name of the output
    3. initializers     the dotted name of the parameter
    4. nodes' values    the dotted name of the node
    5. other values     constants; what an operator makes on the way is ``name:1``, ``name:2`` ...

The first four are claimed before any operator writes. So a value of the fifth kind bears no node's name
either, and can lend its own to the ONNX node that makes it: all names are unique, whatever a step is
called and however often it is shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from onnx import AttributeProto, NodeProto, TensorProto
from onnx.helper import make_tensor

from archdsl.backends.onnx.dtypes import ONNX_DTYPES
from archdsl.shapes import FLOATING, TensorType, all_known, is_known
from archdsl.size_formulas import SizeOf, express

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archdsl.graph.ir import Graph, Node
    from archdsl.graph.tensors import Tensor
    from archdsl.shapes import DType, Shape
    from archdsl.size_formulas import SizeFormula
    from archdsl.sizes import Dim


@dataclass(slots=True)
class OnnxNode:
    """An ONNX node before its names are final."""

    name: str
    op_type: str
    inputs: Sequence[str]
    outputs: list[str]
    attributes: Mapping[str, object]
    graph_node: Node
    operator: str
    """The word that it comes from in the design; an output's own copy has ``output``."""


class GraphEmitter:
    """The `Emitter` of a whole graph: collects ONNX nodes, constants and the parameters they use.

    ``owned`` are the tensors by owner, then by the operator's own word for them; ``nodes`` the names of
    the nodes that will be emitted.
    """

    def __init__(
        self,
        opset: int,
        inputs: Iterable[str],
        outputs: Iterable[str],
        owned: Mapping[str, Mapping[str, Tensor]],
        nodes: Iterable[str],
    ) -> None:
        self.opset = opset
        self.onnx_nodes: list[OnnxNode] = []
        self.constants: list[TensorProto] = []
        self.initializers: dict[str, Tensor] = {}
        """By the name of their value, in the order of their first use."""
        self._taken: set[str] = set()
        self._constant_values: dict[str, str] = {}
        self._made: set[str] = set()
        self.inputs = [self._fresh(name) for name in inputs]
        self.outputs = [self._fresh(name) for name in outputs]
        self._owned = owned
        self._parameter_values = {
            (owner, word): self._fresh(tensor.name)
            for owner, tensors in owned.items()
            for word, tensor in tensors.items()
        }
        self._node_values = {name: self._fresh(name) for name in nodes}
        self._node: Node
        self._types: Sequence[TensorType] = ()
        self._operands: Sequence[str] = ()
        self._at_hand: Sequence[Shape] = ()
        self._begin = 0
        self._helpers = 0

    # ---- what operators call

    def node(self, op_type: str, inputs: Sequence[str], **attributes: object) -> str:
        return self.nodes(op_type, inputs, 1, **attributes)[0]

    def nodes(self, op_type: str, inputs: Sequence[str], outputs: int, **attributes: object) -> list[str]:
        values = [self._helper() for _ in range(outputs)]
        self.onnx_nodes.append(
            OnnxNode(values[0], op_type, inputs, list(values), attributes, self._node, self._node.op.word)
        )
        return values

    def parameter(self, name: str) -> str:
        owner = self._node.owner
        value = self._parameter_values[owner, name]
        if value not in self.initializers:
            self.initializers[value] = self._owned[owner][name]
        return value

    def dtype(self, operand: int) -> DType:
        return self._types[operand].dtype

    def integers(self, *values: Dim) -> str:
        if all_known(values):
            return self._constant_integers(values)
        # Numbers that stand together are one constant.
        parts = [
            self._constant_integers(run) if all_known(run) else self._computed_size(self._formula(run[0]))
            for run in _runs(values)
        ]
        return parts[0] if len(parts) == 1 else self.node("Concat", parts, axis=0)

    def _formula(self, size: Dim) -> SizeFormula:
        formula = express(size, self._at_hand)
        if formula is None:
            raise ValueError(f"no operand of `{self._node.name}` says what {size} is")
        return formula

    def _computed_size(self, formula: SizeFormula) -> str:
        """A size by its formula, a 1-d tensor of one integer."""
        if isinstance(formula, int):
            return self._constant_integers((formula,))
        if isinstance(formula, SizeOf):
            shape = self.node("Shape", [self._operands[formula.operand]])
            ends = [self._constant_integers((formula.dimension + at,)) for at in (0, 1)]
            return self.node("Slice", [shape, *ends])
        left, right = self._computed_size(formula.left), self._computed_size(formula.right)
        if formula.sign == "//" and formula.may_be_negative:
            # Div cuts off towards zero; what Mod leaves has the sign of the divisor.
            left = self.node("Sub", [left, self.node("Mod", [left, right])])
        return self.node(_ONNX_ARITHMETIC[formula.sign], [left, right])

    def _constant_integers(self, values: Sequence[int]) -> str:
        text = ",".join(map(str, values))
        return self._constant(
            f"integers:{text}",
            TensorProto(data_type=TensorProto.INT64, dims=[len(values)], int64_data=values),
        )

    def cast(self, value: str, dtype: DType) -> str:
        return self.node("Cast", [value], to=int(ONNX_DTYPES[dtype]))

    def integer(self, value: int) -> str:
        return self._constant(
            f"integer:{value}", TensorProto(data_type=TensorProto.INT64, dims=(), int64_data=(value,))
        )

    def number(self, value: float) -> str:
        return self._numbers("number", (value,), ())

    def numbers(self, *values: float) -> str:
        return self._numbers("numbers", values, (len(values),))

    def _numbers(self, kind: str, values: Sequence[float], dims: Sequence[int]) -> str:
        """Constants in the dtype of the node that is written, so that both meet."""
        dtype = self._node.type.dtype if self._node.type.dtype in FLOATING else "float32"
        name = f"{kind}:{','.join([repr(float(value)) for value in values])}"
        if dtype == "float32":
            tensor = TensorProto(data_type=TensorProto.FLOAT, dims=dims, float_data=values)
        else:
            name = f"{name}:{dtype}"
            tensor = make_tensor(name, ONNX_DTYPES[dtype], dims, values)
        return self._constant(name, tensor)

    # ---- what the lowering calls

    def emit(self, node: Node, values: Sequence[str], graph: Graph) -> str:
        """Write a node of the graph and return the value that it stands for.

        That value bears the node's name, and so does the ONNX node that makes it; a node that does
        nothing in inference is another name for its input.
        """
        self._node, self._begin, self._helpers = node, len(self.onnx_nodes), 0
        # What a node's values do not say, the network's inputs do.
        self._operands = [*values, *self.inputs]
        self._at_hand = [*graph.sizes_at_hand(node), *(graph.nodes[at].shape for at in graph.inputs)]
        value = self._written(node, values[: len(values) - node.references], graph)
        made = self.onnx_nodes[self._begin :]
        maker = next((each for each in made if value in each.outputs), None)
        if maker is None:
            return value
        final = self._node_values[node.name]
        maker.name = node.name
        self._made.add(final)
        for onnx_node in made:
            onnx_node.inputs = [final if name == value else name for name in onnx_node.inputs]
            onnx_node.outputs = [final if name == value else name for name in onnx_node.outputs]
        return final

    def _written(self, node: Node, operands: Sequence[str], graph: Graph) -> str:
        """The ONNX form of a node. onnxruntime computes nothing in bfloat16 on the CPU: it is done in float32."""
        types = self._types = graph.input_types(node)
        short = [type.dtype == "bfloat16" for type in types]
        if any(short):
            operands = [
                self.cast(value, "float32") if is_short else value
                for value, is_short in zip(operands, short, strict=True)
            ]
            if node.type.dtype == "bfloat16":
                self._node = node._replace(type=TensorType(node.shape))
        value = node.op.to_onnx(self, operands, graph.input_shapes(node), node.shape)
        return self.cast(value, "bfloat16") if self._node is not node else value

    def finish(self, outputs: Sequence[tuple[str, Node]]) -> dict[str, str]:
        """Give the outputs their names: for each, the value it stands for now and its node.

        Returns the values that were renamed. What cannot be renamed, an input or a value that is an
        output already, becomes an output by an Identity node.
        """
        renamed: dict[str, str] = {}
        copies: list[tuple[str, str, Node]] = []
        for name, (value, node) in zip(self.outputs, outputs, strict=True):
            if value in self._made and value not in renamed:
                renamed[value] = name
            else:
                copies.append((name, value, node))
        if renamed:
            for onnx_node in self.onnx_nodes:
                onnx_node.inputs = [renamed.get(value, value) for value in onnx_node.inputs]
                onnx_node.outputs = [renamed.get(value, value) for value in onnx_node.outputs]
        for name, value, node in copies:
            source = renamed.get(value, value)
            self.onnx_nodes.append(
                OnnxNode(self._fresh(f"{name}:copy"), "Identity", [source], [name], {}, node, "output")
            )
        return renamed

    def _helper(self) -> str:
        """A name for what the operator at work makes on the way."""
        self._helpers += 1
        # A step that is shared may have this name: `a:2` is the second use of `a`.
        while (name := f"{self._node.name}:{self._helpers}") in self._taken:
            self._helpers += 1
        self._taken.add(name)
        return name

    def _constant(self, name: str, tensor: TensorProto) -> str:
        if name not in self._constant_values:
            tensor.name = self._constant_values[name] = self._fresh(name)
            self.constants.append(tensor)
        return self._constant_values[name]

    def _fresh(self, name: str) -> str:
        """This name, or, where a value has it already, this name with a suffix."""
        while name in self._taken:
            name += ":value"
        self._taken.add(name)
        return name


def _runs(values: Sequence[Dim]) -> Iterator[Sequence[Dim]]:
    """Sizes in pieces: numbers that stand together, and each open one alone."""
    for is_number, run in groupby(values, is_known):
        if is_number:
            yield tuple(run)
        else:
            yield from ((size,) for size in run)


_ONNX_ARITHMETIC = {"+": "Add", "-": "Sub", "*": "Mul", "//": "Div"}


def node_proto(onnx_node: OnnxNode) -> NodeProto:
    """The protobuf message of an ONNX node, with the place in the design that it comes from."""
    proto = NodeProto(
        name=onnx_node.name, op_type=onnx_node.op_type, input=onnx_node.inputs, output=onnx_node.outputs
    )
    for name, value in onnx_node.attributes.items():
        if value is not None:
            proto.attribute.append(_attribute(name, value))
    return proto


def _attribute(name: str, value: object) -> AttributeProto:
    # Written out, since onnx.helper.make_attribute guesses by trial and takes ten times as long.
    match value:
        case int():
            return AttributeProto(name=name, type=AttributeProto.INT, i=value)
        case float():
            return AttributeProto(name=name, type=AttributeProto.FLOAT, f=value)
        case str():
            return AttributeProto(name=name, type=AttributeProto.STRING, s=value.encode())
        case list() | tuple() if all(isinstance(item, int) for item in value):
            return AttributeProto(name=name, type=AttributeProto.INTS, ints=value)
        case list() | tuple() if all(isinstance(item, int | float) for item in value):
            return AttributeProto(name=name, type=AttributeProto.FLOATS, floats=value)
        case list() | tuple() if all(isinstance(item, str) for item in value):
            strings = [str(item).encode() for item in value]
            return AttributeProto(name=name, type=AttributeProto.STRINGS, strings=strings)
    raise TypeError(f"attribute `{name}` has a value that ONNX has no type for: {value!r}")
