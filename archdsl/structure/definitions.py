"""Which scopes are one block: those of one form, whose numbers are its parameters where they differ."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archdsl.constructs.region import RegionKind
from archdsl.structure.arguments import parameters
from archdsl.structure.regions import general_title
from archdsl.structure.scopes import Held, NamedScope

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from archdsl.structure.regions import general_title
from archdsl.structure.scopes import Member


class NumberPlace(NamedTuple):
    """Where a number stands in a definition: at one of its members, by the names that lead there, or among
    its steps, where that is ""; and which number there. Of a member that has a definition of its own it is
    the position of the parameter, of a step the step's with the number's name."""

    member: str
    number: Hashable


class BlockParameter(NamedTuple):
    """Numbers that differ among the uses of a definition, alike at all of these places: a value for each use."""

    places: list[NumberPlace]
    values: list[object]


class Definition:
    """Scopes of one form. ``numbers`` names what is given at each member by any of the ``uses``; what stands at
    a place is one of the ``parameters``, by its position in ``parameter_at``, or the same in all: ``fixed``."""

    def __init__(self, use: NamedScope) -> None:
        self.uses = [use]
        self.numbers: dict[str, list[Hashable]] = {}
        self.parameters: list[BlockParameter] = []
        self.parameter_at: dict[NumberPlace, int] = {}
        self.fixed: dict[NumberPlace, object] = {}

    @property
    def first(self) -> NamedScope:
        """The use that stands for all."""
        return self.uses[0]

    def member(self, path: str) -> Member:
        """The member of the first use that these names lead to."""
        scope = self.first
        *outer, last = path.split(".")
        for name in outer:
            inner = scope.members[name]
            assert isinstance(inner, NamedScope)
            scope = inner
        return scope.members[last]

    def filled(self, place: NumberPlace) -> Hashable:
        """The parameter or the number at a place, to be compared with another."""
        parameter = self.parameter_at.get(place)
        return repr(self.fixed[place]) if parameter is None else parameter


class Definitions:
    """The definitions of a design, each after those that it uses; the last is the network's own.

    A list has none, and a labelled group that is a chain: they are a part of what holds them.
    """

    def __init__(self, root: NamedScope) -> None:
        self._of: dict[int, tuple[Definition, int]] = {}
        """The definition of each scope, by identity, and which of its uses that is."""
        self._by_form: dict[Hashable, Definition] = {}
        self._forms: dict[int, Hashable] = {}
        self._group(root)
        self.all = list(self._by_form.values())
        for each in self.all:
            self._settle(each)

    def of(self, scope: NamedScope) -> Definition:
        return self._of[id(scope)][0]

    def runs(self, definition: Definition, members: Mapping[str, Member], path: str = "") -> list[list[str]]:
        """Names of members one after the other, those together that are equal, numbers and all. ``path`` leads
        to the members if they are not the definition's own."""
        names = groupby(members, lambda name: self._filled(definition, members[name], _joined(path, name)))
        return [list(group) for _, group in names]

    # ---- forms

    def _group(self, scope: NamedScope) -> Hashable:
        """The form of a scope, which is one for all of a definition."""
        members = tuple([(name, self._form(member)) for name, member in scope.members.items()])
        if is_inline(scope):
            return ("list" if scope.is_list else "chain", members)
        body = None if scope.body is None else scope.body.form
        form = (scope.kind, scope.node is None, general_title(scope.kind, scope.title), members, body)
        known = self._by_form.get(form)
        if known is None:
            known = self._by_form[form] = Definition(scope)
        else:
            known.uses.append(scope)
        self._of[id(scope)] = known, len(known.uses) - 1
        return ("definition", id(known))

    def _form(self, member: Member) -> Hashable:
        if isinstance(member, Held):
            return ("held", member.what.form)
        form = self._forms.get(id(member))
        if form is None:
            form = self._forms[id(member)] = self._group(member)
        return form

    # ---- numbers

    def _settle(self, each: Definition) -> None:
        """Find the numbers in which the uses differ, and make parameters of them."""
        for use in each.uses:
            _collect(use.members, each.numbers, "")
        columns = [dict(self._numbers(use, each)) for use in each.uses]
        each.parameter_at = parameters(columns)
        for place, value in columns[0].items():
            at = each.parameter_at.get(place)
            if at is None:
                each.fixed[place] = value
            elif at < len(each.parameters):
                each.parameters[at].places.append(place)
            else:
                each.parameters.append(BlockParameter([place], [column[place] for column in columns]))

    def _numbers(self, use: NamedScope, each: Definition) -> Iterator[tuple[NumberPlace, object]]:
        """Every number of a use with its place, in the order of the definition."""
        yield from self._of_members(use.members, each, "")
        if use.body is not None:
            for position, (_, step) in enumerate(use.body.steps):
                for name, value in step.numbers.items():
                    yield NumberPlace("", (position, name)), value

    def _of_members(
        self, members: Mapping[str, Member], each: Definition, before: str
    ) -> Iterator[tuple[NumberPlace, object]]:
        for name, member in members.items():
            path = _joined(before, name)
            if isinstance(member, Held):
                numbers, defaults = member.what.numbers, member.what.defaults
                for number in each.numbers[path]:
                    yield NumberPlace(path, number), numbers.get(number, defaults.get(number))
            elif is_inline(member):
                yield from self._of_members(member.members, each, path)
            else:
                inner, use = self._of[id(member)]
                for position, parameter in enumerate(inner.parameters):
                    yield NumberPlace(path, position), parameter.values[use]

    def _filled(self, definition: Definition, member: Member, path: str) -> Hashable:
        """All that a member is, to be compared with another of the same definition."""
        if isinstance(member, Held):
            numbers = definition.numbers[path]
            filled = [(number, definition.filled(NumberPlace(path, number))) for number in numbers]
            return ("held", member.what.form, tuple(filled))
        if is_inline(member):
            return member.is_list, tuple(
                [
                    (name, self._filled(definition, inner, _joined(path, name)))
                    for name, inner in member.members.items()
                ]
            )
        inner = self.of(member)
        values = [definition.filled(NumberPlace(path, at)) for at in range(len(inner.parameters))]
        return ("definition", id(inner), tuple(values))


def is_inline(scope: NamedScope) -> bool:
    """Return whether a scope has no definition of its own: it stands where it is used, as its members in a row."""
    return scope.is_list or (scope.kind is RegionKind.GROUP and scope.is_chain)


def _joined(before: str, name: str) -> str:
    return f"{before}.{name}" if before else name


def _collect(members: Mapping[str, Member], numbers: dict[str, list[Hashable]], before: str) -> None:
    """Add the names of the numbers that are given at members."""
    for name, member in members.items():
        path = _joined(before, name)
        if isinstance(member, Held):
            known = numbers.setdefault(path, [])
            known += [number for number in member.what.numbers if number not in known]
        elif is_inline(member):
            _collect(member.members, numbers, path)
