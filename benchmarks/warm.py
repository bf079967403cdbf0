"""Checks in a warm process, from text to counts. Prints JSON; `run.py` runs it.

``again``: densenet121, seconds of the fastest and the middle one of 100 checks.
``nodes``: for each size of a design that repeats one residual block, its nodes, and seconds of the
fastest of some checks; the first, which repeats it no times, is what a check costs without nodes.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from archdsl.pipeline import check

REPEATED = """\
archdsl: 1
name: repeated
params: {{count: {count}}}
input: [8, 16, 16]
blocks:
  unit:
    - residual: >
        conv(8, 3, padding=1, bias=false) -> batch_norm -> relu
        -> conv(8, 3, padding=1, bias=false) -> batch_norm
    - relu
body:
  - repeat(count): unit
"""
NODES_OF_A_UNIT = 7
# Nodes, and how often a design of that size is checked.
SIZES = {0: 100, 100: 100, 1_000: 50, 10_000: 15, 100_000: 5}


def seconds(reference: str, runs: int) -> tuple[list[float], int]:
    """How long each of some checks takes, and the nodes that it finds."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        network = check(reference).network
        assert network is not None
        assert network.macs is not None
        taken.append(time.perf_counter() - start)
    return taken, len(network.graph.nodes)


def main() -> None:
    again, _ = seconds("densenet121", 101)
    nodes = []
    with tempfile.TemporaryDirectory() as folder:
        for size, runs in SIZES.items():
            design = Path(folder) / f"repeated{size}.yaml"
            design.write_text(REPEATED.format(count=size // NODES_OF_A_UNIT), encoding="utf-8")
            taken, found = seconds(str(design), runs)
            nodes.append([found, min(taken)])
    json.dump({"again": [min(again[1:]), statistics.median(again[1:])], "nodes": nodes}, sys.stdout)


if __name__ == "__main__":
    main()
