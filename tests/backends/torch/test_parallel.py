"""The live module under DataParallel and DistributedDataParallel, on the CPU."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from tests.backends.torch.loaded import made, same, values
from tests.conftest import ENVIRONMENT, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROCESS = """
import os, sys, warnings
warnings.simplefilter("error")
import torch, torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel
from tests.backends.torch.loaded import made, values

rank, world, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(1)
distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world)
for name in sys.argv[4:]:
    network, (images, *others) = made(name, batch=4)
    for each in network.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    module = DistributedDataParallel(network, find_unused_parameters=False)
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
    mine = [value[rank::world] for value in (images, *others)]
    for _ in range(2):  # the second step finds out what the first left undone
        optimizer.zero_grad()
        found = module(*mine)
        sum(value.square().mean() for value in values(found)).backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters()]
        optimizer.step()
    # Every process has the same gradients, and then the same parameters.
    for tensor in (*gradients, *network.parameters()):
        first = tensor.detach().clone()
        distributed.broadcast(first, 0)
        assert torch.equal(first, tensor), name
    assert {path.removeprefix("module.") for path in module.state_dict()} == {*network.state_dict()}
distributed.barrier()
distributed.destroy_process_group()
# All is asserted. Gloo's threads may outlive the interpreter, which then aborts now and then.
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
"""


@pytest.mark.parametrize("world", [1, 2])
def test_trains_in_distributed_processes(world: int, tmp_path: Path) -> None:
    """Each parameter gets its gradient in each step: none is left over for `find_unused_parameters`."""
    names = ["resnet18", "googlenet", "fpn", "siamese"] if world == 1 else ["googlenet"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(rank), str(world), str(tmp_path), *names],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=ENVIRONMENT,
        )
        for rank in range(world)
    ]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * world, errors


@pytest.mark.parametrize("name", ["googlenet", "fusion"])
def test_runs_in_data_parallel(name: str) -> None:
    """Without a GPU it is passed through; what its replicas return is gathered field by field."""
    module, inputs = made(name, batch=4)
    parallel = torch.nn.DataParallel(module)
    torch.manual_seed(1)
    found = parallel(*inputs)
    torch.manual_seed(1)
    assert type(found) is type(module(*inputs))
    assert {path.removeprefix("module.") for path in parallel.state_dict()} == {*module.state_dict()}
    sum(value.square().mean() for value in values(found)).backward()


@pytest.mark.parametrize("name", ["googlenet", "fpn"])
def test_replicas_run_and_what_they_return_can_be_gathered(name: str) -> None:
    module, inputs = made(name)
    module.eval()
    replica = module._replicate_for_data_parallel()  # type: ignore[operator]
    assert type(replica) is type(module)
    assert same(replica(*inputs), module(*inputs))
    # DataParallel gathers named tuples field by field, and makes another of their type.
    found = module.train()(*inputs)
    again = type(found)(*(getattr(found, field) for field in found._fields))
    assert same(again, found)
    if name == "googlenet":
        assert again.weights == (1.0, 0.3, 0.3)
