"""The steps of a region as the statements of a function: a module's forward, or a checkpoint's part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.backends.torch.expressions import constructed, expression
from archdsl.backends.torch.layout import Bracketed, Concatenation, Placeholder, replaced
from archdsl.backends.torch.names import attribute, identifier, is_plain, unused
from archdsl.constructs.region import RegionKind
from archdsl.ops.torch_form import Invoke, Layer, Operand, Weight
from archdsl.structure.dataflow import OUTSIDE
from archdsl.structure.regions import Region

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from archdsl.backends.torch.layout import Text
    from archdsl.backends.torch.program import Program
    from archdsl.structure.definitions import NumberPlace
    from archdsl.structure.signatures import RegionSignature, Signatures


class Line(NamedTuple):
    """A statement; ``value`` is the node whose value it makes, for remarks on its shape."""

    text: Text
    value: int | None = None


class Nest(NamedTuple):
    """Statements below a header: a condition, or a function."""

    header: Text
    body: list[Statement]

    @property
    def is_function(self) -> bool:
        return isinstance(self.header, Bracketed)


Statement: TypeAlias = "Line | Nest"


class Function:
    """Writes the steps of a region. ``names`` are the variables that hold values, ``places`` gives each node's
    numbers the places that they have in the definition, ``lists`` are the dotted names of lists of modules."""

    def __init__(
        self,
        program: Program,
        signatures: Signatures,
        region: Region,
        places: Mapping[int, Sequence[NumberPlace]],
        lists: Container[str],
        arguments: Sequence[str] = (),
    ) -> None:
        self.program, self.signatures, self.region, self.places = program, signatures, region, places
        self.flow, self.lists = program.flow, lists
        self.signature = signatures.of(region)
        self.scope = self.flow.calls.caller_of(region).path
        results = self.signature.outputs
        self.uses: Counter[int] = Counter(results)
        if region.parent is None:
            graph = self.program.graph
            results = [output.node for output in graph.outputs]
            # What the network returns is read last of all, its own inputs too where they are outputs.
            self.uses = Counter([*results, *(head.node for head in graph.auxiliary_heads)])
        self._count(signatures.steps(region))
        self.names: dict[int, str] = {}
        self.arguments: list[str] = []
        self._result = results[0] if len(results) == 1 else None
        for position, value in enumerate(self.signature.inputs):
            wanted = arguments[position] if arguments else self._argument(value, position)
            self.names[value] = unused(wanted, self.arguments)
            self.arguments.append(self.names[value])
        self._parts = 0
        self.guarded: set[int] = set()
        """Values that exist in training only."""
        self._declared: set[int] = set()
        """Values whose variable is None before they are made: it takes no variable over from another."""
        self.body: list[Statement] = []

    def write(self) -> list[Statement]:
        """All statements but the return."""
        self._steps(self.signatures.steps(self.region), self.body)
        self._declare_result()
        return self.body

    def returned(self) -> str:
        names = [self.names[value] for value in self.signature.outputs]
        return ", ".join(names)

    # ---- what is used

    def _count(self, items: Iterable[int | Region]) -> None:
        for item in items:
            if not isinstance(item, Region):
                if self._is_written(item):
                    self.uses.update(self.program.operands[item])
            elif self._is_call(item):
                self.uses.update(self.signatures.of(item).inputs)
            else:
                self._count(item.items)

    def _is_call(self, region: Region) -> bool:
        return self.flow.calls.is_call(region) or region.is_rematerialized

    def _is_written(self, at: int) -> bool:
        return self.flow.is_needed[at] and (
            at not in self.signatures.rematerialized or self.region.is_rematerialized
        )

    # ---- steps

    def _steps(self, items: Iterable[int | Region], body: list[Statement]) -> None:
        for item in items:
            if not isinstance(item, Region):
                if self._is_written(item):
                    self._node(item, body)
            elif self.flow.calls.is_call(item):
                self._module(item, body)
            elif item.is_rematerialized:
                self._checkpoint(item, body)
            elif item.kind is RegionKind.TRAINING:
                self._head(item, body)
            else:
                self._steps(item.items, body)

    def _node(self, at: int, body: list[Statement]) -> None:
        form = self.program.form(at)
        operands = self.program.operands[at]
        names = [self.names[source] for source in operands]
        places = iter(self.places[at])
        text = replaced(self._expression(at, names), lambda _: Placeholder(next(places)))
        self._spend(operands)
        label = self.program.graph.nodes[at].name.rpartition(".")[2]
        name = self._target(at, operands, names, label if self.uses[at] > 1 else None)
        if isinstance(form, Invoke) and form.target == ".add_" and len(form.arguments) == 2:
            first, second = form.arguments
            assert isinstance(first, Operand)
            assert isinstance(second, Operand)
            if name == names[first.position]:
                body.append(Line(f"{name} += {names[second.position]}", at))
                return
        if text != name:
            # To type checkers a parameter is of a kind that what comes after it is not.
            typed = ": Tensor" if isinstance(form, Weight) else ""
            body.append(Line(Concatenation((f"{name}{typed} = ", text)), at))

    def _module(self, region: Region, body: list[Statement]) -> None:
        signature = self.signatures.of(region)
        if not any(self.flow.is_needed[at] for at in signature.outputs):
            return
        names = tuple([self.names[value] for value in signature.inputs])
        call = Bracketed(Concatenation((self.path(region.path), "(")), names)
        self._assign(call, signature, region.path.rpartition(".")[2], body)

    def _assign(
        self, call: Text, signature: RegionSignature, label: str | None, body: list[Statement]
    ) -> None:
        names = [self.names[value] for value in signature.inputs]
        self._spend(signature.inputs)
        if len(signature.outputs) == 1:
            (value,) = signature.outputs
            name = self._target(value, signature.inputs, names, label)
            body.append(Line(Concatenation((f"{name} = ", call)), value))
            return
        targets = []
        for position, value in enumerate(signature.outputs):
            wanted = label if position == 0 else self.program.graph.nodes[value].name.rpartition(".")[2]
            if self.uses[value]:
                targets.append(self._fresh(value, wanted))
            else:
                targets.append("_")
        body.append(Line(Concatenation((f"{', '.join(targets)} = ", call))))

    def _head(self, region: Region, body: list[Statement]) -> None:
        """An auxiliary head: in training only, and None else where the network does not ask for training."""
        graph = self.program.graph
        name = graph.nodes[region.nodes()[0]].auxiliary_head
        node = next(head.node for head in graph.auxiliary_heads if head.name == name)
        is_declared = bool(self.scope) or self.region.is_rematerialized
        if is_declared:
            self._declared.add(node)
        inner: list[Statement] = []
        self._steps(region.items, inner)
        if not inner:
            return
        if is_declared:
            body.append(Line(f"{self.names[node]}: Tensor | None = None"))
        self.guarded.add(node)
        body.append(Nest("if self.training:", inner))

    def _checkpoint(self, region: Region, body: list[Statement]) -> None:
        signature = self.signatures.of(region)
        if not signature.outputs:
            return
        self._parts += 1
        function = unused("part" if self._parts == 1 else f"part_{self._parts}", self._taken())
        part = Function(
            self.program,
            self.signatures,
            region,
            self.places,
            self.lists,
            [self.names[value] for value in signature.inputs],
        )
        statements = part.write()
        returned = Concatenation(("return ", part.returned()))
        arguments = tuple(f"{name}: Tensor" for name in part.arguments)
        results = "Tensor" if len(signature.outputs) == 1 else "tuple[Tensor | None, ...]"
        header = Bracketed(f"def {function}(", arguments, f") -> {results}:")
        body.append(Nest(header, [*statements, Line(returned)]))
        values = [self.names[value] for value in signature.inputs]
        call = Bracketed("recomputed(", (self._module_inside(region), function, *values))
        items = [item for item in region.items if isinstance(item, Region)]
        label = items[-1].path.rpartition(".")[2] if items and items[-1].is_scope else None
        self._assign(call, signature, label, body)

    def _module_inside(self, region: Region) -> str:
        """The module whose norms a part runs: the only one that it calls, or else this one."""
        program = self.program
        if any(not isinstance(item, Region) and self._is_tensor(item) for item in region.items):
            return "self"
        called = {
            self.path(target)
            for item in region.items
            if (target := item.path if isinstance(item, Region) else program.target(item)) is not None
        }
        of_scopes = all(
            not isinstance(item, Region) or self.flow.calls.is_call(item) for item in region.items
        )
        return called.pop() if len(called) == 1 and of_scopes else "self"

    def _is_tensor(self, at: int) -> bool:
        """Return whether what stands under a step's name is a parameter, and no module."""
        return any(not weight.name for weight in self.program.weights[at])

    # ---- names

    def _argument(self, value: int, position: int) -> str:
        """The network's arguments are called as its inputs are. Those of a block have names without a
        meaning: the values that two calls of it are given may have different ones."""
        if self.region.parent is None:
            return identifier(self.program.graph.nodes[value].name) if len(self.signature.inputs) > 1 else "x"
        return "x" if position == 0 else f"x{position + 1}"

    def _taken(self) -> set[str]:
        return {*self.names.values(), *self.arguments}

    def _spend(self, values: Iterable[int]) -> None:
        for value in values:
            self.uses[value] -= 1

    def _target(self, value: int, operands: Sequence[int], names: Sequence[str], label: str | None) -> str:
        """A variable for a value: one that is free now, or a new one, called after its label. A value
        that flows on and is needed later too, as a skip connection is, bears its label."""
        later = self.uses[value] - self._heads_of(value)
        if value in self._declared:
            return self._fresh(value, label)
        if later < 2 or label is None or not is_plain(label):
            free = [
                name
                for operand, name in zip(operands, names, strict=True)
                if not self.uses[operand] and operand not in self.guarded
            ]
            if free:
                self.names[value] = next((name for name in free if name in self.arguments), free[0])
                return self.names[value]
        return self._fresh(value, label)

    def _heads_of(self, value: int) -> int:
        """How many auxiliary heads read a value."""
        nodes, readers = self.program.graph.nodes, self.flow.readers[value]
        return len({nodes[reader].auxiliary_head for reader in readers if reader != OUTSIDE} - {None})

    def _fresh(self, value: int, label: str | None) -> str:
        wanted = identifier(label) if label is not None and is_plain(label) else "y"
        self.names[value] = unused(wanted, self._taken())
        return self.names[value]

    def _declare_result(self) -> None:
        """Give the variable that is returned its type where it is made: a module's call has none."""
        name = self.names[self._result] if self._result is not None else ""
        if not name or name in self.arguments:
            return
        for position, statement in enumerate(self.body):
            if not isinstance(statement, Line) or not isinstance(statement.text, Concatenation):
                continue
            first, *rest = statement.text.parts
            if first == f"{name}: Tensor = ":
                return
            if first == f"{name} = ":
                self.body[position] = Line(Concatenation((f"{name}: Tensor = ", *rest)), statement.value)
                return
            if isinstance(first, str) and name in first.removesuffix(" = ").split(", "):
                self.body.insert(position, Line(f"{name}: Tensor"))
                return

    # ---- expressions

    def path(self, path: str, kind: str = "children") -> str:
        """The expression for a submodule, or a parameter, by its dotted name."""
        inside = path[len(self.scope) + 1 :] if self.scope else path
        *scopes, last = inside.split(".")
        text = "self"
        for scope in scopes:
            text = attribute(text, scope)
        # What a list gives is any module to type checkers, of which they know that it is called, and no more.
        if path.rpartition(".")[0] in self.lists:
            return f"{text}[{last}]"
        return attribute(text, last, kind)

    def _expression(self, at: int, names: Sequence[str]) -> Text:
        form = self.program.form(at)
        target = self.path(self.program.child(at))
        if any(weight.name for weight in self.program.weights[at]):
            return Bracketed(f"{target}(", tuple(names))
        head: tuple[Text, ...] = (target,)
        layer = self.program.layers[at]
        if layer is not None and not self.program.is_plain_call(at) and self.program.holds(at):
            # The same parameters in a layer of other numbers, which holds none itself.
            empty = constructed(Layer(layer.target, {**layer.keywords, "device": "meta"}))
            head = ("torch.func.functional_call", empty, f"dict({target}.named_parameters())")
        own = self.path(self.program.child(at), "parameters")
        return expression(form, names, head, lambda _: own)
