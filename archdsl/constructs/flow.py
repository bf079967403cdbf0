"""Calls that only direct the flow."""

from __future__ import annotations

from archdsl.constructs.base import ConstructExample, FlowCall, FlowExpansion, Made, V


class FromCall(FlowCall):
    """A value made earlier: ``from(label)``, ``from(scope.label)`` or ``from("enc{i}")``. It stands at the
    head of a chain, or as an argument: ``join(from(enc3))``."""

    word = "from"
    is_source = True
    examples = (ConstructExample("- here: conv(8, 1)\n- relu\n- concat: [[], from(here)]", (4, 8, 8)),)

    def expand(self, at: FlowExpansion[V]) -> Made[V | None]:
        return at.find()


class ShareCall(FlowCall):
    """Runs a labelled call or scope again, on the value that flows in, with the same parameters and buffers:
    ``share(label)``."""

    word = "share"
    examples = (ConstructExample("- same: conv(4, 3, padding=1)\n- share(same)", (4, 8, 8)),)

    def expand(self, at: FlowExpansion[V]) -> Made[V | None]:
        return at.share()


class OutputCall(FlowCall):
    """Names the value that flows by as an output of the network: ``output(name)``. It flows on."""

    word = "output"
    examples = (ConstructExample("conv(8, 1) -> output(features) -> relu", (4, 8, 8)),)

    def expand(self, at: FlowExpansion[V]) -> Made[V | None]:
        return at.output()
