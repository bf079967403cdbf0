"""``archdsl compile --to torch``"""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Archdsl

NET = "name: tiny\ninput: [3, 8, 8]\nbody:\n  - conv: conv(4, 3)\n  - batch_norm -> relu\n"


@pytest.fixture
def net(tmp_path: Path) -> str:
    (tmp_path / "net.yaml").write_text(NET)
    return "net.yaml"


@pytest.mark.torch
def test_the_source_is_written_and_makes_the_network(archdsl: Archdsl, tmp_path: Path) -> None:
    import torch

    done = archdsl("compile", "lenet5_modern", "--to", "torch", "-o", "net.py")
    assert (done.returncode, done.stderr) == (0, "")
    namespace: dict[str, object] = {"__name__": "net"}
    exec(compile((tmp_path / "net.py").read_text(encoding="utf-8"), "net.py", "exec"), namespace)
    module = namespace["Lenet5Modern"]()  # type: ignore[operator]
    assert module(torch.zeros(2, 1, 32, 32)).shape == (2, 10)


def test_without_a_name_the_network_s_is_taken_and_a_dash_is_standard_output(
    archdsl: Archdsl, net: str, tmp_path: Path
) -> None:
    archdsl("compile", net, "--to", "torch")
    done = archdsl("compile", net, "--to", "torch", "-o", "-")
    assert done.stdout == (tmp_path / "tiny.py").read_text(encoding="utf-8")
    ast.parse(done.stdout)


@pytest.mark.parametrize("option", ["--weights", "--seed", "--opset"])
def test_options_of_models_are_refused(archdsl: Archdsl, net: str, option: str, tmp_path: Path) -> None:
    done = archdsl("compile", net, "--to", "torch", option, "3")
    assert done.returncode == 2
    assert f"`{option}` is for ONNX" in done.stderr
    assert not (tmp_path / "tiny.py").exists()


def test_torch_is_not_imported(net: str, tmp_path: Path) -> None:
    code = (
        "import sys, archdsl\n"
        f"archdsl.load({net!r}).torch_source()\n"
        "assert not {'torch', 'numpy', 'onnx'} & set(sys.modules), 'heavy'\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, check=True)
