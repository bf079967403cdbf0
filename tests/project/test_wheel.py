"""The built wheel, in an empty environment, away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "archdsl",
    "architectures",
    "grammar",
    "pyproject.toml",
    "hatch_build.py",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
)


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the settings of this checkout and return its output. It has to go well."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PIP_USER")
    }
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    source = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, source)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", source / "dist", source, cwd=source)
    return source / "dist"


def test_the_sdist_is_whole(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"grammar/arch.lark", "architectures/densenet121.yaml", "hatch_build.py", "LICENSE"} <= names


def test_the_wheel_carries_everything_once(built: Path) -> None:
    (archive,) = built.glob("*.whl")
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
    assert len(names) == len(set(names))
    assert {
        "archdsl/_data/grammar/arch.lark",
        "archdsl/_data/architectures/densenet121.yaml",
        "archdsl/py.typed",
    } <= set(names)
    zoo = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "architectures").rglob("*") if path.is_file()
    }
    assert zoo == {name.removeprefix("archdsl/_data/") for name in names if "/architectures/" in name}
    assert not [name for name in names if not name.startswith(("archdsl/", "archdsl-"))]


def files_of(package: Path) -> set[Path]:
    return {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_an_installed_wheel_compiles_a_network_by_name(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    programs = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    run(
        programs / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", archive, cwd=tmp_path
    )  # fmt: skip
    work = tmp_path / "work"
    work.mkdir()
    (package,) = (tmp_path / "empty").rglob("archdsl/py.typed")
    before = files_of(package.parent)
    assert not [path for path in before if path.suffix in (".bin", ".pickle", ".table")]
    assert "7,978,856 params" in run(programs / "archdsl", "check", "densenet121", cwd=work)
    run(programs / "archdsl", "compile", "densenet121", "--to", "onnx", cwd=work)
    # 7,978,856 parameters and 83,648 buffers of four bytes.
    assert (work / "densenet121.onnx").stat().st_size > 4 * (7_978_856 + 83_648)
    assert files_of(package.parent) == before, "what runs writes nothing into the package"
    missing = subprocess.run(
        [programs / "archdsl", "run", "densenet121.onnx"],
        capture_output=True,
        text=True,
        cwd=work,
        check=False,
    )
    assert missing.returncode == 2
    assert 'pip install "archdsl[cpu]"' in missing.stderr
    assert "Traceback" not in missing.stderr
