"""A live module leaves nothing when it is gone, and has all it needs until then."""

from __future__ import annotations

import copy
import gc
import inspect
import linecache
import pickle
import sys
import threading
import traceback
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import torch

import archdsl

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "archdsl_network"
TINY = "network tiny\ninput [3, 8, 8]\nbody {{\n stem: conv({out}, 3) -> relu\n flatten -> linear(2)\n}}\n"


def tiny(out: int = 4) -> torch.nn.Module:
    return archdsl.load(TINY.format(out=out)).to_torch()


def everything() -> tuple[set[str], set[str], set[str]]:
    """The names of emitted modules: Python's modules, files whose lines are kept, and modules of classes."""
    gc.collect()
    # By type, since some objects of others warn when they are asked for their class.
    classes = [each for each in gc.get_objects() if issubclass(type(each), type)]
    return (
        {name for name in sys.modules if name.startswith(OURS)},
        {name for name in linecache.cache if name.startswith("<archdsl")},
        {name for each in classes if (name := str(each.__module__)).startswith(OURS)},
    )


class Left:
    """What there is of emitted modules, beyond what was there before the test."""

    def __init__(self) -> None:
        self.before = everything()

    def __call__(self) -> tuple[int, int, int]:
        modules, files, classes = (now - then for now, then in zip(everything(), self.before, strict=True))
        return len(modules), len(files), len(classes)


NOTHING = (0, 0, 0)


@pytest.fixture
def left() -> Left:
    torch.compiler.reset()
    return Left()


def test_twenty_variants_leave_nothing(left: Left) -> None:
    for growth in range(1, 21):
        module = archdsl.load("densenet40", growth=growth, input="3x8x8").to_torch()
        if growth == 1:
            module.eval()(torch.zeros(1, 3, 8, 8))
        del module
    assert left() == NOTHING


def test_variants_that_live_have_a_module_each_and_equal_ones_share_it(left: Left) -> None:
    held = [tiny(1), tiny(2), tiny(2)]
    assert left() == (2, 2, 2)
    assert type(held[1]) is type(held[2])
    del held[1]
    assert left() == (2, 2, 2)
    held.clear()
    assert left() == NOTHING


def child(module: torch.nn.Module) -> torch.nn.Module:
    """The first submodule whose class the source defines."""
    ours = [each for each in module.modules() if type(each).__module__ == type(module).__module__]
    return ours[1]


def hooked(module: torch.nn.Module) -> torch.nn.Module:
    module.register_forward_hook(lambda *_: None)
    return module


PARTS: dict[str, Callable[[torch.nn.Module], Any]] = {
    "child": child,
    "class": type,
    "method": lambda module: type(module).forward,
    "copy": copy.deepcopy,
    "unpickled": lambda module: pickle.loads(pickle.dumps(module)),
    "hooked": hooked,
}


@pytest.mark.parametrize("part", PARTS)
def test_what_is_left_of_a_network_keeps_its_source(part: str, left: Left) -> None:
    module = archdsl.load("resnet20", input="3x8x8").to_torch()
    kept = PARTS[part](module)
    del module
    assert left() == (1, 1, 1)
    assert "def " in inspect.getsource(type(kept) if isinstance(kept, torch.nn.Module) else kept)
    del kept
    assert left() == NOTHING


def test_a_traceback_shows_the_line() -> None:
    module = tiny()
    try:
        module(torch.zeros(1, 5, 8, 8))
    except RuntimeError as error:
        shown = "".join(traceback.format_exception(error))
    assert "x = self.stem(x)" in shown
    linecache.checkcache()
    assert "class " in inspect.getsource(type(module))
    del module


def test_the_same_source_again_after_it_was_gone(left: Left) -> None:
    first = tiny()
    gone, name = weakref.ref(type(first)), type(first).__module__
    stand_in = sys.modules[name]
    del first
    assert left() == NOTHING
    assert gone() is None
    with pytest.raises(AttributeError, match="is gone"):
        stand_in.Tiny  # noqa: B018 - it is looked up
    again = tiny()
    assert again.eval()(torch.zeros(2, 3, 8, 8)).shape == (2, 2)
    assert getattr(sys.modules[name], type(again).__name__) is type(again)
    del again


def test_one_that_ends_takes_nothing_from_its_successor() -> None:
    """The old module may be collected after a new one of the same source has taken its name."""
    from archdsl.backends.torch.emitted_module import _forget

    module = tiny()
    name = type(module).__module__
    file = type(module).forward.__code__.co_filename
    _forget(name, file, stand_in=type(sys)("another"), lines=())  # type: ignore[arg-type]
    assert name in sys.modules
    assert file in linecache.cache
    del module


def test_threads_that_make_one_network_have_one_class(left: Left) -> None:
    network = archdsl.load(TINY.format(out=3))
    barrier, made = threading.Barrier(4), []

    def make(network: archdsl.Network) -> None:
        barrier.wait()
        made.append(network.to_torch())

    threads = [threading.Thread(target=make, args=(network,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({type(each) for each in made}) == 1
    assert sys.modules[type(made[0]).__module__].__dict__["__file__"].startswith("<archdsl")
    made.clear()
    del threads
    assert left() == NOTHING
