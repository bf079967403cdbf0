"""A graph as a live PyTorch module: the classes of its emitted source, made and filled.

What runs is the text that `archdsl compile --to torch` writes, from the same description. It is ours,
made of names that the language allows and of numbers; nothing of a design's text is evaluated.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import torch
import torch.overrides

from archdsl.backends.torch.emitted_module import emitted_module
from archdsl.backends.torch.source import source_of
from archdsl.gc_pause import gc_paused
from archdsl.weights.initialise import InitialisedWeights
from archdsl.weights.sources import sourced

if TYPE_CHECKING:
    from archdsl.backends.torch.source import ModuleSource
    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights


def to_module(graph: Graph, weights: Weights, source: ModuleSource | None = None) -> torch.nn.Module:
    """The network with these weights, in float32 and in training mode as a fresh module is.

    ``source`` is that of the graph, which need not fill its layers; without it, it is written here.
    """
    with gc_paused():
        text, class_name = source or source_of(graph, fills=False)
        with _Unfilled():
            module: torch.nn.Module = getattr(emitted_module(text), class_name)()
        _assign(module, _values(graph, sourced(weights, graph)))
    return module


class _Unfilled(torch.overrides.TorchFunctionMode):
    """Layers are built without memory and without values, which take most of the time that building one
    takes: every tensor is replaced afterwards."""

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> torch.Tensor:
        keywords = keywords or {}
        if function in _MAKING:
            return function(*arguments, **{**keywords, "device": "meta"})  # type: ignore[no-any-return]
        if function in _FILLING:
            # What fills a tensor in place gives that tensor back.
            return arguments[0] if arguments else keywords["tensor"]  # type: ignore[no-any-return]
        return function(*arguments, **keywords)  # type: ignore[no-any-return]


_MAKING = {
    torch.arange, torch.empty, torch.eye, torch.full, torch.linspace, torch.logspace, torch.ones, torch.rand,
    torch.randint, torch.randn, torch.randperm, torch.tensor, torch.zeros,
}  # fmt: skip
"""The functions that make a new tensor from sizes or numbers."""

_FILLING = {
    *(function for name, function in vars(torch.nn.init).items() if name.endswith("_") and name[0] != "_"),
    torch.Tensor.zero_, torch.Tensor.fill_, torch.Tensor.uniform_, torch.Tensor.normal_,
}  # fmt: skip
"""The functions that give every element a value and change nothing else of a tensor."""


def _values(graph: Graph, weights: Weights) -> dict[str, torch.Tensor]:
    """Every parameter and buffer by its dotted name."""
    wanted = sorted(graph.owned.values(), key=lambda tensor: math.prod(tensor.shape), reverse=True)
    # On the CPU whatever `torch.set_default_device` says: numpy fills them.
    made = {
        tensor.name: torch.empty(tensor.shape, dtype=getattr(torch, tensor.dtype), device="cpu")
        for tensor in wanted
    }

    def fill(first: int, step: int) -> None:
        for tensor in wanted[first::step]:
            _fill(made[tensor.name], weights, tensor)

    # numpy draws without the interpreter's lock, and each tensor has a stream of its own. A checkpoint is
    # one file, read by one thread.
    threads = torch.get_num_threads() if isinstance(weights, InitialisedWeights) else 1
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(fill, first, threads) for first in range(threads)]:
            done.result()
    return made


def _fill(made: torch.Tensor, weights: Weights, tensor: Tensor) -> None:
    # numpy has no bfloat16: its bits are handed over, which `ml_dtypes` gives as they are.
    bits = made.view(torch.int16) if made.dtype == torch.bfloat16 else made
    values = bits.numpy().reshape(-1)
    if isinstance(weights, InitialisedWeights) and bits is made:
        weights.fill(tensor, values)
        return
    end = 0
    for piece in weights.pieces(tensor):
        values[end : end + piece.size] = piece.reshape(-1).view(values.dtype)
        end += piece.size
    if end != values.size:
        raise ValueError(f"`{tensor.name}` has {values.size} elements, and {end} were given")


def _assign(module: torch.nn.Module, values: dict[str, torch.Tensor]) -> None:
    """Do what `load_state_dict(strict=True, assign=True)` does, in a fraction of its time. ``values`` are used up.

    All names and shapes are the module's, and none is left: both come from one graph, so that anything else
    would be a mistake of ours.
    """
    for path, layer in module.named_modules():
        before = f"{path}." if path else ""
        for name, empty in layer._parameters.items():
            if empty is not None:
                parameter = torch.nn.Parameter(_taken(values, before + name, empty))
                if isinstance(layer, torch.nn.RNNBase):  # which keeps a list of its own beside them
                    setattr(layer, name, parameter)
                else:
                    layer._parameters[name] = parameter
        for name, empty in layer._buffers.items():
            if empty is not None:
                layer._buffers[name] = _taken(values, before + name, empty)
    if values:
        raise ValueError(f"the module has no {', '.join(values)}")


def _taken(values: dict[str, torch.Tensor], name: str, like: torch.Tensor) -> torch.Tensor:
    value = values.pop(name)
    if value.shape != like.shape or value.dtype != like.dtype:
        ours, theirs = f"{tuple(value.shape)} {value.dtype}", f"{tuple(like.shape)} {like.dtype}"
        raise ValueError(f"`{name}` is {ours}, and the module has {theirs}")
    return value
