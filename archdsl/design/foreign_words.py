"""Words of Python that a design has another word for, or none."""

from __future__ import annotations

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Span

ABSENT = ("None", "none", "null")
"""The words of other languages for no value."""
_FOREIGN = {
    "True": "write `true`",
    "False": "write `false`",
    **dict.fromkeys(ABSENT, "the absent block is `identity`"),
    "self": "parameters go by their names alone",
}


def is_foreign(word: str) -> bool:
    """Return whether this is a word of Python's that has another name here, or none."""
    return word in _FOREIGN


def foreign_word(word: str, span: Span) -> Diagnostic:
    fixes: tuple[Fix, ...] = ()
    if word in _WRITTEN_HERE:
        fixes = (replacing(span, _WRITTEN_HERE[word], "safe" if word in ("True", "False") else "unsafe"),)
    return Diagnostic(
        "python-word", f"there is no `{word}`", span, "Python's word", _FOREIGN[word], fixes=fixes
    )


_WRITTEN_HERE = {
    "True": "true",
    "False": "false",
    **dict.fromkeys(ABSENT, "identity"),
}
