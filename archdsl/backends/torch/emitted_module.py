"""Emitted source as a module of Python, which lives as long as anything that was made of it.

Python keeps what it imports until it ends, in ``sys.modules``, and ``linecache`` the lines of it. Of a network they
hold nothing but a stand-in, which both lose when the last instance, class and function of the source is gone:
a sweep makes thousands of networks in one process.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
import weakref
from types import ModuleType
from typing import Any

import torch

_living: weakref.WeakValueDictionary[str, ModuleType] = weakref.WeakValueDictionary()
"""The modules by name, while they live."""

_OWN = "__emitted_module__"


class _StandIn(ModuleType):
    """The entry of ``sys.modules`` in place of a module, which it does not keep alive."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(module.__name__)
        self.__file__ = module.__file__
        self.__dict__["_module"] = weakref.ref(module)

    def __getattr__(self, name: str) -> Any:
        module = self.__dict__["_module"]()
        if module is None:
            raise AttributeError(f"module {self.__name__!r} is gone, and its attribute {name!r} with it")
        return getattr(module, name)


def emitted_module(text: str) -> ModuleType:
    """The module of this source. One source has one module at a time; tracebacks and ``inspect`` can show
    lines of it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"archdsl_network_{digest}"
    known = _living.get(name)
    if known is not None:
        return known
    module = ModuleType(name)
    module.__file__ = f"<archdsl {digest}>"
    exec(compile(text, module.__file__, "exec"), module.__dict__)
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name:
            if issubclass(value, torch.nn.Module):
                value.__reduce_ex__ = _reduced(text)  # type: ignore[method-assign]
            else:
                value.__reduce__ = _reduced_tuple(text)  # type: ignore[method-assign]
    known = _living.setdefault(name, module)
    if known is module:  # another thread may have been as quick
        _register(module, text)
    return known


def _register(module: ModuleType, text: str) -> None:
    # A function holds the dictionary in which it was defined, and through that entry the module.
    module.__dict__[_OWN] = module
    name, file = module.__name__, module.__file__
    assert file is not None
    stand_in = sys.modules[name] = _StandIn(module)
    lines = linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    weakref.finalize(module, _forget, name, file, stand_in, lines).atexit = False
    # torch.compile imports the module of a function by this name, and would have the stand-in; without it
    # the function's own dictionary serves, as it does for the code that torch.fx writes.
    del module.__dict__["__name__"]


def _forget(name: str, file: str, stand_in: ModuleType, lines: object) -> None:
    # A new module of the same source may have taken these places.
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    if linecache.cache.get(file) is lines:
        del linecache.cache[file]


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
    network = getattr(emitted_module(text), name)
    module: torch.nn.Module = network.__new__(network)
    return module


def restored_tuple(text: str, name: str, values: tuple[object, ...]) -> tuple[object, ...]:
    """The named tuple of that source; what unpickling makes."""
    made: tuple[object, ...] = getattr(emitted_module(text), name)(*values)
    return made
