"""Expressions, calls and chains as text: what both syntaxes share."""

from __future__ import annotations

import re

from archdsl.source import Span
from archdsl.syntax import tree
from archdsl.syntax.foreign_headings import is_quoted, label_meant

WIDTH = 100
"""No line is longer that can be broken."""

# How tightly each form binds, as in the grammar; an operand that binds looser gets parentheses.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _POSTFIX, _ATOM = range(11)
_BINARY = {
    "or": (_OR, _OR, _AND),
    "and": (_AND, _AND, _NOT),
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), (_COMPARE, _SUM, _SUM)),
    **dict.fromkeys(("+", "-"), (_SUM, _SUM, _PRODUCT)),
    **dict.fromkeys(("*", "/", "//", "%"), (_PRODUCT, _PRODUCT, _SIGN)),
    "**": (_POWER, _POSTFIX, _SIGN),
}
_NUMBER = re.compile(r"[\d_.]+([eE][+-]?\d+)?")
IDENTIFIER = re.compile(r"(?!(if|else|and|or|not|in|true|false|none)\b)[A-Za-z_][A-Za-z0-9_]*")


def expression_text(expression: tree.Expression) -> str:
    """An expression in canonical spacing, with the parentheses that it needs; numbers as written."""
    return _text(expression)[0]


def _text(expression: tree.Expression) -> tuple[str, int]:
    if isinstance(expression, tree.Number):
        written = expression.span.text
        return written if _NUMBER.fullmatch(written) else repr(expression.value), _ATOM
    if isinstance(expression, tree.Boolean):
        return "true" if expression.value else "false", _ATOM
    if isinstance(expression, tree.Nothing):
        return "none", _ATOM
    if isinstance(expression, tree.Name):
        return expression.word, _ATOM
    if isinstance(expression, tree.Template):
        return f'"{template_text(expression)}"', _ATOM
    if isinstance(expression, tree.ListOf):
        return f"[{', '.join(map(expression_text, expression.items))}]", _ATOM
    if isinstance(expression, tree.Unary):
        space, level = (" ", _NOT) if expression.operator == "not" else ("", _SIGN)
        return f"{expression.operator}{space}{_operand(expression.operand, level)}", level
    if isinstance(expression, tree.Binary):
        level, left, right = _BINARY[expression.operator]
        sides = _operand(expression.left, left), _operand(expression.right, right)
        return f"{sides[0]} {expression.operator} {sides[1]}", level
    if isinstance(expression, tree.Conditional):
        then, condition = _operand(expression.then, _OR), _operand(expression.condition, _OR)
        otherwise = _operand(expression.otherwise, _CONDITIONAL)
        return f"{then} if {condition} else {otherwise}", _CONDITIONAL
    if isinstance(expression, tree.Index):
        return f"{_operand(expression.of, _POSTFIX)}[{expression_text(expression.at)}]", _POSTFIX
    if isinstance(expression, tree.SliceOf):
        begin, end = (
            "" if part is None else expression_text(part) for part in (expression.begin, expression.end)
        )
        return f"{_operand(expression.of, _POSTFIX)}[{begin}:{end}]", _POSTFIX
    if isinstance(expression, tree.Comprehension):
        clauses = "".join(map(_clause, expression.clauses))
        return f"[{expression_text(expression.value)}{clauses}]", _ATOM
    if isinstance(expression, tree.Attribute):
        return f"{_operand(expression.of, _POSTFIX)}.{expression.name.word}", _POSTFIX
    if isinstance(expression, tree.Apply):
        return f"{expression.name.word}({arguments_text(expression.arguments)})", _ATOM
    raise ValueError("a broken expression has no text")


def _clause(clause: tree.Clause) -> str:
    conditions = "".join(f" if {_operand(condition, _OR)}" for condition in clause.conditions)
    return f" for {expression_text(clause.target)} in {_operand(clause.items, _OR)}{conditions}"


def _operand(expression: tree.Expression, least: int) -> str:
    text, level = _text(expression)
    return text if level >= least else f"({text})"


def template_text(template: tree.Template) -> str:
    """Quoted text without its quotes."""
    return "".join(
        part if isinstance(part, str) else f"{{{expression_text(part)}}}" for part in template.parts
    )


def arguments_text(arguments: tuple[tree.Argument | tree.Binding, ...]) -> str:
    return ", ".join(map(_argument, arguments))


def _argument(argument: tree.Argument | tree.Binding) -> str:
    value = expression_text(argument.value)
    # A conditional in an argument reads better in parentheses.
    value = f"({value})" if isinstance(argument.value, tree.Conditional) else value
    if isinstance(argument, tree.Binding):
        return f"{expression_text(argument.target)} in {value}"
    return value if argument.name is None else f"{argument.name.word}={value}"


def call_text(name: str, arguments: tuple[tree.Argument | tree.Binding, ...]) -> str:
    return f"{name}({arguments_text(arguments)})" if arguments else name


def chain_texts(chain: tree.Chain) -> list[str]:
    return [call_text(call.name.word, call.arguments) for call in chain.calls]


def signature_text(signature: tree.BlockSignature, *, equals: str = "=") -> str:
    parameters = ", ".join(parameter_text(parameter, equals=equals) for parameter in signature.parameters)
    return f"{signature.name.word}({parameters})" if parameters else signature.name.word


def parameter_text(parameter: tree.ParameterDeclaration, *, equals: str = "=") -> str:
    if parameter.default is None:
        return parameter.name.word
    return f"{parameter.name.word}{equals}{expression_text(parameter.default)}"


def fact_text(fact: tree.Fact) -> str:
    value = expression_text(fact.value)
    return value if fact.relation == "==" else f"{fact.relation} {value}"


def label_text(label: tree.Template, taken: frozenset[str] = frozenset()) -> str:
    """A label, quoted where it is no identifier, or where it would be read as something else."""
    plain = label.plain
    if plain is not None and plain not in taken and IDENTIFIER.fullmatch(plain):
        return plain
    return f'"{template_text(label)}"'


def label_of(step: tree.Labelled, taken: frozenset[str], forms: tree.Forms) -> str:
    """The label of a step, in the quotes that say that it is no construct where its word means one elsewhere."""
    word = step.label.plain
    if word is not None and is_quoted(step.label) and label_meant(step, forms) is not None:
        taken |= {word}
    return label_text(step.label, taken)


def chain_lines(chain: tree.Chain, first: str, indent: str) -> list[str]:
    """A chain in lines no longer than `WIDTH` where it can be: later lines begin with ``->``.

    Where its author broke it, it is broken; a call that is longer than a line has its arguments below it.
    """
    lines: list[str] = []
    before = chain.calls[0]
    for call, text in zip(chain.calls, chain_texts(chain), strict=True):
        if not lines:
            lines = _broken(first, text, indent)
        elif call.span.line == before.span.end_line and len(lines[-1]) + len(text) + 4 <= WIDTH:
            lines[-1] += f" -> {text}"
        else:
            lines += _broken(f"{indent}-> ", text, indent)
        before = call
    return lines


def _broken(first: str, text: str, indent: str) -> list[str]:
    opening = text.find("(")
    if len(first) + len(text) <= WIDTH or opening < 0:
        return [first + text]
    inner = [f"{indent}  {argument}," for argument in split(text[opening + 1 : -1])]
    return [first + text[: opening + 1], *inner, f"{indent})"]


def split(text: str) -> list[str]:
    """The texts between the commas of a list, as the printers write it."""
    depth, quoted, start, pieces = 0, False, 0, []
    for at, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        elif not quoted:
            depth += (sign in "([") - (sign in ")]")
            if sign == "," and depth == 0:
                pieces.append(text[start:at].strip())
                start = at + 1
    return [*pieces, text[start:].strip()]


def filled(items: list[str], indent: str) -> list[str]:
    """The items of a long list in lines, a comma after each."""
    lines = [indent]
    for item in items:
        space = "" if lines[-1] == indent else " "
        if space and len(lines[-1]) + len(item) + 2 > WIDTH:
            lines.append(indent)
            space = ""
        lines[-1] += f"{space}{item},"
    return lines


def is_below(span: Span, heading: int) -> bool:
    """Return whether a part ends on a later line than the one on which its heading stands, as it will in the
    other syntax."""
    return span.source.line_and_column(heading)[0] != span.end_line
