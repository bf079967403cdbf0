"""Diagnostics as text, JSON and annotations."""

from __future__ import annotations

import json
import textwrap

import pytest

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.fixes import removing
from archdsl.diagnostics.render import render_github, render_text, summary_line, to_json
from archdsl.source import Source, Span

NET = Source(
    textwrap.dedent(
        """\
        name: forked
        input: [3, 64, 64]
        body:
          - concat:
              left: conv(8, 3, stride=2) -> relu
              right: []
          - relu
        """
    ),
    "forked.yaml",
)


def at(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


CLASH = Diagnostic(
    "concat-size-mismatch",
    "branches of 31x31 and 64x64 cannot be joined",
    at(NET, "concat"),
    "joined here",
    "write `stride=1`",
    (Label(at(NET, "relu"), "makes 8x31x31"), Label(at(NET, "right"), "is 3x64x64")),
)


def test_places_near_each_other_share_a_snippet() -> None:
    assert render_text([CLASH]) == textwrap.dedent(
        """\
        error[concat-size-mismatch]: branches of 31x31 and 64x64 cannot be joined
         --> forked.yaml:4:5
          |
        4 |   - concat:
          |     ^^^^^^ joined here
        5 |       left: conv(8, 3, stride=2) -> relu
          |                                     ---- makes 8x31x31
        6 |       right: []
          |       ----- is 3x64x64
          |
        help: write `stride=1`"""
    )


def test_places_far_apart_and_in_other_files_have_their_own_snippets() -> None:
    other = Source("blocks: {cell: conv(64)}\n", "cells.yaml")
    far = Source("top\n" + "\n" * 40 + "bottom\n", "far.yaml")
    found = Diagnostic(
        "x-y",
        "headline",
        at(far, "bottom"),
        "",
        "",
        (Label(at(far, "top"), "a"), Label(at(other, "cell"), "b")),
    )
    assert render_text([found]) == textwrap.dedent(
        """\
        error[x-y]: headline
          --> far.yaml:42:1
           |
        42 | bottom
           | ^^^^^^
           |
          ::: far.yaml:1:1
           |
         1 | top
           | --- a
           |
          ::: cells.yaml:1:10
           |
         1 | blocks: {cell: conv(64)}
           |          ---- b"""
    )


def test_several_marks_on_one_line_hang_their_labels() -> None:
    line = Source("join(from(left), from(right))", "n")
    found = Diagnostic(
        "x-y",
        "m",
        at(line, "join"),
        "here",
        "",
        (Label(at(line, "left"), "1x1"), Label(at(line, "right"), "2x2")),
    )
    assert render_text([found]).splitlines()[3:] == [
        "1 | join(from(left), from(right))",
        "  | ^^^^      ----        ----- 2x2",
        "  | |         |",
        "  | |         1x1",
        "  | here",
    ]


def test_a_mark_inside_another_stays_visible() -> None:
    line = Source("conv(64, 9)", "n")
    found = Diagnostic("x-y", "m", at(line, "9"), "9x9", "", (Label(line.span(0, 11), "the call"),))
    assert render_text([found]).splitlines()[4] == "  | ---------^-"


@pytest.mark.parametrize(
    ("text", "word", "shown", "column"),
    [
        ("\tword", "word", "    word", 4),
        ("a\tword", "word", "a   word", 4),
        ("é: word", "word", "é: word", 3),
        ("e\u0301: word", "word", "e\u0301: word", 3),
        ("層: word", "word", "層: word", 4),
        ("\x1b[2Jword", "word", "\ufffd[2Jword", 4),
        ("\u202eword", "word", "\ufffdword", 1),
    ],
    ids=["tab", "tab after text", "accent", "combining accent", "wide", "escape", "right to left"],
)
def test_carets_stand_below_what_the_terminal_shows(text: str, word: str, shown: str, column: int) -> None:
    source = Source(text, "n")
    lines = render_text([Diagnostic("x-y", "m", at(source, word))]).splitlines()
    assert lines[3] == f"1 | {shown}"
    assert lines[4] == f"  | {' ' * column}^^^^"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_long_line_is_shown_in_part(width: int) -> None:
    source = Source("(" * 50_000 + "word" + ")" * 50_000, "n")
    lines = render_text([Diagnostic("x-y", "m", at(source, "word"), "L")], width=width).splitlines()
    code, marks = lines[3].removeprefix("1 | "), lines[4].removeprefix("  | ")
    assert len(lines[3]) <= max(width, 44)
    assert code.startswith("...(")
    assert code.endswith(")...")
    assert code.index("word") == marks.index("^^^^")


def test_an_empty_span_gets_one_caret_even_past_the_end() -> None:
    source = Source("ab", "n")
    assert render_text([Diagnostic("x-y", "m", source.span(2))]).splitlines()[3:] == ["1 | ab", "  |   ^"]


def test_an_empty_source_has_no_lines_to_show() -> None:
    assert (
        render_text([Diagnostic("x-y", "m", Source("", "n").span(), help="h")])
        == "error[x-y]: m\n --> n:1:1\nhelp: h"
    )


def test_a_span_of_several_lines_shows_its_first_and_its_last() -> None:
    start, end = NET.text.index("concat"), NET.text.index("  - relu")
    assert render_text([Diagnostic("x-y", "m", NET.span(start, end), "this")]).splitlines()[3:] == [
        "4 |   - concat:",
        "  |     ^^^^^^^",
        "5 |       left: conv(8, 3, stride=2) -> relu",
        "6 |       right: []",
        "  |       ^^^^^^^^^ this",
    ]


def test_control_codes_of_a_design_never_reach_the_terminal() -> None:
    source = Source("\x1b]0;title\x07: x", "n\x1b[1m.yaml")
    label = Label(source.span(0, 2), "a\x1bb")
    found = Diagnostic("x-y", "m \x1b[31m", source.span(0, 3), "l\x1b", "h\x1b", (label,))
    assert "\x1b" not in render_text([found])


def test_colour_changes_nothing_but_the_colour() -> None:
    import re

    colored = render_text([CLASH], color=True)
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_text([CLASH])


def test_json_has_every_place_in_full() -> None:
    fix = removing(at(NET, "left"), "safe")
    warning = Diagnostic("never-used", "unused", at(NET, "left"), severity="warning", fixes=(fix,))
    answer = json.loads(json.dumps(to_json([CLASH, warning])))
    assert answer == {
        "ok": False,
        "diagnostics": [
            {
                "code": "concat-size-mismatch",
                "severity": "error",
                "message": "branches of 31x31 and 64x64 cannot be joined",
                "file": "forked.yaml",
                "line": 4,
                "column": 5,
                "end_line": 4,
                "end_column": 11,
                "label": "joined here",
                "related": [
                    {
                        "file": "forked.yaml",
                        "line": 5,
                        "column": 37,
                        "end_line": 5,
                        "end_column": 41,
                        "label": "makes 8x31x31",
                    },
                    {
                        "file": "forked.yaml",
                        "line": 6,
                        "column": 7,
                        "end_line": 6,
                        "end_column": 12,
                        "label": "is 3x64x64",
                    },
                ],
                "help": "write `stride=1`",
                "fixes": [],
            },
            {
                "code": "never-used",
                "severity": "warning",
                "message": "unused",
                "file": "forked.yaml",
                "line": 5,
                "column": 7,
                "end_line": 5,
                "end_column": 11,
                "label": "",
                "related": [],
                "help": "remove it",
                "fixes": [
                    {
                        "title": "remove it",
                        "applicability": "safe",
                        "edits": [
                            {
                                "file": "forked.yaml",
                                "line": 5,
                                "column": 7,
                                "end_line": 5,
                                "end_column": 11,
                                "text": "",
                            }
                        ],
                    }
                ],
            },
        ],
    }
    assert to_json([warning])["ok"] is True


def test_github_annotations_escape_what_would_end_them() -> None:
    source = Source("a: b\n", "dir,1/a:b.yaml")
    found = Diagnostic("x-y", "50% gone", at(source, "b"), "first\nsecond", "fix")
    assert render_github([found]) == (
        "::error file=dir%2C1/a%3Ab.yaml,line=1,endLine=1,col=4,endColumn=5,title=x-y"
        "::50%25 gone%0Afirst%0Asecond%0Ahelp: fix"
    )


def test_the_last_line_counts() -> None:
    warning = Diagnostic("x-y", "m", NET.span(), severity="warning")
    assert summary_line([CLASH, CLASH, warning]) == "2 errors, 1 warning"
    assert summary_line([warning]) == "1 warning"
    assert summary_line([]) == ""
