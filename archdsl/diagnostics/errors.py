"""The exceptions of archdsl.

ArchError           a design has errors; carries every diagnostic
  DesignFault       one mistake, raised where nothing can be made of the text; the stage adds it to its others
OperatorError       raised by an operator that cannot take its inputs; the stage that called it
                    adds the places and makes it a Diagnostic
UsageError          a mistake outside a design: a file, an option, a package that is missing
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.call_changes import CallChange, help_of
from archdsl.diagnostics.codes import Code
from archdsl.diagnostics.model import Diagnostic, Fix, Label
from archdsl.source import Span


class ArchError(Exception):
    """A design that archdsl refuses, with all of its diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from archdsl.diagnostics.render import render_text  # needed for faults alone

        return render_text(self.diagnostics)


class DesignFault(ArchError):
    """One mistake: takes what a `Diagnostic` takes."""

    def __init__(
        self,
        code: Code,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        related: Sequence[Label] = (),
        *,
        fixes: Sequence[Fix] = (),
    ) -> None:
        super().__init__([Diagnostic(code, message, span, label, help, tuple(related), fixes=tuple(fixes))])


class OperatorError(Exception):
    """Raised by an operator: what it cannot do with these inputs, why, and what to write.

    ``argument`` names the attribute to point at; without it the call as a whole is meant.
    ``label`` is written under that place. ``changes`` are the ways to change the call, of which the help is made;
    ``otherwise`` says in words what no change of it does, or is the help where there are none. ``of_input``
    says whether it has to do with what goes in, so that the place where that was made is worth showing;
    ``speculative`` that the call is rather meant without ``argument``, those after it moving up, which the caller
    makes a fix of. The caller adds the spans.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        label: str = "",
        changes: Sequence[CallChange] = (),
        otherwise: str = "",
        argument: str | None = None,
        of_input: bool = True,
        speculative: bool = False,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.label, self.argument = code, message, label, argument
        self.changes, self.help = tuple(changes), help_of(changes, otherwise)
        self.of_input, self.speculative = of_input, speculative


class UsageError(Exception):
    """A mistake that has no place in a design: a file, an option, a package that is missing.

    ``message`` is a headline, with any further lines below it; ``help`` is the fix. ``meant`` is the word that
    was meant in place of one that is not known, where there is one.
    """

    def __init__(self, message: str, *, help: str = "", meant: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help, self.meant = message, help, meant

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message
