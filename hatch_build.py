"""What a build adds to the package: the parser's saved tables, the grammar and the architectures.

The tables are written beside the parser, where a checkout finds them too. The grammar and the
architectures lie at the top of the checkout and inside the package (``archdsl/_data``) in a wheel.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from archdsl.syntax.parser import save_tables

            save_tables(root / "archdsl" / "syntax" / "tables.bin")
        finally:
            sys.path.remove(str(root))
        if self.target_name == "wheel" and version != "editable":
            for folder in ("grammar", "architectures"):
                build_data["force_include"][str(root / folder)] = f"archdsl/_data/{folder}"
