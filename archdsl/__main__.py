"""The command ``archdsl``, also ``python -m archdsl``."""

from __future__ import annotations

import gc
import os

# pydantic would read the metadata of everything installed, to find plugins that we have no use for.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Importing makes many objects and no garbage: looking for some would take a fifth of a check's time.
# `archdsl.cli.common.loaded` turns the collector on again.
gc.disable()

from archdsl.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
