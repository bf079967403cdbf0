"""Sources that would take a careless reader's time, memory or stack, each with how it has to end."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

HEAD = "input: [3, 32, 32]\n"
NAMED = "input: [3, H, W]\n"


class Hostile(NamedTuple):
    """A source, made when it is needed, and the code of the first diagnostic: "" for a legal network,
    and "usage" for a file that is not read at all. ``also`` are other codes that will do."""

    name: str
    code: str
    text: Callable[[], str | bytes]
    syntax: str = "yaml"
    also: tuple[str, ...] = ()


def body(text: str) -> Callable[[], str]:
    return lambda: f"{HEAD}body: {text}\n"


def steps(*texts: str) -> Callable[[], str]:
    return lambda: f"{HEAD}body:\n" + "".join(f"  - {text}\n" for text in texts)


def aliases() -> str:
    lines = ["  - &a0 [relu, relu]"] + [f"  - &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    return f"{HEAD}body:\n" + "\n".join(lines) + "\n"


def aliases_of_keys() -> str:
    lines = ["a0: &a0 {x: 1, y: 1}"] + [f"a{i}: &a{i} {{x: *a{i - 1}, y: *a{i - 1}}}" for i in range(1, 40)]
    return "\n".join(lines) + f"\n{HEAD}body: *a39\n"


def doubling(leaf: str) -> Callable[[], str]:
    blocks = "".join(f"  b{i}: b{i - 1} -> b{i - 1}\n" for i in range(1, 41))
    return lambda: f"{HEAD}blocks:\n  b0: {leaf}\n{blocks}body: b40\n"


def sharing() -> str:
    shared = "".join(f"  - s{i}: [share(s{i - 1}), share(s{i - 1})]\n" for i in range(1, 41))
    return f"{HEAD}body:\n  - s0: [[]]\n{shared}"


def recursion() -> str:
    again = "        - when(n > 0): tree(n - 1)\n          else: []\n"
    return f"{HEAD}blocks:\n  tree(n):\n    - concat:\n{again}{again}body: tree(60)\n"


def lists_of_lists() -> str:
    doubled = "".join(f"  t{i}: [t{i - 1}, t{i - 1}]\n" for i in range(1, 41))
    return f"{HEAD}params:\n  t0: [1, 1]\n{doubled}body: conv(t40, 1)\n"


def formulas() -> str:
    """Each size is a sum of two quotients of the one before it."""
    blocks = "".join(
        f"  b{i}(h, a=h // {2 * i + 1} + (h + 1) // {2 * i + 3}): b{i - 1}(a)\n" for i in range(1, 41)
    )
    return f"{NAMED}blocks:\n  b0(h): conv(h, 1)\n{blocks}body: b40(height)\n"


def long_labels() -> str:
    deep = "".join(f"{'  ' * (i + 1)}- ? {'a' * 1000}\n{'  ' * (i + 1)}  :\n" for i in range(40))
    return f"{HEAD}body:\n{deep}{'  ' * 42}- relu\n"


def noise(signs: str) -> Callable[[], str]:
    def made() -> str:
        chance = random.Random(7)
        return "".join(chance.choice(signs) for _ in range(100_000))

    return made


def random_bytes() -> bytes:
    chance = random.Random(7)
    return bytes(chance.randrange(256) for _ in range(100_000))


YAML_SIGNS = "[]{}:,- \n>|&*!%@`'\"#ab01"
ARCH_SIGNS = '{}[]():,-> \n"#ab01='

VARIANTS = {
    "keys that are equal",
    "a thousand syntax errors",
    "an open quote",
    "tabs",
    "NULs",
    "600 nested block mappings",
    "95 nested lists are legal",
    "24,000 steps",
    "a label of 100,000 signs",
    "an explicit label of 100,000 signs",
    "an operator of 100,000 signs",
    "a number of 100,000 digits",
    "a list of 80,000 zeros as a kernel",
    "a hundred parameters in a thousand calls",
    "50,000 open parentheses",
    "45,000 calls in calls",
    "50,000 minus signs",
    "20,000 powers",
    "50,000 indices",
    "10 ** -(10 ** 10)",
    "10.5 ** 10 ** 10",
    "two billion groups",
    "sizes two billion apart",
    "weights of 10 ** 19 numbers",
    "a list of 10 ** 10 items",
    "lists of long lists",
    "ranges in defaults",
    "repeat(10 ** 12) of nothing",
    "repeat(10 ** 5) twice, of nothing",
    "blocks of nothing that double forty times",
    "blocks of arms not taken that double",
    "dense channels that double",
    "a named size thrice as large 5,000 times",
    "100,000 operators on named sizes",
    "40,000 misspelt operators in a chain",
    "2,000 labels and none of them meant",
    "6,000 equal labels",
    "5,000 facts about nothing",
    "an empty file",
    "maps a thousand times as large, again and again",
    "20,000 nested flow mappings",
    "signs of .arch at random",
    "5,000 parameters and none of them meant",
}
"""Those that are much like others; `make test` leaves them out."""

SOURCES = [
    # ---- what YAML can do
    Hostile("aliases that double", "yaml-alias", aliases),
    Hostile("aliases that double, as keys", "unknown-key", aliases_of_keys, also=("yaml-alias",)),
    Hostile("20,000 nested flow lists", "nested-too-deep", body("[" * 20_000 + "relu" + "]" * 20_000)),
    Hostile("20,000 nested flow mappings", "nested-too-deep", body("{a: " * 20_000 + "relu" + "}" * 20_000)),
    Hostile("20,000 nested block lists", "nested-too-deep", steps("- " * 20_000 + "relu")),
    Hostile(
        "600 nested block mappings", "nested-too-deep",
        lambda: f"{HEAD}body:\n" + "".join(f"{' ' * i}a:\n" for i in range(1, 600)),
    ),
    Hostile("95 nested lists are legal", "", body("[" * 95 + "relu" + "]" * 95)),
    Hostile("keys that are equal", "too-many-steps", lambda: "a: []\n" * 40_000, also=("equal-keys",)),
    Hostile("a thousand syntax errors", "yaml-syntax", steps(*["relu: x: y"] * 1000)),
    Hostile("an open quote", "yaml-syntax", lambda: f"{HEAD}body:\n" + '  - "relu\n' * 20_000),
    Hostile("tabs", "yaml-tab", lambda: f"{HEAD}body:\n" + "\t- relu\n" * 20_000),
    # ---- no YAML at all
    Hostile("bytes at random", "usage", random_bytes),
    Hostile("signs of YAML at random", "yaml-syntax", noise(YAML_SIGNS), also=("empty-file", "yaml-alias")),
    Hostile("a NUL", "yaml-syntax", body("relu\0")),
    Hostile("NULs", "yaml-syntax", lambda: "\0" * 100_000),
    Hostile("10 MB", "usage", lambda: f"{HEAD}body:\n" + "  - relu\n" * 1_100_000),
    Hostile("an empty file", "empty-file", lambda: ""),
    # ---- long
    Hostile("a chain of 45,000 calls", "", body("relu" + "->relu" * 45_000)),
    Hostile("24,000 steps", "", steps(*["relu"] * 24_000)),
    Hostile("30,000 steps", "too-many-steps", steps(*["relu"] * 30_000)),
    Hostile("a label of 100,000 signs", "yaml-syntax", steps("a" * 100_000 + ": relu")),
    Hostile("an explicit label of 100,000 signs", "", lambda: f"{HEAD}body:\n  - ? {'a' * 100_000}\n    : relu\n"),
    Hostile("labels of 1,000 signs, forty deep", "", long_labels),
    Hostile("an operator of 100,000 signs", "unknown-operator", body("a" * 100_000)),
    Hostile("a number of 100,000 digits", "number-too-large", body("conv(" + "9" * 100_000 + ", 1)")),
    Hostile("a list of 80,000 numbers", "", body("conv(len([" + "1, " * 80_000 + "]), 1)")),
    Hostile("a list of 80,000 zeros as a kernel", "wrong-argument", body("conv(3, [" + "0, " * 80_000 + "])")),
    Hostile("a hundred parameters in a thousand calls", "unknown-argument",
            steps(*["conv(" + ", ".join(f"a{i}=1" for i in range(20)) + ")"] * 1000)),
    # ---- deep
    Hostile("50,000 parentheses", "nested-too-deep", body("conv(" + "(" * 50_000 + "3" + ")" * 50_000 + ", 1)")),
    Hostile("50,000 open parentheses", "nested-too-deep", body("conv(" + "(" * 50_000)),
    Hostile("45,000 calls in calls", "nested-too-deep", body("unit(" * 45_000 + ")" * 45_000)),
    Hostile("50,000 minus signs", "nested-too-deep", body("conv(" + "-" * 50_000 + "3, 1)")),
    Hostile("50,000 sums", "nested-too-deep", body("conv(1" + " + 1" * 50_000 + ", 1)")),
    Hostile("20,000 powers", "nested-too-deep", body("conv(1" + " ** 1" * 20_000 + ", 1)")),
    Hostile("15,000 conditions", "nested-too-deep", body("conv(" + "1 if true else " * 15_000 + "1, 1)")),
    Hostile("50,000 indices", "nested-too-deep", body("conv(x" + "[0]" * 50_000 + ", 1)")),
    # ---- large numbers
    Hostile("10 ** 10 ** 10", "number-too-large", body("conv(10 ** 10 ** 10, 3)")),
    Hostile("10 ** -(10 ** 10)", "wrong-argument", body("conv(10 ** -10 ** 10, 3)")),
    Hostile("10.5 ** 10 ** 10", "number-too-large", body("conv(10.5 ** 10 ** 10, 3)")),
    Hostile("rounded to 10 ** 17 digits", "wrong-argument", body("conv(round(10, 0 - 10 ** 17), 3)")),
    Hostile("a product of sizes beyond 2 ** 63", "number-too-large",
            lambda: "input: [2000000000, 2000000000, 2000000000]\nbody: flatten\n"),
    Hostile("channels that double sixty times", "number-too-large", steps(*["concat: [[], []]"] * 60)),
    Hostile("maps a thousand times as large, again and again", "number-too-large",
            steps("repeat(20): upsample(1000)")),
    Hostile("two billion groups", "groups-do-not-divide",
            lambda: "input: [2147483647, 1, 1]\nbody: conv(2147483646, 1, groups=2147483629)\n"),
    Hostile("sizes two billion apart", "add-shape-mismatch",
            lambda: "input: [3, 2147483647, 2147483647]\nbody:\n  - add: [max_pool(39999), []]\n"),
    Hostile("weights of 10 ** 19 numbers", "", lambda: "input: [2000000000]\nbody: linear(2000000000)\n"),
    # ---- lists
    Hostile("a list of 10 ** 10 items", "list-too-long", body("conv(len([1] * 10 ** 10), 1)")),
    Hostile("lists of lists that double", "list-too-long", lists_of_lists),
    Hostile("lists of long lists", "list-too-long",
            lambda: f"{HEAD}params:\n  t: '[1] * 10 ** 5'\n  u: '[t] * 10 ** 5'\nbody: conv(u, 1)\n"),
    Hostile("a table of a billion entries", "list-too-long",
            body("table_conv([[0, 1, 2] * 30000] * 10 ** 5, 3)")),
    Hostile("a list made anew 10 ** 5 times", "too-many-steps",
            steps("repeat(10 ** 5): conv(len([1] * 10 ** 5), 1)")),
    Hostile("ranges in loops in loops", "too-many-steps",
            steps("for(i in range(10 ** 5)):\n      - for(j in range(10 ** 5)): relu")),
    Hostile("ranges in defaults", "too-many-steps",
            lambda: f"{HEAD}blocks:\n  u(a=range(10 ** 5), b=len(a)): relu\nbody:\n  - repeat(10 ** 5): u\n"),
    # ---- comprehensions
    Hostile("a comprehension of 10 ** 10 turns", "too-many-steps",
            body("conv(len([i for i in range(10 ** 5) for j in range(10 ** 5) if false]), 1)")),
    Hostile("a comprehension of 10 ** 10 turns in a parameter", "too-many-steps",
            lambda: f"{HEAD}params:\n  t: '[i for i in range(10 ** 5) for j in range(10 ** 5) if false]'\nbody: relu\n"),
    Hostile("comprehensions in comprehensions", "too-many-steps",
            body("conv(len([sum([sum([1 for i in range(10 ** 4)]) for j in range(10 ** 4)]) for k in range(10 ** 4)]), 1)")),
    Hostile("a comprehension of 10 ** 10 items", "too-many-steps",
            body("conv(len([[j for j in range(10 ** 5)] for i in range(10 ** 5)]), 1)"), also=("list-too-long",)),
    Hostile("a comprehension of long slices", "too-many-steps",
            lambda: f"{HEAD}params:\n  t: range(10 ** 5)\n  u: '[len(t[1:]) for i in range(10 ** 5)]'\nbody: relu\n"),
    Hostile("a comprehension of long ranges", "too-many-steps",
            lambda: f"{HEAD}params:\n  u: '[range(10 ** 5)[0] for i in range(10 ** 5)]'\nbody: relu\n"),
    Hostile("a comprehension that compares long lists", "too-many-steps",
            lambda: f"{HEAD}params:\n  t: range(10 ** 5)\n  u: '[i for i in range(10 ** 5) if t == t or t < t]'\nbody: relu\n"),
    Hostile("a comprehension that nests long lists", "too-many-steps",
            lambda: f"{HEAD}params:\n  t: range(10 ** 4)\n  u: '[len([t]) for i in range(10 ** 5)]'\nbody: relu\n"),
    Hostile("a comprehension of a long value", "too-many-steps",
            body(f"conv(len([{' or '.join(['i == i'] * 90)} for i in range(10 ** 5) for j in range(10 ** 5)]), 1)")),
    Hostile("clauses that double forty times", "too-many-steps",
            body(f"conv(len([0 {' '.join(f'for x{i} in [0, 1]' for i in range(40))}]), 1)"), also=("list-too-long",)),
    Hostile("2,000 long comprehensions", "too-many-steps",
            lambda: f"{HEAD}params:\n" + "".join(f"  p{i}: '[0 for j in range(10 ** 5)]'\n" for i in range(2000)) + "body: relu\n"),
    Hostile("a comprehension with 2,000 clauses", "nested-too-deep",
            body(f"conv(len([0 {'for x in [0] ' * 2000}]), 1)")),
    # ---- what unrolls without an end
    Hostile("repeat(10 ** 12)", "too-many-steps", steps("repeat(10 ** 12): relu")),
    Hostile("repeat(10 ** 12) of nothing", "too-many-steps", steps("repeat(10 ** 12): []")),
    Hostile("repeat(10 ** 5) twice", "too-many-steps", steps("repeat(10 ** 5):\n      - repeat(10 ** 5): relu")),
    Hostile("repeat(10 ** 5) twice, of nothing", "too-many-steps",
            steps("repeat(10 ** 5):\n      - repeat(10 ** 5): []")),
    Hostile("repeat(10 ** 5) of repeat(0)", "too-many-steps",
            steps("repeat(10 ** 5):\n      - repeat(10 ** 5):\n          - repeat(0): relu")),
    Hostile("blocks that double forty times", "too-many-steps", doubling("relu")),
    Hostile("blocks of nothing that double forty times", "too-many-steps", doubling("[]")),
    Hostile("blocks of arms not taken that double", "too-many-steps", doubling("\n      - when(false): relu")),
    Hostile("shares that double forty times", "too-many-steps", sharing),
    Hostile("recursion with fan-out", "too-many-steps", recursion),
    Hostile("dense channels that double", "number-too-large", steps("dense(100): conv(channels, 1)")),
    # ---- named sizes
    Hostile("formulas that double forty times", "number-too-large", formulas),
    Hostile("a named size thrice as large 5,000 times", "number-too-large",
            lambda: f"{NAMED}body:\n  - repeat(5000):\n      - upsample(3)\n      - max_pool(2, stride=2)\n"),
    Hostile("100,000 operators on named sizes", "too-many-steps",
            lambda: f"{NAMED}body:\n  - repeat(10 ** 5): conv(3, 3)\n"),
    # ---- mistakes without an end
    Hostile("20,000 misspelt operators", "unknown-operator", steps(*["rellu"] * 20_000)),
    Hostile("40,000 misspelt operators in a chain", "unknown-operator", body("rellu" + "->rellu" * 40_000)),
    Hostile("5,000 blocks with a misspelt operator", "unknown-operator",
            lambda: f"{HEAD}blocks:\n" + "".join(f"  b{i}(out): convv(out, 1)\n" for i in range(5000)) + "body: relu\n"),
    Hostile("5,000 parameters and none of them meant", "unknown-parameter",
            lambda: f"{HEAD}params:\n" + "".join(f"  param{i}: 1\n" for i in range(5000)) + "body:\n" + "  - conv(parm * 2, 1)\n" * 2000),
    Hostile("2,000 labels and none of them meant", "unknown-value",
            steps(*[f"label{i}: relu" for i in range(2000)], *["from(lable)"] * 500)),
    Hostile("6,000 equal labels", "name-twice", steps(*["a: relu"] * 6_000)),
    Hostile("5,000 facts about nothing", "unknown-fact",
            lambda: f"{HEAD}body: relu\nexpect: {{shapes: {{" + ", ".join(f"x{i}: [1]" for i in range(5000)) + "}}\n"),
    Hostile("12,000 values that nothing uses", "unused-value", steps(*["from(input) -> relu"] * 12_000)),
    # ---- the other syntax
    Hostile("50,000 braces", "nested-too-deep",
            lambda: "input [3, 32, 32]\nbody {\n" + "x: {" * 50_000 + "}" * 50_000 + "\n}\n", "arch"),
    Hostile("24,000 open braces", "unbalanced-brace",
            lambda: "input [3, 32, 32]\nbody {\n" + "repeat(2) {\n" * 24_000 + "\n}\n", "arch"),
    Hostile("signs of .arch at random", "syntax-error", noise(ARCH_SIGNS), "arch", ("unbalanced-bracket",)),
]  # fmt: skip
