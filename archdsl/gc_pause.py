"""Building large structures without the garbage collector walking them again and again.

A graph is hundreds of thousands of small objects without cycles. The collector would walk all of
them each time their number has grown by a quarter, which makes a node of a large network dearer
than one of a small network, and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Keep the collector off inside, and as it was outside."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
