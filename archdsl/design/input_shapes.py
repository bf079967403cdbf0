"""The shapes of the network's inputs: as its header states them, or as ``--input`` gives them.

A size is a number, arithmetic of the file's parameters, or a name of its own, which leaves it open; `32 * h` leaves
open which multiple of 32 it is.
Shapes are written without the batch; a batch that is written all the same is an error where nothing
else can be meant (``[null, 3, 224, 224]``), and a warning where a 3-d map could be (``[1, 3, 224, 224]``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archdsl.design.arithmetic import ExpressionFault, whole
from archdsl.design.environment import HeaderEnvironment, Unresolved, Work
from archdsl.design.expr import evaluate
from archdsl.design.foreign_words import is_foreign
from archdsl.design.values import UNKNOWN, Callee, Library, Result, Word, is_list, kind_of, written
from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, UsageError, did_you_mean
from archdsl.diagnostics.fixes import replacing
from archdsl.shapes import DType, TensorType
from archdsl.sizes import Size, linear
from archdsl.source import Span
from archdsl.syntax import tree
from archdsl.syntax.syntax_of import is_arch

Spans = dict[tuple[str | int, ...], Span]
Sizes = tuple[object, ...]
MOST_SIZES = 4
_WITHOUT_BATCH = "shapes are written without the batch"
_BATCH_NAMES = frozenset(
    ("b", "bs", "batch", "batches", "batchsize", "batch_size", "nbatch", "n_batch", "num_batch", "batch_dim")
)
_SMALLEST_PICTURE = 32
"""Rows and columns from which a map of depth 3 is taken for a picture with a batch before it."""


def with_inputs(
    data: Mapping[str, object], spans: Spans, library: Library, diagnostics: Diagnostics
) -> dict[str, object]:
    """The header's data with the expressions of ``input`` and ``inputs`` evaluated.

    Mistakes are reported, and the key that has one is left out.
    """
    found = dict(data)
    for key in ("input", "inputs"):
        if key not in data:
            continue
        reader = _ShapeReader(spans, library, diagnostics)
        stated = data[key]
        if stated == {} and _has_fault(spans[(key,)], diagnostics):
            reader.failed = True  # what it names could not be read
        elif isinstance(stated, dict) and key == "inputs":
            found[key] = {name: reader.type(value, (key, name)) for name, value in stated.items()}
        else:
            found[key] = reader.type(stated, (key,))
        if reader.failed:
            del found[key]
    return found


def stated_shapes(data: Mapping[str, object]) -> tuple[tree.Expression, ...]:
    """The shapes of ``input`` or ``inputs`` as they are written."""
    stated = data.get("input", data.get("inputs"))
    if isinstance(stated, dict) and "inputs" in data:
        found = list(stated.values())
    else:
        found = [stated]
    shapes = [each.get("shape") if isinstance(each, dict) else each for each in found]
    return tuple([each for each in shapes if isinstance(each, tree.ListOf)])


def _has_fault(section: Span, diagnostics: Diagnostics) -> bool:
    """Return whether something in a section is reported."""
    return any(
        found.span.source is section.source and section.start <= found.span.start <= section.end
        for found in diagnostics
    )


class _ShapeReader:
    def __init__(self, spans: Spans, library: Library, diagnostics: Diagnostics) -> None:
        self.spans = spans
        self.library = library
        self.diagnostics = diagnostics
        self.failed = False
        self.work = Work()

    def type(self, stated: object, path: tuple[str | int, ...]) -> object:
        """A shape, or a mapping with a shape as ``shape``, as numbers and names."""
        if not isinstance(stated, dict):
            return self.read(stated, path)
        return {key: self.read(value, (*path, key), is_shape=key == "shape") for key, value in stated.items()}

    def read(self, stated: object, path: tuple[str | int, ...], *, is_shape: bool = True) -> object:
        """A shape as numbers and names; what is no list is returned for the header's model to refuse."""
        try:
            return self._read(stated, path, is_shape=is_shape)
        except Unresolved:
            self.failed = True
        except ArchError as fault:
            self.failed = True
            for diagnostic in fault.diagnostics:
                self.diagnostics.add(diagnostic)
        return ()

    def _read(self, stated: object, path: tuple[str | int, ...], *, is_shape: bool) -> object:
        if isinstance(stated, tree.ListOf):
            self.spans[path] = stated.span
            self._refuse_unknown_batch(stated)
            sizes = []
            for index, item in enumerate(stated.items):
                self.spans[(*path, index)] = item.span
                sizes.append(self._size(item, index, stated))
            self._doubt_batch(stated, sizes)
            return tuple(sizes)
        if not isinstance(stated, tuple):
            return stated  # a mapping
        assert isinstance(stated[0], Span)
        self.spans[path] = stated[0]
        value = self._evaluated(stated)  # type: ignore[arg-type]
        if is_list(value):
            return tuple([self._checked(item, stated[0], None) for item in value])
        if len(path) > 1 and is_shape:
            name = next(part for part in reversed(path) if part != "shape")
            raise ExpressionFault(
                "wrong-value",
                f"the shape of `{name}` is a list of sizes, not {kind_of(value)}",
                stated[0],
                "no list",
                "write its sizes without the batch: `[1, 105, 105]`",
            )
        return value.word if isinstance(value, Callee) else str(value) if isinstance(value, Word) else value

    def _evaluated(self, expression: tree.Expression) -> Result:
        value = evaluate(expression, HeaderEnvironment(self.library, {}, self.work))
        if value is UNKNOWN:
            raise Unresolved
        return value

    def _size(self, item: tree.Expression, index: int, stated: tree.ListOf) -> int | str:
        if _is_unknown(item):
            raise ExpressionFault(
                "wrong-value",
                "a size that is left open has a name",
                item.span,
                f"`{item.span.text}` is no size",
                fixes=(replacing(stated.span, _opened(stated)),),
            )
        if isinstance(item, tree.Name) and item.word not in self.library.params:
            return item.word
        try:
            value = self._evaluated(item)
        except ExpressionFault as fault:
            (diagnostic,) = fault.diagnostics
            if diagnostic.code != "unknown-parameter" or diagnostic.help.startswith("did you mean"):
                raise
            return self._multiple(item, diagnostic.span)
        return self._checked(value, item.span, stated)

    def _multiple(self, item: tree.Expression, unknown: Span) -> str:
        """A size that is left open as a multiple of a name, `32 * h`, or with a number added."""
        name = unknown.text
        environment = HeaderEnvironment(self.library, {name: Size.named(name)}, self.work)
        try:
            value = evaluate(item, environment)
        except ExpressionFault as fault:
            if fault.diagnostics[0].code not in ("unknown-parameter", "unknown-size"):
                raise
            value = UNKNOWN
        text = str(value) if isinstance(value, Size) else ""
        if linear(text) is not None and isinstance(value, Size) and value.at({name: 1}) >= 1:
            return text
        declared = f"{name}=64" if is_arch(unknown.source) else f"params: {{{name}: 64}}"
        raise ExpressionFault(
            "unknown-parameter",
            f"there is no parameter `{name}`, and a size that is left open is a name or a multiple of one",
            unknown,
            "not known here",
            f"write `{name}`, or `32 * {name}`, which leave the size open, or declare a parameter: `{declared}`",
        )

    def _checked(self, value: Result, span: Span, stated: tree.ListOf | None) -> int | str:
        number = whole(value)
        if number is not None and number >= 1:
            return number
        shown = written(value)
        label = "no size" if shown == span.text else f"this is {shown}"
        if number is not None:
            opened = ""
            if stated is not None and stated.items[0].span != span:  # the channels need a number
                opened = f", or a name for a size that is left open: `{_opened(stated)}`"
            help = f"write a number from 1 on{opened}"
            raise ExpressionFault("wrong-value", f"a size is at least 1, not {shown}", span, label, help)
        what = kind_of(value)
        help = "write a whole number, or a name for a size that is left open: `[3, H, W]`"
        raise ExpressionFault("wrong-value", f"a size is a whole number, not {what}", span, label, help)

    def _refuse_unknown_batch(self, stated: tree.ListOf) -> None:
        """`[null, 3, 224, 224]`, `[-1, 10]`, `[B, 3, H, W]`: a first size that can only be the batch."""
        first, rest = stated.items[:1], stated.items[1:]
        if not first or not rest:
            return
        named = isinstance(first[0], tree.Name) and first[0].word not in self.library.params
        if not _is_unknown(first[0]) and not (named and names_batch(first[0].span.text, len(stated.items))):
            if len(stated.items) <= MOST_SIZES:
                return
            what = f"an input has at most {MOST_SIZES} sizes: its channels and three more"
            raise ExpressionFault(
                "wrong-value",
                f"{what}; {_WITHOUT_BATCH}",
                stated.span,
                f"{len(stated.items)} sizes",
                f"write `{_listed(rest)}`" if len(rest) == MOST_SIZES else "write fewer sizes",
            )
        raise ExpressionFault(
            "batch-in-shape",
            _WITHOUT_BATCH,
            first[0].span,
            "stands for the batch",
            fixes=(replacing(stated.span, _listed(rest), "safe"),),
        )

    def _doubt_batch(self, stated: tree.ListOf, sizes: Sequence[int | str]) -> None:
        """Warn of `[1, 3, 224, 224]`, which is a 3-d map of one channel."""
        if not seems_batched(sizes):
            return
        channels, depth = sizes[:2]
        maps = "map" if channels == 1 else "maps"
        fix = replacing(stated.span, _listed(stated.items[1:]))
        self.diagnostics.add(
            Diagnostic(
                "batch-in-shape",
                f"this shape is {channels} {maps} of depth {depth}: {_WITHOUT_BATCH}",
                stated.span,
                f"`{channels}` is the number of channels",
                severity="warning",
                fixes=(fix,),
            )
        )


def names_batch(name: str, rank: int) -> bool:
    """Return whether a name in the first place of so many sizes can only mean the batch."""
    return name.lower() in _BATCH_NAMES or (name.lower() == "n" and rank >= MOST_SIZES - 1)


def seems_batched(sizes: Sequence[int | str]) -> bool:
    """Return whether the first of the sizes of a 3-d map looks like the batch of a picture."""
    if len(sizes) != MOST_SIZES or not isinstance(sizes[0], int):
        return False
    pictures = all(isinstance(size, str) or size >= _SMALLEST_PICTURE for size in sizes[2:])
    return (sizes[0] == 1 and sizes[1] in (1, 3)) or (sizes[1] == 3 and pictures)


def _is_unknown(item: tree.Expression) -> bool:
    """Return whether this is another language's way to write an unknown size: `None`, `null`, `-1`."""
    if isinstance(item, tree.Unary):
        return item.operator == "-" and isinstance(item.operand, tree.Number)
    return isinstance(item, tree.Nothing) or (isinstance(item, tree.Name) and is_foreign(item.word))


def _opened(stated: tree.ListOf) -> str:
    """A shape with names where a size is unknown or no size."""
    names = {1: "W", 2: "H", 3: "D", 4: "C"} if len(stated.items) != 2 else {1: "L", 2: "C"}
    texts = []
    for index, item in enumerate(stated.items):
        unknown = _is_unknown(item) or (isinstance(item, tree.Number) and item.value < 1)
        texts.append(names.get(len(stated.items) - index, "N") if unknown else item.span.text)
    return f"[{', '.join(texts)}]"


def _listed(items: Sequence[tree.Expression]) -> str:
    return f"[{', '.join(item.span.text for item in items)}]"


# ---- the shapes that the graph is made for


class StatedInput(NamedTuple):
    """An input as the header states it: its sizes, its dtype, and where its shape stands."""

    sizes: tuple[int | str, ...]
    dtype: DType
    span: Span


def input_types(
    declared: Mapping[str, StatedInput], given: str | None, library: Library
) -> dict[str, tuple[TensorType, Span]]:
    """The inputs by name with their types and places.

    ``given`` is the text of ``--input``. Raises `UsageError` where it is no shape of these inputs.
    """
    shapes = dict(declared)
    if given is not None and declared:
        for name, sizes in parse_shapes(
            given, {name: stated.sizes for name, stated in declared.items()}
        ).items():
            values = tuple([_value_of(size, library) if isinstance(size, str) else size for size in sizes])
            shapes[name] = declared[name]._replace(sizes=values)
    return {
        name: (
            TensorType(tuple([size if isinstance(size, int) else _open(size) for size in sizes]), dtype),
            span,
        )
        for name, (sizes, dtype, span) in shapes.items()
    }


def _open(text: str) -> Size:
    size = linear(text)
    assert size is not None, text
    return size


def _value_of(name: str, library: Library) -> int | str:
    """A name's value where it is a parameter's, as in a design; itself otherwise."""
    if name not in library.params:
        return name
    value = library.params[name]
    number = whole(value)
    if number is None or number < 1:
        message = f"the parameter `{name}` is {written(value)}, which is no size"
        raise UsageError(message, help="write another name for a size that is left open")
    return number


_SIZE = re.compile(r"[A-Za-z_]\w*|0*[1-9]\d{0,9}")
_UNKNOWN = re.compile(r"-\d+|\?|\*|None|none|null|nil")
_SEPARATOR = re.compile(r"\s*[xX×*,;:/]\s*|\s+")
_BY_X = re.compile(r"[xX]")


def parse_shapes(text: str, declared: Mapping[str, Sequence[int | str]]) -> dict[str, tuple[int | str, ...]]:
    """The shapes of ``3x320x320``, or of ``left=1x105x105,right=1x105x105`` where there are several.

    ``declared`` are the shapes that the design states. Raises `UsageError` for a text that is none.
    """
    if "=" not in text:
        if len(declared) > 1:
            example = ",".join(f"{name}={'x'.join(map(str, sizes))}" for name, sizes in declared.items())
            raise UsageError(f"the network has {len(declared)} inputs", help=f"write `--input {example}`")
        ((name, sizes),) = declared.items()
        return {name: _parse_shape(text, sizes)}
    shapes: dict[str, tuple[int | str, ...]] = {}
    for part in re.split(r",(?=[^,]*=)", text):
        name, _, shape = part.strip().partition("=")
        if name not in declared:
            near = did_you_mean(name, declared)
            listed = ", ".join(f"`{known}`" for known in declared)
            help = f"did you mean `{near}`?" if near else f"its inputs are {listed}"
            raise UsageError(f"the network has no input `{name}`", help=help)
        shapes[name] = tuple(_parse_shape(shape, declared[name]))
    return shapes


def _parse_shape(text: str, declared: Sequence[int | str]) -> tuple[int | str, ...]:
    sizes = _BY_X.split(text.strip())
    unknown = [size for size in sizes if _UNKNOWN.fullmatch(size)]
    wrong = [size for size in sizes if size in unknown or not _SIZE.fullmatch(size)]
    first = sizes[0]
    batched = len(sizes) > 1 and (
        (first in unknown and len(sizes) != len(declared))
        or names_batch(first, len(sizes))
        or (len(sizes) == len(declared) + 1 and (first == "1" or sizes[1] == str(declared[0])))
    )
    if batched and not [size for size in wrong if size not in unknown]:
        raise UsageError(_WITHOUT_BATCH, help=f"write `--input {'x'.join(_named(sizes[1:]))}`")
    if wrong and wrong == unknown:
        help = f"a size that is left open has a name: `--input {'x'.join(_named(sizes))}`"
        raise UsageError(f"`{text}` is no shape", help=help)
    if not wrong and len(sizes) <= MOST_SIZES:
        return tuple([int(size) if size.isdecimal() else size for size in sizes])
    parts = _SEPARATOR.split(text.strip().strip("[](){}").strip())
    if len(parts) > 1 and len(parts) <= MOST_SIZES and all(map(_SIZE.fullmatch, parts)):
        help = f"sizes are joined by `x`: `--input {'x'.join(parts)}`"
    elif "0" in sizes:
        help = "a size is at least 1"
    else:
        help = f"write sizes without the batch: `--input {'x'.join(map(str, declared)) or '3x320x320'}`"
    raise UsageError(f"`{text}` is no shape", help=help)


def _named(sizes: Sequence[str]) -> list[str]:
    """Sizes with names for those that are unknown: the last ones are height and width."""
    names = {1: "W", 2: "H", 3: "D", 4: "C"}
    return [
        names.get(len(sizes) - index, "N") if _UNKNOWN.fullmatch(size) else size
        for index, size in enumerate(sizes)
    ]
