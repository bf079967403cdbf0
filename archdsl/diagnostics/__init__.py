"""Diagnostics of designs, and the exceptions that carry them."""

from archdsl.diagnostics.codes import Code, Severity
from archdsl.diagnostics.collector import Diagnostics, TooManyMistakes
from archdsl.diagnostics.errors import ArchError, DesignFault, OperatorError, UsageError
from archdsl.diagnostics.model import Diagnostic, Edit, Fix, Label, with_related
from archdsl.diagnostics.suggestions import did_you_mean, misspelling

__all__ = [
    "ArchError", "Code", "DesignFault", "Diagnostic", "Diagnostics", "Edit", "Fix", "Label", "OperatorError",
    "Severity", "TooManyMistakes", "UsageError", "did_you_mean", "misspelling", "with_related",
]  # fmt: skip
