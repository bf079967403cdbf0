"""The one layout: what `archdsl fmt` changes, and what it never does."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from archdsl.format import rewriting
from archdsl.graph.text import text_form
from tests.format.reading import EXAMPLES as FOLDER
from tests.format.reading import Syntax, comments, network, said, source

EXAMPLES = sorted(FOLDER.glob("*.arch"))


def laid_out(text: str, syntax: Syntax = "arch") -> str:
    return rewriting.formatted(source(textwrap.dedent(text).lstrip("\n"), syntax))


def test_the_example_is_in_its_layout() -> None:
    text = (FOLDER / "densenet.arch").read_text(encoding="utf-8")
    assert laid_out(text) == text


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_a_layout_changes_neither_design_nor_comments(path: Path) -> None:
    before = source(path.read_text(encoding="utf-8"), "arch")
    after = source(rewriting.formatted(before), "arch")
    assert said(after) == said(before)
    assert comments(after) == comments(before)
    assert text_form(network(after).graph) == text_form(network(before).graph)
    assert rewriting.formatted(after) == after.text
    changed = [
        (one.partition("#")[0].strip(), other.partition("#")[0].strip())
        for one, other in zip(before.text.splitlines(), after.text.splitlines(), strict=True)
        if one.partition("#")[0].strip() != other.partition("#")[0].strip()
    ]
    assert changed == []  # these were written by hand, and only indentation differs


def test_spaces_indentation_and_blank_lines() -> None:
    text = """


    network   n( a=4 in 1 .. 8 "wide",b =-1 in -2..( 0 ),c= [1 ,2] )
    "doc"
    input[ 3,8 , 8 ]
    use   { googlenet.yaml :[ conv_relu ] }
    block b( out,k= 2**- 1 ){ conv( out , k=not true ) }
    # of the body


    # and this
    body{
    conv( 4,1 )->relu   # one
      ->tanh


    x :repeat( 2 ,as = i ){

         "c{i}" :conv( 4*( 1+ 2)//3,[ 1,1 ][ 0 ] ,padding= [0 , 0] )
       }
    when( height>=8 and not  width==- 1 ){ {
    } }else{ from( x ) -> relu }
        conv(
    4 ,
          1,
        # inside
    )
    }
    expect{ output :[4,8,8 ],macs:"<= 9", shapes:{ x.c0 : [4,8,8] } }
    """
    assert laid_out(text) == textwrap.dedent("""\
        network n(a = 4 in 1..8 "wide", b = -1 in -2..(0), c = [1, 2])
        "doc"
        input [3, 8, 8]
        use {googlenet.yaml: [conv_relu]}

        block b(out, k = 2 ** -1) { conv(out, k=not true) }
        # of the body

        # and this
        body {
          conv(4, 1) -> relu  # one
          -> tanh

          x: repeat(2, as=i) {
            "c{i}": conv(4 * (1 + 2) // 3, [1, 1][0], padding=[0, 0])
          }
          when(height >= 8 and not width == -1) { {
          } } else { from(x) -> relu }
          conv(
            4,
            1,
            # inside
          )
        }

        expect {output: [4, 8, 8], macs: "<= 9", shapes: {x.c0: [4, 8, 8]}}
        """)


def test_numbers_and_texts_stay_as_they_are() -> None:
    text = 'input [3, 8, 8]\n\nbody {\n  conv(0_4, 1.e0, eps=.5e-3) -> f("a  b{ i+1 }", 1., 5)\n}\n'
    assert laid_out(text) == text
    doc = '"""\n  one   two\n\n\n      three  \n"""\ninput [3, 8, 8]\n'
    assert laid_out(doc) == doc


def test_ends_of_lines_and_of_the_file() -> None:
    assert laid_out("input [3, 8, 8]\r\nbody {\r\n\trelu\t\r\n}") == "input [3, 8, 8]\n\nbody {\n  relu\n}\n"
    assert laid_out("\ufeffinput [3]\n\n\n") == "input [3]\n"
    assert laid_out("input [3]  # ünï ✓  \n") == "input [3]  # ünï ✓\n"
    assert laid_out('"größer ✓"\ninput [3]') == '"größer ✓"\ninput [3]\n'


def test_yaml_changes_where_no_comment_can_be_lost() -> None:
    text = """
    input: [3, 8, 8]


    # kept
    body:
      - x:   conv( 4,1 )->relu   # beside
      - conv(4,
             1)   # a text of two lines is left
      - repeat( 2,as = i ):
          - relu
      - { y: "conv( 4,1 )" }
      - [relu ,  tanh]


    """
    assert laid_out(text, "yaml") == textwrap.dedent("""\
        input: [3, 8, 8]

        # kept
        body:
          - x:   conv(4, 1) -> relu   # beside
          - conv(4,
                 1)   # a text of two lines is left
          - repeat(2, as=i):
              - relu
          - { y: "conv(4, 1)" }
          - [relu ,  tanh]
        """)


def test_prose_in_yaml_is_left_as_it_is() -> None:
    text = 'doc: |\n  one  \n\n\n\n  two\npaper: "a \\\n\n\n  b"\ninput: [3]\nbody: relu\n'
    assert laid_out(text, "yaml") == text


# ---- conversions that a person would have written


@pytest.mark.parametrize(
    ("yaml", "arch"),
    [
        ("- when(a): relu\n  else: tanh", "when(a) { relu } else { tanh }"),
        ("- when(a):\n    - relu\n  else:\n    - tanh", "when(a) {\n  relu\n} else {\n  tanh\n}"),
        ("- x:\n    - repeat(2):\n        - relu", "x: repeat(2) {\n  relu\n}"),
        ("- x:\n    - relu\n    - tanh", "x: {\n  relu\n  tanh\n}"),
        ("- concat:\n    a: relu\n    b: []", "concat {\n  a: relu\n  b: {}\n}"),
        ("- residual:\n    body: relu\n    shortcut:\n      - when(a): relu", "residual {\n  body: relu\n  shortcut: when(a) { relu }\n}"),
        ('- "repeat": relu', "repeat: relu"),
        ("- f(1, (2 if a else 3))", "f(1, (2 if a else 3))"),
        ("- x: >\n    relu -> tanh\n    -> relu", "x: relu -> tanh\n-> relu"),
    ],
)  # fmt: skip
def test_steps_look_as_if_written_by_hand(yaml: str, arch: str) -> None:
    head = "archdsl: 1\ninput: [3, 8, 8]\n\nbody:\n"
    yaml_text = head + textwrap.indent(yaml, "  ") + "\n"
    arch_text = f"input [3, 8, 8]\n\nbody {{\n{textwrap.indent(arch, '  ')}\n}}\n"
    assert rewriting.converted(source(yaml_text, "yaml"), "arch") == arch_text
    assert rewriting.converted(source(arch_text, "arch"), "yaml") == yaml_text


def test_long_lines_are_broken() -> None:
    calls = [f"conv(width_{number}, 3, padding=1)" for number in range(6)]
    list_of = ", ".join(f"[{number}, {number}]" for number in range(40))
    text = f"params:\n  table: [{list_of}]\ninput: [3, 8, 8]\nbody:\n  - {' -> '.join(calls)}\n  - f({', '.join(calls)})\n"
    arch = rewriting.converted(source(text, "yaml"), "arch")
    yaml = rewriting.converted(source(arch, "arch"), "yaml")
    assert max(map(len, arch.splitlines())) <= 100
    assert max(map(len, yaml.splitlines())) <= 100
    assert rewriting.formatted(source(arch, "arch")) == arch
    assert said(source(yaml, "yaml")) == said(source(text, "yaml"))


def test_a_long_value_that_begins_and_ends_as_a_list_is_none() -> None:
    items = ", ".join(map(str, range(40)))
    text = f"network(a = [{items}][1 and b[2]])\ninput [3, 8, 8]\n"
    assert said(source(rewriting.converted(source(text, "arch"), "arch"), "arch")) == said(
        source(text, "arch")
    )


def test_a_call_is_no_heading_whatever_its_word() -> None:
    text = "input: [3, 8, 8]\nbody:\n  - block(a=1) -> network(b=[2])\n"
    assert laid_out(text, "yaml") == text
    assert laid_out("input [3]\n\nbody {\n  block(a=1)\n  network(b=[2])\n}\n").count(" = ") == 0


def test_a_tab_before_a_sign_begins_a_comment_in_yaml() -> None:
    text = 'input [3]\n\nbody {\n  f("a\t# b", [g("c: d")])\n}\n'
    yaml = rewriting.converted(source(text, "arch"), "yaml")
    assert said(source(yaml, "yaml")) == said(source(text, "arch"))
