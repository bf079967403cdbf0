"""The application: its verbs, and what becomes of what they raise."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from archdsl import __version__
from archdsl.cli import check, compile, convert, explain, fmt, ops, run, schema, summary, verify, weights
from archdsl.cli import list as listing
from archdsl.cli.common import EXIT_DESIGN, EXIT_USAGE, complain, report
from archdsl.cli.failure import error_json, print_failure, wants_json
from archdsl.diagnostics import ArchError, UsageError

EXIT_INTERNAL = 70
"""EX_SOFTWARE of sysexits.h: the mistake is ours."""
EXIT_INTERRUPTED = 130


def _untyped(option: TyperOption | None) -> TyperOption | None:
    """``--help`` shown as a flag, without a type after it."""
    if option is not None:
        option.metavar = ""
    return option


class _Verb(TyperCommand):
    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return _untyped(super().get_help_option(ctx))


_COMPLETION = {
    "install_completion": "Install completion for this shell.",
    "show_completion": "Print what completes in this shell.",
}
_BadUsage: Any = typer.BadParameter.__base__
"""click's exception for a command line that cannot be parsed: typer has it under names that change."""


class _Verbs(TyperGroup):
    failure = ""
    """The error in the command line, once typer has printed it and ended the program."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except _BadUsage as error:
            _Verbs.failure = error.format_message()
            raise

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _BadUsage as error:
            _Verbs.failure = error.format_message()
            raise

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)
        for option in params:
            if isinstance(option, TyperOption) and option.name in _COMPLETION:
                _untyped(option)
                option.help = _COMPLETION[option.name]
        return params

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return _untyped(super().get_help_option(ctx))


app = typer.Typer(
    name="archdsl",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with: [bold]archdsl summary densenet121 --depth 2[/bold]",
)
for verb, panel in (
    (check.check, "Know a design"),
    (summary.summary, "Know a design"),
    (fmt.fmt, "Write it"),
    (convert.convert, "Write it"),
    (schema.schema, "Write it"),
    (compile.compile, "Build and run it"),
    (run.run, "Build and run it"),
    (weights.weights, "Build and run it"),
    (verify.verify, "Build and run it"),
    (listing.list_, "Learn"),
    (ops.ops, "Learn"),
    (explain.explain, "Learn"),
):
    # `list` is a word of Python's: its function bears an underscore.
    app.command(verb.__name__.rstrip("_"), cls=_Verb, rich_help_panel=panel)(verb)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"archdsl {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="Print the version and exit.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Write a network as its paper's table shows it; check, compile and run it.

    FILE is a design, the name of a network that comes along (resnet50), or - for standard input.
    """


def main() -> None:
    """Run the command line and exit: 0 fine, 1 the design has errors, 2 usage, 70 a fault of ours."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    status = _status()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough. What is buffered has to go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # Python would look for garbage among all that is left, which the end of the process frees anyway.
    gc.freeze()
    sys.exit(status)


def _status() -> int:
    json = wants_json(sys.argv[1:])
    _Verbs.failure = ""
    try:
        app(prog_name="archdsl")
    except SystemExit as end:
        if json and _Verbs.failure:
            print_failure(error_json("usage", _Verbs.failure))
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except ArchError as error:
        report(error.diagnostics)
        if json:
            print_failure(error_json("design", "the design has errors"), error)
        return EXIT_DESIGN
    except UsageError as error:
        complain(error)
        if json:
            print_failure(error_json("usage", error.message, error.help))
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        import traceback

        traceback.print_exc()
        message = (
            f"internal error in {_stage(error.__traceback__)}: this is a fault of archdsl, not of your design"
        )
        help = "please report it with the design and the lines above"
        print(f"\n{message}\nhelp: {help}", file=sys.stderr)
        if json:
            print_failure(error_json("internal", message, help))
        return EXIT_INTERNAL
    return 0


def _stage(trace: TracebackType | None) -> str:
    """The innermost part of archdsl that was at work: ``graph/infer``."""
    package = Path(__file__).resolve().parent.parent
    stage = "the command line"
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if package in path.parents:
            stage = path.relative_to(package).with_suffix("").as_posix()
        trace = trace.tb_next
    return stage
