"""How weights and biases are first filled, in common for the operators that have them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import without
from archdsl.ops.base import Expects, Parameter
from archdsl.ops.initializers import SCHEMES, Constant, Initialiser, Kaiming, Normal, TruncatedNormal, Uniform

Scheme = Annotated[
    Literal["pytorch", "torchvision", "paper"] | None, Expects("`pytorch`, `torchvision` or `paper`")
]
# A larger one is a mistake, and drawing numbers from -2 to 2 out of it would hardly ever succeed.
Deviation = Annotated[
    float | None, Field(gt=0, le=10, allow_inf_nan=False), Expects("a number above 0 and at most 10")
]
OptionalNumber = Annotated[float | None, Field(allow_inf_nan=False), Expects("a number")]
INIT = "whose rule fills the weight and the bias, in place of the design's `init`"
STD = "standard deviation of the normal distribution that fills the weight, in place of that rule"
BIAS_INIT = "the number that fills the bias, in place of that rule"


class InitAttributes(NamedTuple):
    """The attributes of a call that say how its weight and bias are first filled."""

    init: str | None
    std: float | None
    bias_init: float | None


Rules = Mapping[str, tuple[Initialiser, Initialiser]]
"""How the weight and how the bias is filled, by scheme; where it has none, as PyTorch fills them."""


def weight_and_bias(
    shape: tuple[int, ...], fan_in: int, biases: int, rules: Rules, filling: InitAttributes
) -> tuple[Parameter, ...]:
    """A weight of this shape, and a bias where there are any ``biases``.

    What a call says for itself goes before the design's scheme. Under torchvision's a deviation means
    ``trunc_normal_``, with which its Inceptions and ConvNeXts are filled; its limits are -2 and 2
    whatever the deviation, so that of 0.1 or less they never cut anything.
    """
    # PyTorch: kaiming_uniform with a = sqrt(5), which is U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)).
    default = Uniform(1 / math.sqrt(fan_in), "1 / sqrt(fan_in)")
    weights: dict[str, Initialiser] = {}
    starts: dict[str, Initialiser] = {}
    for scheme in SCHEMES:
        followed = filling.init or scheme
        weight, start = rules.get(followed, (default, default))
        if filling.std is not None:
            weight = (TruncatedNormal if followed == "torchvision" else Normal)(filling.std)
        if filling.bias_init is not None:
            start = Constant(filling.bias_init)
        if weight is not default:
            weights[scheme] = weight
        if start is not default:
            starts[scheme] = start
    parameter = Parameter("weight", shape, default, rules=weights)
    if not biases:
        return (parameter,)
    return (parameter, Parameter("bias", (biases,), default, rules=starts))


def check_bias_init(word: str, bias: bool, bias_init: float | None) -> None:
    """Refuse a first value for a bias that is not there."""
    if bias or bias_init is None:
        return
    raise OperatorError(
        "bias-init-without-bias",
        f"`{word}` is given `bias_init`, but has no bias: `bias=false`",
        label="there is no bias to fill",
        changes=(without("bias_init"), without("bias")),
        argument="bias_init",
        of_input=False,
    )


def convolution_rules(fan_in: int, fan_out: int) -> Rules:
    """By scheme: torchvision's ResNets, VGGs and MobileNets keep the variance of the gradients, eq. 10 of
    He et al. 2015, which residual and dense networks name as theirs, that of the values."""
    zero = Constant(0.0)
    return {"torchvision": (Kaiming(fan_out, "fan_out"), zero), "paper": (Kaiming(fan_in, "fan_in"), zero)}
