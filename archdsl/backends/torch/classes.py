"""Which modules share a class: those of one block that differ in numbers alone, which its constructor
is then given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch.forward_writer import Line, Nest
from archdsl.backends.torch.layout import Placeholder, flat, is_number, placeholders
from archdsl.backends.torch.module_plan import ModulePlan, Tensors
from archdsl.backends.torch.names import MODULE_ATTRIBUTES, class_name, identifier, is_plain, unused
from archdsl.ops.torch_form import Layer
from archdsl.structure.arguments import parameters

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from archdsl.backends.torch.forward_writer import Statement
    from archdsl.backends.torch.module_plan import Field

DEFAULTS: dict[str, dict[str, object]] = {
    "nn.Conv": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    "nn.ConvTranspose": {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1},
    "nn.BatchNorm": {"eps": 1e-5, "momentum": 0.1},
    "nn.InstanceNorm": {"eps": 1e-5, "momentum": 0.1},
    "nn.GroupNorm": {"eps": 1e-5},
    "nn.LayerNorm": {"eps": 1e-5},
    "nn.MaxPool": {"padding": 0, "dilation": 1},
    "nn.AvgPool": {"padding": 0},
}
"""The defaults of layers for numbers, by the layer without the rank at the end of its name. A layer
that is given one and a layer that is not can be of one class where this says what the second takes."""


class NumberPlace(NamedTuple):
    """Where a number stands in a class: in a field of it and which one there, or in its forward, whose
    field is ""."""

    field: str
    which: object


class ConstructorArgument(NamedTuple):
    """An argument of a class's constructor."""

    name: str
    annotation: str


class Class:
    """Modules of one code. ``arguments`` are its constructor's; ``filled`` says which of them stands at
    a place, and ``fixed`` the number where all modules have the same."""

    def __init__(self, draft: ModulePlan) -> None:
        self.drafts = [draft]
        self.name = ""
        self.arguments: list[ConstructorArgument] = []
        self.filled: dict[NumberPlace, str] = {}
        self.fixed: dict[NumberPlace, object] = {}
        self.given: dict[int, dict[str, object]] = {}
        """What each module, by identity of its draft, is given for the arguments."""
        self.keywords: dict[str, list[str]] = {}
        """The keywords that any module's layer is given, by the field's name."""
        self.stored: list[str] = []
        """Arguments that the forward needs, and that are kept as attributes."""

    @property
    def draft(self) -> ModulePlan:
        return self.drafts[0]


class Classes:
    """The classes of a network, inner before outer; the last is the network's own."""

    def __init__(self, root: ModulePlan) -> None:
        self.of: dict[int, Class] = {}
        """The class of each draft, by identity."""
        self._by_key: dict[Hashable, Class] = {}
        self._group(root)
        self.all = list(self._by_key.values())
        for each in self.all:
            self._settle(each)
        self._name()

    # ---- grouping

    def _group(self, draft: ModulePlan) -> Hashable:
        """A key that modules of one class have in common."""
        fields = tuple([(name, self._field_key(field)) for name, field in draft.fields.items()])
        if draft.is_inline():
            return ("chain", fields)
        statements = None if draft.statements is None else tuple(_code(draft.statements))
        title = _stem(draft.title) if draft.kind == "group" else draft.title
        key = (draft.kind, title, fields, tuple(draft.arguments), draft.result, statements)
        known = self._by_key.get(key)
        if known is None:
            known = self._by_key[key] = Class(draft)
        else:
            known.drafts.append(draft)
        self.of[id(draft)] = known
        return ("class", id(known))

    def _field_key(self, field: Field) -> Hashable:
        if isinstance(field, ModulePlan):
            return self._group(field)
        if isinstance(field, Tensors):
            parameter = field.parameter
            return ("tensor", len(parameter.shape), parameter.trained, repr(field.initialiser))
        defaults = _defaults(field)
        words = [
            (name, repr(value) if not is_number(value) else None)
            for name, value in field.keywords.items()
            if not (is_number(value) and name in defaults)
        ]
        return ("layer", field.target, tuple(words))

    # ---- numbers

    def _settle(self, each: Class) -> None:
        """Find the numbers in which a class's modules differ, and make arguments of them."""
        for draft in each.drafts:
            _collect(draft.fields, each.keywords, "")
        names = set(each.draft.fields)
        columns = [dict(self.numbers(draft, each)) for draft in each.drafts]
        values = [{place: value for place, (value, _) in column.items()} for column in columns]
        shared = parameters(values)
        named: dict[int, str] = {}
        for place, (first, hint) in columns[0].items():
            if place not in shared:
                each.fixed[place] = first
                continue
            name = named.get(shared[place])
            if name is None:
                name = named[shared[place]] = self._argument_name(each, place, hint, names)
                annotation = " | ".join(dict.fromkeys([_annotation(column[place]) for column in values]))
                each.arguments.append(ConstructorArgument(name, annotation))
                for draft, column in zip(each.drafts, values, strict=True):
                    each.given.setdefault(id(draft), {})[name] = column[place]
            each.filled[place] = name
            if not place.field and name not in each.stored:
                each.stored.append(name)

    def _argument_name(self, each: Class, place: NumberPlace, hint: str, fields: set[str]) -> str:
        taken = {*(argument.name for argument in each.arguments), *MODULE_ATTRIBUTES, *fields}
        plain = identifier(hint)
        if plain not in taken or not place.field:
            return unused(plain, taken)
        path = place.field.replace(".", "_")
        return identifier(f"{plain}_{path}" if path[0].isdigit() else f"{path}_{plain}", taken)

    def numbers(self, draft: ModulePlan, each: Class) -> Iterator[tuple[NumberPlace, tuple[object, str]]]:
        """Every number of a module with its place and a name for it, in the order of the class."""
        yield from self._numbers_of_fields(draft.fields, each, "")
        for position, hole in enumerate(_placeholders(draft.statements or ())):
            yield NumberPlace("", position), (hole.value, hole.hint)

    def _numbers_of_fields(
        self, fields: dict[str, Field], each: Class, before: str
    ) -> Iterator[tuple[NumberPlace, tuple[object, str]]]:
        for name, field in fields.items():
            path = f"{before}.{name}" if before else name
            if isinstance(field, Tensors):
                yield NumberPlace(path, "shape"), (field.parameter.shape, f"{name}_shape")
            elif isinstance(field, Layer):
                defaults = _defaults(field)
                for keyword in each.keywords[path]:
                    value = field.keywords.get(keyword, defaults.get(keyword))
                    if is_number(value):
                        yield NumberPlace(path, keyword), (value, keyword)
            elif field.is_inline():
                yield from self._numbers_of_fields(field.fields, each, path)
            else:
                inner = self.of[id(field)]
                for argument in inner.arguments:
                    yield (
                        NumberPlace(path, argument.name),
                        (inner.given[id(field)][argument.name], argument.name),
                    )

    # ---- names

    def _name(self) -> None:
        taken: set[str] = set()
        root = self.all[-1]
        root.name = class_name(root.draft.title, taken)
        taken.add(root.name)
        first: dict[str, Class] = {}
        for each in self.all[:-1]:
            each.name = class_name(self._title(each, first), taken)
            taken.add(each.name)

    def _title(self, each: Class, first: dict[str, Class]) -> str:
        """What a class is called after: its block, its operator, or the label of its steps."""
        title = each.draft.title
        if each.draft.kind == "group":
            return title if len(each.drafts) == 1 else _stem(title)
        # Two versions of a block are reported apart by a step that only one of them has.
        other = first.setdefault(title, each)
        extra = [name for name in each.draft.fields if name not in other.draft.fields and is_plain(name)]
        return f"{title}_with_{extra[0]}" if other is not each and extra else title


def _stem(label: str) -> str:
    """A label without the number at its end."""
    return re.sub(r"[\d_-]+$", "", label) or label


def _collect(fields: dict[str, Field], keywords: dict[str, list[str]], before: str) -> None:
    for name, field in fields.items():
        path = f"{before}.{name}" if before else name
        if isinstance(field, Layer):
            known = keywords.setdefault(path, [])
            known += [keyword for keyword in field.keywords if keyword not in known]
        elif isinstance(field, ModulePlan) and field.is_inline():
            _collect(field.fields, keywords, path)


def _defaults(layer: Layer) -> dict[str, object]:
    return DEFAULTS.get(re.sub(r"\dd$", "", layer.target), {})


def _code(statements: Sequence[Statement]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, Nest):
            yield flat(statement.header, lambda _: "#")
            yield from _code(statement.body)
            yield "end"
        else:
            yield flat(statement.text, lambda _: "#")


def _placeholders(statements: Sequence[Statement]) -> Iterator[Placeholder]:
    for statement in statements:
        if isinstance(statement, Line):
            yield from placeholders(statement.text)
        else:
            yield from _placeholders(statement.body)


def _annotation(value: object) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join([_annotation(item) for item in value])}]"
    if isinstance(value, list):
        return f"list[{' | '.join(dict.fromkeys([_annotation(item) for item in value]))}]"
    return type(value).__name__
