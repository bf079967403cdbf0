"""The live module is an ordinary one: what people do to modules of their own, done to real networks."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch

from archdsl.backends.torch.form_walk import layer_of
from tests.backends.torch.loaded import NETWORKS, SOME, loaded, made, same, values
from tests.conftest import ENVIRONMENT, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def found_torch_class(target: str) -> type[torch.nn.Module]:
    kind: type[torch.nn.Module] = getattr(torch.nn, target.removeprefix("nn."))
    return kind


@NETWORKS
def test_submodules_and_tensors_bear_the_names_of_the_design(name: str) -> None:
    network = loaded(name)
    graph, module = network.graph, network.to_torch()
    for node in graph.nodes:
        layer = layer_of(node.op.to_torch(graph.input_shapes(node))) if node.inputs else None
        if layer is not None:
            assert type(module.get_submodule(node.owner)) is found_torch_class(layer.target)
    owned = graph.tensors
    trained = {path: p.shape for path, p in owned.items() if p.trained}
    assert {path: tuple(p.shape) for path, p in module.named_parameters()} == trained
    buffers = {path for path, p in owned.items() if not p.trained}
    assert {path for path, _ in module.named_buffers()} == buffers
    assert {*module.state_dict()} == {*owned}
    # The counts that every table shows, which leave the auxiliary heads out.
    heads = tuple(f"{node.owner}." for node in graph.nodes if node.auxiliary_head is not None)
    counted = sum(p.numel() for path, p in module.named_parameters() if not path.startswith(heads or ("-",)))
    assert counted == network.params


@NETWORKS
def test_a_fresh_module_is_in_training_on_the_cpu_in_float32(name: str) -> None:
    module, _ = made(name)
    assert all(each.training for each in module.modules())
    for path, tensor in module.state_dict(keep_vars=True).items():
        assert tensor.device.type == "cpu"
        assert tensor.is_leaf
        assert tensor.is_contiguous()
        assert tensor.dtype == (torch.int64 if path.endswith("num_batches_tracked") else torch.float32)
    for parameter in module.parameters():
        assert type(parameter) is torch.nn.Parameter
        assert parameter.requires_grad
        assert parameter.grad is None
    assert not any(buffer.requires_grad for buffer in module.buffers())
    # No two share memory, as they would in one buffer that is cut into pieces.
    starts = [tensor.untyped_storage().data_ptr() for tensor in module.parameters()]
    assert len({*starts}) == len(starts)


# ---- copies


@SOME
def test_states_go_over_strictly_both_ways(name: str) -> None:
    network = loaded(name)
    one, other = network.to_torch(seed=1), network.to_torch(seed=2)
    inputs = [torch.randn(2, *shape) for shape in network.inputs.values()]
    state = copy.deepcopy(one.state_dict())
    assert not same(one.eval()(*inputs), other.eval()(*inputs))
    other.load_state_dict(state, strict=True)
    assert same(one(*inputs), other(*inputs))
    one.load_state_dict(other.state_dict(), strict=True)
    gone, *_ = state
    with pytest.raises(RuntimeError, match="Missing key"):
        one.load_state_dict({path: value for path, value in state.items() if path != gone})
    with pytest.raises(RuntimeError, match="Unexpected key"):
        one.load_state_dict({**state, "other": torch.zeros(1)})


@SOME
@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_is_equal_and_its_own(name: str, way: str) -> None:
    module, inputs = made(name)
    module(*inputs)  # so that batch norms have counted
    module.eval()
    wanted = module(*inputs)
    twin = copy.deepcopy(module) if way == "deepcopy" else pickle.loads(pickle.dumps(module))
    assert type(twin) is type(module)
    assert not twin.training
    assert list(twin.state_dict()) == list(module.state_dict())
    assert same(twin(*inputs), wanted)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert same(module(*inputs), wanted)


def test_a_copy_takes_hooks_and_attributes_along() -> None:
    module, inputs = made("resnet18")
    module.note = "mine"
    seen: list[torch.nn.Module] = []
    module.get_submodule("layer1.0").register_forward_hook(seen_by(seen))
    twin = copy.deepcopy(module)
    assert twin.note == "mine"
    twin(*inputs)
    (fired,) = twin.get_submodule("layer1.0")._forward_hooks.values()
    assert fired is not None
    part = copy.deepcopy(module.get_submodule("layer2"))
    assert same(part(torch.ones(1, 64, 8, 8)), module.get_submodule("layer2")(torch.ones(1, 64, 8, 8)))
    frozen = copy.deepcopy(module.requires_grad_(False))
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def seen_by(seen: list[torch.nn.Module]) -> Any:
    def hook(inner: torch.nn.Module, given: Any, output: Any) -> None:
        seen.append(inner)

    return hook


FRESH = """
import sys, warnings
warnings.simplefilter("error")
import torch
module, inputs, wanted = torch.load(sys.argv[1], weights_only=False)
found = module(*inputs)
assert type(found) is type(wanted) and found._fields == wanted._fields and found.weights == wanted.weights
assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
assert module.training and type(module).__name__ == "GooglenetTorchvision"
"""


def test_a_module_that_is_saved_whole_runs_in_a_fresh_process(tmp_path: Path) -> None:
    module, inputs = made("googlenet")
    for each in module.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    torch.save((module, inputs, module(*inputs)), tmp_path / "module.pt")
    done = subprocess.run(
        [sys.executable, "-c", FRESH, tmp_path / "module.pt"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr


# ---- kinds of numbers, and layouts


@SOME
def test_channels_last_gives_the_same_and_stays_so(name: str) -> None:
    module, inputs = made(name)
    module.eval()
    with torch.inference_mode():
        wanted = values(module(*inputs))
    module.to(memory_format=torch.channels_last)
    lasting: list[bool] = []

    def hook(inner: torch.nn.Module, given: Any, output: torch.Tensor) -> None:
        lasting.append(output.is_contiguous(memory_format=torch.channels_last))

    for inner in module.modules():
        if isinstance(inner, torch.nn.Conv2d | torch.nn.BatchNorm2d | torch.nn.MaxPool2d):
            inner.register_forward_hook(hook)
    with torch.inference_mode():
        found = values(module(*[value.to(memory_format=torch.channels_last) for value in inputs]))
    assert lasting or name == "lenet5"
    assert all(lasting)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


@SOME
def test_trains_under_autocast(name: str) -> None:
    module, inputs = made(name)
    with torch.autocast("cpu", torch.bfloat16):
        found = values(module(*inputs))
        loss = sum(value.float().square().mean() for value in found)
    assert all(value.dtype == torch.bfloat16 or name == "lenet5" for value in found)
    loss.backward()  # type: ignore[union-attr]
    for parameter in module.parameters():
        assert parameter.grad is not None
        assert parameter.grad.dtype == torch.float32
        assert torch.isfinite(parameter.grad).all()


@SOME
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_runs_in_other_precisions(name: str, dtype: torch.dtype) -> None:
    module, inputs = made(name)
    module.eval()
    with torch.inference_mode():
        wanted = values(module(*inputs))
        found = values(module.to(dtype)(*[value.to(dtype) for value in inputs]))
    tolerance = 1e-4 if dtype == torch.float64 else 0.1
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == dtype
        torch.testing.assert_close(
            one.float(), other, rtol=tolerance, atol=tolerance * float(other.abs().max())
        )


def test_takes_other_batches_and_where_the_design_pools_other_sizes() -> None:
    module, _ = made("resnet18")
    module.eval()
    for shape in ((1, 3, 64, 64), (7, 3, 64, 64), (0, 3, 64, 64), (2, 3, 96, 80)):
        assert module(torch.randn(shape)).shape == (shape[0], 10)


def test_gradients_of_each_sample_by_transforms() -> None:
    module, inputs = made("resnet18")
    module.double().eval()
    parameters = dict(module.named_parameters())

    def loss(given: dict[str, torch.Tensor], image: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = torch.func.functional_call(module, given, (image[None],))
        return output.square().sum()

    images = inputs[0].double()
    found = torch.func.vmap(torch.func.grad(loss), (None, 0))(parameters, images)
    alone = torch.func.grad(loss)(parameters, images[1])
    torch.testing.assert_close(found["conv1.weight"][1], alone["conv1.weight"])
