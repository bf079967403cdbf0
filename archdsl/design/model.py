"""The sections of a file as pydantic models, and pydantic's errors as diagnostics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from archdsl.diagnostics import Code, Diagnostic, Diagnostics
from archdsl.diagnostics.fixes import respelling
from archdsl.shapes import DType
from archdsl.source import Span
from archdsl.syntax.sections import nearest

Model = TypeVar("Model", bound=BaseModel)
Spans = Mapping[tuple[str | int, ...], Span]
"""Where each part of the data stands, by its path."""
KEY = "<key>"
"""After a path: where its key stands, and not its value."""

DimensionName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Dimension = Annotated[int, Field(ge=1)] | DimensionName
StatedShape = Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=4)]
OpenDimension = Annotated[str, Field(pattern=r"^([0-9]+\*)?[A-Za-z_][A-Za-z0-9_]*( [+-] [0-9]+)?$")]
"""A size that is left open, as `Size` writes it: ``H``, ``32*h``, ``4*H + 40``."""
InputShape = Annotated[
    tuple[Annotated[int, Field(ge=1)] | OpenDimension, ...], Field(min_length=1, max_length=4)
]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]


class _HeaderModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Bound(_HeaderModel):
    """A number that has to be met, or a bound on it."""

    relation: Literal["==", "<=", ">=", "<", ">"] = "=="
    value: int

    def holds(self, number: int) -> bool:
        return {
            "==": number == self.value,
            "<=": number <= self.value,
            ">=": number >= self.value,
            "<": number < self.value,
            ">": number > self.value,
        }[self.relation]


class Training(_HeaderModel):
    """Facts about the network with its auxiliary heads, as it is trained."""

    params: Annotated[Bound | None, Field(description="parameters with the auxiliary heads")] = None
    macs: Annotated[Bound | None, Field(description="multiply-accumulates with the auxiliary heads")] = None


class Expect(_HeaderModel):
    """The paper's table: facts that the file states of itself."""

    output: Annotated[StatedShape | None, Field(description="the shape of the only output")] = None
    outputs: Annotated[dict[str, StatedShape], Field(description="the shapes of several outputs")] = {}
    params: Annotated[Bound | None, Field(description="parameters of the network as it runs")] = None
    macs: Annotated[Bound | None, Field(description="multiply-accumulates of the network as it runs")] = None
    training: Annotated[Training, Field(description="the network as it is trained")] = Training()
    shapes: Annotated[dict[str, StatedShape], Field(description="shapes inside the network")] = {}


class InputType(_HeaderModel):
    """The type of an input: a shape, or a shape and a dtype."""

    shape: Annotated[InputShape, Field(description="its sizes without the batch")]
    dtype: Annotated[DType, Field(description="the type of its elements")] = "float32"

    @model_validator(mode="before")
    @classmethod
    def _of_a_shape(cls, stated: object) -> object:
        return {"shape": stated} if isinstance(stated, tuple) else stated


class Header(_HeaderModel):
    """The sections of a file besides its parameters, blocks and body."""

    archdsl: Annotated[Literal["1"], Field(description="the language of this file")] = "1"
    name: Annotated[Identifier | None, Field(description="the network's name, if it is not the file's")] = (
        None
    )
    doc: Annotated[str, Field(description="what the network is, in a sentence or two")] = ""
    family: Annotated[
        str, Field(description="the line of networks to which it belongs, such as `ResNet`")
    ] = ""
    paper: Annotated[str, Field(description="the paper that it comes from, with its year")] = ""
    reference: Annotated[
        str,
        Field(description="whose parameter names and counts it has, such as `torchvision:resnet50`"),
    ] = ""
    extends: Annotated[
        str | None,
        Field(
            description="the file in which this one's keys take the place of that one's, "
            "`params` and `blocks` name by name"
        ),
    ] = None
    init: Annotated[
        Literal["pytorch", "torchvision", "paper"], Field(description="whose rules initialise the weights")
    ] = "pytorch"
    use: Annotated[
        dict[str, tuple[Identifier, ...]],
        Field(description="blocks of other files, which keep their own file's `params`"),
    ] = {}
    input: Annotated[InputType | None, Field(description="the shape of the only input, or its type")] = None
    inputs: Annotated[
        Annotated[dict[Identifier, InputType], Field(min_length=1)] | None,
        Field(
            description="the shapes or types of several inputs; nothing flows into the body until a `from`"
        ),
    ] = None
    outputs: Annotated[
        dict[Identifier, str],
        Field(description="values of the body that are outputs too, by their dotted names"),
    ] = {}
    expect: Annotated[Expect, Field(description="the paper's table, as the file's own test")] = Expect()


class ParameterDetails(_HeaderModel):
    """Bounds and documentation of a parameter."""

    value: Annotated[object, Field(description="the value that it has unless another is given")]
    min: Annotated[int | float | None, Field(description="the least value that may be given")] = None
    max: Annotated[int | float | None, Field(description="the largest value that may be given")] = None
    doc: Annotated[str, Field(description="what the parameter is")] = ""


_OF_A_KEY = "[key]"
"""The end of pydantic's path to a key that is not as it has to be."""


def validate(
    model: type[Model],
    data: dict[str, object],
    spans: Spans,
    whole: Span,
    diagnostics: Diagnostics,
    known: tuple[str, ...] = (),
) -> Model | None:
    """Validate a section; every error becomes a diagnostic at the part that it is about."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found: dict[Span, tuple[Code, str, str, str | None]] = {}
        for fault in error.errors(include_url=False):
            location = fault["loc"]
            key_only = fault["type"] == "extra_forbidden" or location[-1:] == (_OF_A_KEY,)
            if location[-1:] == (_OF_A_KEY,):
                location = location[:-1]
            span = _place((*location, KEY) if key_only else location, spans, whole)
            # A union reports each of its kinds.
            found.setdefault(
                span, _explain(model, fault["type"], fault["msg"], location, fault["input"], known)
            )
        for span, (code, message, help, near) in found.items():
            if not any(_is_inside(other, span) for other in found):
                diagnostics.add(
                    Diagnostic(
                        code,
                        message,
                        span,
                        help=help,
                        fixes=respelling(span, None if _is_there(near, span) else near),
                    )
                )
        return None


def _is_inside(inner: Span, outer: Span) -> bool:
    return inner != outer and outer.start <= inner.start and inner.end <= outer.end


def _is_there(key: str | None, span: Span) -> bool:
    """Return whether a key stands in a text already, at the beginning of a line."""
    return key is not None and re.search(rf"(?m)^{re.escape(key)}\b", span.source.text) is not None


def _place(location: tuple[str | int, ...], spans: Spans, whole: Span) -> Span:
    for length in range(len(location), 0, -1):
        if location[:length] in spans:
            return spans[location[:length]]
    return whole


WANTED = {
    # What a key has to be, for messages and for the schema of editors.
    "archdsl": "the version of the language, which is 1",
    "name": "a name of letters, digits, `_` and `-`",
    "init": "`pytorch`, `torchvision` or `paper`",
    "input": "a list of sizes without the batch: `[3, 224, 224]`, or `[3, H, W]` with names",
    "dtype": "`float32`, `float16`, `bfloat16`, `float64`, `int64`, `int32`, `uint8` or `bool`",
    "inputs": "named inputs: `{left: [1, 105, 105], right: [1, 105, 105]}`",
    "use": "files with the blocks they bring: `{cells.yaml: [conv_bn, stem]}`",
    "output": "a list of sizes without the batch: `[1000]`",
    "outputs": "names of outputs with the values that they are: `{c3: layer2, c4: layer3}`",
    "expect.outputs": "named outputs with their shapes: `{p3: [256, 28, 28]}`",
    "shapes": "dotted names with their shapes: `{features.conv0: [64, 112, 112]}`",
    "params": 'a whole number, or a bound on it: `"<= 8_000_000"`',
    "macs": 'a whole number, or a bound on it: `"<= 600_000_000"`',
    "training": "facts with the auxiliary heads: `{params: 13_378_280}`",
    "min": "a number",
    "max": "a number",
}


_INNER: dict[str, type[BaseModel]] = {"training": Training, "input": InputType, "inputs": InputType}
"""The models of sections within sections, but for those of ``expect``."""


def _explain(
    model: type[BaseModel],
    kind: str,
    text: str,
    location: tuple[str | int, ...],
    value: object,
    known: tuple[str, ...],
) -> tuple[Code, str, str, str | None]:
    """Code, message, help and the word that was meant, for one of pydantic's errors."""
    keys = [
        str(part)
        for part in location
        if isinstance(part, str) and (part in WANTED or part in model.model_fields)
    ]
    if kind == "extra_forbidden":
        word = str(location[-1])
        words = known or tuple(model.model_fields)
        if len(location) > 1:
            words = tuple(_INNER.get(str(location[0]), Expect).model_fields)
        near = nearest(word, words)
        message = f"there is no key `{word}` here"
        return (
            "unknown-key",
            message,
            f"did you mean `{near}`?" if near else f"keys are {', '.join(f'`{w}`' for w in words)}",
            near,
        )
    key = keys[-1] if keys else str(location[0]) if location else ""
    wanted = WANTED.get(f"{location[0]}.{key}" if location else key, WANTED.get(key))
    if wanted is None:
        return "wrong-value", f"`{key}`: {text[:1].lower()}{text[1:]}", "", None
    what, _, example = wanted.partition(": ")
    near = nearest(value, re.findall(r"`(\w+)`", what)) if isinstance(value, str) else None
    if near is not None:
        return "wrong-value", f"`{key}` has to be {what}", f"did you mean `{near}`?", near
    return "wrong-value", f"`{key}` has to be {what}", f"write {example or what}", None
