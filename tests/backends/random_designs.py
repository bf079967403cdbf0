"""Random small designs in which any value may come out, twice, be read again, or be read by nothing.

All values have one shape, so that any step can follow any other. The design that belongs to a seed
never changes.
"""

from __future__ import annotations

import random
from typing import NamedTuple

SHAPE = (4, 6)
STEPS = (
    "linear(6)",
    "linear(6, bias=false)",
    "batch_norm",
    "layer_norm",
    "layer_norm(dim=1)",
    "relu",
    "tanh",
    "leaky_relu(0.2)",
    "sigmoid",
    "identity",
    "dropout(0.5)",
    "scale(0.5)",
    "layer_scale(0.5)",
    "softmax",
    "instance_norm",
)
MERGES = ("add", "mul", "max")


class _Scope(NamedTuple):
    """Where steps are being written: the name of the scope that paths open, its own labels, those of them that
    may be shared, whether an output may be named here, and whether it is in an auxiliary head."""

    path: str
    labels: list[str]
    shareable: list[str]
    is_outer: bool
    in_head: bool


def random_design(seed: int) -> str:
    """A design in the `.arch` syntax, with one or two inputs of `SHAPE`."""
    return _Random(seed).design()


class _Random:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.inputs = ["image", "other"][: self.random.choice([1, 1, 2])]
        self.outputs = 0
        self.heads = 0
        self.made = 0

    def design(self) -> str:
        shape = list(SHAPE)
        scope = _Scope("p", [], [], is_outer=True, in_head=False)
        lines = [f"from({self.random.choice(self.inputs)})"]
        lines += self.steps(scope, self.random.randint(2, 9), self.inputs, depth=0)
        if self.random.random() < 0.4:
            # The last value may be an input, or one that has come out before.
            lines.append(f"from({self.random.choice([*self.inputs, *scope.labels])})")
        body = "\n".join(lines)
        inputs = ", ".join(f"{name}: {shape}" for name in self.inputs)
        return f"network random\ninputs {{ {inputs} }}\nbody {{\n{body}\n}}\n"

    def steps(self, scope: _Scope, count: int, seen: list[str], depth: int) -> list[str]:
        """Lines of a scope; ``seen`` are the values in sight, which grow with the labels made."""
        seen = list(seen)
        lines: list[str] = []
        for _ in range(count):
            kind = self.random.choices(
                ("step", "labelled", "from", "merge", "share", "output", "head", "region", "group"),
                (5, 5, 2, 3, 1.5, 2, 1, 1, 1.5),
            )[0]
            lines += self.one(kind, scope, seen, depth)
        return lines or ["identity"]

    def one(self, kind: str, scope: _Scope, seen: list[str], depth: int) -> list[str]:
        pick = self.random.choice
        if kind == "labelled":
            label = self.label(scope)
            line = f"{written(label)}: {pick(STEPS)}"
            scope.labels.append(label)
            scope.shareable.append(label)
            seen.append(label)
            return [line]
        if kind == "from":
            return [f"from({pick(seen)})"]
        if kind == "merge":
            branches = [self.branch(seen) for _ in range(self.random.randint(2, 3))]
            return [f"{pick(MERGES)} {{", *branches, "}"]
        if kind == "share":
            return [f"share({pick(scope.shareable)})"] if scope.shareable else ["relu"]
        if kind == "output" and scope.is_outer:
            self.outputs += 1
            return [f"output(out{self.outputs})"]
        if kind == "head" and not scope.in_head:
            self.heads += 1
            inner = _Scope(f"p{self.made}", [], [], is_outer=False, in_head=True)
            begin = [f"from({pick(seen)})"] if self.random.random() < 0.5 else []
            steps = self.steps(inner, self.random.randint(1, 2), seen, depth + 1)
            return [f"aux(head{self.heads}) {{", *begin, *steps, "}"]
        if kind == "region" and depth < 2:
            word = pick(["checkpoint", "residual"])
            before = len(scope.labels)
            inner = scope._replace(is_outer=False)
            steps = self.steps(inner, self.random.randint(1, 3), seen, depth + 1)
            seen += scope.labels[before:]
            return [f"{word} {{", *steps, "}"]
        if kind == "group" and depth < 2:
            label = self.label(scope)
            inner = _Scope(f"p{self.made}", [], [], is_outer=False, in_head=scope.in_head)
            heads = self.heads
            steps = self.steps(inner, self.random.randint(1, 4), seen, depth + 1)
            scope.labels.append(label)
            if self.heads == heads:  # a shared step may not have one
                scope.shareable.append(label)
            seen.append(label)
            seen += [f"{label}.{name}" for name in inner.labels]
            return [f"{written(label)}: {{", *steps, "}"]
        return [pick(STEPS)]

    def branch(self, seen: list[str]) -> str:
        kind = self.random.random()
        if kind < 0.3:
            return "{}"
        begin = f"from({self.random.choice(seen)})"
        return begin if kind < 0.6 else f"{begin} -> {self.random.choice(STEPS)}"

    def label(self, scope: _Scope) -> str:
        """A new label; every third is a path."""
        self.made += 1
        return f"v{self.made}" if self.made % 3 else f"{scope.path}.v{self.made}"


def written(label: str) -> str:
    return f'"{label}"' if "." in label else label
