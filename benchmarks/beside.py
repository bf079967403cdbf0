"""Live modules beside torchvision's own: building, running, training, and the memory of training.

    python benchmarks/beside.py [--path FOLDER ...] [--compiled] [--rounds N]

`run.py` runs it, in a Python that has torch and torchvision; ``--path`` are folders at the end of its
path that have archdsl and what it needs. Both modules are in one process, in one PyTorch, from equal
weights, and take turns, so that what else the machine does hits both. Prints one JSON object a line.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile

if TYPE_CHECKING:
    from collections.abc import Callable

# torchvision warns of its initialisations to come, and of what they cost.
warnings.filterwarnings("ignore", module="torchvision")


class Network(NamedTuple):
    """A network under its name in the zoo and in torchvision, and its options there."""

    name: str
    theirs: str
    options: dict[str, Any] = {}


DENSENET = Network("densenet121", "densenet121")
NETWORKS = (
    Network("resnet50", "resnet50"),
    DENSENET,
    Network("googlenet_torchvision", "googlenet", {"init_weights": False}),
    Network("vgg16", "vgg16"),
)
COMPILED = (NETWORKS[0], DENSENET)
CHECKPOINTED = (DENSENET, Network("densenet201", "densenet201"))
BATCH = 1
SIZE = 224


def ours(network: Network, **parameters: object) -> torch.nn.Module:
    import archdsl

    return archdsl.load(network.name, **parameters).to_torch()


def theirs(network: Network, **options: object) -> torch.nn.Module:
    import torchvision

    module: torch.nn.Module = getattr(torchvision.models, network.theirs)(**network.options, **options)
    return module


def pair(network: Network) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Both modules of a network, with torchvision's weights, strictly."""
    theirs_, ours_ = theirs(network), ours(network)
    ours_.load_state_dict(theirs_.state_dict())
    return ours_, theirs_


# ---- time


def turns(
    mine: Callable[[], object],
    other: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Seconds that each takes in each round; who goes first changes from round to round. The first
    round, in which buffers and caches are made, is not counted.

    Seconds of the processor: PyTorch is kept to one thread, for which that is the time it takes where
    nothing else runs, and others on the machine do not count.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for side in (0, 1) if turn % 2 else (1, 0):
            call = (mine, other)[side]
            start = clock()
            call()
            taken[side].append(clock() - start)
    return {"ours": taken[0][1:], "theirs": taken[1][1:]}


def picture() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(BATCH, 3, SIZE, SIZE)


def outputs(result: object) -> list[torch.Tensor]:
    """What a module gave out: one tensor, or a named tuple, sorted by the fields' last digits, since
    torchvision lists its auxiliary heads from the last to the first."""
    if isinstance(result, torch.Tensor):
        return [result]
    fields = result._asdict()  # type: ignore[attr-defined]
    return [fields[name] for name in sorted(fields, key=lambda name: name[-1] if name[-1].isdigit() else "")]


def step(module: torch.nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    """A forward and backward pass, and what came out in between."""
    module.zero_grad(set_to_none=True)
    found = outputs(module(images))
    torch.stack([output.square().mean() for output in found]).sum().backward()
    return found


def inferred(module: torch.nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    with torch.inference_mode():
        return outputs(module(images))


def trained(module: torch.nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    """Everything that a training step computes: outputs, gradients, running statistics."""
    torch.manual_seed(1)
    found = step(module, images)
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    statistics = dict(module.named_buffers())
    ordered = [*sorted(gradients.items()), *sorted(statistics.items())]
    return [*found, *[value for _, value in ordered if value is not None]]


def equal(mine: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    """Whether tensors are equal, bit for bit."""
    return len(mine) == len(other) and all(map(torch.equal, mine, other))


def measure_building(rounds: int) -> None:
    """As users wait for it: by the clock on the wall, with as many threads as PyTorch takes."""
    import archdsl

    # Another network each time, of which nothing is kept; and then one, as who compares seeds has it.
    fresh = [archdsl.load(DENSENET.name) for _ in range(rounds + 1)]
    kept = archdsl.load(DENSENET.name)
    for what, build in (("build", lambda: fresh.pop().to_torch()), ("build again", kept.to_torch)):
        tell(what, DENSENET.name, **turns(build, lambda: theirs(DENSENET), rounds, time.perf_counter))


def measure_running(network: Network, rounds: int, *, compiled: bool = False) -> None:
    kind = "compiled" if compiled else "eager"
    modules = pair(network)
    images = picture()
    for mode, work, check in (("forward", inferred, inferred), ("forward and backward", step, trained)):
        for module in modules:
            module.train(mode != "forward")
        mine, other = modules
        if compiled:
            torch._dynamo.reset()
            mine, other = torch.compile(mine, fullgraph=True), torch.compile(other)
        same = equal(check(mine, images), check(other, images))
        taken = turns(partial(work, mine, images), partial(work, other, images), rounds)
        tell(f"{kind} {mode}", network.name, **taken, equal=same)


# ---- memory


def peak(module: torch.nn.Module, images: torch.Tensor) -> float:
    """MiB of tensors that a training step holds at its peak, beyond those that were there before it:
    activations, gradients and what operators use in between, as PyTorch's allocator counts them."""
    module.train()
    step(module, images)
    module.zero_grad(set_to_none=True)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step(module, images)
    events = profiler.profiler.kineto_results.events()
    changes = sorted((each.start_ns(), each.nbytes()) for each in events if each.name() == "[memory]")
    held = highest = 0
    for _, change in changes:
        held += change
        highest = max(highest, held)
    module.zero_grad(set_to_none=True)
    return highest / 1024**2


def measure_memory(network: Network) -> None:
    mine, other = pair(network)
    images = picture()
    tell("memory", network.name, ours=[peak(mine, images)], theirs=[peak(other, images)])


def measure_checkpointing(network: Network, rounds: int) -> None:
    """Training with and without activation checkpointing."""
    plain, _ = pair(network)
    other = theirs(network, memory_efficient=True)
    mine = ours(network, memory_efficient=True)
    images = picture()
    for module in (other, mine):
        module.load_state_dict(plain.state_dict())
    same = equal(trained(mine, images), trained(plain, images))
    facts = {
        "plain": peak(plain, images),
        "ours": [peak(mine, images)],
        "theirs": [peak(other, images)],
        "equal": same,
    }
    tell("checkpointed memory", network.name, **facts)
    tell(
        "checkpointed step",
        network.name,
        **turns(partial(step, mine, images), partial(step, other, images), rounds),
    )


def tell(what: str, network: str, **facts: object) -> None:
    json.dump({"what": what, "network": network, **facts}, sys.stdout)
    print(flush=True)
    gc.collect()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure live modules beside torchvision's.")
    parser.add_argument("--path", action="append", default=[], help="a folder at the end of Python's path")
    parser.add_argument("--compiled", action="store_true", help="compile modules too: takes minutes")
    parser.add_argument("--rounds", type=int, default=20, help="turns of each module")
    parser.add_argument(
        "--only", default="", help="what begins with this: build, eager, memory, checkpointed"
    )
    options = parser.parse_args()
    sys.path += options.path
    rounds = options.rounds
    threads = torch.get_num_threads()
    parts: list[tuple[str, Callable[[], None]]] = [("build", partial(measure_building, 2 * rounds))]
    parts += [("eager", partial(measure_running, each, rounds)) for each in NETWORKS]
    parts += [("memory", partial(measure_memory, each)) for each in NETWORKS]
    parts += [
        ("checkpointed", partial(measure_checkpointing, each, max(1, rounds // 4))) for each in CHECKPOINTED
    ]
    if options.compiled:
        parts += [("compiled", partial(measure_running, each, rounds, compiled=True)) for each in COMPILED]
    for name, measure in parts:
        if name.startswith(options.only):
            torch.set_num_threads(threads if name == "build" else 1)
            measure()


if __name__ == "__main__":
    main()
