"""The construct `checkpoint`: less memory, and everything else as without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

import archdsl

if TYPE_CHECKING:
    from archdsl.network import Network

BODIES = {
    "a chain": "checkpoint { unit -> unit }",
    "labelled": "checkpoint { a: unit\nb: unit }",
    "a residual inside": "checkpoint { residual { conv(6, 3, padding=1) -> batch_norm } }",
    "inside a residual": "residual {\ncheckpoint { conv(6, 3, padding=1) -> batch_norm }\n}",
    "in a dense block": "dense(3) {\ncheckpoint { batch_norm -> relu -> conv(4, 3, padding=1) }\n}",
    "shared": "a: unit\ncheckpoint { share(a) }",
    "nested": "checkpoint { a: unit\ncheckpoint { b: unit } }",
    "a value from outside": "a: unit\ncheckpoint { conv(6, 1) -> relu\nadd {\nfrom(a)\nrelu\n} }",
    "with dropout": "checkpoint { unit -> dropout(0.5) -> unit }",
}


DESIGN = """
network design
input [3, 8, 8]
block unit { conv(6, 3, padding=1) -> batch_norm -> relu }
body {
stem: conv(6, 1)
BODY
global_avg_pool -> flatten
head: linear(4)
}
"""


def networks(body: str) -> tuple[Network, Network]:
    """The design with its checkpoints and without."""
    return archdsl.load(DESIGN.replace("BODY", body)), archdsl.load(
        DESIGN.replace("BODY", body.replace("checkpoint {", "when(true) {"))
    )


def stepped(module: torch.nn.Module, inputs: torch.Tensor, step: Any = None) -> torch.Tensor:
    torch.manual_seed(1)
    output: torch.Tensor = (module if step is None else step)(inputs)
    output.square().sum().backward()
    return output


@pytest.mark.parametrize("body", list(BODIES.values()), ids=list(BODIES))
def test_gradients_and_statistics_are_those_of_the_plain_design(body: str) -> None:
    kept, plain = (network.to_torch(seed=3) for network in networks(body))
    assert list(kept.state_dict()) == list(plain.state_dict())
    inputs = torch.randn(4, 3, 8, 8)
    for _ in range(2):
        assert torch.equal(stepped(kept, inputs), stepped(plain, inputs))
    for (name, one), other in zip(kept.named_parameters(), plain.parameters(), strict=True):
        assert one.grad is not None, name
        assert other.grad is not None, name
        torch.testing.assert_close(one.grad, other.grad, msg=name)
    # A batch is counted once, though the forward pass runs twice.
    for (name, one), other in zip(kept.named_buffers(), plain.buffers(), strict=True):
        assert torch.equal(one, other), name
    assert torch.equal(kept.eval()(inputs), plain.eval()(inputs))


def test_batch_norms_count_each_batch_once() -> None:
    module = networks(BODIES["a chain"])[0].to_torch()
    for _ in range(3):
        stepped(module, torch.randn(4, 3, 8, 8))
    counted = [int(value) for name, value in module.named_buffers() if name.endswith("tracked")]
    assert counted == [3, 3]


def test_norms_that_are_frozen_stay_so() -> None:
    module = networks(BODIES["a chain"])[0].to_torch()
    norms = [each for each in module.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.eval()
    before = [norm.running_mean.clone() for norm in norms if norm.running_mean is not None]
    stepped(module, torch.randn(4, 3, 8, 8))
    assert all(torch.equal(norm.running_mean, kept) for norm, kept in zip(norms, before, strict=True))  # type: ignore[arg-type]
    assert all(norm.track_running_stats for norm in norms)


def test_a_part_without_gradients_runs() -> None:
    """Frozen weights, `no_grad` and inputs that want a gradient."""
    module = networks(BODIES["labelled"])[0].to_torch()
    with torch.no_grad():
        assert module(torch.randn(4, 3, 8, 8)).shape == (4, 4)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name.startswith("head"))
    inputs = torch.randn(4, 3, 8, 8, requires_grad=True)
    stepped(module, inputs)
    assert inputs.grad is not None
    assert inputs.grad.abs().sum() > 0


def saved(module: torch.nn.Module, inputs: torch.Tensor) -> int:
    """The bytes that a forward pass keeps for the backward pass, its parameters aside."""
    own = {parameter.untyped_storage().data_ptr() for parameter in module.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        output = module(inputs)
    del output
    return sum(kept.values())


def test_a_dense_network_keeps_a_fraction_for_the_backward_pass() -> None:
    """Of n layers the plain one keeps order n squared maps, this one order n."""
    body = "dense(12) {\ncheckpoint { batch_norm -> relu -> conv(8, 3, padding=1) }\n}"
    kept, plain = (network.to_torch() for network in networks(body))
    inputs = torch.randn(8, 3, 8, 8)
    assert saved(kept, inputs) < saved(plain, inputs) / 4


@pytest.mark.parametrize("name", ["a chain", "in a dense block"])
def test_compiled_it_does_the_same(name: str) -> None:
    kept, plain = (network.to_torch(seed=3) for network in networks(BODIES[name]))
    inputs = torch.randn(4, 3, 8, 8)
    stepped(plain, inputs)
    stepped(kept, inputs, torch.compile(kept, fullgraph=True, backend="aot_eager"))
    for one, other in zip(kept.parameters(), plain.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-4)
    for one, other in zip(kept.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(one, other)
