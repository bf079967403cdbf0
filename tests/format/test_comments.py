"""Comments and blank lines: none is lost, none is doubled, and each stays where it means something."""

from __future__ import annotations

import textwrap

import pytest

from archdsl.format import rewriting
from tests.format.reading import Syntax, comments, said, source

ARCH = """\
# top of the file

# of the network
network n(  # of its heading
  # above a
  a = 4 in 1..8 "wide # no comment",  # beside a
  # between
  b = [1, 2],  # beside b
  # past the last
)
"doc # no comment"  # beside the documentation
# above the input
input [3, 8, 8]  # beside the input

# block old {
#   relu
# }

# of the block
block b(out) {  # beside the block
  # above conv
  conv(
    out,  # the width
    1,  # the kernel
  )  # beside conv
  # inside the chain
  -> relu  # beside relu
  # at the end of the block
}
# between the sections
body {
  x: {  # beside x
    b(a)
    # at the end of x
  }  # after x
  when(true) {  # beside when
    relu  # beside one arm
    # past one arm
  } else {  # beside else
    # above the other arm
    tanh
  }
  y: {
    # nothing yet
  }
  concat {
    p: relu  # beside p
    # above q
    q: tanh
  }
}

expect {
  # above output
  output: [8, 8, 8]  # beside output
  shapes: {
    x: [4, 8, 8]  # beside the shape
    # past the shapes
  }
  # at the end of the facts
}
# the end
"""

YAML = """\
# top of the file

archdsl: 1   # the version
name: n      # beside the name
doc: "prose # with a sign"   # beside prose
paper: >   # beside a folded text
  folded # prose
params:    # beside params
  # above a
  a: {value: 4, min: 1, doc: 'wide # no comment'}   # beside a
  # past the last
input: [3,   # inside a list
        8, 8]
# of the blocks
blocks:   # beside blocks
  # of b
  b(out):   # beside b
    - conv(out, 1)   # beside conv
    # at the end of b

  # b_old(out):
  #   - relu

  c: relu   # beside c
body:
  - x:   # beside x
      - b(a)
      # at the end of x
  # above when
  - when(true): relu   # beside when
    # above else
    else: tanh   # beside else
  - 'c -> c # inside quotes'
  - y: >   # beside a folded step
      c
      -> c # at the end of a folded step
  - concat: {p: relu,   # beside p
             q: tanh}   # beside q
  - []   # beside nothing
expect:
  output: [8, 8, 8]
  # above shapes
  shapes:
    x: [4, 8, 8]
    # past the shapes
# the end
"""


@pytest.mark.parametrize(("text", "syntax"), [(ARCH, "arch"), (YAML, "yaml")])
def test_no_comment_is_lost_or_doubled(text: str, syntax: Syntax) -> None:
    before = source(text, syntax)
    marked = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    written = comments(before)
    assert len(set(written)) == len(written) > 25
    assert sum(len(comment) > 1 for comment in written) >= len(marked) - 4  # signs in prose
    other: Syntax = "yaml" if syntax == "arch" else "arch"
    converted = source(rewriting.converted(before, other), other)
    assert sorted(comments(converted)) == sorted(written)
    back = source(rewriting.converted(converted, syntax), syntax)
    assert sorted(comments(back)) == sorted(written)
    assert said(back) == said(before)
    formatted = source(rewriting.formatted(before), syntax)
    assert comments(formatted) == written


def test_prose_has_no_comments() -> None:
    for text, syntax in ((ARCH, "arch"), (YAML, "yaml")):
        assert not [
            comment
            for comment in comments(source(text, syntax))
            if "prose" in comment and "beside" not in comment
        ]  # type: ignore[arg-type]
        assert not [comment for comment in comments(source(text, syntax)) if "no comment" in comment]  # type: ignore[arg-type]


def converted(text: str, syntax: Syntax, to: Syntax) -> str:
    return rewriting.converted(source(textwrap.dedent(text).lstrip("\n"), syntax), to)


def test_places_in_arch() -> None:
    text = """
    # top

    input: [3, 8, 8]   # beside

    # of the blocks
    blocks:
      # of b
      b:   # beside b
        - relu   # beside relu

        # above tanh
        - tanh
        # at the end of b
      # of c
      c: relu

    body:
      - b
      # - c
    expect: {output: [3, 8, 8]}   # facts
    # the end
    """
    assert converted(text, "yaml", "arch") == textwrap.dedent("""\
        # top

        input [3, 8, 8]  # beside

        # of the blocks
        # of b
        block b {  # beside b
          relu  # beside relu

          # above tanh
          tanh
          # at the end of b
        }

        # of c
        block c { relu }

        body {
          b
          # - c
        }

        expect {output: [3, 8, 8]}  # facts
        # the end
        """)


def test_places_in_yaml() -> None:
    text = """
    # top
    network n(a = 4)  # beside
    input [3, 8, 8]

    # of b
    block b {  # beside b
      relu  # beside relu

      # above tanh
      tanh
      # at the end of b
    }  # after b

    # of c
    block c { relu }

    body {
      b
      x: repeat(2) {  # twice
        c
      }  # after x
      # c
    }

    expect {output: [3, 8, 8]}  # facts
    """
    assert converted(text, "arch", "yaml") == textwrap.dedent("""\
        # top
        archdsl: 1
        name: n  # beside
        params: {a: 4}
        input: [3, 8, 8]

        blocks:
          # of b
          b:  # beside b
            - relu  # beside relu

            # above tanh
            - tanh
            # at the end of b
            # after b

          # of c
          c: relu

        body:
          - b
          - x:  # twice
              - repeat(2):
                  - c
                  # after x
          # c

        expect: {output: [3, 8, 8]}  # facts
        """)
