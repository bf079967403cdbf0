"""The names of operators and their arguments elsewhere: in PyTorch, Keras, ONNX and papers.

Each operator lists its own (`Operator.aliases`, `Operator.argument_aliases`); here is what several of
them share, and how a word is looked up among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.ops.base import Operator

_WINDOW = {"kernel_size": "kernel", "kernel_shape": "kernel", "strides": "stride"}
WINDOW_ARGUMENTS = {**_WINDOW, "dilation_rate": "dilation", "dilations": "dilation"}
"""The names of a window's arguments in PyTorch, Keras and ONNX."""
CONV_ARGUMENTS = {
    **WINDOW_ARGUMENTS,
    "out_channels": "out",
    "filters": "out",
    "group": "groups",
    "use_bias": "bias",
}
"""The names of a convolution's arguments in PyTorch, Keras and ONNX."""
PADDING_MODES = {
    "padding_mode": {
        "zeros": "",
        "constant": "",
        "reflect": "pad({padding}, mode=reflect)",
        "replicate": "pad({padding}, mode=replicate)",
    }
}
"""The effects of PyTorch's argument of that name, by its value."""
POOL_ARGUMENTS = {**_WINDOW, "pool_size": "kernel", "ceil_mode": "ceil"}
"""The names of a pool's arguments there."""


def ranks(form: str) -> tuple[str, ...]:
    """The names of a class for one, two and three spatial dimensions: ``Conv{}d``."""
    return tuple([form.format(rank) for rank in (1, 2, 3)])


def plain_word(word: str) -> str:
    """A name without what differs between the habits of libraries: ``BatchNorm2d``, ``batch_norm2d``
    and ``nn.batch_norm_2d`` are ``batchnorm2d``."""
    return word.rpartition(".")[2].replace("_", "").replace("-", "").casefold()


def operator_called(word: str, operators: Mapping[str, type[Operator]]) -> str | None:
    """The word of the operator that is called so somewhere, or None."""
    plain = plain_word(word)
    if not plain:
        return None
    for known in operators:
        if plain_word(known) == plain:
            return known
    for known, operator in operators.items():
        if any(plain_word(alias) == plain for alias in operator.aliases):
            return known
    return None
