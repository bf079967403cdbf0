"""The common parts of the verbs: options, the pipeline with its settings, and how mistakes are shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archdsl.cli import completion
from archdsl.diagnostics import ArchError, Diagnostic, UsageError
from archdsl.sizes import names_of, number_at
from archdsl.terminal import style_of, wants_color, width_of

if TYPE_CHECKING:
    from archdsl.network import Network
    from archdsl.pipeline import Checked

EXIT_DESIGN = 1
EXIT_USAGE = 2

FILE = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A design, a zoo name, or -.",
        show_default=False,
        autocompletion=completion.networks,
    ),
]
SET = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="Give a parameter of the network a value.")
]
INPUT_SHAPE = Annotated[
    str | None, typer.Option("--input", metavar="3x320x320", help="Give the input another shape.")
]
JSON = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON.")]
SIZE = Annotated[
    list[str], typer.Option("--size", metavar="NAME=N", help="Give a named size of the input a number.")
]
SEED = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of random weights and inputs.")]
WEIGHTS = Annotated[
    str | None,
    typer.Option(
        "--weights", metavar="FILE", help="Weights: .pth, .pt, .safetensors, .npz.", show_default="random"
    ),
]


class Provider(str, Enum):
    """Where a model can run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    tensorrt = "tensorrt"


OUTPUTS = Annotated[
    str | None,
    typer.Option(
        "--outputs", metavar="A,B", help="Make these values the outputs; leave out what they do not need."
    ),
]


def checked(reference: str, settings: Sequence[str], shape: str | None) -> Checked:
    """A design that has been through the pipeline, mistakes and all."""
    from archdsl import pipeline

    return pipeline.check(reference, settings=settings_of(settings), input=shape)


def network(
    reference: str, settings: Sequence[str] = (), shape: str | None = None, outputs: str | None = None
) -> Network:
    """A design without errors, with these outputs where they are given; its warnings and notes go to stderr.

    Raises `ArchError`, and `UsageError` for an output that is no value of the design.
    """
    result = checked(reference, settings, shape)
    if result.network is None:
        raise ArchError(result.diagnostics)
    report(result.diagnostics)
    for note in result.notes:
        say(note)
    return result.network if outputs is None else result.network.with_outputs(outputs.split(","))


def settings_of(texts: Sequence[str]) -> dict[str, str]:
    """The texts of ``--set NAME=VALUE`` by name."""
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise UsageError(
                f"`--set {text}` is not NAME=VALUE", help="write, for example, `--set growth=24`"
            )
        if name.strip() in settings:
            raise UsageError(f"`--set {name.strip()}` is given twice", help="give it once")
        settings[name.strip()] = value.strip()
    return settings


def sizes_of(texts: Sequence[str]) -> dict[str, int]:
    """The numbers of ``--size NAME=N`` by name."""
    sizes = {}
    for text in texts:
        name, _, number = text.partition("=")
        if not (name and number.isdecimal() and int(number) > 0):
            raise UsageError(f"`--size {text}` is not NAME=N", help="write, for example, `--size H=224`")
        sizes[name] = int(number)
    return sizes


def check_at(design: Network, settings: Sequence[str], sizes: Mapping[str, int]) -> None:
    """Check a design once more with numbers for its named sizes, before anything runs at them.

    Raises `ArchError` with what does not fit, and `UsageError` for a size that the inputs do not have.
    """
    if not sizes:
        return
    from archdsl import pipeline

    graph = design.graph
    inputs = {graph.nodes[at].name: graph.nodes[at].shape for at in graph.inputs}
    named = sorted({name for shape in inputs.values() for size in shape for name in names_of(size)})
    for name in sizes:
        if name not in named:
            listed = ", ".join(f"`{size}`" for size in named)
            raise UsageError(
                f"no input has a size `{name}`",
                help=f"they are {listed}"
                if named
                else "give the input a shape by `--input`, or in the design",
            )
    shapes = {
        name: "x".join(
            [str(number_at(size, sizes) if names_of(size) <= sizes.keys() else size) for size in shape]
        )
        for name, shape in inputs.items()
    }
    text = ",".join(f"{name}={shape}" for name, shape in shapes.items())
    result = pipeline.check(design.design.source, settings=settings_of(settings), input=text)
    if result.network is None:
        raise ArchError(result.diagnostics)


def report(diagnostics: Sequence[Diagnostic]) -> None:
    """Show diagnostics on stderr, with a last line that counts them."""
    if not diagnostics:
        return
    from archdsl.diagnostics.render import render_text, summary_line

    text = render_text(diagnostics, color=wants_color(sys.stderr), width=width_of(sys.stderr))
    print(f"{text}\n\n{summary_line(diagnostics)}", file=sys.stderr)


def say(note: str) -> None:
    """A word beside the result, on stderr."""
    style = style_of(wants_color(sys.stderr))
    print(f"{style.line('note')}: {note}", file=sys.stderr)


def write_out(text: str) -> None:
    """Put a text on standard output as it is: in UTF-8, with its own line ends."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def complain(error: UsageError) -> None:
    style = style_of(wants_color(sys.stderr))
    print(f"{style.error('error')}: {error.message}", file=sys.stderr)
    if error.help:
        print(f"{style.help('help')}: {error.help}", file=sys.stderr)
