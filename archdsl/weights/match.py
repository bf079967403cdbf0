"""A checkpoint held against a network: what fits, what does not, and what is called otherwise.

Compared are names, shapes, and that the numbers of floating-point tensors are such. Two things may be
absent: a whole auxiliary head, and what only training uses (PyTorch's ``num_batches_tracked``). Both then
are initialised.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archdsl.shapes import FLOATING
from archdsl.weights.folded import folded_norms
from archdsl.weights.labels import relabellings
from archdsl.weights.rename import Renaming, in_short, proposals, renamings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import CheckpointFile

Shape = tuple[int, ...]


@dataclass
class Match:
    """The result of a match. Tables are in the order of the network, but for ``foreign``, which is the file's.

    ``sources`` gives for each tensor of the network that fits its name in the file.
    ``missing`` and ``foreign`` (not the network's) have shapes, ``reshaped`` the file's shape and then
    the network's, ``other_kind`` what the numbers are. ``absent_heads`` are auxiliary heads of which the
    file has nothing, and ``auxiliary_heads`` says whether any were wanted. ``renamed`` are the renamings by which
    all of this is read, ``proposed`` (from the file's name to the network's) what may be meant besides, and
    ``labels`` what would have to change in the design instead. ``folded`` are norms that were folded away in
    the file, each with the step that took it in.
    """

    wanted: dict[str, Tensor]
    auxiliary_heads: bool = True
    sources: dict[str, str] = field(default_factory=dict)
    missing: dict[str, Shape] = field(default_factory=dict)
    foreign: dict[str, Shape] = field(default_factory=dict)
    reshaped: dict[str, tuple[Shape, Shape]] = field(default_factory=dict)
    other_kind: dict[str, str] = field(default_factory=dict)
    absent_heads: tuple[str, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    proposed: dict[str, str] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return not (self.missing or self.foreign or self.reshaped or self.other_kind)

    @property
    def matched(self) -> int:
        """How many tensors fit, without those that only training uses."""
        return sum(not self.wanted[name].training_only for name in self.sources)

    @property
    def untrained(self) -> tuple[str, ...]:
        """The tensors that only training uses and the file lacks, of steps whose other tensors it has."""
        present = {_owner(name) for name in self.sources}
        return tuple(
            [
                name
                for name, tensor in self.wanted.items()
                if tensor.training_only and name not in self.sources and _owner(name) in present
            ]
        )

    def notes(self, seed: int) -> list[str]:
        """Notes on what is read otherwise than it stands in the file, and on what is made here since it lacks it."""
        notes = [renaming.words for renaming in self.renamed]
        if not self.fits:
            return notes
        if self.absent_heads:
            names = " and ".join(f"`{head}`" for head in self.absent_heads)
            which = f"heads {names} are" if len(self.absent_heads) > 1 else f"head {names} is"
            notes.append(f"the auxiliary {which} not in the file: initialised from seed {seed}")
        if self.auxiliary_heads:
            words = Counter([name.rpartition(".")[2] for name in self.untrained])
            for word, count in words.items():
                notes.append(
                    f"`{word}`, which only training uses, is not in the file for {count:,} "
                    f"step{'s' * (count > 1)}: initialised"
                )
        return notes


def match(checkpoint: CheckpointFile, graph: Graph, *, auxiliary_heads: bool = True) -> Match:
    """Hold a checkpoint against a network; without ``auxiliary_heads`` their tensors are not wanted.

    Of the ways in which the file's names may be read, that by which most tensors fit; of several, that
    which changes least.
    """
    wanted = graph.tensors
    shapes = checkpoint.shapes
    required = sum(not tensor.training_only for tensor in wanted.values())
    best: tuple[int, Sequence[Renaming]] | None = None
    for candidate in renamings(list(shapes), wanted):
        called = _called(shapes, candidate)
        score = sum(
            shapes[source] == wanted[name].shape
            for source, name in called.items()
            if name in wanted and not wanted[name].training_only
        )
        if best is None or score > best[0]:
            best = score, candidate
        if score == required:
            break
    assert best is not None  # names as they are is the first candidate
    found = _matched(checkpoint, wanted, best[1], auxiliary_heads)
    found.folded = folded_norms(found, graph)
    if found.folded:
        found.proposed = {}
    found.labels = tuple(relabellings(in_short(found.proposed.items()), graph))
    return found


def _called(given: dict[str, Shape], renamed: Sequence[Renaming]) -> dict[str, str]:
    """The name of each tensor of the file in the network's terms."""
    called = {name: name for name in given}
    for renaming in renamed:
        called.update(renaming.names)
    return called


def _matched(
    checkpoint: CheckpointFile,
    wanted: Mapping[str, Tensor],
    renamed: Sequence[Renaming],
    auxiliary_heads: bool,
) -> Match:
    shapes = checkpoint.shapes
    sources: dict[str, str] = {}
    foreign: dict[str, Shape] = {}
    for source, name in _called(shapes, renamed).items():
        if name in wanted and name not in sources:
            sources[name] = source
        else:
            foreign[source] = shapes[source]
    every_head = dict.fromkeys(
        tensor.auxiliary_head for tensor in wanted.values() if tensor.auxiliary_head is not None
    )
    present = {wanted[name].auxiliary_head for name in sources}
    absent = [head for head in every_head if head not in present] if auxiliary_heads else []
    expected = {
        name: tensor
        for name, tensor in wanted.items()
        if tensor.auxiliary_head is None or (auxiliary_heads and tensor.auxiliary_head in present)
    }
    found = Match(
        {name: tensor for name, tensor in wanted.items() if auxiliary_heads or tensor.auxiliary_head is None},
        auxiliary_heads,
        missing={
            name: tensor.shape
            for name, tensor in expected.items()
            if name not in sources and not tensor.training_only
        },
        foreign=foreign,
        reshaped={
            name: (shapes[sources[name]], tensor.shape)
            for name, tensor in expected.items()
            if name in sources and shapes[sources[name]] != tensor.shape
        },
        other_kind={
            name: checkpoint.dtype(sources[name])
            for name, tensor in expected.items()
            if tensor.dtype in FLOATING and name in sources and not checkpoint.is_floating(sources[name])
        },
        absent_heads=tuple(absent),
        renamed=tuple(renamed),
    )
    unfit = {*found.reshaped, *found.other_kind}
    found.sources = {name: sources[name] for name in expected if name in sources and name not in unfit}
    if found.missing and found.foreign:
        found.proposed = _proposed(found, shapes)
    return found


def _proposed(found: Match, theirs: Mapping[str, Shape]) -> dict[str, str]:
    """The names of the network that others may mean; what only training uses follows its step."""
    optional = {name for name, tensor in found.wanted.items() if tensor.training_only}
    words = {name.rpartition(".")[2] for name in optional}
    names = proposals(
        {name: shape for name, shape in found.foreign.items() if name.rpartition(".")[2] not in words},
        found.missing,
        theirs,
        {name: tensor.shape for name, tensor in found.wanted.items()},
    )
    steps = {_owner(source): _owner(name) for source, name in names.items()}
    for source in found.foreign:
        owner, _, word = source.rpartition(".")
        if word in words and owner in steps and (name := f"{steps[owner]}.{word}") in optional:
            names[source] = name
    return names


def _owner(name: str) -> str:
    return name.rpartition(".")[0]
