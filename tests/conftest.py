"""What all tests share: their tiers, golden files, fresh processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from tests import tiers
from tests.tiers import ROOT

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


def pytest_configure(config: pytest.Config) -> None:
    """`-m plain` leaves out what takes long, as the `-m` of pyproject.toml does, unless it names it."""
    options = config.getini("addopts")
    usual = options[options.index("-m") + 1]
    chosen = config.option.markexpr
    if chosen and not set(re.findall(r"\w+", chosen)) & {"slow", "fuzz", "bench"}:
        config.option.markexpr = f"({chosen}) and {usual}"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A file of tests that cannot be loaded here is left out; `not_collected` says so."""
    is_test = collection_path.match("test_*.py")
    return True if is_test and tiers.missing(tiers.needed_to_load(collection_path)) else None


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [line] if (line := not_collected(config)) else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not terminalreporter.showheader and (line := not_collected(config)):  # `--quiet`
        terminalreporter.write_line(line)


def not_collected(config: pytest.Config) -> str:
    """A line about the files, of those asked for, that need what is not installed; empty without any."""
    places = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    left_out = [
        missing
        for path in ROOT.glob("tests/**/test_*.py")
        if any(path.is_relative_to(place.resolve()) for place in places)
        and (missing := tiers.missing(tiers.needed_to_load(path)))
    ]
    if not left_out:
        return ""
    needed = sorted(frozenset().union(*left_out))
    return f"files not collected: {len(left_out)}, for lack of {' or '.join(needed)} ({tiers.installation(needed)})"


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test with the tiers that it is in."""
    for item in items:
        needed = tiers.needed_to_load(item.path) | {mark.name for mark in item.iter_markers()} & tiers.TIERS
        for tier in needed or ("plain",):
            item.add_marker(tier)
        if missing := tiers.missing(needed):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {tiers.installation(missing)}"))


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
