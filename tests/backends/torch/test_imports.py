"""Emitted source imports what it uses, whatever its docstrings, labels and texts say."""

from __future__ import annotations

import ast

import pytest

import archdsl

IMPORTED = ("F", "torch", "nn", "Tensor", "Any", "NamedTuple", "recomputed", "checkpoint", "Callable")
STEPS = {
    "layer": "conv(4, 3)",
    "function": "pad(0, channels=[0, 2])",
    "tensor": "permute(0, 2, 1)",
    "parameters": "layer_scale(0.1)",
    "norm of channels": "layer_norm(dim=1)",
    "scope": "conv(4, 3) -> relu",
}


def uses(text: str) -> tuple[set[str], set[str]]:
    """The names that a module imports, and those that it reads and does not define."""
    tree = ast.parse(text)
    imported: set[str] = set()
    defined: set[str] = set()
    read: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else defined).add(node.id)
    builtin = set(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
    return imported, read - defined - builtin


@pytest.mark.parametrize("label", IMPORTED)
@pytest.mark.parametrize("step", STEPS)
def test_imports_are_the_names_that_are_used(step: str, label: str) -> None:
    # A map for some, a sequence for others.
    shape = "[4, 8]" if step == "tensor" else "[4, 8, 8]"
    text = f'network n\n"F. Chollet: torch.nn, Any Tensor (NamedTuple), recomputed(x)"\ninput {shape}\n'
    network = archdsl.load(text + f"body {{\n  {label}: {STEPS[step]}\n}}\n")
    imported, used = uses(network.torch_source())
    assert imported == used


@pytest.mark.parametrize("name", ["densenet121", "googlenet", "resnet1202", "inception_resnet_v2", "lenet5"])
def test_those_of_real_networks(name: str) -> None:
    imported, used = uses(archdsl.load(name).torch_source())
    assert imported == used
