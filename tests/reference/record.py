"""Record the parameter names and shapes of the networks that our files name as their reference.

Run in an environment of its own, which holds the references and nothing of archdsl:

    python3.11 -m venv .reference
    .reference/bin/pip install torch==2.14.1 torchvision==0.29.1
    .reference/bin/pip install --no-deps timm==1.0.31 facenet-pytorch==2.6.0
    .reference/bin/pip install requests tqdm
    .reference/bin/python tests/reference/record.py

Every design with a line ``reference: package:model`` gets a file beside this one: the state dict's
trained tensors and buffers, the multiply-accumulates of one sample in inference as PyTorch's own
counter finds them, torchvision's published figures where it has some, and the package's version.
No weight is written.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).parent
DESIGNS = (HERE.parents[1] / "architectures", HERE.parent / "designs")


def torchvision_model(name: str) -> tuple[Any, dict[str, float]]:
    import torchvision

    # Side heads are part of the reference where it has them; the default initialisation of the two
    # Inception networks would take minutes.
    keywords = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    weights = torchvision.models.get_model_weights(name)
    meta = weights.DEFAULT.meta
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


def recording(reference: str, shape: list[int]) -> dict[str, object]:
    package, _, name = reference.partition(":")
    model, published = PACKAGES[package](name)
    # On the meta device shapes are computed and nothing else. A RegNet cannot be built there.
    model = model.eval().to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, *shape, device="meta"))
    trained = {key: list(value.shape) for key, value in model.named_parameters()}
    buffers = {key: list(value.shape) for key, value in model.state_dict().items() if key not in trained}
    return {
        "reference": reference,
        "version": version(package),
        "macs": counter.get_total_flops() // 2,  # it counts a multiplication and an addition each
        "published": published,
        "trained": dict(sorted(trained.items())),
        "buffers": dict(sorted(buffers.items())),
    }


def main() -> None:
    wanted = references()
    for name, (reference, shape) in wanted.items():
        facts = recording(reference, shape)
        lines = json.dumps(facts, separators=(",", ":"))
        (HERE / f"{name}.json").write_text(lines + "\n", encoding="utf-8")
        print(f"{name}: {reference} {facts['version']}, {len(lines) // 1000} kB", file=sys.stderr)
    for path in HERE.glob("*.json"):
        if path.stem not in wanted:
            path.unlink()
            print(f"{path.name}: no design names it any more, removed", file=sys.stderr)


if __name__ == "__main__":
    main()
