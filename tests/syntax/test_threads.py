"""One parser serves all threads at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from archdsl.diagnostics import ArchError
from archdsl.source import Source
from archdsl.syntax import parser
from archdsl.syntax.tree import Chain


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def chain(number: int) -> tuple[str, ...]:
    """The texts of what is read in a source of this thread's own, at another place in each."""
    text = " " * number + " -> ".join(f'step{number}(a{i}, "x{{b{i} * 2}}")' for i in range(20))
    source = Source(text, f"{number}.yaml")
    read: Chain = parser.parse_chain(source, 0, len(text))
    spans = [call.span for call in read.calls]
    spans += [argument.value.span for call in read.calls for argument in call.arguments]
    assert all(span.source is source for span in spans)
    return tuple(span.text for span in spans)


def fault(number: int) -> tuple[str, int]:
    text = " " * number + "conv(3) relu"
    with pytest.raises(ArchError) as raised:
        parser.parse_chain(Source(text), 0, len(text))
    found = raised.value.diagnostics[0]
    return found.code, found.span.start - number


def test_each_thread_reads_its_own_text(hasty: None) -> None:
    alone = [chain(number) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(chain, range(40))) == alone


def test_each_thread_has_its_own_mistakes(hasty: None) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fault, range(40))) == {("missing-arrow", 8)}
