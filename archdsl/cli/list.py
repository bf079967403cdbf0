"""``archdsl list``"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer

from archdsl.cli.common import JSON, write_out
from archdsl.diagnostics import UsageError
from archdsl.terminal import wants_color


class Order(str, Enum):
    """The columns by which the networks can be sorted."""

    family = "family"
    name = "name"
    year = "year"
    params = "params"
    macs = "macs"


def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD...]", help="Words of names or families.", show_default="all"),
    ] = None,
    family: Annotated[str, typer.Option("--family", metavar="NAME", help="Of this family.")] = "",
    reference: Annotated[
        str, typer.Option("--reference", metavar="PACKAGE", help="With a reference: torchvision, timm ...")
    ] = "",
    year: Annotated[
        str | None, typer.Option("--year", metavar="YEAR", help="Of that year, or of 2015..2017.")
    ] = None,
    params: Annotated[
        str | None, typer.Option("--params", metavar="BOUND", help="With so many parameters: '<30M'.")
    ] = None,
    macs: Annotated[
        str | None, typer.Option("--macs", metavar="BOUND", help="With so many MACs: '<=4.5G'.")
    ] = None,
    sort: Annotated[Order, typer.Option("--sort", help="The order.")] = Order.family,
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="FILE", help="Draw parameters against MACs: .svg, .png or .pdf."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", metavar="", help="Print a page of Markdown.")
    ] = False,
    json: JSON = False,
) -> None:
    """List the networks that come along."""
    from archdsl.report import zoo as report
    from archdsl.zoo import ZooFilter, bound_of, entries

    given = {"year": year, "params": params, "macs": macs}
    bounds = tuple([bound_of(field, text) for field, text in given.items() if text is not None])
    choice = ZooFilter(tuple(words or ()), family, reference, bounds)
    found = [entry for entry in entries() if choice.takes(entry)]
    if sort is not Order.family:
        found.sort(key=lambda entry: (getattr(entry, sort.value) or 0, entry.name))
    if plot is not None:
        if not found:
            raise UsageError("there is nothing to draw: no network is of that kind")
        from archdsl.report.plot import save_plot

        save_plot(plot, found)
        print(f"{plot}: {len(found)} networks")
    elif json:
        from json import dumps

        print(dumps(report.to_json(found), indent=2, ensure_ascii=False))
    elif markdown:
        write_out(report.page(found))
    else:
        print(report.render(found, color=wants_color(sys.stdout)))
