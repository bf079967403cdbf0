"""A progress bar on stderr, for a person, and only where something takes its time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

PATIENCE = 1.0
"""The seconds that pass before a bar appears."""


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with what is done and what there is in all, or None where no terminal shows it."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(title)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    """A bar of rich's, which is imported when it first appears."""

    def __init__(self, title: str) -> None:
        self._title, self._begun = title, monotonic()
        self._show: Callable[[int, int], None] | None = None
        self._stop: Callable[[], None] | None = None

    def advance(self, done: int, total: int) -> None:
        if self._show is None and monotonic() - self._begun > PATIENCE:
            self._open(total)
        if self._show is not None:
            self._show(done, total)

    def _open(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = bar.add_task(self._title, total=total)
        bar.start()
        self._show = lambda done, total: bar.update(task, completed=done, total=total)
        self._stop = bar.stop

    def close(self) -> None:
        if self._stop is not None:
            self._stop()
