"""The network's inputs, which are nodes too."""

from __future__ import annotations

from archdsl.ops.base import Operator, Shapes
from archdsl.shapes import Shape


class Input(Operator):
    """A value that is handed to the network. Written as ``input`` or ``inputs``, not called."""

    operands = ()
    examples = ()

    def infer(self, inputs: Shapes) -> Shape:
        raise AssertionError("an input's shape is given, not inferred")


Input.word = "input"  # set here and not in the class, which would make it a word that can be called
