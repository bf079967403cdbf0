"""Work that may nest deeper than Python's own stack: on a stack of ours."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

from archdsl.constructs.base import Made


def finish(first: Made[Any]) -> Any:
    """Do the work to its end, and return its result; a value is its own.

    Work is a generator. It yields the work that it waits for and is sent its result, or has its exception
    raised where it waits; what is no work is sent back as it is. So the depth of a design is bounded by the limits of the language
    and not by the interpreter's, which all threads share.
    """
    if not isinstance(first, GeneratorType):
        return first
    stack = [first]
    result: Any = None
    fault: BaseException | None = None
    while stack:
        try:
            waits_for = stack[-1].send(result) if fault is None else stack[-1].throw(fault)
        except StopIteration as end:
            stack.pop()
            result, fault = end.value, None
        except BaseException as raised:  # whatever it is, the work that waits may have to put things right
            stack.pop()
            fault = raised
        else:
            fault = None
            if waits_for.__class__ is GeneratorType:
                stack.append(waits_for)
                result = None
            else:
                result = waits_for
    if fault is not None:
        raise fault
    return result
