"""``archdsl schema``"""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output"),
    ] = None,
) -> None:
    """Print the JSON Schema of the YAML syntax, for editors.

    Editors with yaml-language-server (VS Code's YAML extension, Neovim, Helix)
    use it for a design that begins with the line

    # yaml-language-server: $schema=arch.schema.json

    and lies beside what `archdsl schema -o arch.schema.json` writes.
    """
    from archdsl.design.schema import schema as made

    text = json.dumps(made(), indent=2, ensure_ascii=False) + "\n"
    if output in (None, "-"):
        print(text, end="")
        return
    from archdsl.atomic_write import replacing

    with replacing(output) as file:
        file.write(text.encode())
