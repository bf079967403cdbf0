"""The command ``archdsl``, also ``python -m archdsl``."""

from __future__ import annotations

import gc

# Importing makes many objects and no garbage: looking for some would take a fifth of a check's time.
# `archdsl.cli.common.loaded` turns the collector on again.
gc.disable()

from archdsl.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
