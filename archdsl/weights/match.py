"""A checkpoint held against a network: what fits, what does not, and what is called otherwise.

Compared are names, shapes, and that the numbers are floating-point ones. Two things may be absent: a
whole auxiliary head, which then is initialised, and PyTorch's ``num_batches_tracked``, which then is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from archdsl.graph.ir import parameter_name
from archdsl.graph.tensors import COUNTER, counters, owners, tensors
from archdsl.weights.rename import Renaming, proposals, renamings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archdsl.graph.ir import Graph
    from archdsl.weights.base import Checkpoint

Shape = tuple[int, ...]


class Wanted(NamedTuple):
    """A tensor of a network: its shape, and the auxiliary head that it belongs to."""

    shape: Shape
    head: str | None = None


@dataclass
class Match:
    """What came out. Tables are in the order of the network, but for ``foreign``, which is the file's.

    ``sources`` gives for each tensor of the network that fits, counters too, its name in the file.
    ``missing`` and ``foreign`` (not the network's) have shapes, ``reshaped`` the file's shape and then
    the network's, ``other_kind`` what the numbers are. ``absent_heads`` are auxiliary heads of which the
    file has nothing, and ``heads`` tells whether any were asked for. ``renamed`` are the renamings by which all of this is read, ``proposed`` (from the
    file's name to the network's) what may be meant besides.
    """

    wanted: dict[str, Wanted]
    counters: tuple[str, ...]
    heads: bool = True
    sources: dict[str, str] = field(default_factory=dict)
    missing: dict[str, Shape] = field(default_factory=dict)
    foreign: dict[str, Shape] = field(default_factory=dict)
    reshaped: dict[str, tuple[Shape, Shape]] = field(default_factory=dict)
    other_kind: dict[str, str] = field(default_factory=dict)
    absent_heads: tuple[str, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    proposed: dict[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        return not (self.missing or self.foreign or self.reshaped or self.other_kind)

    @property
    def matched(self) -> int:
        """How many tensors fit, without the counters."""
        return sum(name in self.wanted for name in self.sources)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """The counters that the file lacks, though it has the norms that they belong to."""
        return tuple(
            [
                name
                for name in self.counters
                if name not in self.sources and name.removesuffix(COUNTER) + "running_mean" in self.sources
            ]
        )

    def notes(self, seed: int) -> list[str]:
        """What is read otherwise than it stands in the file, and what is not in it and made here."""
        notes = [renaming.words for renaming in self.renamed]
        if not self.fits:
            return notes
        if self.absent_heads:
            names = " and ".join(f"`{head}`" for head in self.absent_heads)
            which = f"heads {names} are" if len(self.absent_heads) > 1 else f"head {names} is"
            notes.append(f"the auxiliary {which} not in the file: initialised from seed {seed}")
        if self.heads and (missing := len(self.uncounted)):
            notes.append(
                f"`{COUNTER}` of {missing:,} batch norm{'s' * (missing > 1)} is not in the file: "
                "batches are counted from 0"
            )
        return notes


def match(checkpoint: Checkpoint, graph: Graph, *, heads: bool = True) -> Match:
    """Hold a checkpoint against a network; without ``heads`` nothing is asked of its auxiliary heads' tensors.

    Of the ways in which the file's names may be read, that by which most tensors fit; of several, that
    which changes least.
    """
    running = {name for name, _ in tensors(graph, heads=False)}
    wanted = {
        name: Wanted(parameter.shape, None if name in running else node.head)
        for node, owned in owners(graph)
        for parameter in owned
        for name in (parameter_name(node.owner, parameter),)
    }
    counted = tuple(counters(graph))
    shapes = checkpoint.shapes
    known = {**wanted, **dict.fromkeys(counted)}
    best: tuple[int, Sequence[Renaming]] | None = None
    for candidate in renamings(list(shapes), known):
        called = _called(shapes, candidate)
        score = sum(shapes[source] == wanted[name].shape for source, name in called.items() if name in wanted)
        if best is None or score > best[0]:
            best = score, candidate
        if score == len(wanted):
            break
    assert best is not None  # names as they are is the first candidate
    return _matched(checkpoint, wanted, counted, best[1], heads)


def _called(given: dict[str, Shape], renamed: Sequence[Renaming]) -> dict[str, str]:
    """What each tensor of the file is called in the network's terms."""
    called = {name: name for name in given}
    for renaming in renamed:
        called.update(renaming.names)
    return called


def _matched(
    checkpoint: Checkpoint,
    wanted: dict[str, Wanted],
    counted: tuple[str, ...],
    renamed: Sequence[Renaming],
    heads: bool,
) -> Match:
    shapes = checkpoint.shapes
    sources: dict[str, str] = {}
    foreign: dict[str, Shape] = {}
    known = {*wanted, *counted}
    for source, name in _called(shapes, renamed).items():
        if name in known and name not in sources:
            sources[name] = source
        else:
            foreign[source] = shapes[source]
    every_head = dict.fromkeys(tensor.head for tensor in wanted.values() if tensor.head is not None)
    present = {wanted[name].head for name in sources if name in wanted}
    absent = [head for head in every_head if head not in present] if heads else []
    expected = {
        name: tensor.shape
        for name, tensor in wanted.items()
        if tensor.head is None or (heads and tensor.head in present)
    }
    if not heads:
        wanted = {name: tensor for name, tensor in wanted.items() if tensor.head is None}
    found = Match(
        wanted,
        tuple([name for name in counted if name.removesuffix(COUNTER) + "running_mean" in wanted]),
        heads,
        missing={name: shape for name, shape in expected.items() if name not in sources},
        foreign=foreign,
        reshaped={
            name: (shapes[sources[name]], shape)
            for name, shape in expected.items()
            if name in sources and shapes[sources[name]] != shape
        },
        other_kind={
            name: checkpoint.dtype(sources[name])
            for name in expected
            if name in sources and not checkpoint.is_floating(sources[name])
        },
        absent_heads=tuple(absent),
        renamed=tuple(renamed),
    )
    unfit = {*found.reshaped, *found.other_kind}
    found.sources = {
        name: sources[name] for name in (*expected, *found.counters) if name in sources and name not in unfit
    }
    if found.missing and found.foreign:
        found.proposed = _proposed(found)
    return found


def _proposed(found: Match) -> dict[str, str]:
    """What may be meant by names that are not the network's; a counter is what its running mean is."""
    counts = {name for name in found.foreign if name.endswith(f".{COUNTER}")}
    names = proposals(
        {name: shape for name, shape in found.foreign.items() if name not in counts}, found.missing
    )
    for source, name in list(names.items()):
        if source.endswith(".running_mean"):
            counter = source.removesuffix("running_mean") + COUNTER
            if counter in counts:
                names[counter] = name.removesuffix("running_mean") + COUNTER
    return names
