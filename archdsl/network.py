"""A checked network, and what can be had of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING

from archdsl.analyses.count import Counts, count
from archdsl.graph.ir import Graph, Node
from archdsl.shapes import Shape

if TYPE_CHECKING:
    import onnx
    import torch

    from archdsl.backends.torch.source import ModuleSource
    from archdsl.design.design import Design
    from archdsl.passes.sequence import PassRecord
    from archdsl.weights.base import Weights

Notes = Callable[[str], None]
"""Called with what is done to a checkpoint that is not quite the network's: names that are read otherwise, auxiliary
heads that it lacks. Without one, these are Python's warnings."""


class Network:
    """A design without errors, unrolled. Made by `archdsl.load`.

    Shapes are without the batch. ``params`` counts what is trained, ``buffers`` what is not (running
    means and variances), ``macs`` the multiply-accumulates for one sample; all without auxiliary heads.
    """

    def __init__(self, design: Design, graph: Graph, counts: Counts) -> None:
        self.design = design
        self.graph = graph
        self.counts = counts

    def __repr__(self) -> str:
        outputs = ", ".join(f"{name} {shape}" for name, shape in self.outputs.items())
        return f"<Network {self.name}: {self.params:,} parameters, {outputs}>"

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.graph.nodes

    @cached_property
    def inputs(self) -> dict[str, Shape]:
        return {self.graph.nodes[at].name: self.graph.nodes[at].shape for at in self.graph.inputs}

    @cached_property
    def outputs(self) -> dict[str, Shape]:
        return {output.name: self.graph.nodes[output.node].shape for output in self.graph.outputs}

    @property
    def params(self) -> int:
        return self.counts.params

    @property
    def buffers(self) -> int:
        return self.counts.buffers

    @property
    def macs(self) -> int | None:
        """None where a named dimension of the input leaves sizes open."""
        return self.counts.macs

    def with_outputs(self, names: Sequence[str]) -> Network:
        """The network whose only outputs are these values, by their dotted names: ``["layer1", "c4=layer4"]``.

        What they do not need is left out, auxiliary heads too; names of parameters stay. Raises `UsageError` for a
        name that no value has.
        """
        from archdsl.passes.choose_outputs import choose_outputs

        graph = choose_outputs(self.graph, names)
        return Network(self.design, graph, count(graph))

    def inference_passes(self) -> tuple[PassRecord, ...]:
        """A record of each pass over the graph before it is compiled to ONNX, in order.

        The graph is verified after each of them. Raises `IllegalGraphError`, which names the pass, where
        one breaks a rule: that is a fault of archdsl.
        """
        from archdsl.passes.sequence import run

        return run(self.graph, verify=True).steps

    def to_torch(
        self,
        *,
        weights: str | os.PathLike[str] | None = None,
        seed: int = 0,
        notes: Notes | None = None,
    ) -> torch.nn.Module:
        """The network as a PyTorch module: float32, on the CPU, in training mode.

        Submodules, parameters and buffers bear the dotted names of the design. In training mode the auxiliary
        heads come out beside the outputs, in a named tuple whose ``weights`` are those of the loss; in
        evaluation the output comes out alone, or the outputs in a named tuple. ``weights`` is a ``.pth``,
        ``.pt``, ``.safetensors`` or ``.npz`` file; without it they are initialised from ``seed`` and equal
        those of `to_onnx`. Raises `UsageError` for weights that do not fit.
        """
        from archdsl.backends.torch.module import to_module

        with self._weights(weights, seed, auxiliary_heads=True, notes=notes) as tensors:
            return to_module(self.graph, tensors, self._module_source)

    @cached_property
    def _module_source(self) -> ModuleSource:
        """The source that `to_torch` runs: kept, since writing it takes a fifth of the time that a module takes."""
        from archdsl.backends.torch.source import source_of

        return source_of(self.graph, fills=False)

    def torch_source(self) -> str:
        """The network as the source of a Python module that needs PyTorch alone, one class a block.

        `to_torch` runs this very source. PyTorch is not imported.
        """
        from archdsl.backends.torch.source import source_of

        return source_of(self.graph, self._about()).text

    def _about(self) -> str:
        """The docstring of the emitted source."""
        from archdsl import __version__

        header = self.design.header
        source = self.design.source
        origin = f" from {os.path.basename(source.name)}" if source.path else ""
        facts = [
            f"{self.name}: {header.doc.rstrip('.')}." if header.doc else f"{self.name}.",
            header.paper,
            f"Compiled by archdsl {__version__}{origin}. It needs PyTorch alone.",
        ]
        return "\n\n".join([fact for fact in facts if fact])

    def to_onnx(
        self,
        *,
        weights: str | os.PathLike[str] | None = None,
        seed: int = 0,
        opset: int | None = None,
        notes: Notes | None = None,
    ) -> onnx.ModelProto:
        """The network as an ONNX model for inference.

        ``weights`` is a ``.pth``, ``.pt``, ``.safetensors`` or ``.npz`` file; without it they are
        initialised from ``seed`` by each operator's own rule. ``notes`` is given what has to be said of
        the file, which without it is a warning. Raises `UsageError` for weights that do not fit, an
        opset that is not supported, or a model over 2 GB, which only `save_onnx` can write.
        """
        from archdsl.backends.onnx.lower import DEFAULT_OPSET
        from archdsl.backends.onnx.write import to_model

        with self._weights(weights, seed, notes=notes) as tensors:
            return to_model(self.graph, weights=tensors, opset=DEFAULT_OPSET if opset is None else opset)

    def save_onnx(
        self,
        path: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        seed: int = 0,
        opset: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        notes: Notes | None = None,
    ) -> None:
        """Write the network as an ONNX file, weights streamed: memory does not grow with the model.

        Over 2 GB the weights go to a second file beside it. Whole or not at all: it is written
        beside ``path`` and renamed. ``progress`` is given the bytes done and the bytes in all.
        """
        from archdsl.backends.onnx.lower import DEFAULT_OPSET
        from archdsl.backends.onnx.write import save

        with self._weights(weights, seed, notes=notes) as tensors:
            save(
                self.graph,
                path,
                weights=tensors,
                opset=DEFAULT_OPSET if opset is None else opset,
                progress=progress,
            )

    def write_onnx(
        self,
        file: IO[bytes],
        *,
        weights: str | os.PathLike[str] | None = None,
        seed: int = 0,
        opset: int | None = None,
        notes: Notes | None = None,
    ) -> None:
        """Write the network as ONNX to an open file, which need not be seekable: standard output.

        Raises `UsageError` for a model over 2 GB, whose weights have to lie beside it.
        """
        from archdsl.backends.onnx.lower import DEFAULT_OPSET
        from archdsl.backends.onnx.write import write

        with self._weights(weights, seed, notes=notes) as tensors:
            write(self.graph, file, weights=tensors, opset=DEFAULT_OPSET if opset is None else opset)

    def save_weights(
        self,
        path: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        seed: int = 0,
        progress: Callable[[int, int], None] | None = None,
        notes: Notes | None = None,
    ) -> None:
        """Write the network's weights as ``.pth``, ``.pt``, ``.safetensors`` or ``.npz``, by the path's end.

        They are those of another file, under the network's names, or initialised from ``seed``. PyTorch
        loads what is written with ``strict=True``: auxiliary heads and ``num_batches_tracked`` are in it.
        Streamed, and whole or not at all; ``progress`` is given the elements done and those in all.
        """
        from archdsl.weights.write import check_format, save_weights

        check_format(path)
        with self._weights(weights, seed, auxiliary_heads=True, notes=notes) as tensors:
            save_weights(path, self.graph, tensors, progress=progress)

    @contextmanager
    def _weights(
        self,
        weights: str | os.PathLike[str] | None,
        seed: int,
        *,
        auxiliary_heads: bool = False,
        notes: Notes | None = None,
    ) -> Iterator[Weights]:
        """The weights of a file, or from the seed. What has to be said of a file is given to ``notes``, or
        else is a warning at the place that called the method from which this is called."""
        if weights is None:
            from archdsl.weights.initialise import InitialisedWeights

            yield InitialisedWeights(seed, self.graph.scheme)
            return
        from archdsl.weights.read import load_weights

        with load_weights(weights, self.graph, auxiliary_heads=auxiliary_heads, seed=seed) as loaded:
            for note in loaded.notes:
                if notes is not None:
                    notes(note)
                else:
                    warnings.warn(note, stacklevel=4)  # this, contextlib, the method, its caller
            yield loaded
