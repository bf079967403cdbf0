"""What each scheme of `init` fills a network with: torchvision's own figures, and those of the papers."""

from __future__ import annotations

import hashlib
import json
import math
from functools import reduce
from typing import TYPE_CHECKING

import numpy
import pytest
import torch

import archdsl
from archdsl.backends.torch import eager
from archdsl.graph.tensors import owners, parameter_name
from archdsl.ops import OPERATORS, Parameter
from archdsl.ops.initializers import (
    SCHEMES,
    Constant,
    Initialiser,
    Kaiming,
    Normal,
    Signs,
    TruncatedNormal,
    Uniform,
)
from archdsl.ops.torch_form import Invoke, Operand
from archdsl.weights.base import PIECE
from archdsl.weights.initialise import InitialisedWeights
from tests.ops.calls import operator
from tests.weights.given import named
from tests.zoo.files import RECORDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.network import Network
    from archdsl.ops import Example

INITIAL = sorted((RECORDINGS / "initial").glob("*.json"))


def parameters(network: Network) -> dict[str, Parameter]:
    """By dotted name, each once, without what only training uses."""
    return {
        parameter_name(node.owner, parameter): parameter
        for node, owned in owners(network.graph)
        for parameter in owned
        if not parameter.training_only
    }


def first(network: Network, name: str, *, seed: int = 0) -> numpy.ndarray:
    """The values of a tensor; of a very large one its first million."""
    weights = InitialisedWeights(seed, network.graph.scheme)
    return next(iter(weights.pieces(network.graph.tensors[name]))).copy().astype("float64")


def design(steps: str, scheme: str, input: str = "[3, 32, 32]") -> Network:
    return archdsl.load(f"init: {scheme}\ninput: {input}\nbody:\n  - {steps}\n")


# ---- torchvision, as it was recorded


@pytest.mark.parametrize("path", INITIAL, ids=lambda path: path.stem)
def test_the_zoo_is_filled_as_torchvision_fills_it(path: Path) -> None:
    network = archdsl.load(path.stem)
    recorded = json.loads(path.read_text(encoding="utf-8"))
    owned = parameters(network)
    assert set(recorded) == {name for name, parameter in owned.items() if parameter.trained}
    for name, (mean, deviation, least, most) in recorded.items():
        ours = first(network, name)
        if least == most:
            assert (ours == least).all(), name
            continue
        assert ours.std() > 0, name
        theirs = math.prod(owned[name].shape)
        spread = math.sqrt(1 / ours.size + 1 / theirs)
        # Six standard errors: of the mean, and of the deviation of a normal, which is the larger.
        assert abs(ours.mean() - mean) < 6 * deviation * spread, name
        assert abs(ours.std() / deviation - 1) < 6 * math.sqrt(0.5) * spread, name
        if min(ours.size, theirs) > 4000:
            # A uniform distribution ends at 1.73 deviations, of which both come near; a normal one
            # of that many values goes beyond 3.
            furthest, reached = max(-least, most) / deviation, abs(ours).max() / ours.std()
            assert (furthest < 1.8) == (reached < 1.8), name
            if furthest < 1.8:
                assert reached == pytest.approx(furthest, rel=0.01), name


def test_the_recordings_are_of_every_kind() -> None:
    """Else the test above would say little."""
    kinds = {
        type(parameter.rule(network.graph.scheme))
        for network in (archdsl.load(path.stem) for path in INITIAL)
        for parameter in parameters(network).values()
    }
    assert kinds == {Constant, Kaiming, TruncatedNormal, Uniform}


# ---- the papers


def test_resnets_paper_is_he_initialisation() -> None:
    """He et al. 2015, eq. 10: a deviation of sqrt(2 / n), n the inputs of a unit."""
    network = archdsl.load("resnet20")
    assert network.graph.scheme == "paper"
    assert first(network, "layer3.0.conv2.weight").std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)
    wide = design("conv(256, 3, bias=false)", "paper", "[64, 9, 9]")
    assert first(wide, "0.weight").std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)


def test_alexnets_paper_has_narrow_weights_and_ones() -> None:
    """Krizhevsky et al. 2012, section 5: N(0, 0.01^2); biases of one in the second, fourth and fifth
    convolution and in the hidden fully connected layers, and of zero elsewhere."""
    network = archdsl.load("alexnet")
    for name in parameters(network):
        values = first(network, name)
        layer, _, word = name.partition(".")
        if word == "weight":
            assert values.std() == pytest.approx(0.01, rel=0.02), name
            assert abs(values).max() > 0.03, name
        else:
            ones = layer in ("conv2", "conv4", "conv5", "fc6", "fc7")
            assert (values == (1 if ones else 0)).all(), name


def test_vggs_paper_can_be_written() -> None:
    """Simonyan and Zisserman 2015, section 3.1: a variance of 10^-2, and biases of zero."""
    network = design(
        "features: conv(64, 3, padding=1, std=0.1)\n  - flatten -> linear(100, std=0.1)", "paper"
    )
    assert first(network, "features.weight").var() == pytest.approx(0.01, rel=0.1)
    assert first(network, "2.weight").var() == pytest.approx(0.01, rel=0.02)
    assert (first(network, "features.bias") == 0).all()
    assert (first(network, "2.bias") == 0).all()


def test_lenets_own_layers_are_filled_within_their_fan_in() -> None:
    """LeCun et al. 1998, appendix A: uniform within 2.4 / fan-in."""
    network = design("subsample(2) -> table_conv([[0, 1], [1, 2]], 5)", "paper")
    assert abs(first(network, "0.weight")).max() <= 2.4 / 4
    assert 0.9 * 2.4 / 50 < abs(first(network, "1.weight")).max() <= 2.4 / 50


# ---- what a call says for itself


CALLS = ["conv(64, 5", "conv_transpose(64, 5", "linear(2000"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_goes_before_the_design(scheme: str, call: str) -> None:
    network = design(f"{call}, std=0.05, bias_init=-1.5)", scheme)
    weight = first(network, "0.weight")
    assert weight.std() == pytest.approx(0.05, rel=0.05)
    assert abs(weight).max() > 3 * 0.05, "normal and not uniform"
    assert (first(network, "0.bias") == -1.5).all()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("other", SCHEMES)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_may_follow_another_scheme(scheme: str, other: str, call: str) -> None:
    network, expected = design(f"{call}, init={other})", scheme), design(f"{call})", other)
    for name in ("0.weight", "0.bias"):
        assert (first(network, name) == first(expected, name)).all()


def test_a_deviation_is_cut_off_where_torchvision_cuts_it() -> None:
    """`trunc_normal_(std=1)` ends at -2 and 2; its deviation is 0.88."""
    values = first(design("linear(4000, std=1)", "torchvision"), "0.weight")
    assert 1.99 < abs(values).max() <= 2
    # The variance of a normal cut at c deviations: 1 - 2 c phi(c) / (2 Phi(c) - 1).
    density, inside = math.exp(-2) / math.sqrt(2 * math.pi), math.erf(2 / math.sqrt(2))
    assert values.var() == pytest.approx(1 - 4 * density / inside, rel=0.01)
    assert abs(first(design("linear(4000, std=1)", "paper"), "0.weight")).max() > 3


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("conv(8, 3, std=0)", "a number above 0 and at most 10"),
        ("conv(8, 3, std=11)", "a number above 0 and at most 10"),
        ("linear(8, std=-1)", "a number above 0 and at most 10"),
        ("linear(8, init=keras)", "`pytorch`, `torchvision` or `paper`"),
        ("conv(8, 3, bias_init=true)", "a number"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: str, said: str) -> None:
    with pytest.raises(archdsl.ArchError) as error:
        design(call, "pytorch")
    assert len(error.value.diagnostics) == 1
    assert said in str(error.value)


# ---- the same in PyTorch's words

RULES = [
    Constant(0.0),
    Constant(1.0),
    Constant(-2.5),
    Uniform(0.25),
    Normal(0.3),
    TruncatedNormal(0.01),
    TruncatedNormal(1.0),
    TruncatedNormal(0.1, 0.15),
    Kaiming(50 * 9, "fan_in"),
    Kaiming(40 * 9, "fan_out"),
    Signs(),
    Signs(3.0),
]
SHAPE = (40, 50, 3, 3)


def call(form: object, tensor: torch.Tensor) -> object:
    """What an initialiser's call does to a tensor."""
    if isinstance(form, Operand):
        return tensor
    if not isinstance(form, Invoke):
        return form
    assert isinstance(form.target, str)
    arguments = [call(argument, tensor) for argument in form.arguments]
    if form.target.startswith("."):
        return getattr(arguments[0], form.target[1:])(*arguments[1:])
    return reduce(getattr, form.target.split("."), torch)(*arguments, **form.keywords)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_pytorchs_call_gives_the_same_distribution(rule: Initialiser) -> None:
    torch.manual_seed(1)
    tensor = torch.full(SHAPE, torch.nan)
    returned = call(rule.torch(), tensor)
    assert isinstance(returned, torch.Tensor)
    assert returned.data_ptr() == tensor.data_ptr(), "in place"
    theirs = tensor.numpy().ravel()
    ours = numpy.concatenate(
        [piece.copy() for piece in InitialisedWeights(0).pieces(named("w", Parameter("w", SHAPE, rule)))]
    )
    # The largest distance of the two distributions: Kolmogorov and Smirnov, at odds of a million.
    points = numpy.concatenate([ours, theirs])
    one, other = (numpy.searchsorted(numpy.sort(values), points, side="right") for values in (ours, theirs))
    assert abs(one - other).max() / ours.size < 2.7 * math.sqrt(2 / ours.size)
    # What only takes a few values takes the same.
    if isinstance(rule, Constant | Signs):
        assert set(ours) == set(theirs)


EXAMPLES = [
    example
    for kind in OPERATORS.values()
    for example in kind.examples
    if eager.layer_of(operator(example.call).to_torch(example.inputs)) is not None
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.call} on {each.inputs}" for each in EXAMPLES])
def test_layers_fill_themselves_by_the_scheme_of_pytorch(example: Example) -> None:
    """What is said to be left to PyTorch's constructor is."""
    op = operator(example.call)
    layer = eager.layer_of(op.to_torch(example.inputs))
    assert layer is not None
    for parameter in op.params(example.inputs):
        assert parameter.is_filled_by_torch("pytorch")
        built = [eager.build(layer).state_dict()[parameter.name] for _ in range(50)]
        assert built[0].shape == parameter.shape
        theirs = torch.cat([tensor.ravel() for tensor in built]).numpy()
        match parameter.initialiser:
            case Constant(value):
                assert (theirs == numpy.float32(value)).all()
            case Uniform(bound):
                assert abs(theirs).max() <= bound * (1 + 1e-6)
                assert theirs.std() == pytest.approx(bound / math.sqrt(3), rel=6 / math.sqrt(theirs.size))
            case Normal(deviation):
                assert theirs.std() == pytest.approx(deviation, rel=6 / math.sqrt(theirs.size))
            case other:
                pytest.fail(f"{other} is no rule of PyTorch's layers")


def test_what_differs_from_the_constructor_is_noted() -> None:
    network = design("conv(8, 3)\n  - batch_norm -> flatten -> linear(4, std=0.1)", "pytorch")
    owned = parameters(network)
    assert {name for name, parameter in owned.items() if not parameter.is_filled_by_torch("torchvision")} == {
        "0.weight",
        "0.bias",
        "3.weight",
    }
    assert [name for name in owned if not owned[name].is_filled_by_torch("pytorch")] == ["3.weight"]


# ---- seeds and pieces


@pytest.mark.parametrize("rule", [TruncatedNormal(1.0), TruncatedNormal(1.0, 0.3), Kaiming(9, "fan_in")])
@pytest.mark.parametrize("piece", [1, 7, 1000, 4999, 5000])
def test_the_length_of_pieces_changes_nothing(rule: Initialiser, piece: int) -> None:
    parameter = Parameter("weight", (5000 if piece > 1 else 50,), rule)
    whole = [piece.copy() for piece in InitialisedWeights(3).pieces(named("w", parameter))]
    parts = [part.copy() for part in InitialisedWeights(3, piece=piece).pieces(named("w", parameter))]
    assert (numpy.concatenate(parts) == numpy.concatenate(whole)).all()


def test_the_default_weights_stay_what_they_are() -> None:
    """Designs are trained from a seed: its bytes are a promise."""
    network = archdsl.load("""\
input: [3, 16, 16]
body:
  - conv(8, 3) -> batch_norm -> prelu -> conv_transpose(4, 3, stride=2, bias=false) -> layer_scale(0.5)
  - table_conv([[0, 1], [2, 3]], 3) -> subsample(2) -> flatten
  - linear(20) -> rbf(10)
""")
    digest = hashlib.sha256()
    for tensor in network.graph.tensors.values():
        if tensor.training_only:
            continue
        for piece in InitialisedWeights(7).pieces(tensor):
            digest.update(tensor.name.encode() + piece.astype("<f4").tobytes())
    assert digest.hexdigest() == "561431f1f6e073f17dc8a6af5ec54cda3231b3fbd049818b6cb09edb0d6f62a4"


def test_the_same_seed_gives_the_same_model() -> None:
    network = archdsl.load("googlenet_torchvision")
    model = network.to_onnx(seed=5)
    assert model.SerializeToString() == network.to_onnx(seed=5).SerializeToString()
    assert model.SerializeToString() != network.to_onnx(seed=6).SerializeToString()
    for tensor in model.graph.initializer:
        if tensor.name in parameters(network):
            ours = numpy.frombuffer(tensor.raw_data, "<f4")
            assert (ours[:PIECE] == first(network, tensor.name, seed=5)).all()


@pytest.mark.parametrize("name", ["resnet18", "googlenet_torchvision", "densenet40", "lenet5"])
def test_the_same_seed_gives_the_same_weights_in_pytorch(name: str) -> None:
    network = archdsl.load(name)
    state = network.to_torch(seed=5).state_dict()
    assert set(parameters(network)) <= set(state)
    for tensor in network.to_onnx(seed=5).graph.initializer:
        if tensor.name in state:
            assert tensor.raw_data == state[tensor.name].numpy().astype("<f4").tobytes(), tensor.name
