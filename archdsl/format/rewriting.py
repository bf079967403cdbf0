"""A design in its layout, or in the other syntax, with its comments.

Neither changes what the design says: the text is read before and after, and the two have to agree.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from archdsl.constructs.vocabulary import STANDARD, Vocabulary
from archdsl.design.read import Reader
from archdsl.diagnostics import ArchError, Diagnostics, UsageError
from archdsl.loading import open_beside
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.document import open_document
from archdsl.syntax.syntax_of import is_arch

Syntax: TypeAlias = Literal["arch", "yaml"]


def formatted(source: Source, vocabulary: Vocabulary = STANDARD) -> str:
    """The source in its layout. Raises `ArchError` for a text with syntax errors.

    An `.arch` file gets its whole layout. Of a YAML file only what no comment can be lost by is
    changed: the space inside steps that stand on one line, at the ends of lines, and blank lines.
    """
    before = _read(source, vocabulary)
    if is_arch(source):
        from archdsl.format.layout import layout

        text = layout(source.text)
    else:
        from archdsl.format.layout_yaml import layout_yaml

        text = layout_yaml(before)
    _same(before, _read(Source(text, source.name, source.path), vocabulary))
    return text


def converted(source: Source, syntax: Syntax, vocabulary: Vocabulary = STANDARD) -> str:
    """The source in another syntax, comments carried along.

    Raises `ArchError` for a text with syntax errors, and `UsageError` for what the other syntax has no
    way to write, such as quotes within quotes.
    """
    before = _read(source, vocabulary)
    from archdsl.format.comments import Carrier
    from archdsl.syntax.comments import comments_of

    carrier = Carrier(source, comments_of(source, prose(before)), _section_starts(before))
    if syntax == "arch":
        from archdsl.format.print_arch import print_arch

        _check_version(before)
        text = print_arch(before, carrier, vocabulary.forms)
    else:
        from archdsl.format.print_yaml import print_yaml

        text = print_yaml(before, carrier, _callable_names(source, vocabulary), vocabulary.forms)
    try:
        after = _read(Source(text, f"converted.{syntax}", source.path), vocabulary)
    except ArchError as fault:
        place = fault.diagnostics[0]
        shown = place.span.source.line(place.span.line).strip()
        raise UsageError(
            f"`{source.name}` cannot be written in the other syntax, where {place.message}",
            help=f"write this in another way: `{shown[:80]}`",
        ) from None
    _same(before, after)
    return text


def _read(source: Source, vocabulary: Vocabulary) -> tree.File:
    diagnostics = Diagnostics()
    document = open_document(source, diagnostics, vocabulary.forms)
    if diagnostics.has_errors:
        raise ArchError(diagnostics)
    # Of `.arch` it can be said what it is without the files that it names.
    file = document.read(() if is_arch(source) else _callable_names(source, vocabulary))
    if diagnostics.has_errors:
        raise ArchError(diagnostics)
    return file


def _callable_names(source: Source, vocabulary: Vocabulary) -> frozenset[str]:
    diagnostics = Diagnostics()
    names = Reader(open_beside, diagnostics, vocabulary).callable_names(source)
    if diagnostics.has_errors:
        raise ArchError(diagnostics)
    return names


def prose(file: tree.File) -> list[tuple[int, int]]:
    """Where texts stand in which a ``#`` begins no comment."""
    entries = [*file.header.values()]
    for parameter in file.params:
        entries += parameter.details.values()
    return [
        (entry.value.span.start, entry.value.span.end)
        for entry in entries
        if isinstance(entry.value, tree.PlainText)
    ]


def _section_starts(file: tree.File) -> set[int]:
    """Where sections begin, and blocks, as the printers name them."""
    inner = ("params", "block") if is_arch(file.source) else ()
    starts = {span.start for word, span in file.sections.items() if word not in inner}
    return starts | {block.signature.span.start for block in file.blocks}


def _check_version(file: tree.File) -> None:
    """A file of another version of the language is none that could be understood."""
    version = file.header.get("archdsl")
    if version is not None and isinstance(version.value, tree.PlainText) and version.value.text != "1":
        raise UsageError(
            f"`{file.source.name}` is in version {version.value.text} of the language",
            help="this archdsl reads version 1",
        )


def _same(before: tree.File, after: tree.File) -> None:
    """A rewritten file says what it said; anything else is a mistake of ours."""
    if content(before) != content(after):
        raise AssertionError("the rewritten text says something else")


def content(file: tree.File) -> object:
    """The content of a file, without places."""
    header = {key: _content(entry.value) for key, entry in file.header.items() if key != "archdsl"}
    params = [
        (parameter.name.word, _content(parameter.default), _details(parameter)) for parameter in file.params
    ]
    return header, params, _content(file.blocks), _content(file.body)


def _details(parameter: tree.ParameterDeclaration) -> object:
    details = {key: _content(entry.value) for key, entry in parameter.details.items()}
    return details if details.keys() - {"value"} else {}  # `{value: 32}` says what `32` does


def _in_scope(step: tree.Step) -> tree.Step:
    """The content of a scope, where a list of one says nothing: of anything but a call, whose name it makes."""
    inner = tree.unwrapped(step)
    return step if isinstance(inner, tree.Chain) else inner


def _content(part: object) -> object:
    if isinstance(part, Span):
        return None
    if isinstance(part, tree.Template) and part.plain is not None:
        return part.plain
    if isinstance(part, tree.SectionEntry) or (isinstance(part, tree.Fact) and part.relation == "=="):
        return _content(part.value)
    if isinstance(part, dict):
        return {key: _content(value) for key, value in part.items()}
    if isinstance(part, tree.Labelled):
        return "label", _content(part.label), _content(_in_scope(part.step))
    if isinstance(part, tree.ConstructStep):
        inside = map(_in_scope, part.parts) if part.form.opens_scope else part.parts
        return part.name.word, _content(part.arguments), part.names, [_content(step) for step in inside]
    if isinstance(part, tuple):
        # The depth of an expression counts parentheses differently in the two syntaxes.
        parts = part[:-1] if isinstance(getattr(part, "depth", None), int) else part
        return (type(part).__name__, *map(_content, parts))
    return (type(part).__name__, part) if isinstance(part, int | float) else part
