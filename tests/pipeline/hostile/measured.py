"""A check in a fresh process under limits, measured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ENVIRONMENT

resource = pytest.importorskip("resource", reason="limits and measures of a process are Unix's")

SECONDS = 2.0
"""Of the processor, start of Python and imports included."""
MEBIBYTES = 500
SLACK = float(os.environ.get("ARCHDSL_TIME_SLACK", "1"))
"""By how much a slow or crowded machine may be slower."""

_ADDRESS_SPACE = 4 * 2**30


class Measured(NamedTuple):
    """How a check ended, what it printed, and what it took."""

    status: int
    printed: str
    seconds: float
    mebibytes: float

    @property
    def first_line(self) -> str:
        return self.printed.splitlines()[0] if self.printed else ""

    @property
    def code(self) -> str:
        """The code of the first diagnostic."""
        errors = [line for line in self.printed.splitlines() if line.startswith(("error[", "warning["))]
        return errors[0].partition("[")[2].partition("]")[0] if errors else ""


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    seconds = int(10 * SECONDS * SLACK)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


# A process counts the memory of the one it was forked from, which here is all of pytest: so a small
# one stands between the two.
_BETWEEN = """
import json, os, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "archdsl", *sys.argv[1:]], capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
scale = 2**20 if sys.platform == "darwin" else 2**10
json.dump([done.returncode, (done.stderr + done.stdout).decode(errors="replace"),
           used.ru_utime + used.ru_stime, used.ru_maxrss / scale], sys.stdout)
"""


def measure(*arguments: str, cwd: Path) -> Measured:
    """Run ``archdsl`` in a fresh process and measure it."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", _BETWEEN, *arguments],
        capture_output=True,
        cwd=cwd,
        env=ENVIRONMENT,
        preexec_fn=_limited,
        timeout=60 * SLACK,
        check=True,
    )
    return Measured(*json.loads(done.stdout))


def assert_bounded(measured: Measured) -> None:
    """It ended by itself, in time, in little memory, and not by a fault of ours."""
    assert measured.status in (0, 1, 2), measured.printed[-2000:]
    assert "internal error" not in measured.printed
    assert "Traceback" not in measured.printed
    assert measured.seconds < SECONDS * SLACK
    assert measured.mebibytes < MEBIBYTES
