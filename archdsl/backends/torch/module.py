"""A graph as a live PyTorch module: the classes of its emitted source, made and filled.

What runs is the text that `archdsl compile --to torch` writes, from the same description. It is ours,
made of names that the language allows and of numbers; nothing of a design's text is evaluated.
"""

from __future__ import annotations

import hashlib
import linecache
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
import torch.overrides

from archdsl.backends.torch.source import source_of
from archdsl.gc_pause import gc_paused
from archdsl.weights.initialise import Initialised

if TYPE_CHECKING:
    from archdsl.backends.torch.source import Source
    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights


def to_module(graph: Graph, weights: Weights, source: Source | None = None) -> torch.nn.Module:
    """The network with these weights, in float32 and in training mode as a fresh module is.

    ``source`` is that of the graph, which need not fill its layers; without it, it is written here.
    """
    with gc_paused():
        text, class_name = source or source_of(graph, fills=False)
        with _Unfilled():
            module: torch.nn.Module = getattr(_compiled(text), class_name)()
        _assign(module, _values(graph, weights))
    return module


class _Unfilled(torch.overrides.TorchFunctionMode):
    """Layers are built without memory and without values, which take most of the time that building one
    takes: every tensor is replaced afterwards."""

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> torch.Tensor:
        keywords = keywords or {}
        if function in _ALLOCATING:
            return torch.empty(*arguments, **{**keywords, "device": "meta"})
        name = function.__name__
        if name.endswith("_") and not name.startswith("_"):
            # What fills a tensor in place, `Tensor.zero_` or `nn.init.uniform_`, gives that tensor back.
            return arguments[0] if arguments else keywords["tensor"]  # type: ignore[no-any-return]
        return function(*arguments, **keywords)  # type: ignore[no-any-return]


_ALLOCATING = {torch.empty, torch.zeros, torch.ones}


def _values(graph: Graph, weights: Weights) -> dict[str, torch.Tensor]:
    """Every parameter and buffer by its dotted name."""
    wanted = sorted(graph.tensors.values(), key=lambda tensor: math.prod(tensor.shape), reverse=True)
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
    threads = torch.get_num_threads() if isinstance(weights, Initialised) else 1
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(fill, first, threads) for first in range(threads)]:
            done.result()
    return made


def _fill(made: torch.Tensor, weights: Weights, tensor: Tensor) -> None:
    # numpy has no bfloat16: its bits are handed over, which `ml_dtypes` gives as they are.
    bits = made.view(torch.int16) if made.dtype == torch.bfloat16 else made
    values = bits.numpy().reshape(-1)
    if isinstance(weights, Initialised) and bits is made:
        weights.fill(tensor, values)
        return
    end = 0
    for piece in weights.pieces(tensor):
        values[end : end + piece.size] = piece.reshape(-1).view(values.dtype)
        end += piece.size
    if end != values.size:
        raise ValueError(f"`{tensor.name}` has {values.size} elements, and {end} were given")


def _assign(module: torch.nn.Module, values: dict[str, torch.Tensor]) -> None:
    """What `load_state_dict(strict=True, assign=True)` does, in a fraction of its time. ``values`` are used up.

    All names and shapes are the module's, and none is left: both come from one graph, so that anything else
    would be ours to mend.
    """
    for path, layer in module.named_modules():
        before = f"{path}." if path else ""
        for name, empty in layer._parameters.items():
            if empty is not None:
                layer._parameters[name] = torch.nn.Parameter(_taken(values, before + name, empty))
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


def _compiled(text: str) -> ModuleType:
    """The source as a module of Python, which tracebacks and ``inspect`` can show lines of.

    It is among Python's modules under a name of its own, and stays, as a file that is imported does:
    ``torch.compile`` imports the module of each function that another one's module calls.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"archdsl_network_{digest}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    module = ModuleType(name)
    module.__file__ = f"<archdsl {digest}>"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    exec(compile(text, module.__file__, "exec"), module.__dict__)
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name:
            if issubclass(value, torch.nn.Module):
                value.__reduce_ex__ = _reduced(text)  # type: ignore[method-assign]
            else:
                value.__reduce__ = _reduced_tuple(text)  # type: ignore[method-assign]
    return sys.modules.setdefault(name, module)  # another thread may have been as quick


def _reduced(text: str) -> Any:
    def reduce(self: torch.nn.Module, protocol: Any) -> tuple[object, ...]:
        """Pickled as the source it comes from and its state; copied in the same way."""
        return restored, (text, type(self).__name__), self.__dict__.copy()

    return reduce


def _reduced_tuple(text: str) -> Any:
    def reduce(self: tuple[Any, ...]) -> tuple[object, ...]:
        return restored_tuple, (text, type(self).__name__, tuple(self))

    return reduce


def restored(text: str, name: str) -> torch.nn.Module:
    """An empty module of a class of that source; what unpickling begins with."""
    network = getattr(_compiled(text), name)
    module: torch.nn.Module = network.__new__(network)
    return module


def restored_tuple(text: str, name: str, values: tuple[object, ...]) -> tuple[object, ...]:
    """The named tuple of that source; what unpickling makes."""
    made: tuple[object, ...] = getattr(_compiled(text), name)(*values)
    return made
