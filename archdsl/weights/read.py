"""Checkpoints of every format as the weights of a network, if that is what they are."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archdsl.diagnostics import UsageError
from archdsl.shapes import text_of
from archdsl.weights.base import plain
from archdsl.weights.folded import words_of
from archdsl.weights.formats.npz import Npz
from archdsl.weights.formats.safetensors import Safetensors
from archdsl.weights.initialise import InitialisedWeights
from archdsl.weights.match import match
from archdsl.weights.rename import in_short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    import numpy

    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import CheckpointFile
    from archdsl.weights.match import Match


def _pth(file: IO[bytes], path: str) -> CheckpointFile:
    # torch takes seconds to import, and is wanted for its own files only.
    from archdsl.weights.formats.pth import Pth

    return Pth(file, path)


FORMATS: dict[str, Callable[[IO[bytes], str], CheckpointFile]] = {
    ".pth": _pth,
    ".pt": _pth,
    ".bin": _pth,  # Hugging Face's name for torch's files
    ".ckpt": _pth,  # Lightning's
    ".safetensors": Safetensors,
    ".npz": Npz,
}

SHOWN = 6
"""How many renamings a line of help proposes."""


class LoadedWeights:
    """`Weights` from a checkpoint that fits the network; what it may lack comes from a seed.

    ``notes`` tell what was read otherwise than it stands in the file, and what was made.
    """

    def __init__(
        self, checkpoint: CheckpointFile, found: Match, initialised: InitialisedWeights, path: str
    ) -> None:
        self._checkpoint, self._sources, self._initialised = checkpoint, found.sources, initialised
        self.notes = [f"`{path}`: {note}" for note in (*checkpoint.notes, *found.notes(initialised.seed))]

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        if tensor.name in self._sources:
            return self._checkpoint.read(self._sources[tensor.name], tensor.dtype)
        return self._initialised.pieces(tensor)


@contextmanager
def open_checkpoint(path: str | os.PathLike[str]) -> Iterator[CheckpointFile]:
    """A checkpoint, open within the block; its format follows from the name of the file.

    Raises `UsageError` where there is none, or it is damaged, or holds more than tensors.
    """
    name = os.fspath(path)
    extension = os.path.splitext(name)[1].lower()
    if extension not in FORMATS:
        raise UsageError(
            f"weights are read from .pth, .pt, .safetensors and .npz files, and `{name}` is none of them",
            help="the name has to end in the format's own way",
        )
    try:
        file = open(name, "rb")  # noqa: SIM115  (closed below; only its opening may fail in this way)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read the weights `{name}`: {reason}") from error
    with file:
        yield FORMATS[extension](file, name)


@contextmanager
def load_weights(
    path: str | os.PathLike[str], graph: Graph, *, auxiliary_heads: bool = False, seed: int = 0
) -> Iterator[LoadedWeights]:
    """The weights of a network from a checkpoint, open within the block.

    Every parameter and buffer of the network as it runs must be there, in its shape and in floating
    point, and nothing else but the tensors of its auxiliary heads and those that only training uses.
    The names may differ by what published files are known for (see ``rename.py``). With ``auxiliary_heads``
    their tensors are wanted too: those of a head that is not in the file at all are
    initialised from ``seed``. Raises `UsageError` with all differences.
    """
    name = os.fspath(path)
    with open_checkpoint(path) as checkpoint:
        found = match(checkpoint, graph, auxiliary_heads=auxiliary_heads)
        if not found.fits:
            raise mismatch_error(found, name)
        yield LoadedWeights(checkpoint, found, InitialisedWeights(seed, graph.scheme), name)


def mismatch_error(found: Match, path: str) -> UsageError:
    """Every difference between a checkpoint and a network, and what may be meant."""
    lines = [f"the weights in `{path}` are not this network's"]
    lines += [f"though {renaming.words}" for renaming in found.renamed]
    meant = {name: source for source, name in found.proposed.items()}
    if found.missing:
        lines.append(f"missing from the file ({len(found.missing):,}):")
        lines += [f"  {name}  {text_of(shape)}{_near(meant, name)}" for name, shape in found.missing.items()]
    if found.foreign:
        lines.append(f"in the file, and not in the network ({len(found.foreign):,}):")
        lines += [
            f"  {plain(name)}  {text_of(shape)}{_near(found.proposed, name)}"
            for name, shape in found.foreign.items()
        ]
    if found.reshaped:
        lines.append(f"of another shape ({len(found.reshaped):,}):")
        lines += [
            f"  {name}  {text_of(given)} in the file, {text_of(wanted)} in the network"
            for name, (given, wanted) in found.reshaped.items()
        ]
    if found.other_kind:
        lines.append(f"not in floating point ({len(found.other_kind):,}):")
        lines += [f"  {name}  {dtype}" for name, dtype in found.other_kind.items()]
    return UsageError("\n".join(lines), help=fix(found))


def _near(meant: dict[str, str], name: str) -> str:
    return f"  (near: {plain(meant[name])})" if name in meant else ""


def fix(found: Match) -> str:
    """The help for differences: the renaming that would help, where one is evident, and the labels that
    the design would have instead."""
    if found.folded:
        return words_of(found.folded)
    if not found.matched:
        return "nothing in it is as in the network: is the checkpoint another network's?" + _renaming(found)
    if found.proposed:
        return _renaming(found).lstrip()
    if found.reshaped and not (found.missing or found.foreign):
        return "the names are the network's: was it trained with other parameters (`--set`)?"
    return "names are those of the design's labels; `archdsl summary` lists them"


def _renaming(found: Match) -> str:
    if not found.proposed:
        return ""
    short = in_short(found.proposed.items())
    shown = [f"`{plain(source)}` to `{name}`" for source, name in list(short.items())[:SHOWN]]
    more = f", and {len(short) - SHOWN:,} more" if len(short) > SHOWN else ""
    labels = ", ".join(found.labels[:SHOWN])
    fewer = f", and {len(found.labels) - SHOWN:,} more" if len(found.labels) > SHOWN else ""
    design = f"; or, in the design, {labels}{fewer}" if labels else ""
    return f" perhaps rename {', '.join(shown)}{more}: the shapes are equal{design}"
