"""What the same is in PyTorch, as sources for fresh processes of another Python."""

from __future__ import annotations

META = """
import torch, torchvision
with torch.device("meta"), torch.no_grad():
    model = torchvision.models.densenet121(weights=None).eval()
    output = model(torch.empty(1, 3, 224, 224))
assert output.shape == (1, 1000)
assert sum(p.numel() for p in model.parameters()) == 7_978_856
"""

EXPORT = """
import os, sys, tempfile, torch, torchvision
model = torchvision.models.{name}(weights=None).eval()
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(model, (torch.empty(1, 3, 224, 224),), path, dynamo=True, verbose=False)
    assert os.path.getsize(path)
"""


def exporting(name: str) -> str:
    """Build a model of torchvision's and export it to ONNX."""
    return EXPORT.format(name=name)
