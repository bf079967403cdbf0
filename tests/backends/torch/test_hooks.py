"""Hooks on the live module, and what comes out of it in training and in evaluation."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from archdsl.backends.torch.form_walk import layer_of
from archdsl.ops.torch_form import Layer
from tests.backends.torch.loaded import NETWORKS, loaded, made, same, values


@NETWORKS
@pytest.mark.parametrize("training", [True, False])
def test_forward_hooks_fire_wherever_something_runs(name: str, training: bool) -> None:
    network = loaded(name)
    graph, module = network.graph, network.to_torch().train(training)
    inputs = [torch.randn(2, *shape) for shape in network.inputs.values()]
    fired: dict[str, list[tuple[int, ...]]] = {}

    def hook(path: str) -> Any:
        def fire(inner: torch.nn.Module, given: Any, output: Any) -> None:
            fired.setdefault(path, []).append(tuple(values(output)[0].shape[1:]))

        return fire

    for path, inner in module.named_modules():
        inner.register_forward_hook(hook(path))
    module(*inputs)
    # By the graph: what each node calls, and all scopes around it.
    calls: Counter[str] = Counter()
    for node in graph.nodes:
        layer = layer_of(node.op.to_torch(graph.input_shapes(node))) if node.inputs else None
        if layer is not None and (training or node.auxiliary_head is None):
            calls[node.owner] += 1
            if isinstance(node.op.to_torch(graph.input_shapes(node)), Layer):
                assert node.shape in fired[node.owner]
    scopes = {call[:at] for call in calls for at, letter in enumerate(call) if letter == "."}
    assert {"", *calls, *scopes} <= {*fired}
    assert {path: len(fired[path]) for path in calls} == dict(calls)
    assert len(fired[""]) == 1
    # What runs besides are operators with parameters and no layer of torch's, and scopes of functions.
    held = {node.owner for node in graph.nodes if node.auxiliary_head is None or training}
    assert {*fired} <= {"", *held, *(path[:at] for path in held for at, c in enumerate(path) if c == ".")}
    for path in scopes & {*graph.scopes}:
        assert graph.nodes[graph.scopes[path]].shape in fired[path]


def test_a_block_that_is_shared_fires_each_time() -> None:
    module, inputs = made("siamese")
    fired = []
    module.get_submodule("encoder").register_forward_hook(lambda *given: fired.append(given[2].shape))
    module(*inputs)
    assert len(fired) == 2


def test_hooks_can_replace_what_flows() -> None:
    module, inputs = made("resnet18")
    module.eval()
    plain = module(*inputs)
    zero = module.get_submodule("layer4").register_forward_hook(lambda *given: torch.zeros_like(given[2]))
    assert torch.equal(module(*inputs), module.get_parameter("fc.bias").expand(2, -1))
    zero.remove()
    module.get_submodule("conv1").register_forward_pre_hook(lambda _, given: (given[0] * 0,))
    assert not torch.equal(module(*inputs), plain)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("resnet18", "layer4"),
        ("resnet18", "layer1.0"),
        ("densenet121", "features.denseblock4"),
        ("googlenet", "inception5b"),
        ("googlenet", "aux1"),
        ("convnext", "features.7"),
    ],
)
def test_backward_hooks_on_blocks_see_the_gradient(name: str, path: str) -> None:
    """What Grad-CAM does. On a norm whose output is written over they raise, as with torchvision's."""
    module, inputs = made(name)
    seen = []
    module.get_submodule(path).register_full_backward_hook(lambda *given: seen.append(given[2][0]))
    sum(value.sum() for value in values(module(*inputs))).backward()
    assert len(seen) == 1
    assert seen[0].abs().sum() > 0


@pytest.mark.parametrize("name", ["googlenet", "googlenet of the paper"])
def test_side_heads_come_out_in_training_and_rest_in_evaluation(name: str) -> None:
    network = loaded(name)
    module, inputs = network.to_torch(), [torch.randn(2, *shape) for shape in network.inputs.values()]
    heads = [head.name for head in network.graph.auxiliary_heads]
    paths = [path for path, _ in module.named_modules() if path.split(".")[0] in heads]
    assert paths
    fired = []
    for path in paths:
        module.get_submodule(path).register_forward_hook(lambda *given: fired.append(given[0]))
    found = module(*inputs)
    assert len(fired) == len(paths)
    assert found._fields == ("output", *heads)
    assert found.weights == (1.0, *(head.weight for head in network.graph.auxiliary_heads))
    first, *others = found
    assert first is found.output
    assert all(other.shape == first.shape == (2, 10) for other in others)
    loss = sum(w * value.logsumexp(1).mean() for w, value in zip(found.weights, found, strict=True))
    loss.backward()  # type: ignore[union-attr]
    assert all(parameter.grad is not None for parameter in module.parameters())
    fired.clear()
    found = module.eval()(*inputs)
    assert isinstance(found, torch.Tensor)
    assert not fired
    assert not isinstance(module.train()(*inputs), torch.Tensor)


def test_several_outputs_are_a_named_tuple_in_either_mode() -> None:
    network = loaded("fpn")
    module = network.to_torch()
    for training in (True, False):
        found = module.train(training)(torch.randn(2, 3, 64, 64))
        assert found._fields == tuple(network.outputs)
        assert {name: value.shape[1:] for name, value in found._asdict().items()} == network.outputs


def test_dropout_follows_the_seed_and_stops_in_evaluation() -> None:
    module, inputs = made("googlenet")
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(module(*inputs))
    assert same(found[0], found[1])
    assert not torch.equal(found[0].output, found[2].output)
    module.eval()
    assert torch.equal(module(*inputs), module(*inputs))


def test_batch_norms_count_what_they_have_seen() -> None:
    module, inputs = made("googlenet")
    module(*inputs)
    module.eval()(*inputs)
    module.train()(*inputs)
    counted = {path: int(value) for path, value in module.named_buffers() if path.endswith("tracked")}
    assert counted
    assert {*counted.values()} == {2}


@NETWORKS
def test_the_inputs_stay_as_they_are(name: str) -> None:
    module, inputs = made(name)
    kept = [value.clone() for value in inputs]
    for training in (True, False):
        module.train(training)(*inputs)
        assert all(torch.equal(one, other) for one, other in zip(inputs, kept, strict=True))
