"""Expressions to values: pure, total and bounded. Nothing here is ever handed to Python's own
evaluator.

They mean what they mean in Python, with these differences: booleans are no numbers, comparisons do
not chain, there is no text, and numbers, lists and steps have limits.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from archdsl.design.arithmetic import (
    FUNCTIONS,
    LARGEST,
    LONGEST_LIST,
    ExpressionFault,
    call,
    combine,
    limited,
    mismatch,
    negate,
    too_large,
    too_long,
)
from archdsl.design.binding import bind
from archdsl.design.environment import SIZES, Environment, Unresolved, callee_of
from archdsl.design.expression_faults import no_name, no_value, wrong_condition
from archdsl.design.fixed_values import reads_parameters_alone
from archdsl.design.foreign_words import foreign_word, is_foreign
from archdsl.design.lists import bind_items, cut, item_at, not_a_list, parts_in, weight
from archdsl.design.unknown_names import refuse_label, unknown_function, unknown_parameter
from archdsl.design.value_sizes import may_have, size_of
from archdsl.design.values import Callee, Result, Value, Word, is_list, kind_of, written
from archdsl.diagnostics import ArchError, did_you_mean
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Span
from archdsl.syntax import tree


def evaluate(expression: tree.Expression, environment: Environment) -> Result:
    """The value of an expression.

    Raises `ExpressionFault` where it has none, `Unresolved` where it follows from a mistake.
    """
    return _EVALUATE[expression.__class__](expression, environment)


def render(template: tree.Template, environment: Environment) -> str:
    """A label or name with its computed parts: whole numbers and words."""
    text = ""
    for part in template.parts:
        if isinstance(part, str):
            text += part
            continue
        value = evaluate(part, environment)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | Word | Callee):
            raise ExpressionFault(
                "wrong-label",
                f"a label takes whole numbers and words, not {written(value)}",
                part.span,
                kind_of(value),
                "write a whole number, `i // 2` for example",
            )
        text += written(value)
    return text


def path_of(expression: tree.Expression, environment: Environment) -> str:
    """The dotted name that ``from``, ``share``, ``output`` and ``aux`` take, computed or plain."""
    if isinstance(expression, tree.Template):
        return render(expression, environment)
    if isinstance(expression, tree.Name):
        return expression.word
    if isinstance(expression, tree.Attribute):
        return f"{path_of(expression.of, environment)}.{expression.name.word}"
    raise no_name(expression)


def item_held(expression: tree.Expression, environment: Environment) -> Value | None:
    """The value that an item of a list of values is, ``xs[i]`` in ``from(xs[i])``; None for any other text.

    Raises `ExpressionFault` for an item that is something else.
    """
    root = expression
    while isinstance(root, tree.Index | tree.SliceOf):
        root = root.of
    if root is expression or not isinstance(root, tree.Name) or environment.lookup(root.word) is None:
        return None
    item = evaluate(expression, environment)
    if isinstance(item, Value):
        return item
    raise no_value(item, expression.span)


# ---- one function a kind of expression


def _constant(expression: tree.Number | tree.Boolean, environment: Environment) -> Result:
    if expression.value >= LARGEST:
        raise too_large(expression.span)
    return expression.value


def _nothing(expression: tree.Nothing, environment: Environment) -> Result:
    raise ArchError([foreign_word("none", expression.span)])


def _broken(expression: tree.Broken, environment: Environment) -> Result:
    raise Unresolved


def _name(expression: tree.Name, environment: Environment) -> Result:
    word = expression.word
    found = environment.lookup(word)
    if found is not None:
        if isinstance(found, Value) and not found.known:
            raise Unresolved
        return found
    if word in SIZES and environment.incoming is not None:
        names = [*environment.variables, *environment.library.params]
        if not may_have(environment.incoming, word) and did_you_mean(word, names):
            raise unknown_parameter(word, expression.span, environment)
        return size_of(environment.incoming, word, expression.span)
    if word in SIZES and environment.flow is not None:
        raise ExpressionFault(
            "nothing-flows",
            f"`{word}` needs a value that flows in here",
            expression.span,
            help="begin the chain with `from(...)`",
        )
    callee = callee_of(word, environment)
    if callee is not None:
        return callee
    if is_foreign(word):
        raise ArchError([foreign_word(word, expression.span)])
    return Word(word)


def _template(expression: tree.Template, environment: Environment) -> Result:
    word = expression.plain or ""
    if not word.isidentifier():
        word, help = "", "write a number or a word; quoted names stand in `from(...)` alone"
    else:
        help = f"write `{word}` without quotes"
    raise ExpressionFault(
        "text-value",
        "text in quotes is no value",
        expression.span,
        "quoted",
        help,
        fixes=(replacing(expression.span, word, "safe", title=help),) if word else (),
    )


def _list(expression: tree.ListOf, environment: Environment) -> Result:
    environment.charge(len(expression.items), expression.span)
    return _list_of([evaluate(item, environment) for item in expression.items], environment, expression.span)


def _list_of(items: list[Result], environment: Environment, span: Span) -> Result:
    """A list of items that are counted; what the lists in it hold is counted here."""
    found = limited(tuple(items), span)
    if tuple in map(type, found):
        environment.charge(weight(found) - len(found), span)
    return found


def known(expression: tree.Expression, environment: Environment) -> Result:
    """The value of an expression where no word can stand for itself.

    Raises `ExpressionFault` for a name that nobody declares, beside what `evaluate` raises.
    """
    value = evaluate(expression, environment)
    if value.__class__ is Word and _is_itself(expression, value, environment):
        raise unknown_parameter(written(value), expression.span, environment)
    return value


def _is_itself(expression: tree.Expression, value: Result, environment: Environment) -> bool:
    """Return whether a value is a word that nobody declares."""
    if value.__class__ is not Word or not isinstance(expression, tree.Name) or value != expression.word:
        return False
    return environment.lookup(expression.word) is None


def _refuse_misspelt(
    expression: tree.Expression, value: Result, other: Result, environment: Environment
) -> None:
    """A word beside a number equals it never; where it looks like a parameter, one was meant."""
    if isinstance(other, Word | Callee) or not _is_itself(expression, value, environment):
        return
    if did_you_mean(written(value), [*environment.variables, *environment.library.params, *SIZES]):
        raise unknown_parameter(written(value), expression.span, environment)


def _unary(expression: tree.Unary, environment: Environment) -> Result:
    return negate(expression.operator, known(expression.operand, environment), expression.operand.span)


def _binary(expression: tree.Binary, environment: Environment) -> Result:
    symbol = expression.operator
    if symbol in ("==", "!="):  # words that stand for themselves are compared too
        left, right = evaluate(expression.left, environment), evaluate(expression.right, environment)
        _refuse_misspelt(expression.left, left, right, environment)
        _refuse_misspelt(expression.right, right, left, environment)
        if isinstance(left, tuple):
            environment.charge(weight(left), expression.span)
        return combine(symbol, left, right, expression.span, (expression.left.span, expression.right.span))
    left = known(expression.left, environment)
    if symbol not in ("and", "or"):
        right = known(expression.right, environment)
        if left.__class__ is int and right.__class__ is int and symbol in _ON_WHOLE_NUMBERS:
            exact: int = _ON_WHOLE_NUMBERS[symbol](left, right)
            if -LARGEST < exact < LARGEST:
                return exact
        places = (expression.left.span, expression.right.span)
        value = combine(symbol, left, right, expression.span, places)
        if value.__class__ is not int and (value.__class__ is tuple or left.__class__ is tuple):
            environment.charge(weight(left) + weight(value), expression.span)
        return value
    if not isinstance(left, bool):
        raise mismatch(symbol, left, expression.left.span)
    if left == (symbol == "or"):
        return left
    right = known(expression.right, environment)
    if not isinstance(right, bool):
        raise mismatch(symbol, right, expression.right.span)
    return right


_ON_WHOLE_NUMBERS: dict[str, Callable[[Any, Any], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
"""What most of a long comprehension is, and what nothing can be wrong with but its size."""


def _conditional(expression: tree.Conditional, environment: Environment) -> Result:
    return evaluate(
        expression.then if condition(expression.condition, environment) else expression.otherwise, environment
    )


def condition(expression: tree.Expression, environment: Environment) -> bool:
    """A condition's value, which has to be true or false."""
    value = known(expression, environment)
    if isinstance(value, bool):
        return value
    raise wrong_condition(value, expression.span)


def _index(expression: tree.Index, environment: Environment) -> Result:
    return item_at(expression, known(expression.of, environment), known(expression.at, environment))


def _slice(expression: tree.SliceOf, environment: Environment) -> Result:
    items = known(expression.of, environment)
    ends = [None if end is None else known(end, environment) for end in (expression.begin, expression.end)]
    found = cut(expression, items, ends[0], ends[1])
    environment.charge(weight(found), expression.span)
    return found


def _comprehension(expression: tree.Comprehension, environment: Environment) -> Result:
    settled = {} if environment.flow is None else environment.flow.settled
    key = id(environment.library), id(expression)
    if key not in settled:
        found = _made(expression, environment)
        if not reads_parameters_alone(expression, environment):
            return found
        settled[key] = found  # the same in each call and each turn
    environment.charge(1, expression.span)
    return settled[key]


def _made(expression: tree.Comprehension, environment: Environment) -> Result:
    inner = environment.with_variables({})
    found: list[Result] = []
    cost = 1 + parts_in(expression) // _PARTS_A_STEP

    def turns(depth: int, seen: Environment) -> None:
        if depth == len(expression.clauses):
            if len(found) == LONGEST_LIST:
                raise too_long(expression.span)
            found.append(evaluate(expression.value, inner))
            return
        clause = expression.clauses[depth]
        items = known(clause.items, seen)
        if not is_list(items):
            raise not_a_list("a comprehension", items, clause.items.span)
        environment.charge(cost * len(items), expression.span)
        for variables in bind_items(clause.target, items, clause.items):
            inner.variables.update(variables)
            if all(condition(each, inner) for each in clause.conditions):
                turns(depth + 1, inner)

    turns(0, environment)
    return _list_of(found, environment, expression.span)


_PARTS_A_STEP = 4
"""How many parts of an expression are evaluated at the cost of a step."""


def _attribute(expression: tree.Attribute, environment: Environment) -> Result:
    name = expression.name
    refuse_label(expression, environment)
    value = known(expression.of, environment)
    if isinstance(value, Value) and name.word in SIZES:
        return size_of(value, name.word, name.span)
    near = did_you_mean(name.word, SIZES) if isinstance(value, Value) else None
    raise ExpressionFault(
        "no-such-size",
        f"{kind_of(value)} has no `.{name.word}`",
        name.span,
        written(value) if not isinstance(value, Value) else "",
        f"`{', '.join(SIZES)}` are read of a parameter that holds a value" if near is None else "",
        fixes=() if near is None else (replacing(name.span, near, title=f"did you mean `.{near}`?"),),
    )


def _apply(expression: tree.Apply, environment: Environment) -> Result:
    word = expression.name.word
    if word == "from" and environment.flow is not None:
        if len(expression.arguments) != 1 or expression.arguments[0].name is not None:
            raise ExpressionFault(
                "wrong-argument", "`from` takes one name", expression.span, help="write `from(label)`"
            )
        argument = expression.arguments[0]
        found = item_held(argument.value, environment)
        if found is None:
            found = environment.flow.find(path_of(argument.value, environment), argument.span, environment)
        if not found.known:
            raise Unresolved
        return found
    if word in FUNCTIONS:
        values = []
        for argument in expression.arguments:
            if argument.name is not None:
                raise ExpressionFault(
                    "wrong-argument",
                    f"the arguments of `{word}` have no names",
                    argument.name.span,
                    "a name",
                    f"write `{word}({argument.value.span.text})`",
                    fixes=(replacing(argument.span, argument.value.span.text),),
                )
            values.append(known(argument.value, environment))
        given = sum(len(value) for value in values if is_list(value))
        environment.charge(1 + len(values) + given, expression.span)
        result = call(word, values, expression.span, [argument.span for argument in expression.arguments])
        if is_list(result):
            environment.charge(len(result), expression.span)
        return result
    held = environment.lookup(word)
    callee = held if isinstance(held, Callee) else callee_of(word, environment)
    if callee is None:
        raise ArchError([unknown_function(expression.name, environment.library)])
    faults = bind(callee, expression.arguments, expression.span, partial=True)[1]
    if faults:
        raise ArchError(faults)
    positional = list(callee.positional)
    keywords = dict(callee.keywords)
    for argument in expression.arguments:
        value = evaluate(argument.value, environment)
        if argument.name is None:
            positional.append(value)
        else:
            keywords[argument.name.word] = value
    return Callee(callee.word, callee.target, tuple(positional), keywords)


_EVALUATE: dict[type, Callable[[Any, Environment], Result]] = {
    tree.Number: _constant,
    tree.Boolean: _constant,
    tree.Nothing: _nothing,
    tree.Name: _name,
    tree.Broken: _broken,
    tree.Template: _template,
    tree.ListOf: _list,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Conditional: _conditional,
    tree.Index: _index,
    tree.SliceOf: _slice,
    tree.Comprehension: _comprehension,
    tree.Attribute: _attribute,
    tree.Apply: _apply,
}
