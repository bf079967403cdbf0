"""Weights from a seed."""

from __future__ import annotations

import math
import threading
import time

import numpy
import pytest

from archdsl.ops import Parameter
from archdsl.ops.initializers import Constant, Normal, Uniform
from archdsl.weights.initialise import InitialisedWeights
from tests.weights.given import named


def values(weights: InitialisedWeights, name: str, parameter: Parameter) -> numpy.ndarray:
    return numpy.concatenate([piece.copy() for piece in weights.pieces(named(name, parameter))])


UNIFORM = Parameter("weight", (70, 300), Uniform(0.5))
NORMAL = Parameter("weight", (70, 300), Normal(0.1))


@pytest.mark.parametrize("parameter", [UNIFORM, NORMAL])
@pytest.mark.parametrize("piece", [1, 7, 1000, 20999, 21000, 10**6])
def test_the_length_of_pieces_changes_nothing(parameter: Parameter, piece: int) -> None:
    if piece == 1:
        parameter = parameter._replace(shape=(5,))
    whole = values(InitialisedWeights(3, piece=10**7), "a.weight", parameter)
    assert (values(InitialisedWeights(3, piece=piece), "a.weight", parameter) == whole).all()


def test_every_name_and_every_seed_has_its_own_stream() -> None:
    streams = [
        values(InitialisedWeights(seed), name, NORMAL)
        for seed in (0, 1, 11)
        for name in ("a.weight", "b.weight", "1:a")
    ]
    for index, one in enumerate(streams):
        for other in streams[:index]:
            # Independent: the correlation of 21,000 pairs is within 5 / sqrt(21000) of 0.
            assert abs(numpy.corrcoef(one, other)[0, 1]) < 5 / math.sqrt(21_000)


def test_other_tensors_do_not_matter() -> None:
    weights = InitialisedWeights(5)
    values(weights, "before.weight", UNIFORM)
    assert (values(weights, "a.weight", UNIFORM) == values(InitialisedWeights(5), "a.weight", UNIFORM)).all()


def test_rules_are_followed() -> None:
    parameter = Parameter("weight", (400, 500), Uniform(0.2), rules={"paper": Normal(0.3)})
    plain = values(InitialisedWeights(0), "w", parameter)
    assert -0.2 <= plain.min() < -0.199
    assert 0.199 < plain.max() <= 0.2
    assert abs(plain.mean()) < 0.002
    assert plain.std() == pytest.approx(0.2 / math.sqrt(3), rel=0.01)
    paper = values(InitialisedWeights(0, "paper"), "w", parameter)
    assert paper.std() == pytest.approx(0.3, rel=0.01)
    # A scheme without a rule of its own is PyTorch's.
    assert (values(InitialisedWeights(0, "torchvision"), "w", parameter) == plain).all()
    assert (values(InitialisedWeights(0), "b", Parameter("bias", (9,), Constant(1.5))) == 1.5).all()


def test_a_reader_that_stops_leaves_no_thread() -> None:
    pieces = InitialisedWeights(0, piece=100).pieces(named("w", NORMAL))
    next(pieces)
    pieces.close()
    assert threading.active_count() == 1


@pytest.mark.bench
def test_the_weights_of_vgg16_take_about_a_second() -> None:
    started = time.perf_counter()
    for _ in InitialisedWeights(0).pieces(named("w", Parameter("weight", (138_357_544,), Normal(0.1)))):
        pass
    assert time.perf_counter() - started < 2
