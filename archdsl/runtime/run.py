"""Running a model once: inputs from files or from a seed, outputs by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy

from archdsl.diagnostics import UsageError
from archdsl.runtime.inputs import check_sizes, random_input, read_input
from archdsl.runtime.session import open_session

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from archdsl.runtime.session import Session


class RunResult(NamedTuple):
    """Outputs by name, where they were computed, and whether the input was made up."""

    outputs: dict[str, numpy.ndarray]
    provider: str
    note: str
    input_is_random: bool


def run(
    model: str | os.PathLike[str] | bytes,
    files: Sequence[str] = (),
    *,
    provider: str = "auto",
    seed: int = 0,
    batch: int = 1,
    sizes: Mapping[str, int] | None = None,
    name: str | None = None,
) -> RunResult:
    """Run a model, given by its path or its bytes, on files, or without any on random numbers.

    A file is a path, or ``name=path`` where the model has several inputs; several for one input are
    one batch. ``batch`` is for random inputs; ``sizes`` gives numbers for named sizes. Errors
    call the model ``name``, or by its path. Raises `UsageError` for whatever does not fit.
    """
    session = open_session(model, provider, name=name)
    check_sizes((size for tensor in session.inputs for size in tensor.shape), sizes or {})
    feeds = read_feeds(session, files, sizes) if files else random_feeds(session, seed, batch, sizes)
    return RunResult(session.run(feeds), session.provider, session.note, not files)


def read_feeds(
    session: Session, files: Sequence[str], sizes: Mapping[str, int] | None = None
) -> dict[str, numpy.ndarray]:
    """The inputs from files, those for the same input one after the other in its batch."""
    tensors = {tensor.name: tensor for tensor in session.inputs}
    found: dict[str, list[numpy.ndarray]] = {}
    for file in files:
        name, separator, path = file.partition("=")
        if not separator or name not in tensors:
            if len(tensors) != 1:
                names = ", ".join(f"`{name}`" for name in tensors)
                raise UsageError(
                    f"`{session.name}` has {len(tensors)} inputs, and `{file}` does not say for which it is",
                    help=f"write it as `{next(iter(tensors))}={file}`; the inputs are {names}",
                )
            (name,) = tensors
            path = file
        found.setdefault(name, []).append(read_input(path, tensors[name], sizes))
    feeds = {}
    for name, arrays in found.items():
        if len({array.shape[1:] for array in arrays}) > 1:
            shapes = " and ".join("x".join(map(str, array.shape[1:])) for array in arrays)
            raise UsageError(f"the files for `{name}` are of different sizes, {shapes}, and make no batch")
        feeds[name] = numpy.concatenate(arrays)
    return feeds


def random_feeds(
    session: Session, seed: int, batch: int = 1, sizes: Mapping[str, int] | None = None
) -> dict[str, numpy.ndarray]:
    """Random inputs; the same seed gives the same numbers."""
    random = numpy.random.default_rng(seed)
    return {tensor.name: random_input(tensor, random, batch=batch, sizes=sizes) for tensor in session.inputs}
