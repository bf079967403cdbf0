"""``archdsl ops``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.cli import completion
from archdsl.cli.common import JSON, say
from archdsl.diagnostics import UsageError
from archdsl.terminal import wants_color, width_of

if TYPE_CHECKING:
    from archdsl.ops.absent import Absent
    from archdsl.report.pages import Page


def ops(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="An operator, a construct, a call or a function; without it, all.",
            show_default=False,
            autocompletion=completion.operators,
        ),
    ] = None,
    json: JSON = False,
    markdown: Annotated[bool, typer.Option("--markdown", metavar="", help="Print Markdown.")] = False,
) -> None:
    """List the words of the language, or show all about one."""
    from archdsl.report import pages, pages_text

    if json and markdown:
        raise UsageError("`--json` and `--markdown` exclude each other", help="give one of them")
    found = list(pages.pages()) if name is None else _pages(name)
    color, width = wants_color(sys.stdout), width_of(sys.stdout)
    if json:
        from json import dump

        dump({"pages": [pages_text.to_json(page) for page in found]}, sys.stdout, indent=2)
        print()
    elif markdown:
        print(pages_text.markdown(found))
    elif name is None:
        print(pages_text.listing(found, color=color, width=width))
    else:
        print("\n\n".join([pages_text.render(page, color=color, width=width) for page in found]))


def _pages(name: str) -> list[Page]:
    """The pages of a word, under any name that the field has for it. Raises `UsageError`."""
    from archdsl.design.vocabulary import meant
    from archdsl.ops import OPERATORS
    from archdsl.ops.aliases import operator_called
    from archdsl.report.pages import Page, PageExample, pages_of, words

    if found := pages_of(name):
        return found
    called = operator_called(name, OPERATORS)
    if called is not None:
        say(f"`{name}` is called `{called}` here")
        return pages_of(called)
    word, absent = meant(name, words())
    if absent is None:
        near = f"did you mean `{word}`?" if word else "`archdsl ops` lists them all"
        raise UsageError(f"there is no operator, construct, call or function `{name}`", help=near)
    if not absent.block:
        raise UsageError(f"archdsl has no `{name}`", help=absent.help(OPERATORS))
    say(f"archdsl has no `{name}`: this block computes it")
    page = Page(
        absent.word, "operator", "Blocks that compute what operators of other libraries do",
        absent.block.partition(":")[0], f"{absent.meaning[0].upper()}{absent.meaning[1:]}.",
        examples=tuple(PageExample(text) for text in _as_designs(absent)),
    )  # fmt: skip
    return [page]


def _as_designs(absent: Absent) -> tuple[str, str]:
    """A small design with the block, in both syntaxes."""
    from archdsl.format.rewriting import converted
    from archdsl.source import Source

    other = "  - other: relu\n" if "other" in absent.example else ""
    block = "".join(f"  {line}\n" for line in absent.block.strip().splitlines())
    yaml = f"input: {absent.input}\nblocks:\n{block}body:\n{other}  - {absent.example}\n"
    return yaml, converted(Source(yaml, "block.yaml"), "arch")
