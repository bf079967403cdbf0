"""Arithmetic between steps and stray signs: what the help gives is written into the design, which checks."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.source import Source
from archdsl.syntax.messages.merges import in_yaml, merge_of
from tests.checking import steps

LEFT = ["relu", "conv(3, 1)", "from(a)", 'from("a")', "relu -> conv(3, 3, padding=1)"]
RIGHT = ["tanh", "conv(3, [1, 1])", "from(a) -> sigmoid"]
PLACES = {
    "item": ("input: [3, 8, 8]\nbody:\n  - a: relu\n  - ", "\n"),
    "label": ("input: [3, 8, 8]\nbody:\n  - a: relu\n  - x: ", "\n"),
    "branch": ("input: [3, 8, 8]\nbody:\n  - a: relu\n  - add:\n      - []\n      - ", "\n"),
    "part": ("input: [3, 8, 8]\nbody:\n  - a: relu\n  - residual:\n      body: ", "\n"),
}
ARCH = {
    "line": ("input [3, 8, 8]\nbody {\n  a: relu\n  ", "\n}\n"),
    "label": ("input [3, 8, 8]\nbody {\n  a: relu\n  x: ", "\n}\n"),
    "braces": ("input [3, 8, 8]\nbody {\n  a: relu\n  y: { ", " }\n}\n"),
}


def only(text: str, name: str = "net.yaml") -> Diagnostic:
    (found,) = pipeline.check(Source(text, name)).diagnostics
    return found


def checks(text: str, name: str = "net.yaml") -> None:
    found = pipeline.check(Source(text, name)).diagnostics
    assert found == (), f"{text}\n{found[0].message}"


def quoted(help: str) -> list[str]:
    return re.findall(r"`([^`]*)`", help)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("right", RIGHT)
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize(("sign", "word"), [("+", "add"), ("*", "mul"), ("-", "add")])
def test_arithmetic_is_answered_with_the_merge(
    sign: str, word: str, left: str, right: str, place: str
) -> None:
    before, after = PLACES[place]
    found = only(f"{before}{left} {sign} {right}{after}")
    assert (found.code, found.span.text) == ("arithmetic-of-steps", sign)
    fix = quoted(found.help)[-1]
    fixed = f"{before}{fix}{after}"
    checks(fixed)
    end = " -> scale(-1)" if sign == "-" else ""
    indent = " " * 12
    branches = "".join(f"\n{indent}- {branch}" for branch in (left, f"{right}{end}"))
    nested = (
        f"{before}\n{' ' * 8}{word}:{branches}{after}"
        if before.endswith(": ")
        else f"{before}{word}:{branches}{after}"
    )
    assert steps(fixed) == steps(nested)


@pytest.mark.parametrize("place", ARCH)
@pytest.mark.parametrize("right", RIGHT)
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize(("sign", "word"), [("+", "add"), ("*", "mul"), ("-", "add")])
def test_arithmetic_in_arch_names_the_merge_and_its_branches(
    sign: str, word: str, left: str, right: str, place: str
) -> None:
    before, after = ARCH[place]
    found = only(f"{before}{left} {sign} {right}{after}", "net.arch")
    assert (found.code, found.span.text) == ("arithmetic-of-steps", sign)
    construct, *branches = quoted(found.help)[-3:]
    assert construct == f"{word} {{ ... }}"
    assert branches == [left, f"{right} -> scale(-1)" if sign == "-" else right]
    lines = f"{word} {{\n{branches[0]}\n{branches[1]}\n}}"
    if before.endswith("x: "):
        lines = f"{{\n{lines}\n}}"
    checks(f"{before}{lines}{after}", "net.arch")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("relu + tanh + sigmoid", "add: [relu, tanh, sigmoid]"),
        ("relu + tanh * sigmoid", "add: [relu, {mul: [tanh, sigmoid]}]"),
        ("(relu + tanh) * sigmoid", "mul: [{add: [relu, tanh]}, sigmoid]"),
        ("relu - 2 * tanh", "add: [relu, tanh -> scale(2) -> scale(-1)]"),
        ("2 * relu", "relu -> scale(2)"),
        ("relu * 0.5", "relu -> scale(0.5)"),
        ("relu / 2", "relu -> scale(1 / 2)"),
        ("-relu", "relu -> scale(-1)"),
        ("from(a) ** 2", "mul: [from(a), from(a)]"),
        ("relu + from(a) * 2", "add: [relu, from(a) -> scale(2)]"),
    ],
)
def test_what_arithmetic_means(written: str, meant: str) -> None:
    before, after = PLACES["item"]
    assert in_yaml(merge_of(written) or "", is_item=True) == meant
    assert quoted(only(f"{before}{written}{after}").help)[-1] == meant
    checks(f"{before}{meant}{after}")


@pytest.mark.parametrize(
    "written", ["relu / tanh", "relu @ tanh", "relu + 1", "1 / relu", "relu % 2", "relu ** tanh"]
)
def test_arithmetic_that_no_construct_means_says_what_there_is(written: str) -> None:
    for name, (before, after) in (("net.yaml", PLACES["item"]), ("net.arch", ARCH["line"])):
        found = only(f"{before}{written}{after}", name)
        if not written.startswith("1"):
            assert found.code == "arithmetic-of-steps"
            assert {"add", "mul", "max", "scale(s)"} <= set(quoted(found.help))


# ---- stray signs

CALLS = ["relu", "conv(3, 1)", "relu -> conv(3, 1)", "from(a)", "conv(3, [1, 1]) -> tanh"]


@pytest.mark.parametrize("place", [*PLACES, *ARCH])
@pytest.mark.parametrize("sign", [";", ",", ".", ";;", " ;", ",;", "; # why"])
@pytest.mark.parametrize("call", CALLS)
def test_a_stray_sign_at_the_end_is_left_out(call: str, sign: str, place: str) -> None:
    name = "net.arch" if place in ("line", "braces") else "net.yaml"
    before, after = ARCH[place] if name == "net.arch" else PLACES[place]
    if "#" in sign and place == "braces":
        return
    text = f"{before}{call}{sign}{after}"
    found = only(text, name)
    assert found.code == "syntax-error"
    (fix,) = quoted(found.help)
    line = text.splitlines()[found.span.line - 1]
    step = line[line.index(call) :] if name == "net.yaml" else line.strip()
    checks(text.replace(step, fix), name)


@pytest.mark.parametrize("sign", [";", ","])
def test_a_stray_sign_after_an_arrow(sign: str) -> None:
    for name, (before, after) in (("net.yaml", PLACES["item"]), ("net.arch", ARCH["line"])):
        found = only(f"{before}relu -> {sign}{after}", name)
        assert found.code == "dangling-arrow"
        assert quoted(found.help)[0] == "relu"


@pytest.mark.parametrize("calls", [["relu", "tanh"], ["relu", "conv(4, 3)", "tanh"], ["conv(4, 3)", "relu"]])
@pytest.mark.parametrize("sign", ["; ", ", ", " | ", " => ", " > ", " → ", ".", "; ;"])
@pytest.mark.parametrize("end", ["", ";"])
def test_every_other_sign_between_calls_becomes_an_arrow(calls: list[str], sign: str, end: str) -> None:
    for name, (before, after) in (("net.yaml", PLACES["item"]), ("net.arch", ARCH["line"])):
        text = sign.join(calls) + (end if ";" in sign else "")
        found = only(f"{before}{text}{after}", name)
        if sign == "." and "(" not in calls[0]:
            continue  # a dotted name, which is no syntax error
        assert found.code == "missing-arrow"
        assert quoted(found.help)[0] == " -> ".join(calls)
        checks(f"{before}{quoted(found.help)[0]}{after}", name)


@pytest.mark.parametrize(
    ("written", "fix"),
    [("conv(4; 3)", "conv(4, 3)"), ("conv(4, 3;)", "conv(4, 3)"), ("conv(4, [3; 1])", "conv(4, [3, 1])")],
)
def test_a_semicolon_in_arguments(written: str, fix: str) -> None:
    for name, (before, after) in (("net.yaml", PLACES["item"]), ("net.arch", ARCH["line"])):
        found = only(f"{before}{written}{after}", name)
        assert quoted(found.help) == [fix]
        checks(f"{before}{fix}{after}", name)


@pytest.mark.parametrize("body", ["{}", "{ relu }", "repeat(2) { relu }"])
def test_a_semicolon_after_a_body(body: str) -> None:
    text = f"input [3, 8, 8]\nbody {{\n  a: relu\n  concat {{ {body}; from(a) }}\n}}\n"
    found = only(text, "net.arch")
    assert "on a line of its own" in found.help
    checks(text.replace("; ", "\n"), "net.arch")
    ended = f"input [3, 8, 8]\nbody {{\n  concat {{\n    {body};\n    relu\n  }}\n}}\n"
    assert quoted(only(ended, "net.arch").help) == [body]
    checks(ended.replace(";", ""), "net.arch")


# ---- names with numbers


@pytest.mark.parametrize("path", ["a.0", "a.0.5", "a.0.b", "a.10.b.2"])
@pytest.mark.parametrize("call", ["from({})", "share({})", "relu -> output({})", "join(x=from({}))"])
def test_a_numeric_path_is_written_in_quotes(path: str, call: str) -> None:
    first, *rest = path.split(".")
    step = "relu"
    for part in reversed(rest):
        key = f'"{part}"' if part.isdecimal() else part
        step = f"[{{{key}: {step}}}, tanh]"
    before = f"input: [3, 8, 8]\nblocks:\n  join(x):\n    - add: [[], from(x)]\nbody:\n  - {first}: {step}\n  - add:\n    - []\n    - "
    found = only(f"{before}{call.format(path)}\n")
    assert (found.code, quoted(found.help)) == ("syntax-error", [f'"{path}"'])
    if "output" not in call:
        fixed = call.format(f'"{path}"')
        checks(f"{before}{fixed}\n" if "join" not in call else f"{before}'{fixed}'\n")
