"""The values of a file's parameters: their defaults, or what `--set` gives; within their bounds."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.design.arithmetic import ExpressionFault, whole
from archdsl.design.environment import Environment, HeaderEnvironment, Unresolved, Work
from archdsl.design.expr import evaluate
from archdsl.design.model import ParameterDetails, validate
from archdsl.design.values import UNKNOWN, Callee, Library, Result, Word, is_list, kind_of, written
from archdsl.diagnostics import ArchError, Diagnostics, UsageError, did_you_mean
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Source, Span
from archdsl.syntax import tree
from archdsl.syntax.parser import parse_expression


class Setter:
    """Gives the parameters of a file their values, in order, each seeing those before it."""

    def __init__(self, library: Library, diagnostics: Diagnostics) -> None:
        self.library = library
        self.diagnostics = diagnostics
        self.work = Work()

    def give(
        self,
        parameters: Mapping[str, tree.ParameterDeclaration],
        replaced: Mapping[str, tree.ParameterDeclaration],
        settings: Mapping[str, str],
    ) -> None:
        """``replaced`` are declarations that an extending file gave other values. Raises `UsageError`
        for a setting that no parameter has."""
        given = {name: self._setting(name, text) for name, text in settings.items()}
        for name in settings:
            if name not in parameters:
                near = did_you_mean(name, parameters)
                raise UsageError(
                    f"the network has no parameter `{name}`",
                    help=f"did you mean `{near}`?" if near else f"its parameters: {listed(parameters)}",
                )
        for name, parameter in parameters.items():
            try:
                value = self._value(parameter, replaced.get(name), given.get(name))
            except ArchError as fault:
                for diagnostic in fault.diagnostics:
                    self.diagnostics.add(diagnostic)
                value = UNKNOWN
            except Unresolved:
                value = UNKNOWN
            self.library.params[name] = value

    def _value(
        self,
        parameter: tree.ParameterDeclaration,
        replaced: tree.ParameterDeclaration | None,
        given: tree.Expression | None,
    ) -> Result:
        """The parameter's value; one that takes the place of another has its kind and its bounds."""
        environment = HeaderEnvironment(self.library, {}, self.work)
        name = parameter.name.word
        declared = replaced if replaced is not None else parameter
        assert declared.default is not None  # a network's parameter always has a value
        value = evaluate(declared.default, environment)
        self._check_details(declared, value, declared.default.span, environment)
        for expression in (parameter.default if replaced is not None else None, given):
            if expression is not None:
                chosen = evaluate(expression, environment)
                _same_kind(name, chosen, value, expression.span)
                details = parameter if parameter.details else declared
                self._check_details(details, chosen, expression.span, environment)
                value = chosen
        return value

    def _setting(self, name: str, text: str) -> tree.Expression | None:
        source = Source(text, f"--set {name}")
        try:
            return parse_expression(source, 0, len(text))
        except ArchError as fault:
            for diagnostic in fault.diagnostics:
                self.diagnostics.add(diagnostic)
            return None

    def _check_details(
        self, parameter: tree.ParameterDeclaration, value: Result, span: Span, environment: Environment
    ) -> None:
        if not parameter.details:
            return
        data: dict[str, object] = {}
        spans: dict[tuple[str | int, ...], Span] = {}
        for key, entry in parameter.details.items():
            known = key in ParameterDetails.model_fields
            spans[(key,)] = entry.value.span if known else entry.key.span
            read = entry.value
            if isinstance(read, tree.PlainText):
                data[key] = read.text
            elif not isinstance(read, tree.Fact | tree.Section):
                data[key] = evaluate(read, environment)
        details = validate(ParameterDetails, data, spans, parameter.span, self.diagnostics)
        if details is None:
            return
        low, high = details.min, details.max
        for item in value if is_list(value) else (value,):
            if isinstance(item, bool) or not isinstance(item, int | float):
                continue
            if (low is not None and item < low) or (high is not None and item > high):
                nearest = low if low is not None and item < low else high
                bounds = (
                    f"from {low} to {high}"
                    if None not in (low, high)
                    else f"at least {low}"
                    if high is None
                    else f"at most {high}"
                )
                raise ExpressionFault(
                    "out-of-bounds",
                    f"`{parameter.name.word}` is {written(item)}, but has to be {bounds}",
                    span,
                    "outside the parameter's bounds",
                    f"write a value {bounds}, such as `{nearest}`",
                    fixes=(replacing(span, str(nearest)),) if span.text == written(item) else (),
                )


def listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _same_kind(name: str, chosen: Result, default: Result, span: Span) -> None:
    """A value for a network's parameter has the kind of its default."""
    if kind_of(chosen) == kind_of(default):
        return
    if isinstance(default, float) and isinstance(chosen, int) and not isinstance(chosen, bool):
        return
    if isinstance(default, int) and not isinstance(default, bool) and whole(chosen) is not None:
        return
    block = isinstance(default, Callee | Word)
    raise ExpressionFault(
        "wrong-kind",
        f"`{name}` is {kind_of(default)}, not {kind_of(chosen)}",
        span,
        written(chosen),
        f"write {kind_of(default)} such as `{written(default)}`" + (", or another block" if block else ""),
    )
