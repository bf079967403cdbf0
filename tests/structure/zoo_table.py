"""What is found of each network's own structure when its names are hidden, and why not all of it.

A row is: loops found of the design's loops, blocks found of its blocks. A loop is found if a repeat has the
same nodes in each turn; a block, if each of its uses is one thing in what was found: an item, a branch, a
turn, or a use of a block.
"""

from __future__ import annotations

from typing import NamedTuple


class Found(NamedTuple):
    """Loops found of those there are, and blocks, and why some are not."""

    loops: tuple[int, int]
    blocks: tuple[int, int]
    why: str = ""


LAST_NORM = (
    "The norm and activation that end the last stage are those that begin a transition, so that they are taken "
    "for the beginning of the last turn's; the design has them beside its loop."
)
COMPOSITE = LAST_NORM + " A composite that begins a transition is a part of a turn and no thing of its own."
LAST_UNIT = (
    "The last unit is one turn more, which the activation does not follow; the design writes it apart."
)
TWO_STEPS = "A block of two steps is no shorter than its steps."
SHARED_NORM = (
    "The unit with a projection norms the value that both ways begin with, the others' norm is in the body: "
    "they are two forms, and the first of them stands before the repeat."
)
EVERY_PROJECTED = "Every unit has a projection, so that no form tells the stages apart: they are one repeat."
NO_SHORTCUT = "Without shortcuts units are convolutions in a row, and no form tells units or stages apart."
SAME_FORM = "The unit's first convolution is of the form of its 1x1 ones, so that it is one turn more."
ONE_STAGE = "The first stage has a norm that the others have not, in the middle of the turn."
IN_BRANCHES = "Paths down and up are regions within regions, since skips reach over what is between them."
SOME_ADD = "Units that change the shape have no residual, and others have one: these are two forms."
SHARED = "What is shared runs again with the same parameters, in a branch with the step that follows it."
PART_OF_TURN = "Steps in the middle of a turn, once in each, are a part of it and no thing of their own."
HEADS = "The units of the auxiliary head run in training alone and are of another form."
REDUCTION_FIRST = "The design's turns begin with a stem or a reduction; those found end with the reduction."
FEW_OF_A_STAGE = (
    "The first two stages have one unit and three, of which each first one has a projection; in a row these "
    "are two of a kind, and conv and norm are no shorter as a block."
)

TWO_FORMS = (
    "Blocks that move their windows, or pick them by a grid, and those that do not are two forms; and a table that is "
    "looked up in a block is a source, so that the block is no row of steps from one value."
)

_DENSE = Found((4, 5), (1, 2), LAST_NORM)
_DENSE_PLAIN = Found((3, 4), (0, 2), COMPOSITE)
_DENSE_BOTTLENECK = Found((3, 4), (1, 3), COMPOSITE)
_RESNET = Found((5, 5), (2, 2))
_RESNET_CIFAR = Found((4, 4), (2, 2))
_PRERESNET = Found((0, 5), (1, 3), SHARED_NORM)
_PRERESNET_BASIC = Found((1, 5), (1, 3), SHARED_NORM)
_PRERESNET_CIFAR = Found((0, 4), (2, 3), SHARED_NORM)
_PLAIN = Found((0, 5), (0, 1), NO_SHORTCUT)
_VGG = Found((6, 6), (0, 0))

TABLE: dict[str, Found] = {
    "alexnet": Found((0, 0), (2, 2)),
    "alexnet_torchvision": Found((0, 0), (0, 0)),
    "alexnet_towers": Found((0, 0), (3, 4), PART_OF_TURN),
    "bn_inception": Found((0, 0), (5, 5)),
    "convnext_tiny": Found((4, 5), (1, 2), REDUCTION_FIRST),
    "densenet": _DENSE,
    "densenet100": _DENSE_PLAIN,
    "densenet100_24": _DENSE_PLAIN,
    "densenet121": _DENSE,
    "densenet161": _DENSE,
    "densenet169": _DENSE,
    "densenet201": _DENSE,
    "densenet264": _DENSE,
    "densenet40": _DENSE_PLAIN,
    "densenet_b_40_12": _DENSE_BOTTLENECK,
    "densenet_bc_100_12": _DENSE_BOTTLENECK,
    "densenet_bc_190_40": _DENSE_BOTTLENECK,
    "densenet_bc_250_24": _DENSE_BOTTLENECK,
    "densenet_bc_40_12": _DENSE_BOTTLENECK,
    "densenet_c_40_12": _DENSE_PLAIN,
    "densenet_cifar": _DENSE_PLAIN,
    "efficientnet_b0": Found((0, 6), (1, 5), SOME_ADD),
    "efficientnet_v2_s": Found((1, 7), (1, 6), SOME_ADD),
    "googlenet": Found((0, 0), (3, 4), TWO_STEPS),
    "googlenet_torchvision": Found((0, 0), (3, 4), TWO_STEPS),
    "inception_resnet_v1": Found((2, 3), (5, 6), LAST_UNIT),
    "inception_resnet_v1_paper": Found((3, 3), (6, 6)),
    "inception_resnet_v2": Found((2, 3), (7, 8), LAST_UNIT),
    "inception_resnet_v2_paper": Found((3, 3), (9, 9)),
    "inception_v2": Found((3, 3), (6, 6)),
    "inception_v3": Found((0, 0), (5, 6), HEADS),
    "inception_v4": Found((3, 3), (10, 10)),
    "lenet5": Found((0, 0), (1, 1)),
    "lenet5_modern": Found((0, 0), (0, 0)),
    "maxvit_t": Found((0, 5), (3, 7), TWO_FORMS),
    "mnasnet0_5": Found((0, 6), (0, 3), SOME_ADD),
    "mobilenet_v2": Found((0, 6), (0, 3), SOME_ADD),
    "mobilenet_v3_small": Found((0, 1), (1, 4), SOME_ADD),
    "nin_cifar10": Found((0, 3), (0, 1), SAME_FORM),
    "nin_imagenet": Found((0, 4), (0, 1), SAME_FORM),
    "plain18": _PLAIN,
    "plain34": _PLAIN,
    "preresnet": _PRERESNET,
    "preresnet1001": _PRERESNET_CIFAR,
    "preresnet101": _PRERESNET,
    "preresnet110": _PRERESNET_CIFAR,
    "preresnet152": _PRERESNET,
    "preresnet164": _PRERESNET_CIFAR,
    "preresnet18": _PRERESNET_BASIC,
    "preresnet200": _PRERESNET,
    "preresnet34": _PRERESNET_BASIC,
    "preresnet50": _PRERESNET,
    "preresnet_cifar": _PRERESNET_CIFAR,
    "regnet_x_400mf": Found((1, 4), (1, 2), FEW_OF_A_STAGE),
    "regnet_y_400mf": Found((1, 4), (2, 3), FEW_OF_A_STAGE),
    "resnet": _RESNET,
    "resnet101": _RESNET,
    "resnet101_v1": _RESNET,
    "resnet110": _RESNET_CIFAR,
    "resnet1202": _RESNET_CIFAR,
    "resnet152": _RESNET,
    "resnet152_v1": _RESNET,
    "resnet18": _RESNET,
    "resnet18_a": _RESNET,
    "resnet20": _RESNET_CIFAR,
    "resnet32": _RESNET_CIFAR,
    "resnet34": _RESNET,
    "resnet34_a": _RESNET,
    "resnet34_c": Found((0, 5), (2, 2), EVERY_PROJECTED),
    "resnet44": _RESNET_CIFAR,
    "resnet50": _RESNET,
    "resnet50_v1": _RESNET,
    "resnet56": _RESNET_CIFAR,
    "resnet_cifar": _RESNET_CIFAR,
    "resnetv2_101": _PRERESNET,
    "resnetv2_18": _PRERESNET_BASIC,
    "resnetv2_50": _PRERESNET,
    "resnext101_32x4d": _RESNET,
    "resnext101_32x8d": _RESNET,
    "resnext101_64x4d": _RESNET,
    "resnext50": _RESNET,
    "se_resnet50": Found((5, 5), (3, 3)),
    "shufflenet_v2_x0_5": Found((4, 4), (3, 4), PART_OF_TURN),
    "squeezenet1_1": Found((0, 0), (1, 1)),
    "swin_t": Found((0, 5), (1, 5), TWO_FORMS),
    "swin_v2_t": Found((1, 5), (1, 5), TWO_FORMS),
    "vgg": _VGG,
    "vgg11": Found((4, 4), (0, 0)),
    "vgg11_bn": Found((4, 4), (0, 0)),
    "vgg11_lrn": Found((3, 4), (1, 1), ONE_STAGE),
    "vgg13": _VGG,
    "vgg13_bn": _VGG,
    "vgg16": _VGG,
    "vgg16_bn": _VGG,
    "vgg16c": _VGG,
    "vgg16c_bn": _VGG,
    "vgg19": _VGG,
    "vgg19_bn": _VGG,
    "vit": Found((1, 1), (1, 1)),
    "vit_b_16": Found((1, 1), (1, 1)),
    "vit_b_32": Found((1, 1), (1, 1)),
    "vit_h_14": Found((1, 1), (1, 1)),
    "vit_l_16": Found((1, 1), (1, 1)),
    "vit_l_32": Found((1, 1), (1, 1)),
    "wide_resnet101_2": _RESNET,
    "wide_resnet50_2": _RESNET,
    "wrn28_10": _PRERESNET_CIFAR,
    "tests/designs/fpn.yaml": Found((0, 0), (1, 2), IN_BRANCHES),
    "tests/designs/fusion.yaml": Found((0, 0), (1, 1)),
    "tests/designs/hourglass.yaml": Found((0, 0), (2, 2)),
    "tests/designs/siamese.yaml": Found((0, 0), (0, 1), SHARED),
    "tests/designs/unet.yaml": Found((0, 2), (1, 2), IN_BRANCHES),
}
