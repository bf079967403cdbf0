"""A program's modules, each with its fields and its forward, before it is known which share a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.backends.torch.expressions import expression
from archdsl.backends.torch.forward_writer import Function, Line, Signatures
from archdsl.backends.torch.layout import Bracketed, Concatenation
from archdsl.backends.torch.names import attribute
from archdsl.backends.torch.outputs import returns

if TYPE_CHECKING:
    from archdsl.backends.torch.forward_writer import Statement
    from archdsl.backends.torch.program import Program
    from archdsl.ops.base import Parameter
    from archdsl.ops.initializers import Initialiser
    from archdsl.ops.torch_form import Layer
    from archdsl.shapes import Shape
    from archdsl.source import Span


class ModulePlan:
    """A module: a scope's, or that of an operator which holds parameters of its own.

    ``kind`` is ``network``, ``block``, ``group`` or ``operator``. ``statements`` are those of its forward
    and None where nobody calls it: it holds its submodules. ``shapes`` are those of its inputs and of its
    outputs, without the batch.
    """

    def __init__(self, kind: str, title: str, path: str, span: Span | None) -> None:
        self.kind, self.title, self.path, self.span = kind, title, path, span
        self.fields: dict[str, Field] = {}
        self.arguments: list[str] = []
        self.statements: list[Statement] | None = None
        self.result = "Tensor"
        self.shapes: tuple[tuple[Shape, ...], tuple[Shape, ...]] = ((), ())

    def is_chain(self) -> bool:
        """Whether it does what ``nn.Sequential`` does: its submodules, called 0, 1, 2 ..., in a row."""
        if len(self.arguments) != 1 or self.statements is None or self.result != "Tensor" or not self.fields:
            return False
        if list(self.fields) != [str(number) for number in range(len(self.fields))]:
            return False
        if any(
            not isinstance(field, ModulePlan) and not hasattr(field, "target")
            for field in self.fields.values()
        ):
            return False
        x = self.arguments[0]
        texts = [statement.text if isinstance(statement, Line) else "" for statement in self.statements]
        calls: list[object] = [
            Concatenation((f"{x} = ", Bracketed(Concatenation((attribute("self", name), "(")), (x,))))
            for name in self.fields
        ]
        return texts == [*calls, f"return {x}"]

    def is_inline(self) -> bool:
        """Whether it is written where it stands, as ``nn.Sequential(...)``, and needs no class."""
        return self.kind == "group" and self.is_chain()


class Tensors(NamedTuple):
    """A parameter or buffer among the fields of a module."""

    parameter: Parameter
    initialiser: Initialiser


Field: TypeAlias = "ModulePlan | Layer | Tensors"


def draft_of(program: Program) -> ModulePlan:
    """The network's module, with all others inside."""
    return _Drafting(program).root


class _Drafting:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.signatures = Signatures(program)
        self.by_path: dict[str, ModulePlan] = {}
        self.root = self._scope("")
        for at in program.region_of:
            self._node(at)

    def _scope(self, path: str) -> ModulePlan:
        """The draft of a scope, put among its parent's fields when it is first met."""
        draft = self.by_path.get(path)
        if draft is not None:
            return draft
        region = self.program.calls.first[path]
        kind = "network" if region.kind is None else region.kind.name.lower()
        draft = self.by_path[path] = ModulePlan(kind, region.title, path, region.span)
        if path:
            parent, _, name = path.rpartition(".")
            self._scope(parent).fields[name] = draft
        # A scope that nothing needs keeps its parameters and is not called.
        if not path or (path not in self.program.calls.open and self.signatures.of(region).outputs):
            self._forward(draft)
        return draft

    def _forward(self, draft: ModulePlan) -> None:
        region = self.program.calls.first[draft.path]
        function = Function(self.signatures, region)
        statements = function.write()
        nodes = self.program.graph.nodes
        signature = function.signature
        draft.arguments = function.arguments
        draft.shapes = (
            tuple([nodes[at].shape for at in signature.inputs]),
            tuple([nodes[at].shape for at in signature.outputs]),
        )
        if not draft.path:
            outputs = [output.node for output in self.program.graph.outputs]
            draft.shapes = draft.shapes[0], tuple([nodes[at].shape for at in outputs])
            last, draft.result = returns(self.program.graph, function)
            draft.statements = [*statements, *last]
            return
        draft.statements = [*statements, Line(f"return {function.returned()}")]
        if len(signature.outputs) > 1:
            kinds = ["Tensor | None" if at in function.guarded else "Tensor" for at in signature.outputs]
            draft.result = f"tuple[{', '.join(kinds)}]"

    def _node(self, at: int) -> None:
        program = self.program
        node, weights, layer = program.graph.nodes[at], program.weights[at], program.layers[at]
        self._scope(program.calls.caller_of(program.region_of[at]).path)
        if layer is None and not weights:
            return
        path = program.child(at)
        scope, _, name = path.rpartition(".")
        fields = self._scope(scope).fields
        if name in fields:
            return
        if layer is not None:
            fields[name] = layer
        elif weights[0].name:
            fields[name] = self._operator(at, path)
        else:
            (parameter,) = program.graph.params_of(node)
            fields[name] = Tensors(parameter, parameter.rule(program.graph.scheme))

    def _operator(self, at: int, path: str) -> ModulePlan:
        """The module of an operator that PyTorch has no layer for, and that holds parameters."""
        program = self.program
        node = program.graph.nodes[at]
        draft = ModulePlan("operator", node.op.word, path, node.span)
        draft.fields = {
            parameter.name: Tensors(parameter, parameter.rule(program.graph.scheme))
            for parameter in program.graph.params_of(node)
        }
        names = (
            ["x"] if len(program.operands[at]) == 1 else [f"x{i}" for i in range(len(program.operands[at]))]
        )
        text = expression(program.form(at), names, ("self",), lambda word: attribute("self", word))
        draft.arguments = names
        draft.statements = [Line(Concatenation(("return ", text)))]
        draft.shapes = (program.shapes(at), (node.shape,))
        return draft
