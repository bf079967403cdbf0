"""Record facts about the networks that our files name as their reference: `make reference`.

It runs in an environment of its own, ``.reference``, which the Makefile makes: it holds the references
and nothing of archdsl.

Every design with a line ``reference: package:model`` gets files beside this one:

- ``NAME.json``: the state dict's trained tensors and buffers, the multiply-accumulates of one sample in
  inference as PyTorch's own counter finds them, torchvision's published figures where it has some, and
  the package's version;
- ``NAME.npz``: the logits of two samples with the weights of `filled.py`, at the design's size or 128,
  whichever is smaller: ``shape`` of the batch, ``logits`` as float32, computed in float64; of more
  than a thousand classes every ``step``-th;
- ``initial/NAME.json``, for torchvision's in `INITIAL`: mean, deviation, least and largest value of each
  tensor as the package itself initialises it.

No weight is written. Names on the command line record these designs only.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy
import torch
from filled import filled, is_index, sample
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).parent
DESIGNS = (HERE.parents[1] / "architectures", HERE.parent / "designs")
BATCH, LARGEST_SIZE, MOST_CLASSES = 2, 128, 1000
# Inception v3's auxiliary head has a window that fits on nothing smaller; a ViT's positions are for one size, and the
# windows of a Swin or a MaxViT divide theirs.
WHOLE_INPUT = ("inception_v3", "maxvit", "swin", "vit")
# Weights whose figures are for the network's own input, where the best are for a larger one.
PUBLISHED = {"regnet_y_128gf": "IMAGENET1K_SWAG_LINEAR_V1", "vit_h_14": "IMAGENET1K_SWAG_LINEAR_V1"}
# A network of each way in which torchvision initialises those that the zoo has.
INITIAL = (
    "alexnet_torchvision", "densenet121", "googlenet_torchvision", "inception_v3", "resnet18", "resnext50", "vgg11_bn"
)  # fmt: skip


def torchvision_model(name: str, *, initialised: bool = False) -> tuple[Any, dict[str, float]]:
    """The model and its published figures. Without ``initialised`` its weights may be anything.

    Auxiliary heads are part of the reference where it has them.
    """
    import torchvision

    # The rule of the two Inception networks takes long, and is only worth it where it is looked at.
    keywords = {"init_weights": initialised} if name in ("googlenet", "inception_v3") else {}
    weights = torchvision.models.get_model_weights(name)
    meta = weights[PUBLISHED.get(name, "DEFAULT")].meta
    model = torchvision.models.get_model(name, weights=None, **keywords)
    return model, {"params": meta["num_params"], "giga_macs": meta["_ops"]}


def timm_model(name: str) -> tuple[Any, dict[str, float]]:
    import timm

    return timm.create_model(name, pretrained=False), {}


def facenet_model(name: str) -> tuple[Any, dict[str, float]]:
    import facenet_pytorch

    # The width of its published VGGFace2 weights.
    return getattr(facenet_pytorch, name)(classify=True, num_classes=8631), {}


PACKAGES = {"torchvision": torchvision_model, "timm": timm_model, "facenet-pytorch": facenet_model}


def line_of(path: Path, key: str) -> str | None:
    """The text of a key on the top level of a design, or None."""
    found = re.search(rf"^{key}: *(.+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def input_shape(path: Path) -> list[int]:
    """A design's input, which it has from the file that it extends where it has none of its own."""
    written = line_of(path, "input")
    if written is None:
        return input_shape(path.parent / str(line_of(path, "extends")))
    shape: list[int] = json.loads(written)
    return shape


def references() -> dict[str, tuple[str, list[int]]]:
    """The reference that each design names and the design's input, by the design's file name."""
    found = {}
    for folder in DESIGNS:
        for path in sorted(folder.glob("*.yaml")):
            if reference := line_of(path, "reference"):
                found[path.stem] = reference, input_shape(path)
    return found


@torch.no_grad()
def logits(model: torch.nn.Module, batch: tuple[int, ...], network: str) -> dict[str, numpy.ndarray]:
    """What the model answers with the weights of `filled.py` to the input of `filled.py`."""
    model = model.eval().double()
    for name, tensor in model.state_dict().items():
        if not is_index(name):
            tensor.copy_(torch.from_numpy(filled(name, tuple(tensor.shape), network)))
    output = model(torch.from_numpy(sample(batch)).double()).float().numpy()
    step = -(-output.shape[1] // MOST_CLASSES)
    return {"shape": numpy.array(batch), "step": numpy.array(step), "logits": output[:, ::step]}


def recording(
    reference: str, shape: list[int], largest: int | None
) -> tuple[dict[str, object], dict[str, numpy.ndarray]]:
    package, _, name = reference.partition(":")
    model, published = PACKAGES[package](name)
    channels, *sizes = shape
    answer = logits(model, (BATCH, channels, *[min(size, largest or size) for size in sizes]), name)
    # On the meta device shapes are computed and nothing else. A RegNet cannot be built there.
    model = model.eval().to("meta")
    # Of attention the counter sees the matrix products, and no kernel that does all at once.
    torch.backends.mha.set_fastpath_enabled(False)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, *shape, device="meta", dtype=torch.float64))
    trained = {key: list(value.shape) for key, value in model.named_parameters()}
    buffers = {key: list(value.shape) for key, value in model.state_dict().items() if key not in trained}
    facts = {
        "reference": reference,
        "version": version(package),
        "macs": counter.get_total_flops() // 2,  # it counts a multiplication and an addition each
        "published": published,
        "trained": dict(sorted(trained.items())),
        "buffers": dict(sorted(buffers.items())),
    }
    return facts, answer


def initial(reference: str) -> dict[str, list[float]]:
    """Mean, deviation, least and largest of each trained tensor as torchvision initialises it."""
    torch.manual_seed(0)
    model, _ = torchvision_model(reference.partition(":")[2], initialised=True)
    found = {}
    for name, tensor in model.named_parameters():
        values = tensor.detach().double()
        numbers = values.mean(), values.std(correction=0), values.min(), values.max()
        found[name] = [float(f"{number.item():.5g}") for number in numbers]
    return found


def main() -> None:
    wanted = references()
    for name, (reference, shape) in wanted.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        facts, answer = recording(reference, shape, None if name.startswith(WHOLE_INPUT) else LARGEST_SIZE)
        lines = json.dumps(facts, separators=(",", ":"))
        (HERE / f"{name}.json").write_text(lines + "\n", encoding="utf-8")
        numpy.savez(HERE / f"{name}.npz", **answer)
        if name in INITIAL:
            rows = [f"{json.dumps(key)}: {values}" for key, values in initial(reference).items()]
            text = "{\n" + ",\n".join(rows) + "\n}\n"
            (HERE / "initial" / f"{name}.json").write_text(text, encoding="utf-8")
        print(f"{name}: {reference} {facts['version']}, {len(lines) // 1000} kB", file=sys.stderr)
    for path in [*HERE.glob("*.json"), *HERE.glob("*.npz"), *HERE.glob("initial/*.json")]:
        if path.stem not in (INITIAL if path.parent.name == "initial" else wanted):
            path.unlink()
            print(f"{path.name}: no design names it any more, removed", file=sys.stderr)


if __name__ == "__main__":
    main()
