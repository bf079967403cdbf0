"""Checkpoints: their names and shapes against the network's, every difference in one error."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Protocol

from archdsl.diagnostics import UsageError, did_you_mean
from archdsl.graph.tensors import tensors
from archdsl.types import text_of
from archdsl.weights.npz import Npz
from archdsl.weights.safetensors import Safetensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy

    from archdsl.graph.ir import Graph
    from archdsl.ops.base import Parameter


class Checkpoint(Protocol):
    """What every format of checkpoints can answer."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]: ...

    def dtype(self, name: str) -> str: ...

    def is_floating(self, name: str) -> bool: ...

    def read(self, name: str) -> Iterator[numpy.ndarray]: ...


FORMATS: dict[str, Callable[[IO[bytes], str], Checkpoint]] = {".safetensors": Safetensors, ".npz": Npz}

COMPARISONS = 10_000
"""Names are compared in pairs, which for two networks that have nothing in common takes seconds and
helps nobody: with more pairs than these, no near names are looked for."""


class Loaded:
    """`Weights` from a checkpoint whose names and shapes are the network's."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def pieces(self, name: str, parameter: Parameter) -> Iterator[numpy.ndarray]:
        return self._checkpoint.read(name)


@contextmanager
def load_weights(path: str | os.PathLike[str], graph: Graph) -> Iterator[Loaded]:
    """The weights of a network from a ``.safetensors`` or ``.npz`` file, open within the block.

    Every parameter and buffer of the network as it runs must be there, in its shape and in floating
    point, and nothing else but the tensors of its side heads and PyTorch's ``num_batches_tracked``.
    Raises `UsageError` with all differences.
    """
    name = os.fspath(path)
    extension = os.path.splitext(name)[1].lower()
    if extension not in FORMATS:
        raise UsageError(
            f"weights are read from .safetensors and .npz files, and `{name}` is neither",
            help="in PyTorch, save them by `safetensors.torch.save_file(model.state_dict(), ...)`"
            if extension in (".pth", ".pt", ".bin", ".ckpt")
            else "",
        )
    try:
        file = open(name, "rb")  # noqa: SIM115  (closed below; only its opening may fail in this way)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read the weights `{name}`: {reason}") from error
    with file:
        checkpoint = FORMATS[extension](file, name)
        check(checkpoint, graph, name)
        yield Loaded(checkpoint)


def check(checkpoint: Checkpoint, graph: Graph, path: str) -> None:
    """Raise `UsageError` with every difference between a checkpoint and a network."""
    wanted = {name: parameter.shape for name, parameter in tensors(graph, heads=False)}
    spare = {name for name, _ in tensors(graph) if name not in wanted}
    given = checkpoint.shapes
    missing = [name for name in wanted if name not in given]
    unexpected = [
        name
        for name in given
        if name not in wanted and name not in spare and not _counts_batches(name, wanted, spare)
    ]
    reshaped = [name for name, shape in wanted.items() if name in given and given[name] != shape]
    other_kind = [name for name in wanted if name in given and not checkpoint.is_floating(name)]
    if not (missing or unexpected or reshaped or other_kind):
        return
    absent = {name: wanted[name] for name in missing}
    foreign = {name: given[name] for name in unexpected}
    lines = [f"the weights in `{path}` are not this network's"]
    if missing:
        lines.append(f"missing from the file ({len(missing)}):")
        lines += [
            f"  {name}  {text_of(shape)}{_near(name, shape, foreign, len(missing))}"
            for name, shape in absent.items()
        ]
    if unexpected:
        lines.append(f"in the file, and not in the network ({len(unexpected)}):")
        lines += [
            f"  {name}  {text_of(shape)}{_near(name, shape, absent, len(unexpected))}"
            for name, shape in foreign.items()
        ]
    if reshaped:
        lines.append(f"of another shape ({len(reshaped)}):")
        lines += [
            f"  {name}  {text_of(given[name])} in the file, {text_of(wanted[name])} in the network"
            for name in reshaped
        ]
    if other_kind:
        lines.append(f"not in floating point ({len(other_kind)}):")
        lines += [f"  {name}  {checkpoint.dtype(name)}" for name in other_kind]
    raise UsageError("\n".join(lines), help=_cure(wanted, given))


def _counts_batches(name: str, wanted: Mapping[str, object], spare: set[str]) -> bool:
    """Whether it is the counter that PyTorch's batch norms keep, which inference does not use."""
    owner, _, word = name.rpartition(".")
    mean = f"{owner}.running_mean"
    return word == "num_batches_tracked" and (mean in wanted or mean in spare)


def _near(name: str, shape: tuple[int, ...], others: Mapping[str, tuple[int, ...]], unlike: int) -> str:
    """The name in ``others`` that may be meant: a similar one, of the same shape."""
    if unlike * len(others) > COMPARISONS:
        return ""
    near = did_you_mean(name, [other for other in others if others[other] == shape])
    return f"  (near: {near})" if near else ""


def _cure(wanted: Mapping[str, object], given: Mapping[str, object]) -> str:
    """A prefix that some trainers put before every name explains all differences at once."""
    prefixes = {name.split(".", 1)[0] for name in given}
    if len(prefixes) == 1:
        (prefix,) = prefixes
        bare = {name.removeprefix(f"{prefix}.") for name in given}
        if all(name in bare for name in wanted) and not all(name in given for name in wanted):
            return f"take the `{prefix}.` off every name in the file"
    return "names are those of the design's labels; `archdsl summary` lists them"
