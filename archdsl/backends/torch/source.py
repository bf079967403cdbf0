"""A graph as the source of a Python module that needs PyTorch alone: one class a block.

The live module is made from this text, so that what one runs is what the other reads. Nothing here
imports torch.
"""

from __future__ import annotations

import re
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch import outputs
from archdsl.backends.torch.classes import Class, Classes, NumberPlace
from archdsl.backends.torch.expressions import arguments_of, constructed, expression
from archdsl.backends.torch.forward_writer import Line, Nest
from archdsl.backends.torch.initialisation import NAME, Initialisation, initialisation
from archdsl.backends.torch.layout import (
    INDENT,
    WIDTH,
    Bracketed,
    Concatenation,
    Placeholder,
    flat,
    lines,
    literal,
    quoted,
)
from archdsl.backends.torch.module_plan import ModulePlan, Tensors, draft_of
from archdsl.backends.torch.names import is_plain, is_reserved
from archdsl.backends.torch.program import Program
from archdsl.shapes import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archdsl.backends.torch.forward_writer import Statement
    from archdsl.backends.torch.layout import Text
    from archdsl.backends.torch.module_plan import Field
    from archdsl.graph.ir import Graph
    from archdsl.ops.torch_form import Layer

_SHAPES_SHOWN = 4
_FOLDED = 4
"""How many equal modules in a row are written as a loop."""


_TRAINING = """\
    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":  # the mode, and not the submodule of that name
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)""".splitlines()
"""What a module with a submodule called ``training`` needs, since nn.Module keeps its mode there."""


class ModuleSource(NamedTuple):
    """The text of a module, and the name of the network's class in it."""

    text: str
    name: str


def source_of(graph: Graph, about: str = "", *, fills: bool = True) -> ModuleSource:
    """The source of a network. ``about`` is what the file says of itself, plain text; without ``fills``
    a new network's weights are not initialised by the design's ``init``, but left to PyTorch."""
    program = Program(graph)
    classes = Classes(draft_of(program))
    fill = initialisation(program) if fills else Initialisation("", [])
    writer = _ClassWriter(classes, fill)
    *blocks, network = [writer.written(each) for each in classes.all]
    parts = [fill.function, *blocks, *outputs.classes(graph), network]
    if any("recomputed(" in part for part in parts):
        parts.insert(0, outputs.RECOMPUTED)
    body = "\n\n\n".join([part for part in parts if part])
    return ModuleSource(f"{_header(body, about)}{body}\n", classes.all[-1].name)


def _header(body: str, about: str) -> str:
    """The docstring and the imports that the body needs."""
    text = f"{_docstring(about, 0)}\n\n" if about else ""
    used = set(_NAMES.findall(_QUOTED.sub('""', body)))
    standard, of_torch = [], []
    if "recomputed" in used:
        standard.append("from collections.abc import Callable, Iterator")
        standard.append("from contextlib import AbstractContextManager, contextmanager, nullcontext")
        of_torch.append("from torch.utils.checkpoint import checkpoint")
    if typing := [name for name in ("Any", "NamedTuple") if name in used]:
        standard.append(f"from typing import {', '.join(typing)}")
    if "F" in used:
        of_torch.insert(0, "from torch.nn import functional as F")
    if names := [name for name in ("Tensor", "nn") if name in used]:
        of_torch.insert(0, f"from torch import {', '.join(names)}")
    if "torch" in used:
        of_torch.insert(0, "import torch")
    return text + "\n\n".join(["\n".join(block) for block in (standard, of_torch) if block]) + "\n\n\n"


_QUOTED = re.compile(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*', re.DOTALL)
"""Docstrings, texts and comments, which use no name. Emitted source has double quotes alone."""
_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
"""Names that are not attributes of anything."""


def _docstring(text: str, depth: int) -> str:
    margin = INDENT * depth
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    paragraphs: list[str] = []
    for paragraph in safe.split("\n"):
        # The quotes stand before the first line.
        quotes = "" if paragraphs else " " * 3
        wrapped = textwrap.wrap(paragraph, WIDTH - len(margin), initial_indent=quotes, break_long_words=False)
        paragraphs += [line.strip() for line in wrapped] or [""]
    if len(paragraphs) == 1 and len(margin) + len(paragraphs[0]) + 6 <= WIDTH and not safe.endswith('"'):
        return f'{margin}"""{paragraphs[0]}"""'
    body = "\n".join([f"{margin}{line}".rstrip() for line in paragraphs])
    return f'{margin}"""{body.lstrip()}\n{margin}"""'


class _ClassWriter:
    def __init__(self, classes: Classes, fill: Initialisation) -> None:
        self.classes, self.fill = classes, fill

    def written(self, each: Class) -> str:
        draft = each.draft
        is_chain = draft.is_chain() and draft.kind != "operator"
        out = [f"class {each.name}({'nn.Sequential' if is_chain else 'nn.Module'}):"]
        out.append(_docstring(self._about(each), 1))
        buffers = [
            name
            for name, field in draft.fields.items()
            if isinstance(field, Tensors) and not field.parameter.trained
        ]
        if buffers:
            out += ["", *[f"{INDENT}{name}: Tensor" for name in buffers if is_plain(name)]]
        body = self._chain(each) if is_chain else self._fields(each)
        if body:
            out.append("")
            arguments = tuple([f"{argument.name}: {argument.annotation}" for argument in each.arguments])
            out += lines(Bracketed("def __init__(", ("self", *arguments), ") -> None:"), _plain, 1)
            out += body
        if draft.kind == "network":
            if self.fill.function:
                out.append(f"{INDENT * 2}self.apply({NAME})")
            for statement in self.fill.exceptions:
                out += lines(statement, _plain, 2)
        if "training" in draft.fields:
            out += ["", *_TRAINING]
        if draft.statements is not None and not is_chain:
            out.append("")
            arguments = tuple([f"{name}: Tensor" for name in draft.arguments])
            out += lines(Bracketed("def forward(", ("self", *arguments), f") -> {draft.result}:"), _plain, 1)
            fills = iter(range(1 << 30))
            self._statements(draft.statements, each, fills, 2, out)
        return "\n".join(out)

    # ---- fields

    def _chain(self, each: Class) -> list[str]:
        items = [self._field(field, each, name) for name, field in each.draft.fields.items()]
        return lines(Bracketed("super().__init__(", self._folded(items, each)), self._fill(each), 2)

    def _folded(self, items: list[Text], each: Class) -> tuple[Text, ...]:
        """Items in a row, with many equal ones as a loop."""
        out: list[Text] = []
        for _, group in groupby(items, lambda item: flat(item, self._fill(each))):
            equal = list(group)
            if len(equal) < _FOLDED:
                out += equal
            else:
                out.append(Concatenation(("*(", equal[0], f" for _ in range({len(equal)}))")))
        return tuple(out)

    def _fields(self, each: Class) -> list[str]:
        if not each.draft.fields and not each.stored:
            return []
        out = [f"{INDENT * 2}super().__init__()"]
        for name in each.stored:
            out.append(f"{INDENT * 2}self.{name} = {name}")
        for name, field in each.draft.fields.items():
            text = self._field(field, each, name)
            if isinstance(field, Tensors):
                out += self._tensor(name, field, text, each)
            elif is_plain(name):
                out += lines(Concatenation((f"self.{name} = ", text)), self._fill(each), 2)
            elif is_reserved(name):
                # What nn.Module has an attribute of its own for, it refuses to add.
                out += lines(Concatenation((f"self._modules[{quoted(name)}] = ", text)), self._fill(each), 2)
            else:
                out += lines(Bracketed("self.add_module(", (quoted(name), text)), self._fill(each), 2)
        return out

    def _tensor(self, name: str, field: Tensors, text: Text, each: Class) -> list[str]:
        fill = self._fill(each)
        if not field.parameter.trained:
            return lines(Bracketed("self.register_buffer(", (quoted(name), text)), fill, 2)
        text = Bracketed("nn.Parameter(", (text,))
        if is_plain(name):
            return lines(Concatenation((f"self.{name} = ", text)), fill, 2)
        if is_reserved(name):
            return lines(Concatenation((f"self._parameters[{quoted(name)}] = ", text)), fill, 2)
        return lines(Bracketed("self.register_parameter(", (quoted(name), text)), fill, 2)

    def _field(self, field: Field, each: Class, path: str) -> Text:
        """The expression that makes a field. Numbers are placeholders that know their place."""
        if isinstance(field, Tensors):
            return self._initialised(field, path)
        if not isinstance(field, ModulePlan):
            return self._layer(field, each, path)
        if field.is_inline():
            inner = [self._field(item, each, f"{path}.{name}") for name, item in field.fields.items()]
            return Bracketed("nn.Sequential(", self._folded(inner, each))
        made = self.classes.of[id(field)]
        numbers = {
            argument.name: Placeholder(NumberPlace(path, argument.name), "") for argument in made.arguments
        }
        return Bracketed(f"{made.name}(", arguments_of(numbers))

    def _layer(self, layer: Layer, each: Class, path: str) -> Text:
        keywords = {keyword: layer.keywords.get(keyword, 0) for keyword in each.keywords[path]}
        return constructed(
            layer._replace(keywords=keywords), lambda keyword, _: Placeholder(NumberPlace(path, keyword), "")
        )

    def _initialised(self, field: Tensors, path: str) -> Text:
        """A tensor filled as its initialiser says."""
        empty = Bracketed("torch.empty(", (Placeholder(NumberPlace(path, "shape"), ""),))
        call = expression(field.initialiser.torch(), (empty,), ("",), str)
        return _settled(
            call, lambda hole: hole if isinstance(hole.value, NumberPlace) else literal(hole.value)
        )

    def _fill(self, each: Class) -> Callable[[Placeholder], str]:
        def fill(hole: Placeholder) -> str:
            place = hole.value
            assert isinstance(place, NumberPlace)
            name = each.filled.get(place)
            return name if name is not None else literal(each.fixed[place])

        return fill

    # ---- forward

    def _statements(
        self, statements: Sequence[Statement], each: Class, positions: object, depth: int, out: list[str]
    ) -> None:
        def fill(_: Placeholder) -> Text:
            place = NumberPlace("", next(positions))  # type: ignore[call-overload]
            name = each.filled.get(place)
            return f"self.{name}" if name is not None else _number(each.fixed[place])

        for position, statement in enumerate(statements):
            before = statements[position - 1] if position else None
            if any(isinstance(near, Nest) and near.is_function for near in (statement, before) if before):
                out.append("")
            if isinstance(statement, Line):
                # Filled once: the layout asks for a number as often as it tries.
                out += lines(_settled(statement.text, fill), _plain, depth)
            else:
                out += lines(_settled(statement.header, fill), _plain, depth)
                self._statements(statement.body, each, positions, depth + 1, out)

    # ---- words

    def _about(self, each: Class) -> str:
        draft = each.draft
        kinds = {"network": "The network", "operator": f"The operator `{draft.title}`"}
        about = kinds.get(draft.kind, f"The block `{draft.title}`" if draft.kind == "block" else "")
        if draft.kind == "group":
            about = f"The steps of `{draft.title}`"
        shapes = [_shapes(one) for one in each.drafts if one.statements is not None]
        if not shapes:
            return f"{about}, held and run one by one"
        distinct = list(dict.fromkeys(shapes))
        if len(distinct) == 1:
            return f"{about}: {distinct[0]}"
        out = [f"{about}. Shapes of one sample:", ""]
        for shape in distinct[:_SHAPES_SHOWN]:
            paths = [one.path for one in each.drafts if _shapes(one) == shape]
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            out.append(f"{shape}  in {paths[0]}{more}")
        if len(distinct) > _SHAPES_SHOWN:
            out.append(f"and {len(distinct) - _SHAPES_SHOWN} other shapes")
        return "\n".join(out)


def _shapes(draft: ModulePlan) -> str:
    inputs, outputs = draft.shapes
    return f"{', '.join(map(text_of, inputs))} -> {', '.join(map(text_of, outputs))}"


def _plain(hole: Placeholder) -> str:
    return literal(hole.value)


def _number(value: object) -> Text:
    if isinstance(value, list):
        return Bracketed("[", tuple([literal(item) for item in value]), "]")
    return literal(value)


def _settled(text: Text, fill: Callable[[Placeholder], Text]) -> Text:
    """The text with its numbers filled, in their order; long lists can be broken over lines."""
    if isinstance(text, Placeholder):
        return fill(text)
    if isinstance(text, Concatenation):
        return Concatenation(tuple([_settled(part, fill) for part in text.parts]))
    if isinstance(text, Bracketed):
        head = _settled(text.head, fill)
        return Bracketed(head, tuple([_settled(item, fill) for item in text.items]), text.tail)
    return text
