"""Work that may nest deeper than Python's own stack: on a stack of ours."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

from archdsl.constructs.base import Made, Steps


def finish(first: Made[Any]) -> Any:
    """Do the work to its end, and return its result; a value is its own.

    Work is a generator. It yields the work that it waits for and is sent its result, or has its exception
    raised where it waits; what is no work is sent back as it is. So the depth of a design is bounded by the limits of the language
    and not by the interpreter's, which all threads share.
    """
    if first.__class__ is not GeneratorType:
        return first
    work: Steps[Any] = first
    waiting: list[Steps[Any]] = []
    resume, sent = work.send, None
    while True:
        try:
            wanted = resume(sent)
        except StopIteration as end:
            if not waiting:
                return end.value
            work = waiting.pop()
            resume, sent = work.send, end.value
        except BaseException as raised:  # whatever it is, the work that waits may have to put things right
            if not waiting:
                raise
            work = waiting.pop()
            resume, sent = work.throw, raised
        else:
            if wanted.__class__ is GeneratorType:
                waiting.append(work)
                work, sent = wanted, None
            else:
                sent = wanted
            resume = work.send
