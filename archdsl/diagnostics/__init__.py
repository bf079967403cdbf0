"""What archdsl says: diagnostics of designs, and the exceptions that carry them."""

from archdsl.diagnostics.collector import Diagnostics, TooManyMistakes
from archdsl.diagnostics.errors import ArchError, OperatorError, UsageError
from archdsl.diagnostics.model import Diagnostic, Label, Severity, with_related
from archdsl.diagnostics.suggestions import did_you_mean, misspelling

__all__ = [
    "ArchError", "Diagnostic", "Diagnostics", "Label", "OperatorError", "Severity", "TooManyMistakes", "UsageError",
    "did_you_mean", "misspelling", "with_related",
]  # fmt: skip
