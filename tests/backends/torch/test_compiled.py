"""The live module under torch.compile, torch.export and torch.fx: one graph, and the same numbers."""

from __future__ import annotations

import copy
import inspect
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch

import archdsl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADS = """
network heads
input [3, 16, 16]
block cell(out) {
  concat {
    conv(out, 1) -> batch_norm -> relu
    max_pool(3, stride=1, padding=1) -> conv(out, 1)
  }
}
body {
  one: cell(4)
  aux(side, weight=0.4) { global_avg_pool -> flatten -> dropout(0.5) -> linear(3) }
  two: cell(8)
  global_avg_pool -> flatten
  head: linear(3)
}
"""

CHECKPOINTED = """
network checkpointed
input [3, 8, 8]
block unit { conv(6, 3, padding=1) -> batch_norm -> relu -> dropout(0.5) }
body {
  stem: conv(6, 1)
  checkpoint {
    unit
    inner: unit
  }
  residual { conv(6, 1) -> batch_norm }
  global_avg_pool -> flatten
  head: linear(4)
}
"""

NETWORKS: dict[str, Callable[[], archdsl.Network]] = {
    "auxiliary heads": lambda: archdsl.load(HEADS),
    "checkpoint": lambda: archdsl.load(CHECKPOINTED),
    "several outputs": lambda: archdsl.load("tests/designs/fpn.yaml", input="3x32x32"),
    "shared, of two inputs": lambda: archdsl.load(
        "tests/designs/siamese.yaml", input="left=1x65x65,right=1x65x65"
    ),
    "dense": lambda: archdsl.load("densenet", input="3x32x32", layers=[2, 2], growth=8, classes=10),
}
REAL: dict[str, Callable[[], archdsl.Network]] = {
    "resnet18": lambda: archdsl.load("resnet18", input="3x64x64", classes=10),
    "googlenet": lambda: archdsl.load("googlenet_torchvision", input="3x64x64", classes=10),
    "densenet40": lambda: archdsl.load("densenet40", classes=10),
    "efficientnet": lambda: archdsl.load("efficientnet_b0", input="3x64x64", classes=10),
}
ALL = [*NETWORKS, *[pytest.param(name, marks=pytest.mark.slow) for name in REAL]]


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    yield
    torch.compiler.reset()


def made(name: str, batch: int = 2) -> tuple[torch.nn.Module, list[torch.Tensor]]:
    network = {**NETWORKS, **REAL}[name]()
    torch.manual_seed(0)
    return network.to_torch(), [torch.randn(batch, *shape) for shape in network.inputs.values()]


def values(found: Any) -> list[torch.Tensor]:
    return [found] if isinstance(found, torch.Tensor) else list(found)


def close(found: Any, wanted: Any) -> None:
    """Equal within rounding, and of one type."""
    assert type(found) is type(wanted)
    for one, other in zip(values(found), values(wanted), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.detach().abs().max()))


def trained(module: Callable[..., Any], network: torch.nn.Module, inputs: list[torch.Tensor]) -> Any:
    """What comes out in training, after the backward pass of all of it."""
    torch.manual_seed(1)
    network.zero_grad()
    found = module(*inputs)
    sum(value.square().mean() for value in values(found)).backward()
    return found


def gradients(module: torch.nn.Module) -> list[torch.Tensor]:
    found = [parameter.grad for parameter in module.parameters()]
    assert all(gradient is not None for gradient in found)
    return found  # type: ignore[return-value]


class Around(torch.nn.Module):
    """Somebody's module that has a network inside."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.network(*inputs)


@pytest.mark.parametrize("name", ALL)
def test_compiles_whole_in_evaluation(name: str) -> None:
    module, inputs = made(name)
    module.eval()
    with torch.inference_mode():
        wanted = module(*inputs)
        close(torch.compile(module, fullgraph=True, backend="aot_eager")(*inputs), wanted)


@pytest.mark.parametrize("name", ALL)
def test_compiles_whole_in_training_with_the_backward_pass(name: str) -> None:
    module, inputs = made(name)
    before = copy.deepcopy(module.state_dict())
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    trained(compiled, module, inputs)
    # Compiled, other random numbers are drawn: without dropout the two can be compared.
    for each in module.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    module.load_state_dict(before)
    wanted, expected = trained(module, module, inputs), gradients(module)
    after = copy.deepcopy(module.state_dict())
    module.load_state_dict(before)
    close(trained(compiled, module, inputs), wanted)
    for one, other in zip(gradients(module), expected, strict=True):
        assert float((one - other).norm()) <= 1e-3 * float(other.norm()) + 1e-6
    for name, value in module.state_dict().items():
        torch.testing.assert_close(value, after[name])


@pytest.mark.parametrize(
    ("name", "training"),
    [("googlenet", True), ("auxiliary heads", False), ("checkpoint", False), ("checkpoint", True)],
)
def test_compiles_whole_inside_another_module(name: str, training: bool) -> None:
    """The code is then found by the name of its module, as that of any other is."""
    module, inputs = made(name)
    around = Around(module).train(training)
    found = torch.compile(around, fullgraph=True, backend="eager")(*inputs)
    assert type(found) is type(module(*inputs))


@pytest.mark.parametrize(
    ("name", "training"),
    [
        ("googlenet", True),
        ("auxiliary heads", False),
        ("several outputs", False),
        ("shared, of two inputs", True),
    ],
)
def test_has_no_graph_break(name: str, training: bool) -> None:
    module, inputs = made(name)
    found = torch._dynamo.explain(module.train(training))(*inputs)
    assert (found.graph_count, found.graph_break_count) == (1, 0), found.break_reasons


def test_one_graph_serves_every_batch() -> None:
    module, _ = made("dense")
    counted = torch._dynamo.testing.CompileCounter()
    compiled = torch.compile(module.eval(), fullgraph=True, dynamic=True, backend=counted)
    for batch in (2, 3, 5):
        images = torch.randn(batch, 3, 32, 32)
        assert torch.equal(compiled(images), module(images))
    assert counted.frame_count == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ["googlenet", "densenet40"])
def test_compiles_to_machine_code(name: str, training: bool) -> None:
    """In double precision: in single, batch norms over few numbers make much of what is rounded."""
    module, inputs = made(name)
    module.double().train(training)
    inputs = [value.double() for value in inputs]
    for each in module.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    compiled = torch.compile(module, fullgraph=True)
    if training:
        wanted, expected = trained(module, module, inputs), gradients(module)
        close(trained(compiled, module, inputs), wanted)
        for one, other in zip(gradients(module), expected, strict=True):
            assert float((one - other).norm()) <= 1e-8 * float(other.norm()) + 1e-12
    else:
        with torch.inference_mode():
            close(compiled(*inputs), module(*inputs))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_exports_with_any_batch(name: str, strict: bool) -> None:
    module, inputs = made(name, batch=3)
    module.eval()
    sizes = {
        parameter: {0: torch.export.Dim("batch")}
        for parameter in inspect.signature(module.forward).parameters
    }
    exported = torch.export.export(module, tuple(inputs), dynamic_shapes=sizes, strict=strict)
    others = [torch.randn(5, *value.shape[1:]) for value in inputs]
    with torch.no_grad():
        found, wanted = exported.module()(*others), module(*others)
    for one, other in zip(values(found), values(wanted), strict=True):
        torch.testing.assert_close(one, other)
    # Parameters and buffers keep their names.
    assert {*exported.state_dict} == {*module.state_dict()}


@pytest.mark.parametrize(
    "name", [name for name in (*NETWORKS, "googlenet", "efficientnet") if name != "checkpoint"]
)
def test_traces_symbolically(name: str) -> None:
    module, inputs = made(name)
    module.eval()
    traced = torch.fx.symbolic_trace(module)
    with torch.no_grad():
        found, wanted = traced(*inputs), module(*inputs)
    assert all(torch.equal(one, other) for one, other in zip(values(found), values(wanted), strict=True))
    leaves = {node.target for node in traced.graph.nodes if node.op == "call_module"}
    assert leaves <= {path for path, _ in module.named_modules()}
