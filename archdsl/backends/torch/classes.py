"""The classes of a network: one for each definition, with a name, and its parameters as arguments of its constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch.descriptions import SHAPE
from archdsl.backends.torch.names import MODULE_ATTRIBUTES, class_name, identifier, is_plain, unused
from archdsl.constructs.region import RegionKind
from archdsl.structure.regions import general_title
from archdsl.structure.scopes import Held

if TYPE_CHECKING:
    from archdsl.structure.definitions import Definition, Definitions, NumberPlace
    from archdsl.structure.scopes import NamedScope


class ConstructorArgument(NamedTuple):
    """An argument of a class's constructor."""

    name: str
    annotation: str


class Class:
    """Modules of one definition. ``arguments`` are its constructor's, one for each parameter in order; ``stored``
    are those that the forward needs, and that are kept as attributes."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.name = ""
        self.arguments: list[ConstructorArgument] = []
        self.stored: list[str] = []

    @property
    def scope(self) -> NamedScope:
        """The first of its modules."""
        return self.definition.first

    def argument(self, place: NumberPlace) -> str | None:
        """The argument that stands at a place, None where all modules have the same number."""
        parameter = self.definition.parameter_at.get(place)
        return None if parameter is None else self.arguments[parameter].name


class Classes:
    """The classes of a network, inner before outer; the last is the network's own."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self._of: dict[int, Class] = {}
        self.all = [self._class(definition) for definition in definitions.all]
        self._name()

    def of(self, scope: NamedScope) -> Class:
        return self._of[id(self.definitions.of(scope))]

    # ---- arguments

    def _class(self, definition: Definition) -> Class:
        made = self._of[id(definition)] = Class(definition)
        for parameter in definition.parameters:
            name = self._argument_name(made, parameter.places[0])
            annotation = " | ".join(dict.fromkeys([_annotation(value) for value in parameter.values]))
            made.arguments.append(ConstructorArgument(name, annotation))
            if any(not place.member for place in parameter.places):
                made.stored.append(name)
        return made

    def _argument_name(self, each: Class, place: NumberPlace) -> str:
        taken = {*(argument.name for argument in each.arguments), *MODULE_ATTRIBUTES, *each.scope.members}
        plain = identifier(self._hint(each, place))
        if plain not in taken or not place.member:
            return unused(plain, taken)
        path = place.member.replace(".", "_")
        return identifier(f"{plain}_{path}" if path[0].isdigit() else f"{path}_{plain}", taken)

    def _hint(self, each: Class, place: NumberPlace) -> str:
        """A name for the number at a place."""
        if not place.member:
            assert isinstance(place.number, tuple)
            _, (_, hint) = place.number
            return str(hint)
        member = each.definition.member(place.member)
        if isinstance(member, Held):
            is_tensor = place.number == SHAPE
            return f"{place.member.rpartition('.')[2]}_{SHAPE}" if is_tensor else str(place.number)
        assert isinstance(place.number, int)
        return self.of(member).arguments[place.number].name

    # ---- names

    def _name(self) -> None:
        taken: set[str] = set()
        root = self.all[-1]
        root.name = class_name(root.scope.title, taken)
        taken.add(root.name)
        first: dict[str, Class] = {}
        for each in self.all[:-1]:
            each.name = class_name(_title(each, first), taken)
            taken.add(each.name)


def _title(each: Class, first: dict[str, Class]) -> str:
    """The name from which a class has its own: of its block, its operator, or the label of its steps."""
    title = each.scope.title
    if each.scope.kind is RegionKind.GROUP:
        if title.isdecimal():  # a member of a list, which says more
            title = "_".join(each.scope.path.split(".")[-2:])
        return title if len(each.definition.uses) == 1 else general_title(each.scope.kind, title)
    # Two versions of a block are reported apart by a step that only one of them has.
    other = first.setdefault(title, each)
    extra = [name for name in each.scope.members if name not in other.scope.members and is_plain(name)]
    return f"{title}_with_{extra[0]}" if other is not each and extra else title


def _annotation(value: object) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join([_annotation(item) for item in value])}]"
    if isinstance(value, list):
        return f"list[{' | '.join(dict.fromkeys([_annotation(item) for item in value]))}]"
    return type(value).__name__
