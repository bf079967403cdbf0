"""A graph as a live PyTorch module: the classes of its emitted source, made and filled.

What runs is the text that `archdsl compile --to torch` writes, from the same description. It is ours,
made of names that the language allows and of numbers; nothing of a design's text is evaluated.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy
import torch

from archdsl.backends.torch.source import source_of
from archdsl.graph.tensors import tensors
from archdsl.weights.initialise import Initialised

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.ops.base import Parameter
    from archdsl.weights.base import Weights


def to_module(graph: Graph, weights: Weights) -> torch.nn.Module:
    """The network with these weights, in float32 and in training mode as a fresh module is."""
    # Random numbers are drawn without the interpreter's lock, and each tensor has a stream of its own:
    # they are made while the module is. Checkpoints are read in one thread, since they have one file.
    threads = (os.cpu_count() or 1) if isinstance(weights, Initialised) else 1
    with ThreadPoolExecutor(threads) as pool:
        filled = {name: pool.submit(_filled, weights, name, parameter) for name, parameter in tensors(graph)}
        text, class_name = source_of(graph, fills=False)
        # Without memory or values at first: every tensor is replaced below.
        with torch.device("meta"):
            module: torch.nn.Module = getattr(_compiled(text), class_name)()
        state = {name: future.result() for name, future in filled.items()}
    for name, buffer in module.named_buffers():
        if name not in state:
            state[name] = torch.tensor(weights.counter(name), dtype=buffer.dtype)
    module.load_state_dict(state, strict=True, assign=True)
    return module


def _filled(weights: Weights, name: str, parameter: Parameter) -> torch.Tensor:
    values = numpy.empty(parameter.shape, numpy.float32)
    flat, end = values.reshape(-1), 0
    for piece in weights.pieces(name, parameter):
        flat[end : end + piece.size] = piece.reshape(-1)
        end += piece.size
    if end != flat.size:
        raise ValueError(f"`{name}` has {flat.size} elements, and {end} were given")
    return torch.from_numpy(values)


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
