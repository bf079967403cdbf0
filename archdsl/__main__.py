"""The command ``archdsl``, also ``python -m archdsl``."""

from __future__ import annotations

import gc
import os

# pydantic would read the metadata of everything installed, to find plugins that we have no use for.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Importing makes tens of thousands of objects and no garbage: to look for some after every few hundred,
# as the collector does by default, would take a fifth of a check's time.
gc.set_threshold(100_000, 20, 20)

from archdsl.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
