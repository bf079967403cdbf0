"""A graph as the source of a Python module that needs PyTorch alone: one class a block.

The live module is made from this text, so that what one runs is what the other reads. Nothing here
imports torch.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch import outputs
from archdsl.backends.torch.class_docstring import docstring
from archdsl.backends.torch.class_writer import ClassWriter
from archdsl.backends.torch.classes import Classes
from archdsl.backends.torch.initialisation import Initialisation, initialisation
from archdsl.backends.torch.program import Program
from archdsl.structure.definitions import Definitions
from archdsl.structure.scopes import scopes_of
from archdsl.structure.signatures import Signatures

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


class ModuleSource(NamedTuple):
    """The text of a module, and the name of the network's class in it."""

    text: str
    name: str


def source_of(graph: Graph, about: str = "", *, fills: bool = True) -> ModuleSource:
    """The source of a network. ``about`` is what the file says of itself, plain text; without ``fills``
    a new network's weights are not initialised by the design's ``init``, but left to PyTorch."""
    program = Program(graph)
    signatures = Signatures(program.flow)
    classes = Classes(Definitions(scopes_of(program.flow, signatures, program)))
    fill = initialisation(program) if fills else Initialisation("", [])
    writer = ClassWriter(program, signatures, classes, fill)
    *blocks, network = [writer.written(each) for each in classes.all]
    parts = [writer.constants.written(), fill.function, *blocks, *outputs.classes(graph), network]
    if any("recomputed(" in part for part in parts):
        parts.insert(0, outputs.RECOMPUTED)
    body = "\n\n\n".join([part for part in parts if part])
    return ModuleSource(f"{_header(body, about)}{body}\n", classes.all[-1].name)


def _header(body: str, about: str) -> str:
    """The docstring and the imports that the body needs."""
    text = f"{docstring(about, 0)}\n\n" if about else ""
    used = set(_NAMES.findall(_QUOTED.sub('""', body)))
    standard, of_torch = [], []
    if "recomputed" in used:
        standard.append("from collections.abc import Callable, Iterator")
        standard.append("from contextlib import AbstractContextManager, contextmanager, nullcontext")
        of_torch.append("from torch.utils.checkpoint import checkpoint")
    if typing := [name for name in ("Any", "NamedTuple") if name in used]:
        standard.append(f"from typing import {', '.join(typing)}")
    if "F" in used:
        of_torch.insert(0, "from torch.nn import functional as F")
    if names := [name for name in ("Tensor", "nn") if name in used]:
        of_torch.insert(0, f"from torch import {', '.join(names)}")
    if "torch" in used:
        of_torch.insert(0, "import torch")
    imports = "\n\n".join(["\n".join(block) for block in (standard, of_torch) if block])
    # Two empty lines before a class or a function, one before anything else.
    return f"{text}{imports}\n\n" + "\n" * body.startswith(("class ", "def ", "@"))


_QUOTED = re.compile(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*', re.DOTALL)
"""Docstrings, texts and comments, which use no name. Emitted source has double quotes alone."""
_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
"""Names that are not attributes of anything."""
