"""The comparison of torch and onnxruntime: equal weights and inputs through both.

The reference is the live module on the CPU in eval mode, where auxiliary heads do not run. Outputs agree
where they differ by no more than a share of their largest value, and where both are finite. Of an output
that cancels out, as the mean of what a norm has made, rounding may be all that is left: then they agree
where no node before differs by more than rounding can do, nor the output itself.
"""

from __future__ import annotations

import importlib
import os
from contextlib import nullcontext
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.onnx.write import save
from archdsl.diagnostics import UsageError
from archdsl.runtime.difference import Difference, difference
from archdsl.runtime.providers import INSTALL_TORCH, PROVIDERS, choose, obstacle_to, onnxruntime
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights, gain_of, synthetic_inputs
from archdsl.weights.read import LoadedWeights, load_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import ModuleType

    import numpy

    from archdsl.graph.ir import Graph
    from archdsl.runtime.first_divergence import Divergence, Trace
    from archdsl.shapes import DType
    from archdsl.weights.base import Weights

TOLERANCE = 1e-4
"""Of an output's largest value: float32 keeps 6e-8, and sums of thousands in two orders differ by some
hundreds of that."""

EPSILONS: dict[DType, float] = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The distance of numbers near 1 in dtypes that are coarser than float32."""
EPSILONS_APART = 8
"""How many of these two computations may be apart, of an output's largest value."""

BATCH = 2
"""Samples: more than one, so that what mixes them up shows."""

NO_TF32 = "NVIDIA_TF32_OVERRIDE"


class OutputComparison(NamedTuple):
    """An output on a provider, against torch's. ``shape`` has the batch; ``by_rounding`` is true where
    it agrees since rounding alone moves it that far."""

    output: str
    provider: str
    shape: tuple[int, ...]
    difference: Difference
    agrees: bool
    by_rounding: bool = False


class Parity(NamedTuple):
    """The result of a comparison.

    ``divergence`` is the first node at which the first provider that disagrees leaves torch, None where
    all agree or no node parts by itself. ``module`` is, where something disagrees, how far the live
    module lies from its own operators run one at a time, by output, if that is beyond the tolerance:
    then the fault is in how the module is put together.
    """

    name: str
    rows: tuple[OutputComparison, ...]
    tolerance: float
    seed: int
    batch: int
    divergence: Divergence | None = None
    module: tuple[tuple[str, Difference], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return all(row.agrees for row in self.rows)


def verify(
    graph: Graph,
    *,
    weights: str | os.PathLike[str] | Weights | None = None,
    seed: int = 0,
    batch: int = BATCH,
    sizes: Mapping[str, int] | None = None,
    providers: Sequence[str] | None = None,
    tolerance: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Parity:
    """Run a network by torch and by onnxruntime, and compare each output.

    ``weights`` is a checkpoint's path, or weights themselves; without any they are made up from
    ``seed``, as the inputs are (`SyntheticWeights`). ``sizes`` gives numbers for named sizes. Of the
    ``providers`` (``cpu``, ``cuda``, ``tensorrt``) each that is there runs unless some are named. Without a
    ``tolerance`` it is `TOLERANCE`, or what the coarsest dtype on the way allows.
    ``progress`` is given the steps done and the steps in all. Raises `UsageError` where torch,
    onnxruntime or a provider asked for is missing, or the weights or sizes do not fit.
    """
    package = onnxruntime()
    _check_torch()
    _check_dtypes(graph)
    tolerance = tolerance_of(graph) if tolerance is None else tolerance
    asked, notes = _providers(providers, package)
    advance = _Steps(progress, 2 + 2 * len(asked))
    feeds = synthetic_inputs(graph, seed, batch, sizes or {})
    with _opened(weights, graph, seed) as values, TemporaryDirectory(prefix="archdsl-") as folder:
        if isinstance(values, LoadedWeights):
            notes = (*values.notes, *notes)
        reference = _by_torch(graph, values, feeds, sizes)
        advance()
        path = os.path.join(folder, "model.onnx")
        save(graph, path, weights=values)
        advance()
        rows: list[OutputComparison] = []
        for provider in asked:
            session = open_session(path, provider, tf32=False, name=graph.name)
            advance()
            found = session.run(feeds)
            advance()
            # By position: an output that is called as an input is has another name in the model.
            for (output, expected), value in zip(reference.items(), found.values(), strict=True):
                apart = difference(value, expected)
                agrees = apart.within(tolerance)
                rows.append(OutputComparison(output, provider, expected.shape, apart, agrees))
        if all(row.agrees for row in rows):
            return Parity(graph.name, tuple(rows), tolerance, seed, batch, notes=notes)
        del session
        os.unlink(path)
        from archdsl.runtime.first_divergence import trace

        for failing in dict.fromkeys(row.provider for row in rows if not row.agrees):
            traced = trace(
                graph, values, feeds, provider=failing, tolerance=tolerance, folder=folder, progress=progress
            )
            if traced.divergence is None:
                rows = [_judged(row, failing, traced, tolerance) for row in rows]
            if not all(row.agrees for row in rows if row.provider == failing):
                break
    module = []
    for output, expected in reference.items():
        apart = difference(expected, traced.outputs[output], ("the module", "its operators"))
        rounds = apart.is_rounding(traced.rounding[output], tolerance)
        if not (apart.is_shared or rounds or apart.within(tolerance)):
            module.append((output, apart))
    return Parity(graph.name, tuple(rows), tolerance, seed, batch, traced.divergence, tuple(module), notes)


def tolerance_of(graph: Graph) -> float:
    """The difference that is allowed, as a share of an output's largest value."""
    coarsest = max([EPSILONS.get(node.type.dtype, 0.0) for node in graph.nodes])
    return max(TOLERANCE, coarsest * EPSILONS_APART)


def _check_dtypes(graph: Graph) -> None:
    """Raises `UsageError` for an input or output of a dtype in which no array can be handed over."""
    ends = [graph.nodes[at] for at in (*graph.inputs, *(output.node for output in graph.outputs))]
    for node in ends:
        if node.type.dtype == "bfloat16":
            raise UsageError(
                f"`{node.name}` of `{graph.name}` is of bfloat16, of which no array can be handed over",
                help="take float32 in and give it out: `cast(bfloat16)` after the input, `cast(float32)` at the end",
            )


def _judged(row: OutputComparison, provider: str, traced: Trace, tolerance: float) -> OutputComparison:
    """A row where no node differs: whether what its output differs by is rounding."""
    if row.agrees or row.provider != provider:
        return row
    rounds = row.difference.is_rounding(traced.rounding[row.output], tolerance)
    return row._replace(agrees=rounds, by_rounding=rounds)


def _by_torch(
    graph: Graph, weights: Weights, feeds: Mapping[str, numpy.ndarray], sizes: Mapping[str, int] | None
) -> dict[str, numpy.ndarray]:
    from archdsl.runtime.torch_reference import live

    try:
        return live(graph, weights, feeds)
    except RuntimeError as error:
        if not sizes:
            raise
        # What cannot be known of named sizes while checking shows here.
        given = ", ".join(f"{name}={size}" for name, size in sizes.items())
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"torch cannot run `{graph.name}` at {given}: {reason}") from error


def _check_torch() -> None:
    try:
        importlib.import_module("torch")
    except ImportError as error:
        if error.name != "torch":
            raise UsageError(f"torch does not start: {error}", help=INSTALL_TORCH) from error
        raise UsageError("verifying needs torch, which is not installed", help=INSTALL_TORCH) from error


def _providers(asked: Sequence[str] | None, package: ModuleType) -> tuple[list[str], tuple[str, ...]]:
    """The providers to run on, and a word on those that are built in and cannot be used."""
    if asked is not None:
        chosen = [choose(word, package).provider for word in asked]
        # The provider has no option for it, as CUDA's has.
        rounds = "tensorrt" in chosen and os.environ.get(NO_TF32) != "0"
        return chosen, (f"TensorRT rounds factors to 10 bits (TF32) unless {NO_TF32}=0 is set",) * rounds
    found, notes = ["cpu"], []
    # TensorRT compiles for minutes, and is for those who ask.
    if PROVIDERS["cuda"] in package.get_available_providers():
        if obstacle := obstacle_to("cuda", package):
            notes.append(f"not on cuda: {obstacle.reason}")
        else:
            found.append("cuda")
    return found, tuple(notes)


def _opened(
    weights: str | os.PathLike[str] | Weights | None, graph: Graph, seed: int
) -> AbstractContextManager[Weights]:
    if weights is None:
        return nullcontext(SyntheticWeights(seed, graph.scheme, gain_of(graph)))
    if isinstance(weights, str | os.PathLike):
        return load_weights(weights, graph, auxiliary_heads=True, seed=seed)
    return nullcontext(weights)


class _Steps:
    """Counts steps done."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def __call__(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)
