"""Files to a validated design: header, parameters, blocks and body, with what ``extends`` and
``use`` bring from other files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from archdsl.diagnostics import ArchError, Diagnostics, UsageError, did_you_mean
from archdsl.ops import OPERATORS
from archdsl.source import Source, Span
from archdsl.spec.arithmetic import ExpressionFault, whole
from archdsl.spec.environment import Environment, Unresolved
from archdsl.spec.expr import evaluate
from archdsl.spec.model import SECTIONS, Expect, Header, ParameterDetails, validate
from archdsl.spec.values import UNKNOWN, Block, Callee, Library, Result, Word, is_list, kind_of, written
from archdsl.syntax import tree
from archdsl.syntax.document import open_document
from archdsl.syntax.parser import parse_expression

Opener = Callable[[str, str | None], Source]
"""Opens a file by the name that another one gives it, and that one's path."""


class Design(NamedTuple):
    """A network as its file and those it stands on declare it."""

    source: Source
    header: Header
    spans: Mapping[tuple[str | int, ...], Span]
    library: Library
    parameters: tuple[tree.Parameter, ...]
    body: tree.Step | None
    headings_read: bool
    """Whether every block's heading could be read, so that its calls can be judged."""

    @property
    def name(self) -> str:
        if self.header.name:
            return self.header.name
        stem = os.path.basename(self.source.name).partition(".")[0]
        return stem if stem.replace("_", "").replace("-", "").isalnum() else "network"


class _Loaded(NamedTuple):
    """A file with those it stands on merged into it, before its parameters have values."""

    data: dict[str, object]
    spans: dict[tuple[str | int, ...], Span]
    parameters: dict[str, tree.Parameter]
    blocks: dict[str, tree.Block]
    used: dict[str, Block]
    body: tree.Step | None
    headings_read: bool


class Reader:
    """Reads a design with all the files that it names; mistakes go to ``diagnostics``."""

    def __init__(self, open_source: Opener, diagnostics: Diagnostics) -> None:
        self._open = open_source
        self.diagnostics = diagnostics
        self._reading: list[str] = []

    def read(self, source: Source, settings: Mapping[str, str]) -> Design | None:
        """The design, or None where so little is readable that nothing more can be said."""
        loaded = self._load(source)
        if loaded is None:
            return None
        whole_span = Span(source, 0, min(len(source.text), len(source.line(1))))
        header = validate(Header, loaded.data, loaded.spans, whole_span, self.diagnostics, SECTIONS)
        library = Library({}, dict(loaded.used))
        self._declare(loaded, library)
        self._give_values(loaded, library, settings)
        if header is None:
            header = _readable_part(loaded.data)
        self._require(header, loaded, whole_span)
        parameters = tuple(loaded.parameters.values())
        return Design(source, header, loaded.spans, library, parameters, loaded.body, loaded.headings_read)

    def file(self, source: Source) -> tree.File | None:
        """One file as written, without those that it names; None where it cannot be read."""
        document = open_document(source, self.diagnostics)
        return document.read(self.callable_names(source)) if document.readable else None

    def callable_names(self, source: Source) -> frozenset[str]:
        """The operators and blocks that a file's steps may call."""
        document = open_document(source, Diagnostics())
        names = {*OPERATORS, *document.block_names()}
        extends = document.plain("extends")
        if extends is not None:
            base = self._other(extends.text, extends.span, source, self._load)
            if base is not None:
                names |= {*base.blocks, *base.used}
        return frozenset(names)

    def _require(self, header: Header, loaded: _Loaded, place: Span) -> None:
        if header.input is None and header.inputs is None and ("input",) not in loaded.spans:
            self.diagnostics.error(
                "missing-input", "the design has no input", place, help="write `input: [3, 224, 224]`"
            )
        elif header.input is not None and header.inputs is not None:
            self.diagnostics.error(
                "missing-input",
                "`input` and `inputs` exclude each other",
                loaded.spans["inputs",],
                help="keep one of them",
            )
        if loaded.body is None and not self.diagnostics.has_errors:
            self.diagnostics.error(
                "missing-body", "the design has no body", place, help="write the steps under `body:`"
            )

    # ---- files

    def _load(self, source: Source) -> _Loaded | None:
        document = open_document(source, self.diagnostics)
        if not document.readable:
            return None
        extends = document.plain("extends")
        base = None
        if extends is not None:
            base = self._other(extends.text, extends.span, source, self._load)
            if base is None:
                return None
        names = {*OPERATORS, *document.block_names()}
        if base is not None:
            names |= {*base.blocks, *base.used}
        return self._merge(document.read(names), base)

    def _other(
        self, name: str, span: Span, source: Source, load: Callable[[Source], _Loaded | None]
    ) -> _Loaded | None:
        """Another file that this one names, with its circle or absence reported at the name."""
        try:
            other = self._open(name, source.path)
        except UsageError as error:
            self.diagnostics.error("no-such-file", error.message, span, help=error.help)
            return None
        here = source.path or source.name
        there = other.path or other.name
        if there in (here, *self._reading):
            circle = (
                [*self._reading[self._reading.index(there) :], here] if there in self._reading else [here]
            )
            names = " -> ".join(os.path.basename(path) for path in (*circle, there))
            self.diagnostics.error(
                "file-cycle",
                f"files that need each other: {names}",
                span,
                "comes back here",
            )
            return None
        self._reading.append(here)
        try:
            return load(other)
        finally:
            self._reading.pop()

    def _merge(self, file: tree.File, base: _Loaded | None) -> _Loaded:
        """This file's keys in place of its base's; params and blocks name by name."""
        data, spans = self._data(file)
        parameters = {parameter.name.word: parameter for parameter in file.params}
        blocks = {block.signature.name.word: block for block in file.blocks}
        self._refuse_twins(file)
        used = self._used(file, data)
        body = file.body
        if base is not None:
            for name, parameter in parameters.items():
                if name not in base.parameters:
                    near = did_you_mean(name, base.parameters)
                    self.diagnostics.error(
                        "unknown-parameter",
                        f"the file that this one extends has no parameter `{name}`",
                        parameter.name.span,
                        "not declared there",
                        f"did you mean `{near}`?"
                        if near
                        else f"its parameters are {_listed(base.parameters)}",
                    )
            parameters = {**base.parameters, **parameters}
            blocks = {**base.blocks, **blocks}
            used = {**base.used, **used}
            inherited = {
                key: value for key, value in base.data.items() if key not in ("expect", "extends", "name")
            }
            for one, other in (("input", "inputs"), ("inputs", "input")):
                if one in data:
                    inherited.pop(other, None)
            spans = {**{path: span for path, span in base.spans.items() if path[0] in inherited}, **spans}
            data = {**inherited, **data}
            body = base.body if "body" not in file.sections else body
        headings_read = file.headings_read and (base is None or base.headings_read)
        return _Loaded(data, spans, parameters, blocks, used, body, headings_read)

    def _refuse_twins(self, file: tree.File) -> None:
        seen: dict[str, Span] = {}
        for block in file.blocks:
            name = block.signature.name
            if name.word in seen:
                self.diagnostics.error(
                    "equal-keys",
                    f"the block `{name.word}` is declared twice",
                    name.span,
                    f"first on line {seen[name.word].line}",
                    "rename one of them",
                )
            seen[name.word] = name.span

    def _used(self, file: tree.File, data: dict[str, object]) -> dict[str, Block]:
        """The blocks that ``use`` brings; they keep their own file's parameters and blocks."""
        used: dict[str, Block] = {}
        entry = file.header.get("use")
        if entry is None or not isinstance(entry.value, tree.Section):
            return used
        for name, listed in entry.value.entries.items():
            library = self._library_of(name, listed.key.span, file.source)
            if library is None or not isinstance(listed.value, tree.ListOf):
                continue
            for item in listed.value.items:
                if not isinstance(item, tree.Name):
                    continue  # refused by the header's model
                block = library.blocks.get(item.word)
                if block is None:
                    near = did_you_mean(item.word, library.blocks)
                    self.diagnostics.error(
                        "unknown-block",
                        f"`{name}` has no block `{item.word}`",
                        item.span,
                        "not declared there",
                        f"did you mean `{near}`?" if near else f"its blocks are {_listed(library.blocks)}",
                    )
                else:
                    used[item.word] = block
        return used

    def _library_of(self, name: str, span: Span, source: Source) -> Library | None:
        loaded = self._other(name, span, source, self._load)
        if loaded is None:
            return None
        library = Library({}, dict(loaded.used))
        self._declare(loaded, library)
        self._give_values(loaded, library, {})
        return library

    # ---- parameters and blocks

    def _declare(self, loaded: _Loaded, library: Library) -> None:
        for name, block in loaded.blocks.items():
            signature = block.signature
            if name in OPERATORS or name in tree.CONSTRUCTS or name in tree.FLOW_CALLS:
                self.diagnostics.error(
                    "name-taken",
                    f"`{name}` is a word of the language",
                    signature.name.span,
                    "a block cannot bear this name",
                    "choose another name",
                )
            library.blocks[name] = Block(name, signature.span, signature.parameters, block.body, library)

    def _give_values(self, loaded: _Loaded, library: Library, settings: Mapping[str, str]) -> None:
        """Evaluate the parameters in order, each seeing those before it."""
        given = {name: self._setting(name, text) for name, text in settings.items()}
        for name in settings:
            if name not in loaded.parameters:
                near = did_you_mean(name, loaded.parameters)
                raise UsageError(
                    f"the network has no parameter `{name}`",
                    help=f"did you mean `{near}`?"
                    if near
                    else f"its parameters are {_listed(loaded.parameters)}",
                )
        for name, parameter in loaded.parameters.items():
            environment = Environment(library, {})
            try:
                assert parameter.default is not None  # a network's parameter always has a value
                value = evaluate(parameter.default, environment)
                self._check_details(parameter, value, parameter.default.span, environment)
                expression = given.get(name)
                if expression is not None:
                    chosen = evaluate(expression, environment)
                    _same_kind(name, chosen, value, expression.span)
                    self._check_details(parameter, chosen, expression.span, environment)
                    value = chosen
            except ArchError as fault:
                for diagnostic in fault.diagnostics:
                    self.diagnostics.add(diagnostic)
                value = UNKNOWN
            except Unresolved:
                value = UNKNOWN
            library.params[name] = value

    def _setting(self, name: str, text: str) -> tree.Expression | None:
        source = Source(text, f"--set {name}")
        try:
            return parse_expression(source, 0, len(text))
        except ArchError as fault:
            for diagnostic in fault.diagnostics:
                self.diagnostics.add(diagnostic)
            return None

    def _check_details(
        self, parameter: tree.Parameter, value: Result, span: Span, environment: Environment
    ) -> None:
        if not parameter.details:
            return
        data: dict[str, object] = {}
        spans: dict[tuple[str | int, ...], Span] = {}
        for key, entry in parameter.details.items():
            spans[(key,)] = entry.key.span
            read = entry.value
            if isinstance(read, tree.PlainText):
                data[key] = read.text
            elif not isinstance(read, tree.Fact | tree.Section):
                data[key] = evaluate(read, environment)
        details = validate(ParameterDetails, data, spans, parameter.span, self.diagnostics)
        if details is None:
            return
        low, high = details.min, details.max
        for item in value if is_list(value) else (value,):
            if isinstance(item, bool) or not isinstance(item, int | float):
                continue
            if (low is not None and item < low) or (high is not None and item > high):
                bounds = (
                    f"from {low} to {high}"
                    if None not in (low, high)
                    else f"at least {low}"
                    if high is None
                    else f"at most {high}"
                )
                raise ExpressionFault(
                    "out-of-bounds",
                    f"`{parameter.name.word}` is {written(item)}, but has to be {bounds}",
                    span,
                    "outside the parameter's bounds",
                )

    # ---- the header

    def _data(self, file: tree.File) -> tuple[dict[str, object], dict[tuple[str | int, ...], Span]]:
        data: dict[str, object] = {}
        spans: dict[tuple[str | int, ...], Span] = {}
        for key, entry in file.header.items():
            spans[(key,)] = entry.key.span
            try:
                data[key] = self._plain_data(entry.value, (key,), spans)
            except ArchError as fault:
                for diagnostic in fault.diagnostics:
                    self.diagnostics.add(diagnostic)
        return data, spans

    def _plain_data(
        self,
        value: tree.PlainText | tree.Expression | tree.Fact | tree.Section,
        path: tuple[str | int, ...],
        spans: dict[tuple[str | int, ...], Span],
    ) -> object:
        """A section as numbers, words, tuples and dictionaries, noting where each part stands."""
        if isinstance(value, tree.PlainText):
            return value.text
        if isinstance(value, tree.Section):
            section = {}
            for key, entry in value.entries.items():
                spans[(*path, key)] = entry.key.span
                section[key] = self._plain_data(entry.value, (*path, key), spans)
            return section
        if isinstance(value, tree.Fact):
            spans[path] = value.span
            number = self._plain_data(value.value, path, spans)
            return {"relation": value.relation, "value": number}
        spans[path] = value.span
        if isinstance(value, tree.ListOf):
            return tuple(
                self._plain_data(item, (*path, index), spans) for index, item in enumerate(value.items)
            )
        result = evaluate(value, Environment(Library({}, {}), {}))
        number_or_word = whole(result)
        if number_or_word is not None:
            return number_or_word
        return (
            result.word if isinstance(result, Callee) else str(result) if isinstance(result, Word) else result
        )


def _readable_part(data: Mapping[str, object]) -> Header:
    """The keys of a header that are right where others are not, so that the body is checked too."""
    right = {}
    for key, value in data.items():
        try:
            Header.model_validate({key: value})
        except ValidationError:
            continue
        right[key] = value
    return Header.model_validate(right)


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _same_kind(name: str, chosen: Result, default: Result, span: Span) -> None:
    """A value for a network's parameter has the kind of its default."""
    if kind_of(chosen) == kind_of(default):
        return
    if isinstance(default, float) and isinstance(chosen, int) and not isinstance(chosen, bool):
        return
    if isinstance(default, int) and not isinstance(default, bool) and whole(chosen) is not None:
        return
    block = isinstance(default, Callee | Word)
    raise ExpressionFault(
        "wrong-kind",
        f"`{name}` is {kind_of(default)}, not {kind_of(chosen)}",
        span,
        written(chosen),
        f"write {kind_of(default)} such as `{written(default)}`" + (", or another block" if block else ""),
    )


__all__ = ["Design", "Expect", "Opener", "Reader"]
