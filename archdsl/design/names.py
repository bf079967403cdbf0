"""The check of names in a design's texts, before anything runs: every call, argument and word of every
block, also of arms that are not taken and blocks that nobody calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archdsl.constructs.base import FlowCall
from archdsl.design.arithmetic import FUNCTIONS
from archdsl.design.binding import bind
from archdsl.design.branches import branch_faults
from archdsl.design.design import Design
from archdsl.design.foreign_words import ABSENT, foreign_word, is_foreign
from archdsl.design.headings import faults_of, target_faults, variables_of
from archdsl.design.mistaken_constructs import label_like_construct, merge_called
from archdsl.design.unknown_names import unknown_function
from archdsl.design.values import Callee, Library
from archdsl.design.vocabulary import meant
from archdsl.diagnostics import Diagnostic, Diagnostics, Fix
from archdsl.diagnostics.fixes import replacing, without_item
from archdsl.ops.base import Operator
from archdsl.syntax import tree


def check_names(design: Design, diagnostics: Diagnostics) -> None:
    """Report unknown callees, bad arguments and Python's words in every text of the design."""
    libraries: dict[int, Library] = {id(design.library): design.library}
    pending = [design.library]
    while pending:
        for block in pending.pop().blocks.values():
            if id(block.library) not in libraries:
                libraries[id(block.library)] = block.library
                pending.append(block.library)
    for library in libraries.values():
        for block in library.blocks.values():
            if block.library is not library:
                continue
            names = frozenset(parameter.name.word for parameter in block.parameters)
            checker = _Checker(library, diagnostics, _plain_labels(block.body))
            for parameter in block.parameters:
                if parameter.default is not None:
                    checker.expression(parameter.default, names)
            _refuse_twins(block.parameters, diagnostics)
            checker.body(block.body, names)
    if design.body is not None:
        labels = {*_plain_labels(design.body), *design.inputs}
        _Checker(design.library, diagnostics, labels).body(design.body, frozenset())


def _plain_labels(body: tree.Step) -> set[str]:
    return {label.plain for label in labels_of(body) if label.plain is not None}


def _refuse_twins(parameters: Iterable[tree.ParameterDeclaration], diagnostics: Diagnostics) -> None:
    seen: set[str] = set()
    optional = None
    for parameter in parameters:
        name = parameter.name
        if name.word in seen:
            diagnostics.add(
                Diagnostic(
                    "argument-twice",
                    f"the parameter `{name.word}` stands twice",
                    name.span,
                    help="rename one of them",
                )
            )
        seen.add(name.word)
        if parameter.default is not None:
            optional = name
        elif optional is not None:
            diagnostics.add(
                Diagnostic(
                    "required-after-default",
                    f"`{name.word}` has no default, but comes after one that has",
                    name.span,
                    f"after `{optional.word}`",
                    "put the parameters without a default first",
                )
            )


class _Checker:
    def __init__(self, library: Library, diagnostics: Diagnostics, labels: Iterable[str] = ()) -> None:
        self.library = library
        self.diagnostics = diagnostics
        self.labels = frozenset(labels)
        """The labels of the body that is checked, and the network's inputs in its own."""

    def body(self, body: tree.Step, variables: frozenset[str]) -> None:
        self.step(body, variables)
        for fault in branch_faults(body, self.library.vocabulary):
            self.diagnostics.add(fault)

    def step(self, step: tree.Step, variables: frozenset[str]) -> None:
        if isinstance(step, tree.Chain):
            for index, call in enumerate(step.calls):
                self.call(call, index, variables)
        elif isinstance(step, tree.Group):
            for inner in step.steps:
                self.step(inner, variables)
        elif isinstance(step, tree.Labelled):
            self.expression(step.label, variables)
            doubt = label_like_construct(step, self.library.vocabulary.forms)
            if doubt is not None:
                self.diagnostics.add(doubt)
            self.step(step.step, variables)
        elif isinstance(step, tree.ConstructStep):
            self.construct(step, variables)

    def construct(self, construct: tree.ConstructStep, variables: frozenset[str]) -> None:
        declared = self.library.vocabulary.constructs[construct.name.word]
        variables |= variables_of(construct, declared)
        for index, argument in enumerate(construct.arguments):
            if declared.kind_of(index, argument) == "name":
                self.path(argument.value, variables)
            else:
                self.expression(argument.value, variables)
        for fault in faults_of(construct, declared):
            self.diagnostics.add(fault)
        for part in construct.parts:
            self.step(part, variables)

    def call(self, call: tree.Call, index: int, variables: frozenset[str]) -> None:
        word = call.name.word
        directs = self.library.vocabulary.flow_calls.get(word)
        if directs is not None:
            self.flow_call(call, index, directs)
            for argument in call.arguments:
                self.path(argument.value, variables)
            return
        held = word in variables or word in self.library.params
        block = self.library.blocks.get(word)
        operator = self.library.vocabulary.calls.get(word)
        for place, argument in enumerate(call.arguments):
            absent = None
            if not held and block is None and operator is not None:
                absent = self.absent_attribute(operator, argument, place, variables)
            if absent is not None:
                self.diagnostics.add(absent)
            else:
                self.expression(argument.value, variables)
        if held:
            return  # what it holds shows when it runs
        if block is None and operator is None:
            if word.partition(".")[0] in self.labels and not call.arguments:
                self.diagnostics.add(_label_called(call, index))
            elif call.arguments and (merge := merge_meant(word, self.library)) is not None:
                self.diagnostics.add(merge_called(call, merge, self.labels))
            else:
                self.diagnostics.add(unknown_callee(call.name, self.library, variables))
            return
        if block is None and operator is not None and not operator.operands and index:
            self.diagnostics.add(_not_at_the_head(call, f"`{word}` reads no value"))
        target = block if block is not None else operator
        assert target is not None
        for fault in bind(Callee(word, target), call.arguments, call.span)[1]:
            self.diagnostics.add(fault)

    def absent_attribute(
        self,
        operator: type[Operator],
        argument: tree.Argument | tree.Binding,
        place: int,
        variables: frozenset[str],
    ) -> Diagnostic | None:
        """The diagnostic for ``std=none`` and ``stride=None``: an attribute is left out, and takes no block."""
        value = argument.value
        if isinstance(value, tree.Name):
            if value.word not in ABSENT or self.knows(value.word, variables):
                return None
        elif not isinstance(value, tree.Nothing):
            return None
        fields = tuple(operator.model_fields)
        if argument.name is not None:
            word = argument.name.word
        elif operator.variadic is None and place < len(fields):
            word = fields[place]
        else:
            return None
        if word not in operator.model_fields:
            return None
        written, field = value.span.text, operator.model_fields[word]
        fixes: tuple[Fix, ...] = ()
        if field.is_required():
            help = f"`{word}` has to be given, as in `{operator.examples[0].call}`"
        elif isinstance(field.default, bool):
            help = f"write `{word}=false`, or leave it out, which is `{word}={str(field.default).lower()}`"
            fixes = (replacing(value.span, "false", title=f"write `{word}=false`"),)
        elif argument.name is None:
            help = f"leave `{word}` out, and name the arguments that follow it"
        else:
            help = f"leave `{word}` out"
            if argument.span.end >= value.span.end:  # in the keyword form its key alone has a place
                fixes = (without_item(argument.span, "safe", title=help),)
        return Diagnostic(
            "python-word", f"there is no `{written}`", value.span, "Python's word", help, fixes=fixes
        )

    def apply(self, part: tree.Apply, variables: frozenset[str]) -> None:
        """A call in a value: a function, ``from``, or a block with some of its arguments."""
        word = part.name.word
        vocabulary = self.library.vocabulary
        if word in vocabulary.flow_calls and vocabulary.flow_calls[word].is_source:
            return
        known = (FUNCTIONS, vocabulary.calls, variables, self.library.params, self.library.blocks)
        if not any(word in names for names in known):
            self.diagnostics.add(unknown_function(part.name, self.library))

    def flow_call(self, call: tree.Call, index: int, directs: FlowCall) -> None:
        word = call.name.word
        if len(call.arguments) != 1 or call.arguments[0].name is not None:
            self.diagnostics.add(
                Diagnostic(
                    "wrong-argument", f"`{word}` takes one name", call.span, help=f"write `{directs.heading}`"
                )
            )
        if directs.is_source and index:
            self.diagnostics.add(_not_at_the_head(call, f"`{word}` stands only at the head of a chain"))

    def path(self, expression: tree.Expression, variables: frozenset[str]) -> None:
        """A name of a value or an output: labels are a namespace of their own."""
        if isinstance(expression, tree.Template | tree.Index):
            self.expression(expression, variables)

    def expression(self, expression: tree.Expression, variables: frozenset[str]) -> None:
        for part in _walk(expression):
            if isinstance(part, tree.Apply):
                self.apply(part, variables)
            elif isinstance(part, tree.Comprehension):
                self.comprehension(part, variables)
            elif isinstance(part, tree.Nothing):
                self.diagnostics.add(foreign_word("none", part.span))
            elif (
                isinstance(part, tree.Name) and is_foreign(part.word) and not self.knows(part.word, variables)
            ):
                self.diagnostics.add(foreign_word(part.word, part.span))

    def comprehension(self, part: tree.Comprehension, variables: frozenset[str]) -> None:
        """Each clause sees the names of those before it, and the value those of all."""
        for clause in part.clauses:
            self.expression(clause.items, variables)
            for fault in target_faults(clause.target, "write `for x in xs`, or `for [a, b] in rows`"):
                self.diagnostics.add(fault)
            variables |= {name.word for name in tree.names_in(clause.target)}
            for condition in clause.conditions:
                self.expression(condition, variables)
        self.expression(part.value, variables)

    def knows(self, word: str, variables: frozenset[str]) -> bool:
        """Return whether a word of Python's is somebody's name all the same."""
        return any(word in known for known in (variables, self.library.params, self.library.blocks))


def _label_called(call: tree.Call, index: int) -> Diagnostic:
    """The diagnostic for a label where a call stands: ``add: [a, b]``."""
    word = call.name.word
    text = f"from({word})"
    return Diagnostic(
        "unknown-operator",
        f"`{word}` is a label, not an operator or block",
        call.span,
        "names a value",
        f"begin a new step with `{text}`; a merge brings two values together" if index else "",
        fixes=() if index else (replacing(call.span, text, "safe"),),
    )


def merge_meant(word: str, library: Library) -> str | None:
    """The merge that is this word, or is called so elsewhere."""
    if word in library.vocabulary.operators:
        return word
    called = tree.construct_called(word, library.vocabulary.forms)
    return called if called in library.vocabulary.operators else None


def _not_at_the_head(call: tree.Call, message: str) -> Diagnostic:
    """The diagnostic for a call that drops what flows into it."""
    return Diagnostic(
        "from-in-chain",
        message,
        call.span,
        "drops what flows in",
        f"begin a new step with it: `- {call.span.text}`; a merge brings two values together",
    )


def unknown_callee(name: tree.Name, library: Library, variables: Iterable[str] = ()) -> Diagnostic:
    """The diagnostic for a call of something that is neither block nor operator."""
    word = name.word
    vocabulary = library.vocabulary
    construct = vocabulary.constructs.get(word)
    if construct is not None:
        body = f"write it as a step of its own: `- {word}{'(...)' if construct.needs_arguments else ''}: ...`"
        return Diagnostic(
            "construct-in-chain",
            f"`{word}` is a construct and takes a body",
            name.span,
            "cannot stand in a chain",
            f"{body}; {construct.meant_in_chain}" if construct.meant_in_chain else body,
        )
    own = (*library.blocks, *variables, *vocabulary.flow_calls, *vocabulary.constructs)
    found = meant(word, own)
    has = "archdsl has no" if found.absent is not None else "there is no operator or block"
    help = found.help(name.span, "`archdsl ops` lists the operators")
    fixes = () if found.word in vocabulary.constructs else found.fixes(name.span)
    return Diagnostic("unknown-operator", f"{has} `{word}`", name.span, "not known here", help, fixes=fixes)


def _walk(expression: tree.Expression) -> Iterator[tree.Expression]:
    """An expression and its parts, without the names of values."""
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(_parts(part))


def _parts(expression: tree.Expression) -> Iterable[tree.Expression]:
    if expression.__class__ in tree.LEAVES:
        return ()
    if isinstance(expression, tree.Apply):
        values = [argument.value for argument in expression.arguments]
        if expression.name.word == "from":
            return [value for value in values if isinstance(value, tree.Template | tree.Index)]
        return values
    if isinstance(expression, tree.Comprehension):
        return ()  # its parts see names of their own
    return tree.operands_of(expression)


def labels_of(step: tree.Step | None) -> Iterator[tree.Template]:
    """Every label in a body, in order, also those of arms not taken."""
    if isinstance(step, tree.Group):
        for inner in step.steps:
            yield from labels_of(inner)
    elif isinstance(step, tree.Labelled):
        yield step.label
        yield from labels_of(step.step)
    elif isinstance(step, tree.ConstructStep):
        for part in step.parts:
            yield from labels_of(part)
