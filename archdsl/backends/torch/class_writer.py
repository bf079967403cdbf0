"""A class of a network as source: its constructor from what its modules hold, and its forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.backends.torch.class_docstring import about, docstring
from archdsl.backends.torch.constants import LONGEST, Constants
from archdsl.backends.torch.descriptions import SHAPE
from archdsl.backends.torch.expressions import arguments_of, constructed, expression
from archdsl.backends.torch.forward import forward_of
from archdsl.backends.torch.forward_writer import Line, Nest
from archdsl.backends.torch.initialisation import NAME
from archdsl.backends.torch.layout import (
    INDENT,
    Bracketed,
    Concatenation,
    Placeholder,
    lines,
    literal,
    quoted,
    replaced,
)
from archdsl.backends.torch.names import is_plain, is_reserved
from archdsl.structure.definitions import NumberPlace, is_inline
from archdsl.structure.scopes import Held

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from archdsl.backends.torch.classes import Class, Classes
    from archdsl.backends.torch.forward_writer import Statement
    from archdsl.backends.torch.initialisation import Initialisation
    from archdsl.backends.torch.layout import Text
    from archdsl.backends.torch.program import Program
    from archdsl.ops.base import Parameter
    from archdsl.ops.torch_form import Layer
    from archdsl.structure.scopes import Member
    from archdsl.structure.signatures import Signatures

_FOLDED = 4
"""How many equal modules in a row are written as a loop."""

_TRAINING = """\
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":  # the mode, and not the submodule of that name
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)""".splitlines()
"""For a module with a submodule called ``training``, since nn.Module keeps its mode there."""


class ClassWriter:
    """Writes the classes of a network one by one; ``initialisation`` is what fills the whole."""

    def __init__(
        self, program: Program, signatures: Signatures, classes: Classes, initialisation: Initialisation
    ) -> None:
        self.program, self.signatures, self.classes = program, signatures, classes
        self.initialisation = initialisation
        self.constants = Constants()

    def written(self, each: Class) -> str:
        scope = each.scope
        out = [f"class {each.name}({'nn.Sequential' if scope.is_chain else 'nn.Module'}):"]
        out.append(docstring(about(self.program, each.definition), 1))
        held = {name: member for name, member in scope.members.items() if isinstance(member, Held)}
        buffers = [name for name, member in held.items() if self._is_buffer(name, member)]
        if plain := [name for name in buffers if is_plain(name)]:
            out += ["", *[f"{INDENT}{name}: Tensor" for name in plain]]
        body = self._chain(each) if scope.is_chain else self._fields(each)
        if body:
            out.append("")
            arguments = tuple([f"{argument.name}: {argument.annotation}" for argument in each.arguments])
            out += lines(Bracketed("def __init__(", ("self", *arguments), ") -> None:"), _plain, 1)
            out += body
        if scope.is_network:
            if self.initialisation.function:
                out.append(f"{INDENT * 2}self.apply({NAME})")
            for statement in self.initialisation.exceptions:
                out += lines(statement, _plain, 2)
        if "training" in scope.members:
            out += ["", *_TRAINING]
        if scope.body is not None and not scope.is_chain:
            forward = forward_of(self.program, self.signatures, scope)
            out.append("")
            arguments = tuple([f"{name}: Tensor" for name in forward.arguments])
            head = Bracketed("def forward(", ("self", *arguments), f") -> {forward.result}:")
            out += lines(head, _plain, 1)
            self._statements(forward.statements, each, 2, out)
        return "\n".join(out)

    # ---- what it holds

    def _chain(self, each: Class) -> list[str]:
        call = Bracketed("super().__init__(", self._row(each, each.scope.members, ""))
        return lines(call, lambda hole: _filled(each, hole), 2)

    def _row(self, each: Class, members: Mapping[str, Member], path: str) -> tuple[Text, ...]:
        """Members one after the other, with many equal ones as a loop."""
        out: list[Text] = []
        for names in self.classes.definitions.runs(each.definition, members, path):
            made = [self._made(each, members[name], f"{path}.{name}" if path else name) for name in names]
            if len(made) < _FOLDED:
                out += made
            else:
                out.append(Concatenation(("*(", made[0], f" for _ in range({len(made)}))")))
        return tuple(out)

    def _fields(self, each: Class) -> list[str]:
        members = each.scope.members
        if not members and not each.stored:
            return []
        out = [f"{INDENT * 2}super().__init__()"]
        for name in each.stored:
            out.append(f"{INDENT * 2}self.{name} = {name}")
        for name, member in members.items():
            statement = self._statement(name, member, self._made(each, member, name))
            out += lines(statement, lambda hole: _filled(each, hole), 2)
        return out

    def _statement(self, name: str, member: Member, made: Text) -> Text:
        """The statement that keeps a member under its name. What nn.Module has an attribute of its own for, it
        refuses to add."""
        if isinstance(member, Held) and self.program.layers[member.node] is None:
            if self._is_buffer(name, member):
                fixed = () if self._tensor(name, member).stored else ("persistent=False",)
                return Bracketed("self.register_buffer(", (quoted(name), made, *fixed))
            made = Bracketed("nn.Parameter(", (made,))
            kept, added = "_parameters", "register_parameter"
        else:
            kept, added = "_modules", "add_module"
        if is_plain(name):
            return Concatenation((f"self.{name} = ", made))
        if is_reserved(name):
            return Concatenation((f"self.{kept}[{quoted(name)}] = ", made))
        return Bracketed(f"self.{added}(", (quoted(name), made))

    def _made(self, each: Class, member: Member, path: str) -> Text:
        """The expression that makes a member. Numbers are placeholders with their place."""
        if isinstance(member, Held):
            layer = self.program.layers[member.node]
            if layer is not None:
                return _layer(layer, each.definition.numbers[path], path)
            return self._initialised(self._tensor(path.rpartition(".")[2], member), path)
        if is_inline(member):
            row = self._row(each, member.members, path)
            if member.is_list:
                return Bracketed("nn.ModuleList(", (Bracketed("[", row, "]"),))
            return Bracketed("nn.Sequential(", row)
        made = self.classes.of(member)
        numbers = {
            argument.name: Placeholder(NumberPlace(path, at)) for at, argument in enumerate(made.arguments)
        }
        return Bracketed(f"{made.name}(", arguments_of(numbers))

    def _initialised(self, tensor: Parameter, path: str) -> Text:
        """A tensor filled as its initialiser says."""
        dtype = () if tensor.dtype == "float32" else (f"dtype=torch.{tensor.dtype}",)
        empty = Bracketed("torch.empty(", (Placeholder(NumberPlace(path, SHAPE)), *dtype))
        call = expression(tensor.rule(self.program.graph.scheme).torch(), (empty,), ("",), str)

        def fill(hole: Placeholder) -> Text:
            if isinstance(hole.value, NumberPlace):
                return hole
            if isinstance(hole.value, list) and len(hole.value) > LONGEST:
                return self.constants.name_of(hole.value)
            return _number(hole.value)

        return replaced(call, fill)

    def _tensor(self, name: str, member: Held) -> Parameter:
        """The tensor that a step holds itself: its only one, or the one of that name."""
        tensors = self.program.graph.params_of(self.program.graph.nodes[member.node])
        return next((tensor for tensor in tensors if tensor.name == name), tensors[0])

    def _is_buffer(self, name: str, member: Held) -> bool:
        return self.program.layers[member.node] is None and not self._tensor(name, member).trained

    # ---- forward

    def _statements(self, statements: Sequence[Statement], each: Class, depth: int, out: list[str]) -> None:
        def fill(hole: Placeholder) -> Text:
            assert isinstance(hole.value, NumberPlace)
            name = each.argument(hole.value)
            return f"self.{name}" if name is not None else _number(each.definition.fixed[hole.value])

        for position, statement in enumerate(statements):
            before = statements[position - 1] if position else None
            if any(isinstance(near, Nest) and near.is_function for near in (statement, before) if before):
                out.append("")
            if isinstance(statement, Line):
                # Filled once: the layout asks for a number as often as it tries.
                out += lines(replaced(statement.text, fill), _plain, depth)
            else:
                out += lines(replaced(statement.header, fill), _plain, depth)
                self._statements(statement.body, each, depth + 1, out)


def _layer(layer: Layer, numbers: Sequence[Hashable], path: str) -> Text:
    """A layer, and what other modules of the class give theirs."""
    keywords = {**layer.keywords, **{str(name): 0 for name in numbers if name not in layer.keywords}}
    return constructed(
        layer._replace(keywords=keywords), lambda keyword, _: Placeholder(NumberPlace(path, keyword))
    )


def _filled(each: Class, hole: Placeholder) -> str:
    place = hole.value
    assert isinstance(place, NumberPlace)
    name = each.argument(place)
    return name if name is not None else literal(each.definition.fixed[place])


def _plain(hole: Placeholder) -> str:
    return literal(hole.value)


def _number(value: object) -> Text:
    """A number in a statement; a long list can be broken over lines."""
    if isinstance(value, list):
        return Bracketed("[", tuple([_number(item) for item in value]), "]")
    return literal(value)
