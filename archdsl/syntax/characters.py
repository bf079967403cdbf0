"""Characters that no design has, in either syntax."""

from __future__ import annotations

import re

BROKEN = "\ue000"
"""Stands in a text of ours where a line could not be read."""
_FORBIDDEN = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""What YAML forbids everywhere, and the byte-order mark, which may stand at the beginning alone."""
_FORBIDDEN_ASCII = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""The same for most texts, in a tenth of the time that it takes to compile."""


def forbidden_character(text: str) -> int | None:
    """Where a character stands that no design has, or None."""
    found = re.search(_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN, text)
    return None if found is None else found.start()
