"""A design: what its file and those that it stands on declare, before any step is run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from archdsl.design.input_shapes import StatedInput
from archdsl.design.model import Header, InputType
from archdsl.design.values import Block, Library
from archdsl.source import Source, Span
from archdsl.syntax import tree


class Design(NamedTuple):
    """A network as its file and those it stands on declare it."""

    source: Source
    header: Header
    spans: Mapping[tuple[str | int, ...], Span]
    library: Library
    parameters: tuple[tree.ParameterDeclaration, ...]
    body: tree.Step | None
    headings_read: bool
    """Whether every block's heading could be read, so that its calls can be judged."""
    stated_inputs: tuple[tree.Expression, ...] = ()
    """The shapes of the inputs as they are written."""
    files: tuple[tuple[Span, Source], ...] = ()
    """The places that name other files, with these."""
    brought: tuple[tuple[Span, Block], ...] = ()
    """The places that name blocks of other files, with these."""
    replaced: tuple[tuple[Span, Span], ...] = ()
    """The places that give a parameter of another file another value, with its declaration."""

    @property
    def inputs(self) -> dict[str, StatedInput]:
        """The inputs by name, as stated."""
        header = self.header
        if header.input is not None:
            return {"input": self._stated(header.input, ("input",))}
        stated = header.inputs or {}
        return {name: self._stated(type, ("inputs", name)) for name, type in stated.items()}

    def _stated(self, type: InputType, path: tuple[str, ...]) -> StatedInput:
        span = self.spans.get((*path, "shape"), self.spans[path])
        return StatedInput(type.shape, type.dtype, span)

    @property
    def name(self) -> str:
        if self.header.name:
            return self.header.name
        stem = os.path.basename(self.source.name).partition(".")[0]
        return stem if stem.replace("_", "").replace("-", "").isalnum() else "network"
