"""What all tests share: golden files, fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The parser's tables are kept in the checkout, and not in the cache of whoever runs the tests.
os.environ["ARCHDSL_CACHE_DIR"] = str(ROOT / "build" / "cache")
_OF_A_TERMINAL = (
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "NO_COLOR",
    "PY_COLORS",
    "TERM",
    "TERMINAL_WIDTH",
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _OF_A_TERMINAL}
"""For fresh processes, which run this checkout from wherever they stand, and look the same everywhere."""
ENVIRONMENT["PYTHONPATH"] = str(ROOT)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files again instead of comparing"
    )


class Golden(Protocol):
    def __call__(self, text: str, name: str) -> None: ...


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with ``golden/NAME`` beside the test; ``--update-golden`` writes it."""
    folder = request.path.parent / "golden"
    update = request.config.getoption("--update-golden")

    def compare(text: str, name: str) -> None:
        path = folder / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no golden file {path}: run pytest --update-golden, and read what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare


class Archdsl(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | bytes = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def archdsl(tmp_path: Path) -> Archdsl:
    """Runs the command line in a fresh process, in an empty folder, without a terminal."""

    def run(
        *arguments: str, stdin: str | bytes = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "archdsl", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=cwd or tmp_path,
            env=ENVIRONMENT,
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run
