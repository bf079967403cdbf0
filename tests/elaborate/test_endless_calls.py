"""Blocks that call each other without an end: what the help gives, written into the design, ends it."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.source import Source
from tests.checking import design


def only(text: str, name: str = "net.yaml") -> Diagnostic:
    (found,) = pipeline.check(Source(text, name)).diagnostics
    assert found.code == "endless-calls"
    return found


def checks(text: str, name: str = "net.yaml") -> None:
    assert pipeline.check(Source(text, name)).diagnostics == (), text


PARAMETERS = {
    "n": "n",
    "n, m": "n, m",
    "width, n=2": "width, n=n",
    "k=relu, n=3": "n=n",
    "out, deep, last": "out, deep, last",
}


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_parameters_that_are_passed_on_count_down(parameters: str, count: int) -> None:
    given = PARAMETERS[parameters]
    names = [f"b{index}" for index in range(count)]
    blocks = ""
    for index, name in enumerate(names):
        following = names[(index + 1) % count]
        call = f"{following}({given})" if index + 1 < count else f"b0({given})"
        blocks += f"{name}({parameters}):\n  - relu\n  - {call}\n"
    body = "- b0(3)" if "k=" not in parameters else "- b0(n=3)"
    if parameters in ("n, m", "out, deep, last"):
        body = f"- b0({', '.join('345'[: given.count(',') + 1])})"
    text = design(body, blocks=blocks)
    found = only(text)
    checks(_in_place(text, found))


def _ending(found: Diagnostic) -> str:
    (ending,) = [part for part in re.findall(r"`([^`]*)`", found.help) if part.startswith("when")]
    return ending


def _in_place(text: str, found: Diagnostic) -> str:
    return text[: found.span.start] + _ending(found) + text[found.span.end :]


@pytest.mark.parametrize("call", ["t(n - 1)", "t(n - 2)", "t(n // 2)", "t(n + 1)", "t(n=n - 1)", "t(n + 3)"])
def test_a_parameter_that_changes_gets_a_condition(call: str) -> None:
    text = design("- t(4)", blocks=f"t(n):\n  - relu\n  - {call}")
    checks(_in_place(text, only(text)))


@pytest.mark.parametrize("parameters", ["", "act=relu", "size=0.5"])
def test_without_a_number_a_parameter_is_declared(parameters: str) -> None:
    given = ", ".join(
        f"{part.partition('=')[0]}={part.partition('=')[0]}" for part in parameters.split(", ") if part
    )
    call = f"t({given})" if given else "t"
    heading = f"t({parameters})" if parameters else "t"
    text = design("- t", blocks=f"{heading}:\n  - relu\n  - {call}")
    found = only(text)
    assert "`left=3`" in found.help
    declared = f"t({parameters}, left=3)" if parameters else "t(left=3)"
    checks(_in_place(text, found).replace(f"  {heading}:", f"  {declared}:", 1))


def test_a_cycle_without_numbers_names_every_block() -> None:
    found = only(design("- a", blocks="a:\n  - b\nb:\n  - c\nc:\n  - a"))
    assert "`a`, `b`, `c` and pass it on" in found.help or "in `b`" in found.help


def test_a_condition_that_is_there_is_not_proposed_again() -> None:
    text = design("- t(1000)", blocks="t(n):\n  - relu\n  - when(n > 0): t(n - 1)")
    assert "smaller number" in only(text).help
    checks(text.replace("1000", "10"))


def test_arch_has_its_own_form() -> None:
    text = "input [3, 8, 8]\nblock a(n) {\n  b(n)\n}\nblock b(n) {\n  a(n)\n}\nbody { a(3) }\n"
    checks(_in_place(text, only(text, "net.arch")), "net.arch")
