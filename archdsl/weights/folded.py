"""Checkpoints whose batch norms were folded into the convolutions before them.

In inference a norm after a convolution is a factor and a term for each channel: the factor is
multiplied into the weight, the term becomes the bias, and the norm is gone. Such a file has a bias
where the design has none, of the very shape of what the norm misses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.graph.tensors import owners, tensor_of

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.weights.match import Match

_STATISTICS = ("running_mean", "moving_mean")


def folded_norms(found: Match, graph: Graph) -> dict[str, str]:
    """The norms of which a file has nothing, each with the step before it whose bias the file has.

    Empty where the file has running statistics of anything, or a norm has no such step before it.
    """
    given = {*found.foreign, *found.sources.values()}
    if any(name.endswith(_STATISTICS) for name in given):
        return {}
    folded: dict[str, str] = {}
    for node, parameters in owners(graph):
        owned = [tensor_of(node, parameter) for parameter in parameters if parameter.stored]
        if not node.inputs or node.auxiliary_head is not None or all(tensor.trained for tensor in owned):
            continue
        if any(tensor.name not in found.missing for tensor in owned if not tensor.training_only):
            return {}
        before = graph.nodes[node.inputs[0]]
        weight = found.sources.get(f"{before.owner}.weight")
        if weight is None or f"{weight.removesuffix('weight')}bias" not in given:
            return {}
        folded[node.owner] = before.owner
    return folded


def words_of(folded: dict[str, str]) -> str:
    """The help for such a file: what it is, and what to do with it."""
    norm, convolution = next(iter(folded.items()))
    return (
        f"the batch norms are folded into the convolutions before them: `{convolution}.bias` is what is left of "
        f"`{norm}`. It fits the design without its batch norms, with a bias in those convolutions; this one "
        "needs the checkpoint from before the folding"
    )
