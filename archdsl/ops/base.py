"""The operator: one class that answers every question asked of it.

An operator is a frozen pydantic model. Its fields are its attributes, in the order in which they
may be written without a name; the instance is the payload of its nodes in the graph. No stage asks
which operator it has before it: it calls these methods.

To add an operator, write its class in the file of its family, with ``word``, a docstring and
``examples``: the listings and the tests take it from there.
"""

# Without deferred annotations: pydantic would evaluate the four class attributes again for each operator.

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it
from archdsl.ops.initializers import Initialiser
from archdsl.ops.torch_form import TorchForm
from archdsl.shapes import FLOATING, DType, Shape, TensorType
from archdsl.sizes import Dim, Size

Shapes: TypeAlias = "tuple[Shape, ...]"


class Parameter(NamedTuple):
    """A tensor that an operator owns.

    ``name`` is the operator's own word for it; empty, it bears the name of the step. ``trained``
    is false for buffers, which are counted apart. ``training_only`` is true for what inference does not
    use: it is in no count, and a checkpoint may lack it. ``stored`` is false for what the design itself fixes:
    it is in no count and in no checkpoint. ``initialiser`` is how PyTorch's layer fills it when
    it is built; ``rules`` are others by the name of an ``init`` scheme, where they differ from that.
    """

    name: str
    shape: tuple[int, ...]
    initialiser: Initialiser
    trained: bool = True
    rules: Mapping[str, Initialiser] = {}
    dtype: DType = "float32"
    training_only: bool = False
    stored: bool = True

    def rule(self, scheme: str) -> Initialiser:
        """How it is filled under a design's ``init``."""
        return self.rules.get(scheme, self.initialiser)

    def is_filled_by_torch(self, scheme: str) -> bool:
        """Return whether PyTorch's layer, built and left alone, is filled by the rule of this ``init``.

        Of operators whose PyTorch form has a layer; what stands there as a `Weight` nothing fills.
        """
        return scheme not in self.rules


class Emitter(Protocol):
    """Where an operator writes its ONNX form. Values are names."""

    opset: int

    def node(self, op_type: str, inputs: Sequence[str], **attributes: object) -> str:
        """Add a node with one output and return that value; attributes of None are left out."""

    def nodes(self, op_type: str, inputs: Sequence[str], outputs: int, **attributes: object) -> list[str]:
        """Add a node with several outputs and return those values."""

    def parameter(self, name: str) -> str:
        """The value of this operator's parameter of that name (its own word)."""

    def dtype(self, operand: int) -> DType:
        """The dtype of this operand."""

    def integers(self, *values: Dim) -> str:
        """A 1-d tensor of 64-bit integers: a constant, or, where sizes are open, worked out from those of the
        operands."""

    def integer(self, value: int) -> str:
        """A constant scalar, a 64-bit integer."""

    def cast(self, value: str, dtype: DType) -> str:
        """The value in this dtype."""

    def number(self, value: float) -> str:
        """A constant scalar, in the dtype of the output where that is floating point and else float32."""

    def numbers(self, *values: float) -> str:
        """A constant 1-d tensor, as `number`."""


@dataclass(frozen=True, slots=True)
class Example:
    """A call in the language and the shapes it is given; documentation and test in one.

    ``dtypes`` are those of the values that it is given, where any is not float32.
    """

    call: str
    inputs: Shapes
    dtypes: tuple[DType, ...] = ()

    @property
    def types(self) -> tuple[TensorType, ...]:
        """The types of the values that it is given."""
        if not self.dtypes:
            return tuple([TensorType(shape) for shape in self.inputs])
        return tuple([TensorType(*each) for each in zip(self.inputs, self.dtypes, strict=True)])


class Expects(NamedTuple):
    """The values that an attribute takes, for messages: ``expected a whole number of at least 1``.

    ``short`` says it where room is dear, if ``text`` is long. Words in backticks are options.
    """

    text: str
    short: str = ""


# ---- kinds of attributes. Strict: a boolean is no number, and text is none either.
Count = Annotated[int, Field(ge=1), Expects("a whole number of at least 1")]
OpenSize = InstanceOf[Size]
"""A size that depends on a named dimension of the input."""
Index = Annotated[int, Expects("a whole number")]
IndexOrSize = Annotated[int | OpenSize, Expects("a whole number")]
OptionalIndex = Annotated[int | OpenSize | None, Expects("a whole number")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False), Expects("a number")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), Expects("a number above 0")]
Epsilon = Annotated[
    float, Field(gt=0, lt=1, allow_inf_nan=False), Expects("a small number between 0 and 1, such as 1e-5")
]
Probability = Annotated[float, Field(ge=0, le=1), Expects("a number from 0 to 1")]
Flag = Annotated[bool, Expects("true or false")]
_Count = Annotated[int, Field(ge=1)]
_Whole = Annotated[int, Field(ge=0)]
_Sizes: TypeAlias = _Count | tuple[_Count, ...]
Indices = Annotated[tuple[int, ...], Field(min_length=1), Expects("whole numbers")]
IndicesOrSizes = Annotated[tuple[int | OpenSize, ...], Field(min_length=1), Expects("whole numbers")]
Counts = Annotated[tuple[_Count, ...], Field(min_length=1), Expects("whole numbers of at least 1")]
Extents = Annotated[
    tuple[_Count | OpenSize, ...], Field(min_length=1), Expects("whole numbers of at least 1")
]
_SIZES = Expects(
    "a whole number of at least 1, or a list of one per spatial dimension",
    "a whole number of at least 1, or a list of them",
)
Sizes = Annotated[_Sizes, _SIZES]
PoolKernel = Annotated[_Count | OpenSize | tuple[_Count | OpenSize, ...], _SIZES]
Stride = Annotated[_Sizes | None, _SIZES]
"""The step of a pool, which is its kernel unless it is given."""
OptionalExtents = Annotated[_Count | OpenSize | tuple[_Count | OpenSize, ...] | None, _SIZES]
"""The sizes that a map is to have."""
Margins = Annotated[
    _Whole | tuple[_Whole, ...],
    Expects(
        "a whole number, or a list of one per spatial dimension or of the begins and then the ends",
        "a whole number, or a list of them",
    ),
]
Padding = Annotated[
    _Whole | tuple[_Whole, ...] | Literal["valid", "same"],
    Expects(
        "a whole number, a list of one per spatial dimension or of the begins and then the ends, "
        "`valid`, or `same`",
        "a whole number, a list of them, `valid` or `same`",
    ),
]


class OperandSpec(NamedTuple):
    """A value that an operator reads.

    ``name`` is the argument that holds it, but of the first, which flows in. One that is ``optional`` may
    be left out, with all after it. A ``variadic`` one, which is the only one, is one value or more.
    """

    name: str
    optional: bool = False
    variadic: bool = False


BRANCHES = (OperandSpec("branches", variadic=True),)
"""The operands of a merge."""


_BY_USE: tuple[DType, ...] = (
    "float32", "int64", "bool", "uint8", "int32", "float64", "float16", "bfloat16",
)  # fmt: skip
"""The dtypes, that to which a value is cast first."""


class Trait(enum.Flag):
    """Properties of an operator on which stages depend, beside what its methods say."""

    NONE = 0
    DATA_MOVEMENT = enum.auto()
    """It only puts values elsewhere: making them again costs memory traffic and no arithmetic."""
    OVERWRITABLE_OUTPUT = enum.auto()
    """Its output is a tensor of its own that its gradient does not need: the next operator may write over
    it."""
    ADDS_VARIANCE = enum.auto()
    """The variances of its operands add up in its output, so that values grow along a row of them."""
    BROADCASTS_BATCH = enum.auto()
    """An operand that is the same for all samples, as a source is, meets those that differ."""


class TensorLayout(enum.Enum):
    """The meaning of the dimensions of an operator's output."""

    MAP = enum.auto()
    """Channels first, and then those of a map: the last is spatial."""
    KEPT = enum.auto()
    """Those of its first operand, in their order."""
    OTHER = enum.auto()
    """Whatever its attributes say."""


class Operator(BaseModel):
    """The base of every operator; the class docstring of each is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    word: ClassVar[str]
    """The word of the operator in the language."""
    examples: ClassVar[tuple[Example, ...]]
    variadic: ClassVar[str | None] = None
    """The attribute that takes every argument without a name: ``permute(0, 2, 3, 1)``."""
    operands: ClassVar[tuple[OperandSpec, ...]] = (OperandSpec("input"),)
    """The values that it reads, in the order of a node's inputs. The first flows in, the others are
    arguments; a source has none."""
    accepts: ClassVar[frozenset[DType]] = FLOATING
    """The dtypes that its operands may have."""
    traits: ClassVar[Trait] = Trait.NONE
    """Its properties that its methods do not say."""
    layout: ClassVar[TensorLayout] = TensorLayout.OTHER
    """What the dimensions of its output are."""
    merges: ClassVar[bool] = False
    """Whether it merges any number of values: written as a construct with branches, never in a chain.
    Follows from ``operands``."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Its names elsewhere, where it computes the same: PyTorch's and Keras's classes, ONNX's
    operators, papers. For suggestions alone: a design writes ``word``."""
    argument_aliases: ClassVar[Mapping[str, str]] = {}
    """The names of its attributes elsewhere, each with the name here."""
    separate_steps: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Arguments of other libraries whose work is a step of its own here: for each of their values the step
    that goes before, in which ``{padding}`` is that argument, taken from the call; an empty one is the default."""
    torch_only_arguments: ClassVar[Mapping[str, int]] = {}
    """The arguments that PyTorch's class takes and this one reads off its input, each with its place
    among PyTorch's. For the answer to those who write them."""

    @classmethod
    def __pydantic_init_subclass__(cls, **keywords: Any) -> None:
        super().__pydantic_init_subclass__(**keywords)
        cls.merges = any(operand.variadic for operand in cls.operands)
        _check_operands(cls)

    @classmethod
    def arity(cls) -> tuple[int, int | None]:
        """The least and the largest number of values that it reads; None where there is no largest."""
        if cls.merges:
            return 1, None
        return sum(not operand.optional for operand in cls.operands), len(cls.operands)

    def infer(self, inputs: Shapes) -> Shape:
        """The shape of the output, without the batch.

        Raises `OperatorError` where no such output exists.
        """
        raise NotImplementedError(f"{type(self).__name__}.infer")

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        """The dtype of the output: that of its operands, which is one of `accepts` and the same for all.

        Raises `OperatorError` for other dtypes.
        """
        first = dtypes[0] if dtypes else "float32"
        if first in self.accepts and dtypes.count(first) == len(dtypes):
            return first
        for dtype in dtypes:
            if dtype not in self.accepts:
                nearest = next(known for known in _BY_USE if known in self.accepts)
                raise OperatorError(
                    "wrong-dtype",
                    f"`{self.word}` does not take values of `{dtype}`",
                    label=f"the value is of `{dtype}`",
                    changes=(before_it(f"cast({nearest})"),) if dtype == first else (),
                    otherwise="" if dtype == first else f"cast it to `{nearest}`",
                )
            if dtype != first:
                raise OperatorError(
                    "wrong-dtype",
                    f"`{self.word}` needs values of one dtype, but gets `{first}` and `{dtype}`",
                    label="the dtypes differ",
                    otherwise=f"end the one with `cast({dtype})`, or the other with `cast({first})`",
                )
        return first

    def infer_type(self, operands: tuple[TensorType, ...]) -> TensorType:
        """The type of the output. Raises `OperatorError` where no such output exists."""
        shape = self.infer(tuple([operand.shape for operand in operands]))
        return TensorType(shape, self.infer_dtype(tuple([operand.dtype for operand in operands])))

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        """The tensors it owns for these inputs, in PyTorch's order, buffers last."""
        return ()

    def macs(self, inputs: Shapes, output: Shape) -> int:
        """Multiply-accumulates for one sample; what convolutions and linear layers do, else 0.

        Called only where every size is known.
        """
        return 0

    def check(self, inputs: Shapes) -> OperatorError | None:
        """A warning about a use that is legal and rarely meant, or None. Where `infer` refuses the
        inputs, it may be the reason."""
        return None

    def check_map(self, shape: Shape) -> OperatorError | None:
        """A warning about a use that is legal and rarely meant where its input, of this shape, is a map with its
        channels first; or None."""
        return None

    def to_torch(self, inputs: Shapes) -> TorchForm:
        """Its form in PyTorch, for inputs of these shapes."""
        raise NotImplementedError(f"{type(self).__name__}.to_torch")

    def overwriting(self, inputs: Shapes, operand: int) -> "TorchForm | None":
        """Its form in PyTorch where it writes its output over this operand; None where it cannot."""
        return None

    def absorbs(self, inner: "Operator", shape: Shape) -> bool:
        """Return whether this merge of another merge, whose output has this shape, is one merge of all."""
        return False

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        """Write it as ONNX nodes for inference and return the value of its output.

        An operator that does nothing in inference returns ``values[0]``.
        """
        raise NotImplementedError(f"{type(self).__name__}.to_onnx")


def _check_operands(kind: type[Operator]) -> None:
    """Raise `TypeError` for operands that contradict each other or the attributes."""
    operands = kind.operands
    if any(operand.variadic for operand in operands) and len(operands) > 1:
        raise TypeError(f"{kind.__name__}: a variadic operand is the only one")
    optional = [operand.optional for operand in operands]
    if optional != sorted(optional):
        raise TypeError(f"{kind.__name__}: an operand that has to be given comes after an optional one")
    names = [operand.name for operand in operands[1:]]
    if twice := {name for name in names if names.count(name) > 1 or name in kind.model_fields}:
        raise TypeError(f"{kind.__name__}: two arguments are called {', '.join(sorted(twice))}")
