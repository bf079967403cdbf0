"""Files to a validated design: header, parameters, blocks and body, with what ``extends`` and
``use`` bring from other files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.design.design import Design
from archdsl.design.header import header_data, readable_part
from archdsl.design.input_shapes import stated_shapes, with_inputs
from archdsl.design.model import Header, validate
from archdsl.design.parameters import Setter, listed
from archdsl.design.values import Block, Library
from archdsl.diagnostics import Diagnostic, Diagnostics, UsageError, did_you_mean
from archdsl.diagnostics.fixes import respelling
from archdsl.loading import Opener
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.document import open_document
from archdsl.syntax.sections import KEYS, nearest

DEEPEST_FILE = 32
"""How many files may stand on each other, by ``extends`` and ``use``."""


_OF_ONE_FILE = ("expect", "extends", "reference")
"""The sections that belong to one file alone: its facts and its reference are not those of a variant."""


class _MergedFile(NamedTuple):
    """A file with those it stands on merged into it, before its parameters have values."""

    data: dict[str, object]
    spans: dict[tuple[str | int, ...], Span]
    parameters: dict[str, tree.ParameterDeclaration]
    replaced: dict[str, tree.ParameterDeclaration]
    """First declarations of parameters that a file standing on theirs gives other values."""
    blocks: dict[str, tree.BlockDeclaration]
    used: dict[str, Block]
    body: tree.Step | None
    sections: frozenset[str]
    """The sections that are there, read or not."""
    headings_read: bool


class Reader:
    """Reads a design with all the files that it names; mistakes go to ``diagnostics``."""

    def __init__(
        self, open_source: Opener, diagnostics: Diagnostics, vocabulary: Vocabulary = STANDARD
    ) -> None:
        self._open = open_source
        self.diagnostics = diagnostics
        self.vocabulary = vocabulary
        self._reading: list[str] = []
        self._loaded: dict[str, _MergedFile | None] = {}
        """The files read already, by path: a file that two others name is read, and judged, once."""
        self._libraries: dict[str, Library] = {}
        self._blocks_known = True
        self._files: list[tuple[Span, Source]] = []
        self._brought: list[tuple[Span, Block]] = []
        self._replaced: list[tuple[Span, Span]] = []

    def read(self, source: Source, settings: Mapping[str, str]) -> Design | None:
        """The design, or None where so little is readable that nothing more can be said."""
        loaded = self._load(source)
        if loaded is None:
            return None
        whole_span = Span(source, 0, min(len(source.text), len(source.line(1))))
        library = Library({}, dict(loaded.used), {**loaded.parameters, **loaded.replaced}, self.vocabulary)
        self._declare(loaded, library)
        Setter(library, self.diagnostics).give(loaded.parameters, loaded.replaced, settings)
        data = with_inputs(loaded.data, loaded.spans, library, self.diagnostics)
        header = validate(Header, data, loaded.spans, whole_span, self.diagnostics, KEYS)
        if header is None:
            header = readable_part(data)
        clear = self._require(header, loaded, whole_span)
        parameters = tuple(loaded.parameters.values())
        return Design(
            source,
            header,
            loaded.spans,
            library,
            parameters,
            loaded.body if clear else None,
            loaded.headings_read and self._blocks_known,
            stated_shapes(loaded.data),
            tuple(self._files),
            tuple(self._brought),
            tuple(self._replaced),
        )

    def file(self, source: Source) -> tree.File | None:
        """One file as written, without those that it names; None where it cannot be read."""
        document = open_document(source, self.diagnostics, self.vocabulary.forms)
        return document.read(self.callable_names(source)) if document.readable else None

    def callable_names(self, source: Source) -> frozenset[str]:
        """The operators and blocks that a file's steps may call."""
        document = open_document(source, Diagnostics(), self.vocabulary.forms)
        names = {*self.vocabulary.operators, *document.block_names()}
        extends = document.plain("extends")
        if extends is not None:
            _, base = self._other(extends.text, extends.span, source)
            if base is not None:
                names |= {*base.blocks, *base.used}
        return frozenset(names)

    def _require(self, header: Header, loaded: _MergedFile, place: Span) -> bool:
        """Report what a design lacks; whether it is clear what flows into the body."""
        misspelt = {nearest(key, KEYS) for key in loaded.sections - {*KEYS}}
        given = {*loaded.sections, *misspelt}
        if header.input is None and header.inputs is None and not given & {"input", "inputs"}:
            self.diagnostics.add(
                Diagnostic(
                    "missing-input", "the design has no input", place, help="write `input: [3, 224, 224]`"
                )
            )
        elif header.input is not None and header.inputs is not None:
            self.diagnostics.add(
                Diagnostic(
                    "missing-input",
                    "`input` and `inputs` exclude each other",
                    loaded.spans["inputs",],
                    help="keep one of them",
                )
            )
        if loaded.body is None and "body" not in given:
            self.diagnostics.add(
                Diagnostic(
                    "missing-body", "the design has no body", place, help="write the steps under `body:`"
                )
            )
        return header.input is None or header.inputs is None

    # ---- files

    def _load(self, source: Source) -> _MergedFile | None:
        document = open_document(source, self.diagnostics, self.vocabulary.forms)
        if not document.readable:
            return None
        extends = document.plain("extends")
        base = None
        if extends is not None:
            _, base = self._other(extends.text, extends.span, source)
            if base is None:
                return None
        names = {*self.vocabulary.operators, *document.block_names()}
        if base is not None:
            names |= {*base.blocks, *base.used}
        return self._merge(document.read(names), base)

    def _other(self, name: str, span: Span, source: Source) -> tuple[str, _MergedFile | None]:
        """The path and the content of another file that this one names; its circle or absence is
        reported at the name."""
        try:
            other = self._open(name, source.path)
        except UsageError as error:
            self.diagnostics.add(
                Diagnostic(
                    "no-such-file", error.message, span, help=error.help, fixes=respelling(span, error.meant)
                )
            )
            return name, None
        self._files.append((span, other))
        here = source.path or source.name
        there = other.path or other.name
        if there in (here, *self._reading):
            self._refuse_circle(here, there, span)
            return there, None
        if there not in self._loaded:
            if len(self._reading) >= DEEPEST_FILE:
                message = f"files stand on each other more than {DEEPEST_FILE} deep"
                self.diagnostics.add(
                    Diagnostic("nested-too-deep", message, span, help="copy what is needed from afar")
                )
                return there, None
            self._reading.append(here)
            try:
                self._loaded[there] = self._load(other)
            finally:
                self._reading.pop()
        return there, self._loaded[there]

    def _refuse_circle(self, here: str, there: str, span: Span) -> None:
        circle = [*self._reading[self._reading.index(there) :], here] if there in self._reading else [here]
        names = " -> ".join(os.path.basename(path) for path in (*circle, there))
        if len(circle) == 1:
            message, help = f"`{names.partition(' ')[0]}` needs itself", "name another file"
        else:
            message = f"files that need each other: {names}"
            help = "move what both need to a third file, and let both use that"
        self.diagnostics.add(Diagnostic("file-cycle", message, span, "comes back here", help))

    def _merge(self, file: tree.File, base: _MergedFile | None) -> _MergedFile:
        """This file's keys in place of its base's; params and blocks name by name."""
        data, spans = header_data(file, self.diagnostics)
        parameters = {parameter.name.word: parameter for parameter in file.params}
        blocks = {block.signature.name.word: block for block in file.blocks}
        used = self._used(file)
        self._refuse_twins(file)
        body = file.body
        replaced: dict[str, tree.ParameterDeclaration] = {}
        sections = {*file.sections}
        if base is not None:
            for name, parameter in parameters.items():
                if name not in base.parameters:
                    near = did_you_mean(name, base.parameters)
                    self.diagnostics.add(
                        Diagnostic(
                            "unknown-parameter",
                            f"the file that this one extends has no parameter `{name}`",
                            parameter.name.span,
                            "not declared there",
                            f"did you mean `{near}`?"
                            if near
                            else f"its parameters: {listed(base.parameters)}",
                            fixes=respelling(parameter.name.span, near),
                        )
                    )
                else:
                    self._replaced.append(
                        (parameter.name.span, base.replaced.get(name, base.parameters[name]).name.span)
                    )
            replaced = {
                **base.replaced,
                **{
                    name: base.parameters[name]
                    for name in parameters
                    if name in base.parameters and name not in base.replaced
                },
            }
            parameters = {**base.parameters, **parameters}
            # A block of this file takes the place of the base's, whether declared or brought by `use`.
            blocks = {**{name: base.blocks[name] for name in base.blocks if name not in used}, **blocks}
            used = {**{name: base.used[name] for name in base.used if name not in blocks}, **used}
            inherited = {key: value for key, value in base.data.items() if key not in _OF_ONE_FILE}
            for one, other in (("input", "inputs"), ("inputs", "input")):
                if one in data:
                    inherited.pop(other, None)
            if "body" in file.sections:
                inherited.pop("outputs", None)  # they are values of that body
            spans = {**{path: span for path, span in base.spans.items() if path[0] in inherited}, **spans}
            data = {**inherited, **data}
            body = base.body if "body" not in file.sections else body
            sections |= base.sections
        headings_read = file.headings_read and (base is None or base.headings_read)
        return _MergedFile(
            data, spans, parameters, replaced, blocks, used, body, frozenset(sections), headings_read
        )

    def _refuse_twins(self, file: tree.File) -> None:
        """A block declared twice, brought twice, or both, in one file."""
        first: dict[str, Span] = {}
        for name in (*_brought(file), *(block.signature.name for block in file.blocks)):
            if name.word in first:
                self.diagnostics.add(
                    Diagnostic(
                        "equal-keys",
                        f"there are two blocks `{name.word}`",
                        name.span,
                        f"the first is on line {first[name.word].line}",
                        "rename one of them",
                    )
                )
            first.setdefault(name.word, name.span)

    def _used(self, file: tree.File) -> dict[str, Block]:
        """The blocks that ``use`` brings; they keep their own file's parameters and blocks."""
        used: dict[str, Block] = {}
        entry = file.header.get("use")
        if entry is None or not isinstance(entry.value, tree.Section):
            return used
        for name, brought in entry.value.entries.items():
            library = self._library_of(name, brought.key.span, file.source)
            self._blocks_known &= library is not None
            if library is None or not isinstance(brought.value, tree.ListOf):
                continue
            for item in brought.value.items:
                if not isinstance(item, tree.Name):
                    continue  # refused by the header's model
                block = library.blocks.get(item.word)
                if block is None:
                    self._blocks_known = False
                    near = did_you_mean(item.word, library.blocks)
                    self.diagnostics.add(
                        Diagnostic(
                            "unknown-block",
                            f"`{name}` has no block `{item.word}`",
                            item.span,
                            "not declared there",
                            f"did you mean `{near}`?" if near else f"its blocks: {listed(library.blocks)}",
                            fixes=respelling(item.span, near),
                        )
                    )
                else:
                    used[item.word] = block
                    self._brought.append((item.span, block))
        return used

    def _library_of(self, name: str, span: Span, source: Source) -> Library | None:
        path, loaded = self._other(name, span, source)
        if loaded is None:
            return None
        if path not in self._libraries:
            library = Library(
                {}, dict(loaded.used), {**loaded.parameters, **loaded.replaced}, self.vocabulary
            )
            self._declare(loaded, library)
            Setter(library, self.diagnostics).give(loaded.parameters, loaded.replaced, {})
            data = with_inputs(loaded.data, loaded.spans, library, self.diagnostics)
            validate(Header, data, loaded.spans, span, self.diagnostics, KEYS)
            self._libraries[path] = library
        return self._libraries[path]

    # ---- parameters and blocks

    def _declare(self, loaded: _MergedFile, library: Library) -> None:
        for name, block in loaded.blocks.items():
            signature = block.signature
            if name in self.vocabulary.words:
                self.diagnostics.add(
                    Diagnostic(
                        "name-taken",
                        f"`{name}` is a word of the language",
                        signature.name.span,
                        "a block cannot bear this name",
                        "choose another name",
                    )
                )
            library.blocks[name] = Block(name, signature.span, signature.parameters, block.body, library)


def _brought(file: tree.File) -> list[tree.Name]:
    """The names of the blocks that a file's ``use`` brings."""
    entry = file.header.get("use")
    if entry is None or not isinstance(entry.value, tree.Section):
        return []
    lists = [each.value for each in entry.value.entries.values()]
    return [
        item
        for listed_items in lists
        if isinstance(listed_items, tree.ListOf)
        for item in listed_items.items
        if isinstance(item, tree.Name)
    ]
