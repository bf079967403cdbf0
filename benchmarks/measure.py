"""Fresh processes: how long they take and how much memory they hold at their peak."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fresh(NamedTuple):
    """Of some runs of one command: seconds from start to end, and MiB of resident memory."""

    fastest: float
    median: float
    peak: float


class FailedError(Exception):
    """A command that was to be measured failed; its last line says why."""


def fresh(command: Sequence[str | os.PathLike[str]], runs: int, folder: str | None = None) -> Fresh:
    """Run a command some times in processes of their own. Raises `FailedError`.

    A first run, which fills caches of files and of compiled modules, is not counted. The kernel
    counts a process's peak from the fork on, so this one has to stay smaller than those it measures:
    it imports nothing of archdsl.
    """
    # Without its compiled modules Python would read every source each time.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    seconds, peaks = [], []
    for _ in range(runs + 1):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - start)
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise FailedError((said.strip().splitlines() or [f"exit code {process.returncode}"])[-1])
        peaks.append(usage.ru_maxrss / 1024)
    return Fresh(min(seconds[1:]), statistics.median(seconds[1:]), max(peaks[1:]))
