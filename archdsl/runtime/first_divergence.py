"""Where two back ends part: the first node, in execution order, whose values differ.

torch's value of a node comes from the node's own PyTorch form, onnxruntime's from a model that puts
the values of a stretch of nodes out. They differ where they are farther apart than the tolerance, and
than float32 can round: in float64, values that are moved by an epsilon each on the way move those after
them, and a value that is the difference of large ones, a mean of 0 perhaps, moves by far more than its
own size. Stretches end where they hold `STRETCH` bytes, so that a large
network's activations are never in memory all at once; the weights lie in a file beside the models.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy
import onnx
import torch

from archdsl.backends.onnx.dtypes import ONNX_DTYPES
from archdsl.backends.onnx.lower import lower
from archdsl.backends.onnx.write import save
from archdsl.graph.tensors import parameter_name
from archdsl.passes.sequence import for_inference
from archdsl.runtime.difference import Difference, difference
from archdsl.runtime.session import open_session
from archdsl.runtime.torch_reference import steps, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archdsl.graph.ir import Graph, Node
    from archdsl.weights.base import Weights

STRETCH = 256 << 20
"""Bytes of values that are compared at a time."""

DRAWS = 3
"""A value of a few elements may be moved by little once, by chance."""


class Divergence(NamedTuple):
    """The first node at which the values differ.

    ``inputs`` are the nodes that it reads with the differences there; ``weights`` the names of its
    tensors that hold NaN or an infinity.
    """

    node: Node
    provider: str
    difference: Difference
    inputs: tuple[tuple[Node, Difference], ...]
    weights: tuple[str, ...]


class Trace(NamedTuple):
    """The first divergence, if any node parts; of each output its value by torch's operators one at a time,
    and how far rounding moves it."""

    divergence: Divergence | None
    outputs: dict[str, numpy.ndarray]
    rounding: dict[str, float]


def trace(
    graph: Graph,
    weights: Weights,
    feeds: Mapping[str, numpy.ndarray],
    *,
    provider: str,
    tolerance: float,
    folder: str,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """Run a graph node by node on both sides. ``folder`` takes the models; ``progress`` is given the
    nodes done and how many there are."""
    running = for_inference(graph)
    exposed = Exposed(running, weights, feeds, provider, folder)
    wanted = {output.node for output in running.outputs}
    kept: dict[int, numpy.ndarray] = {}
    found: dict[int, Difference] = {}
    rounding: dict[int, float] = {}
    divergence: Divergence | None = None
    held: dict[int, numpy.ndarray] = {}
    moved = _rounding(running, weights, feeds)
    for at, (value, rounding[at]) in enumerate(zip(steps(running, weights, feeds), moved, strict=True)):
        if progress is not None:
            progress(at, len(running.nodes))
        if at in wanted:
            kept[at] = value.numpy()
        if divergence is not None:
            continue
        held[at] = value.numpy()
        if at + 1 < len(running.nodes) and sum(array.nbytes for array in held.values()) < STRETCH:
            continue
        for position, other in exposed.values(list(held)).items():
            apart = found[position] = difference(other, held[position])
            if not (apart.within(tolerance) or apart.is_rounding(rounding[position], tolerance)):
                divergence = _divergence(running, position, provider, found, weights)
                break
        held = {}
    outputs = {output.name: output.node for output in running.outputs}
    return Trace(
        divergence,
        {name: kept[at] for name, at in outputs.items()},
        {name: rounding[at] for name, at in outputs.items()},
    )


def _rounding(graph: Graph, weights: Weights, feeds: Mapping[str, numpy.ndarray]) -> Iterator[float]:
    """How far rounding moves each value of a graph, the largest of all elements and of `DRAWS` draws."""
    exact = steps(graph, weights, feeds, torch.float64)
    draws = [steps(graph, weights, feeds, torch.float64, rounding=seed) for seed in range(DRAWS)]
    for value, *others in zip(exact, *draws, strict=True):
        moved = [float((other - value).abs().max()) if value.numel() else 0.0 for other in others]
        yield max(moved)


def _divergence(
    graph: Graph, at: int, provider: str, found: Mapping[int, Difference], weights: Weights
) -> Divergence:
    node = graph.nodes[at]
    inputs = tuple([(graph.nodes[source], found[source]) for source in dict.fromkeys(node.inputs)])
    broken = [
        parameter.name or "weight"
        for parameter in graph.params_of(node)
        if not numpy.isfinite(values(weights, graph.owned[parameter_name(node.owner, parameter)])).all()
    ]
    return Divergence(node, provider, found[at], inputs, tuple(broken))


class Exposed:
    """onnxruntime's values of a graph's nodes, by models that put them out."""

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        feeds: Mapping[str, numpy.ndarray],
        provider: str,
        folder: str,
    ) -> None:
        self._feeds, self._provider, self._name = feeds, provider, graph.name
        self._names = lower(graph).values
        self._dtypes = {name: node.type.dtype for name, node in zip(self._names, graph.nodes, strict=True)}
        self._path = os.path.join(folder, "nodes.onnx")
        save(graph, self._path, weights=weights, largest=0)
        self._model = onnx.load(self._path, load_external_data=False)

    def values(self, positions: list[int]) -> dict[int, numpy.ndarray]:
        """The values of the nodes at these positions in the graph as it runs."""
        names = {at: self._names[at] for at in positions}
        # What does nothing to an input is that input, which no model can put out.
        computed = self._run([name for name in dict.fromkeys(names.values()) if name not in self._feeds])
        return {
            at: self._feeds[name] if name in self._feeds else computed[name] for at, name in names.items()
        }

    def _run(self, names: list[str]) -> dict[str, numpy.ndarray]:
        if not names:
            return {}
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        wanted = set(names)
        last = max(at for at, node in enumerate(model.graph.node) if not wanted.isdisjoint(node.output))
        del model.graph.node[last + 1 :], model.graph.output[:], model.graph.value_info[:]
        read = {name for node in model.graph.node for name in node.input}
        stored = [entry for entry in model.graph.initializer if entry.name in read]
        del model.graph.initializer[:]
        model.graph.initializer.extend(stored)
        for name in names:
            model.graph.output.add(name=name).type.tensor_type.elem_type = ONNX_DTYPES[self._dtypes[name]]
        with open(self._path, "wb") as file:
            file.write(model.SerializeToString())
        return open_session(self._path, self._provider, tf32=False, name=self._name).run(self._feeds)
