"""Where each name of a design is defined: a table of the text alone, made for those who ask.

    a call, a block's name    -> the block's heading
    a word                    -> the parameter, or the loop variable
    an argument's name        -> the parameter of the block that is called
    from(label), share(label) -> the label, each part of a dotted name its own; or the input, or the parameter
    extends, use              -> the file, and the block in it

It needs no graph: it is there for arms that are not taken, blocks that nobody calls and designs with mistakes. A
computed name, ``from("enc{i}")``, stands for every label that it can become, but for the one of the same form
where there is one. What only a run can tell, such as a label in the block that a parameter holds, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from archdsl.design.design import Design
from archdsl.design.labels import LabelScope, Path, labels_in, path_parts, resolve
from archdsl.design.model import KEY
from archdsl.design.values import Block, Library
from archdsl.source import Source, Span
from archdsl.syntax import tree

Kind: TypeAlias = Literal["block", "parameter", "variable", "label", "input", "file"]


class Reference(NamedTuple):
    """A use of a name, and where what it names is defined; ``kind`` is what that is."""

    use: Span
    definition: Span
    kind: Kind


class References:
    """The references of a design, in the order of its files and their texts."""

    def __init__(self, found: Iterable[Reference]) -> None:
        self._found = tuple(dict.fromkeys(found))

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def at(self, source: Source, offset: int) -> tuple[Reference, ...]:
        """The references whose use covers a place."""
        return tuple(
            [
                each
                for each in self._found
                if each.use.source is source and each.use.start <= offset < each.use.end
            ]
        )

    def to(self, definition: Span) -> tuple[Reference, ...]:
        """The references to a definition."""
        return tuple([each for each in self._found if each.definition == definition])


def references(design: Design) -> References:
    """Every reference of a design, also in the blocks of the files that it uses."""
    found = list(_of_files(design))
    libraries: dict[int, Library] = {id(design.library): design.library}
    pending = [design.library]
    while pending:
        for block in pending.pop().blocks.values():
            if id(block.library) not in libraries:
                libraries[id(block.library)] = block.library
                pending.append(block.library)
    for library in libraries.values():
        walk = _ReferenceFinder(library, {})
        for parameter in library.declared.values():
            found += walk.parameter(parameter, {})
        for block in library.blocks.values():
            if block.library is library:
                found += walk.block(block)
    walk = _ReferenceFinder(design.library, _inputs(design))
    declared = design.library.declared.values()
    for parameter in design.parameters:
        if parameter not in declared:  # another value for one of another file's
            found += walk.parameter(parameter, {})
    for stated in design.stated_inputs:
        found += walk.expression(stated, {}, None)
    if design.body is not None:
        found += walk.body(design.body, {})
    return References(found)


def _of_files(design: Design) -> Iterator[Reference]:
    for use, other in design.files:
        yield Reference(use, other.span(), "file")
    for use, block in design.brought:
        yield Reference(use, _name_of(block), "block")
    for use, declared in design.replaced:
        yield Reference(use, declared, "parameter")


def _inputs(design: Design) -> dict[str, Span]:
    """The inputs, with the places of their names."""
    if design.header.inputs is not None:
        return {name: design.spans["inputs", name, KEY] for name in design.header.inputs}
    return {"input": design.spans["input", KEY]} if ("input", KEY) in design.spans else {}


def _name_of(block: Block) -> Span:
    """Where the name stands in a block's heading."""
    return Span(block.span.source, block.span.start, block.span.start + len(block.name))


_Variables: TypeAlias = Mapping[str, tuple[Span, Kind]]


class _ReferenceFinder:
    """The references in the texts that see one library."""

    def __init__(self, library: Library, inputs: Mapping[str, Span]) -> None:
        self.library = library
        self.inputs = inputs

    def block(self, block: Block) -> Iterator[Reference]:
        variables: dict[str, tuple[Span, Kind]] = {}
        for parameter in block.parameters:
            yield from self.parameter(parameter, variables)
            variables[parameter.name.word] = parameter.name.span, "parameter"
        yield from self.body(block.body, variables)

    def parameter(self, parameter: tree.ParameterDeclaration, variables: _Variables) -> Iterator[Reference]:
        details = [entry.value for key, entry in parameter.details.items() if key != "value"]
        for each in (parameter.default, *details):
            if each is not None and not isinstance(each, tree.PlainText | tree.Fact | tree.Section):
                yield from self.expression(each, variables, None)

    def body(self, step: tree.Step, variables: _Variables) -> Iterator[Reference]:
        yield from self.step(step, variables, labels_in(step, self.library.vocabulary))

    # ---- steps

    def step(self, step: tree.Step, variables: _Variables, scope: LabelScope) -> Iterator[Reference]:
        if isinstance(step, tree.Chain):
            for call in step.calls:
                yield from self.call(call, variables, scope)
        elif isinstance(step, tree.Group):
            for inner in step.steps:
                yield from self.step(inner, variables, scope)
        elif isinstance(step, tree.Labelled):
            yield from self.expression(step.label, variables, scope)
            yield from self.step(step.step, variables, scope.inner(step))
        elif isinstance(step, tree.ConstructStep):
            yield from self.construct(step, variables, scope)

    def construct(
        self, construct: tree.ConstructStep, variables: _Variables, scope: LabelScope
    ) -> Iterator[Reference]:
        inside: dict[str, tuple[Span, Kind]] = {**variables}
        declared = self.library.vocabulary.constructs[construct.name.word]
        loop = isinstance(construct.arguments[-1], tree.Binding) if construct.arguments else False
        for index, argument in enumerate(construct.arguments):
            value = argument.value
            kind = declared.kind_of(index, argument)
            if isinstance(argument, tree.Binding):
                yield from self.expression(value, variables, scope)
                inside.update(_variables_in(argument.target))
            elif (loop or kind == "variable") and isinstance(value, tree.Name | tree.ListOf):
                inside.update(_variables_in(value))
            elif kind == "name" and not isinstance(value, tree.Template):
                pass  # a name that it gives
            else:
                yield from self.expression(value, variables, scope)
        below = scope.inner(construct)
        for part in construct.parts:
            yield from self.step(part, inside, below)

    def call(self, call: tree.Call, variables: _Variables, scope: LabelScope) -> Iterator[Reference]:
        word = call.name.word
        if word in self.library.vocabulary.flow_calls:
            for argument in call.arguments:
                if word == "output" and not isinstance(argument.value, tree.Template):
                    continue  # a name that it gives
                yield from self.value(argument.value, variables, scope if word != "output" else None)
            return
        yield from self.applied(call.name, call.arguments, variables, scope)

    # ---- values

    def applied(
        self,
        name: tree.Name,
        arguments: Iterable[tree.Argument | tree.Binding],
        variables: _Variables,
        scope: LabelScope | None,
    ) -> Iterator[Reference]:
        """A block or operator with its arguments."""
        yield from self.word(name, variables)
        held = name.word in variables or name.word in self.library.declared
        block = None if held else self.library.blocks.get(name.word)
        parameters = {} if block is None else {each.name.word: each.name.span for each in block.parameters}
        for argument in arguments:
            if argument.name is not None and argument.name.word in parameters:
                yield Reference(argument.name.span, parameters[argument.name.word], "parameter")
            yield from self.expression(argument.value, variables, scope)

    def word(self, name: tree.Name, variables: _Variables) -> Iterator[Reference]:
        """A word: the nearest variable or parameter of that name, or a block."""
        word = name.word
        if word in variables:
            yield Reference(name.span, *variables[word])
        elif word in self.library.declared:
            yield Reference(name.span, self.library.declared[word].name.span, "parameter")
        elif word in self.library.blocks:
            yield Reference(name.span, _name_of(self.library.blocks[word]), "block")

    def expression(
        self, expression: tree.Expression, variables: _Variables, scope: LabelScope | None
    ) -> Iterator[Reference]:
        if isinstance(expression, tree.Name):
            yield from self.word(expression, variables)
        elif isinstance(expression, tree.Apply) and expression.name.word == "from":
            for argument in expression.arguments:
                yield from self.value(argument.value, variables, scope)
        elif isinstance(expression, tree.Apply):
            yield from self.applied(expression.name, expression.arguments, variables, scope)
        elif isinstance(expression, tree.Comprehension):
            inside = {**variables}
            for clause in expression.clauses:
                yield from self.expression(clause.items, inside, scope)
                inside.update(_variables_in(clause.target))
                for condition in clause.conditions:
                    yield from self.expression(condition, inside, scope)
            yield from self.expression(expression.value, inside, scope)
        else:
            for part in tree.operands_of(expression):
                yield from self.expression(part, variables, scope)

    def value(
        self, expression: tree.Expression, variables: _Variables, scope: LabelScope | None
    ) -> Iterator[Reference]:
        """The references in what ``from`` and ``share`` take: a parameter that holds a value, an input, or a label."""
        if isinstance(expression, tree.Template):
            for part in tree.operands_of(expression):
                yield from self.expression(part, variables, scope)
        if isinstance(expression, tree.Index):  # a list that holds values
            yield from self.expression(expression, variables, scope)
        path = path_parts(expression)
        if path is None or scope is None:
            return
        first = path[0].plain
        if first in variables and variables[first][1] == "parameter" and len(path) == 1:
            yield Reference(path[0].span, *variables[first])
            return
        found = list(self.labels(path, scope))
        if not found and len(path) == 1 and first in self.inputs:
            yield Reference(path[0].span, self.inputs[first], "input")
        yield from found

    def labels(self, path: Path, scope: LabelScope) -> Iterator[Reference]:
        for use, label in resolve(path, scope, self.library):
            yield Reference(use, label.span, "label")


def _variables_in(target: tree.Name | tree.ListOf) -> dict[str, tuple[Span, Kind]]:
    """The variables of a loop, or of a comprehension's clause."""
    return {name.word: (name.span, "variable") for name in tree.names_in(target)}
