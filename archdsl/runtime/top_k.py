"""The classes that a network finds most likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy

from archdsl.diagnostics import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence


class Guess(NamedTuple):
    """A class, its label ("" without labels) and its probability."""

    class_index: int
    label: str
    probability: float


def top(scores: numpy.ndarray, count: int = 5, labels: Sequence[str] = ()) -> list[list[Guess]]:
    """For each sample of a batch x classes output, its likeliest classes, the best first.

    Scores become probabilities by the softmax, unless they are probabilities already. Raises
    `UsageError` where the output is of another shape, or there is not one label a class.
    """
    if scores.ndim != 2:
        shape = "x".join(map(str, scores.shape))
        raise UsageError(f"the output is {shape}, and not one score for each class of each sample")
    classes = scores.shape[1]
    if labels and len(labels) != classes:
        raise UsageError(
            f"there are {len(labels)} labels for {classes} classes", help="give one label a line, in order"
        )
    guesses = []
    for row in _probabilities(scores.astype(numpy.float64)):
        # Stable, so that equal scores stand in the order of their classes.
        best = numpy.argsort(-row, kind="stable")[:count]
        guesses.append([Guess(int(i), labels[i] if labels else "", float(row[i])) for i in best])
    return guesses


def _probabilities(scores: numpy.ndarray) -> numpy.ndarray:
    if (scores >= 0).all() and numpy.allclose(scores.sum(axis=1), 1, atol=1e-3):
        return scores
    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: numpy.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def read_labels(path: str | os.PathLike[str]) -> list[str]:
    """A text file of labels, one a line, in the order of the classes; an empty last line is none."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read().rstrip("\n").split("\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read the labels `{path}`: {reason}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the labels `{path}` are not text in UTF-8", help="one label a line") from error
