"""The YAML syntax: a document becomes a `File`."""

from __future__ import annotations

from collections.abc import Collection

import yaml

from archdsl.diagnostics import ArchError, Diagnostics
from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault, parse_fact, parse_signature
from archdsl.syntax.sections import TEXTS
from archdsl.syntax.tree import (
    BlockDeclaration,
    Broken,
    Expression,
    Fact,
    File,
    Forms,
    Name,
    ParameterDeclaration,
    PlainText,
    Section,
    SectionEntry,
    Step,
    unwrapped,
)
from archdsl.syntax.yaml.nodes import compose, is_null, scalar_text, span_of
from archdsl.syntax.yaml.steps import StepReader

_HOLDS = {
    "expect": "facts",
    "training": "facts",
    "use": "files to lists of blocks",
    "input": "`shape` and `dtype`",
    "inputs": "names to shapes",
    "outputs": "names to values",
}


class YamlDocument:
    """A YAML text whose structure is read; its steps wait for the names that can be called."""

    def __init__(self, source: Source, diagnostics: Diagnostics, forms: Forms) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self._reader = StepReader(source, (), diagnostics, forms)
        self._headings_read = True
        self.readable = True
        """Whether YAML could read it; otherwise its sections are empty and the reasons reported."""
        self.sections: dict[str, tuple[Name, yaml.Node | None]] = {}
        before = len(diagnostics)
        root, left_out = compose(source, self._reader.fault)
        if left_out:
            self.readable = False
            self._read_what_is_left(root, left_out)
        elif root is None or is_null(root):
            self.readable = False
            if len(diagnostics) == before:
                self._reader.fault(
                    SyntaxFault(
                        "empty-file",
                        "the file is empty",
                        source.span(0),
                        help="begin with `input: [3, 224, 224]` and `body:`",
                    )
                )
        elif not isinstance(root, yaml.MappingNode):
            self.readable = False
            span = span_of(source, root)
            self._reader.fault(
                SyntaxFault(
                    "not-a-design",
                    "a design is a mapping with `input` and `body`",
                    source.span(span.start, min(span.end, span.start + len(source.line(span.line)))),
                    help="write the steps under `body:`",
                )
            )
        else:
            try:
                self._reader.enter(root)
                self.sections = {key.word: (key, node) for key, node in self._reader.pairs(root)}
            except ArchError as fault:
                self.readable = False
                self._reader.fault(fault)

    def _read_what_is_left(self, root: yaml.Node | None, left_out: tuple[tuple[int, int], ...]) -> None:
        """Of a text that YAML could not read in whole, report what the grammar refuses in the rest."""
        if not isinstance(root, yaml.MappingNode):
            return
        from archdsl.syntax.yaml.recovery import RemainsReader  # needed for faults alone

        self._reader = reader = RemainsReader(self.source, self.diagnostics, self._reader.forms, left_out)
        try:
            self.sections = {key.word: (key, node) for key, node in reader.pairs(root)}
            self.read(reader.callable_names)
        except ArchError as fault:
            reader.fault(fault)
        self.sections = {}

    def plain(self, key: str) -> PlainText | None:
        """A plain text of the header, for those who have to know it before the steps are read."""
        node = self.sections.get(key, (None, None))[1]
        return self._plain(node) if isinstance(node, yaml.ScalarNode) else None

    def block_names(self) -> set[str]:
        """The names of the blocks that the file declares or uses, read from their headings alone."""
        names: set[str] = set()
        node = self.sections.get("blocks", (None, None))[1]
        if isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                names.add(span_of(self.source, key).text.partition("(")[0].strip())
        node = self.sections.get("use", (None, None))[1]
        if isinstance(node, yaml.MappingNode):
            for _, value in node.value:
                if isinstance(value, yaml.SequenceNode):
                    names.update(span_of(self.source, child).text for child in value.value)
        return names

    def read(self, callable_names: Collection[str]) -> File:
        """The whole file. Faults are reported, and the faulty part left out."""
        self._reader.callable_names = callable_names
        header: dict[str, SectionEntry] = {}
        params: tuple[ParameterDeclaration, ...] = ()
        blocks: tuple[BlockDeclaration, ...] = ()
        body: Step | None = None
        for word, (key, node) in self.sections.items():
            if node is None:
                continue  # reported
            try:
                if word == "params":
                    params = self._params(node)
                elif word == "blocks":
                    blocks = self._blocks(node)
                elif word == "body":
                    body = unwrapped(self._reader.step(node))
                elif word in ("expect", "inputs", "outputs", "use"):
                    header[word] = SectionEntry(key, self._section(node, word, facts=word == "expect"))
                elif word == "input":
                    header[word] = SectionEntry(key, self._entry(node, word, facts=False))
                else:
                    header[word] = SectionEntry(key, self._plain_section(key, node))
            except ArchError as fault:
                self._reader.fault(fault)
        whole = Span(self.source, 0, len(self.source.text))
        sections = {word: key.span for word, (key, _) in self.sections.items()}
        return File(self.source, whole, header, params, blocks, body, sections, self._headings_read)

    def _plain_section(self, key: Name, node: yaml.Node) -> PlainText:
        if isinstance(node, yaml.ScalarNode) or key.word not in TEXTS:
            return self._plain(node)
        raise SyntaxFault(
            "wrong-section",
            f"`{key.word}` is a text",
            span_of(self.source, node),
            "not a text",
            f"write `{key.word}: ...` in one line, in quotes where YAML takes it for something else",
        )

    def _plain(self, node: yaml.Node) -> PlainText:
        self._reader.enter(node)
        span = span_of(self.source, node)
        # Documentation is prose: here, and only here, YAML's own reading of the scalar counts.
        text = node.value.strip() if isinstance(node, yaml.ScalarNode) else span.text
        return PlainText(span, text)

    def _mapping(self, node: yaml.Node, what: str) -> list[tuple[Name, yaml.Node | None]]:
        self._reader.enter(node)
        if not isinstance(node, yaml.MappingNode):
            raise SyntaxFault(
                "wrong-section",
                what,
                span_of(self.source, node),
                "not a mapping",
                "write `name: value` pairs",
            )
        return self._reader.pairs(node)

    def _params(self, node: yaml.Node) -> tuple[ParameterDeclaration, ...]:
        params = []
        for key, value in self._mapping(node, "`params` is a mapping of names to values"):
            try:
                params.append(self._param(key, value))
            except ArchError as fault:
                self._reader.fault(fault)
                params.append(ParameterDeclaration(key.span, key, Broken(key.span)))
        return tuple(params)

    def _param(self, key: Name, node: yaml.Node | None) -> ParameterDeclaration:
        if node is None:
            return ParameterDeclaration(key.span, key, Broken(key.span))
        name = self._identifier(key)
        if not isinstance(node, yaml.MappingNode):
            return ParameterDeclaration(key.span, name, self._reader.value(node))
        details: dict[str, SectionEntry] = {}
        for detail, value in self._mapping(node, "a parameter's details are a mapping"):
            if value is None:
                continue
            read: PlainText | Expression
            read = (
                self._plain(value)
                if detail.word not in ("value", "min", "max")
                else self._reader.value(value)
            )
            details[detail.word] = SectionEntry(detail, read)
        default = details.get("value")
        if default is None:
            raise SyntaxFault(
                "missing-argument",
                f"the parameter `{name.word}` has no `value`",
                key.span,
                help="write `{value: 32, min: 1, max: 256, doc: ...}`",
            )
        assert not isinstance(default.value, PlainText | Fact | Section)
        return ParameterDeclaration(key.span, name, default.value, details)

    def _identifier(self, key: Name) -> Name:
        """A key that has to be a name."""
        signature = parse_signature(self.source, key.span.start, key.span.end)
        if signature.parameters:
            raise SyntaxFault(
                "wrong-key",
                "a parameter's name takes no parentheses",
                key.span,
                "a block's heading",
                f"write `{signature.name.word}: 64` for a parameter, or declare the block under `blocks`",
            )
        return signature.name

    def _blocks(self, node: yaml.Node) -> tuple[BlockDeclaration, ...]:
        blocks = []
        for key, value in self._mapping(node, "`blocks` is a mapping of headings to steps"):
            try:
                signature = parse_signature(self.source, key.span.start, key.span.end)
            except ArchError as fault:
                self._reader.fault(fault)
                self._headings_read = False
                continue
            body = Broken(key.span) if value is None else unwrapped(self._reader.step(value))
            blocks.append(BlockDeclaration(signature, body))
        return tuple(blocks)

    def _section(self, node: yaml.Node, word: str, *, facts: bool) -> Section:
        entries: dict[str, SectionEntry] = {}
        # Those under `expect` have shapes.
        holds = "names to shapes" if facts and word not in ("expect", "training") else _HOLDS.get(word)
        for key, value in self._mapping(node, f"`{word}` is a mapping of {holds or 'names to shapes'}"):
            if value is None:
                continue
            try:
                entries[key.word] = SectionEntry(key, self._entry(value, key.word, facts=facts))
            except ArchError as fault:
                self._reader.fault(fault)
        return Section(span_of(self.source, node), entries)

    def _entry(self, node: yaml.Node, word: str, *, facts: bool) -> Expression | Fact | Section | PlainText:
        if isinstance(node, yaml.MappingNode):
            return self._section(node, word, facts=facts)
        if facts and isinstance(node, yaml.ScalarNode) and not is_null(node):
            span = scalar_text(self.source, node)
            return parse_fact(self.source, span.start, span.end)
        return self._reader.value(node)
