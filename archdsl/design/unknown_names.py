"""Diagnostics for a word in a value that nobody declares: a parameter, a label or a function was meant."""

from __future__ import annotations

from archdsl.design.arithmetic import FUNCTIONS, ExpressionFault
from archdsl.design.environment import SIZES, Environment
from archdsl.design.values import Library
from archdsl.design.vocabulary import Meant, meant
from archdsl.diagnostics import Diagnostic, did_you_mean
from archdsl.diagnostics.fixes import replacing, respelling
from archdsl.source import Span
from archdsl.syntax import tree


def unknown_parameter(word: str, span: Span, environment: Environment) -> ExpressionFault:
    """The fault of a word in a place where only a parameter or a loop variable can be meant."""
    if environment.flow is not None and environment.flow.has(word, environment):
        return label_as_parameter(word, span, f"its sizes are `from({word}).channels` and so on")
    names = [*environment.variables, *environment.library.params]
    others = () if word in SIZES else SIZES
    near = did_you_mean(word, [known for known in (*names, *others) if known != word])
    listed = ", ".join(f"`{name}`" for name in names)
    if near is not None:
        help = f"did you mean `{near}`?"
    elif word in SIZES:
        help = f"`{word}` is read where a value flows in: in a body, or in a default of a block"
    else:
        help = f"parameters here are {listed}" if names else f"declare it: `params: {{{word}: 64}}`"
    return ExpressionFault(
        "unknown-parameter",
        f"there is no parameter `{word}`",
        span,
        "not known here",
        help,
        fixes=respelling(span, near),
    )


def label_as_parameter(path: str, span: Span, help: str = "") -> ExpressionFault:
    """The fault of a label where a parameter stands: the label's value is ``from`` it."""
    return ExpressionFault(
        "unknown-parameter",
        f"`{path}` is a label, not a parameter",
        span,
        "names a value",
        help,
        fixes=(replacing(span, f"from({path})", "safe"),) if not help else (),
    )


def refuse_label(expression: tree.Attribute, environment: Environment) -> None:
    """A size of a label, ``stem.height`` or ``enc.stem.height``, is read of ``from`` it."""
    parts, root = [], expression.of
    while isinstance(root, tree.Attribute):
        parts.append(root.name.word)
        root = root.of
    if not isinstance(root, tree.Name) or environment.flow is None:
        return
    path = ".".join([root.word, *reversed(parts)])
    is_held = environment.lookup(root.word) is not None
    if expression.name.word in SIZES and not is_held and environment.flow.has(path, environment):
        raise label_as_parameter(path, expression.of.span)


def unknown_function(name: tree.Name, library: Library) -> Diagnostic:
    """The diagnostic for a call in a value of something that nobody knows."""
    word = name.word
    if word in library.vocabulary.constructs or word in library.vocabulary.flow_calls:
        message = f"`{word}` is a step, not a value"
        return Diagnostic(
            "unknown-function", message, name.span, "stands in a value", "make it a step, or a block"
        )
    found = Meant(_FROM_PYTHON[word]) if word in _FROM_PYTHON else meant(word, (*FUNCTIONS, *library.blocks))
    help = found.help(name.span, f"functions are {', '.join(f'`{f}`' for f in FUNCTIONS)}")
    has = "archdsl has no" if found.absent is not None else "there is no function or block"
    message = f"{has} `{word}`"
    fixes = respelling(name.span, found.word)
    return Diagnostic("unknown-function", message, name.span, "not known here", help, fixes=fixes)


_FROM_PYTHON = {"int": "floor", "floordiv": "floor", "math": "floor", "length": "len", "size": "len"}
