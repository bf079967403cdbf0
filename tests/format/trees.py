"""Random trees of designs, as the readers build them: what can be written, whether or not it checks."""

from __future__ import annotations

from hypothesis import strategies as st

from archdsl.constructs.vocabulary import STANDARD
from archdsl.source import Source, Span
from archdsl.syntax import tree

NOWHERE = Span(Source(""), 0, 0)
_RESERVED = {"if", "else", "and", "or", "not", "in", "true", "false", "none"}
_WORDS = (
    *STANDARD.words,
    "body", "shortcut", "params", "block", "blocks", "input", "network", "expect", "init", "use", "doc",
    "no", "on", "null", "y", "e5", "x", "as",
)  # fmt: skip
_FEW = 3

words = st.one_of(
    st.sampled_from(_WORDS), st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
).filter(lambda word: word not in _RESERVED)
callees = words.filter(lambda word: word not in STANDARD.constructs)
names = st.builds(tree.Name, st.just(NOWHERE), words)
_printable = st.characters(
    codec="utf-8", exclude_categories=("C", "Z"), include_characters=" \t", exclude_characters="\ufeff\ue000"
)
lines = st.text(_printable, max_size=20)
prose = (
    st.lists(lines, min_size=1, max_size=_FEW)
    .map(lambda found: "\n".join(found).strip())
    .filter(lambda text: '"""' not in text.rstrip('"'))
)
plain_texts = st.builds(tree.PlainText, st.just(NOWHERE), prose)


def _number(text: str) -> tree.Number:
    value = (
        float(text.replace("_", "")) if any(sign in text for sign in ".eE") else int(text.replace("_", ""))
    )
    return tree.Number(Span(Source(text), 0, len(text)), value)


numbers = st.one_of(
    st.integers(0, 10**12).map(str),
    st.from_regex(r"[0-9]{1,3}(_[0-9]{3}){0,3}", fullmatch=True),
    st.from_regex(r"([0-9]{0,3}\.[0-9]{1,3}|[0-9]{1,3}\.)", fullmatch=True),
    st.from_regex(r"([0-9]?\.[0-9]{1,2}|[0-9]{1,2}\.?)[eE][+-]?[0-9]", fullmatch=True),
).map(_number)


def _template(parts: list[str | tree.Expression]) -> tree.Template:
    joined: list[str | tree.Expression] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tree.Template(NOWHERE, tuple(joined))


atoms = st.one_of(
    numbers,
    st.booleans().map(lambda value: tree.Boolean(NOWHERE, value)),
    st.just(tree.Nothing(NOWHERE)),
    names,
)
_OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<=", ">=", "<", ">", "and", "or")


def _compound(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    nowhere, one = st.just(NOWHERE), st.just(1)
    return st.one_of(
        st.builds(tree.ListOf, nowhere, st.lists(inner, max_size=_FEW).map(tuple), one),
        st.builds(tree.Unary, nowhere, st.sampled_from(("+", "-", "not")), inner, one),
        st.builds(tree.Binary, nowhere, st.sampled_from(_OPERATORS), inner, inner, one),
        st.builds(tree.Conditional, nowhere, inner, inner, inner, one),
        st.builds(tree.Index, nowhere, inner, inner, one),
        st.builds(tree.SliceOf, nowhere, inner, st.none() | inner, st.none() | inner, one),
        st.builds(tree.Comprehension, nowhere, inner, _clauses(inner), one),
        st.builds(tree.Attribute, nowhere, inner.filter(_takes_a_dot), names, one),
        st.builds(tree.Apply, nowhere, names, _arguments(inner), one),
    )


rows = st.builds(
    tree.ListOf, st.just(NOWHERE), st.lists(names, min_size=1, max_size=_FEW).map(tuple), st.just(1)
)


def _clauses(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tuple[tree.Clause, ...]]:
    conditions = st.lists(inner, max_size=1).map(tuple)
    return st.lists(st.builds(tree.Clause, names | rows, inner, conditions), min_size=1, max_size=2).map(
        tuple
    )


def _takes_a_dot(expression: tree.Expression) -> bool:
    """``3.height`` is a number and a word."""
    return not isinstance(expression, tree.Number)


def _arguments(
    values: st.SearchStrategy[tree.Expression],
) -> st.SearchStrategy[tuple[tree.Argument | tree.Binding, ...]]:
    nowhere = st.just(NOWHERE)
    argument = st.one_of(
        st.builds(tree.Argument, nowhere, st.none() | names, values),
        st.builds(tree.Binding, nowhere, names | rows, values),
    )
    return st.lists(argument, max_size=_FEW).map(tuple)


in_templates = st.recursive(atoms, _compound, max_leaves=4)
"""No quotes within quotes."""
templates = st.lists(
    st.one_of(st.text(_printable.filter(lambda sign: sign not in "\"{}'"), max_size=5), in_templates),
    max_size=_FEW,
).map(_template)
labels = st.one_of(
    words.map(lambda word: tree.Template(NOWHERE, (word,))),
    st.lists(
        st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,4}", fullmatch=True), in_templates),
        min_size=1,
        max_size=_FEW,
    ).map(_template),
)
expressions = st.recursive(atoms | templates, _compound, max_leaves=6)
arguments = _arguments(expressions)

# ---- steps

chains = st.lists(
    st.builds(tree.Call, st.just(NOWHERE), st.builds(tree.Name, st.just(NOWHERE), callees), arguments),
    min_size=1,
    max_size=_FEW,
).map(lambda calls: tree.Chain(NOWHERE, tuple(calls)))


def _construct(
    word: str, given: tuple[tree.Argument | tree.Binding, ...], parts: list[tree.Step], turned: bool
) -> tree.Step:
    form = STANDARD.forms[word]
    if form.needs_arguments and not given:
        given = (tree.Argument(NOWHERE, None, tree.Name(NOWHERE, "x")),)
    name = tree.Name(NOWHERE, word)
    if form.has_branches:
        return tree.ConstructStep(NOWHERE, name, given, tuple(parts), form, ())
    names = form.parts or (("body", "else") if form.takes_else else ("body",))
    parts = parts[: len(names)] or [tree.Group(NOWHERE, ())]
    # The parts of a body stand in either order.
    names = names[: len(parts)] if form.takes_else or not turned else names[: len(parts)][::-1]
    return tree.ConstructStep(NOWHERE, name, given, tuple(parts), form, names)


def _more_steps(inner: st.SearchStrategy[tree.Step]) -> st.SearchStrategy[tree.Step]:
    several = st.lists(inner, max_size=_FEW)
    constructs = st.builds(
        _construct, st.sampled_from(list(STANDARD.constructs)), arguments, several, st.booleans()
    )
    groups = several.map(lambda steps: tree.Group(NOWHERE, tuple(steps)))
    plain = st.one_of(chains, constructs, groups)
    return st.one_of(plain, st.builds(tree.Labelled, st.just(NOWHERE), labels, plain))


steps = st.recursive(chains, _more_steps, max_leaves=8)

# ---- files


def _entries(
    keys: st.SearchStrategy[str], values: st.SearchStrategy[object], least: int = 0
) -> st.SearchStrategy[tree.Section]:
    return st.dictionaries(keys, values, min_size=least, max_size=_FEW).map(
        lambda found: tree.Section(NOWHERE, {key: _entry(key, value) for key, value in found.items()})
    )


def _entry(key: str, value: object) -> tree.SectionEntry:
    return tree.SectionEntry(tree.Name(NOWHERE, key), value)  # type: ignore[arg-type]


keys = st.one_of(
    words,
    st.from_regex(r"[A-Za-z_0-9][A-Za-z0-9_]{0,3}(\.[A-Za-z0-9_-]{1,3}){0,2}", fullmatch=True),
    st.from_regex(r"(\.\./)?[a-z]{1,4}( [a-z])?\.(yaml|arch)", fullmatch=True),
)
lists = st.builds(tree.ListOf, st.just(NOWHERE), st.lists(expressions, max_size=_FEW).map(tuple), st.just(1))
facts = st.builds(
    tree.Fact, st.just(NOWHERE), st.sampled_from(("==", "<=", ">=", "<", ">", "!=")), in_templates
)
expectations = _entries(keys, st.one_of(facts, lists, _entries(keys, st.one_of(facts, lists))))
bounds = st.fixed_dictionaries(
    {}, optional={"min": in_templates, "max": in_templates, "doc": plain_texts}
).filter(bool)


@st.composite
def _parameters(draw: st.DrawFn) -> tuple[tree.ParameterDeclaration, ...]:
    found = []
    for word in draw(st.lists(words, unique=True, max_size=_FEW)):
        default = draw(expressions)
        details = {}
        if draw(st.booleans()):
            details = {"value": default, **draw(bounds)}
        entries = {key: _entry(key, value) for key, value in details.items()}
        found.append(tree.ParameterDeclaration(NOWHERE, tree.Name(NOWHERE, word), default, entries))
    return tuple(found)


_block_parameters = st.lists(
    st.builds(tree.ParameterDeclaration, st.just(NOWHERE), names, st.none() | expressions), max_size=_FEW
).map(tuple)


@st.composite
def files(draw: st.DrawFn) -> tree.File:
    """A file with any of the sections."""
    sections = draw(
        st.fixed_dictionaries(
            {"input": lists},
            optional={
                **dict.fromkeys(("name", "doc", "paper", "reference", "init", "extends"), plain_texts),
                "use": _entries(keys, lists),
                "inputs": _entries(words, lists),
                "expect": expectations,
            },
        )
    )
    header = {key: _entry(key, value) for key, value in sections.items()}
    blocks = []
    for word in draw(st.lists(words, unique=True, max_size=_FEW)):
        signature = tree.BlockSignature(NOWHERE, tree.Name(NOWHERE, word), draw(_block_parameters))
        blocks.append(tree.BlockDeclaration(signature, draw(steps)))
    body = draw(st.none() | steps)
    return tree.File(NOWHERE.source, NOWHERE, header, draw(_parameters()), tuple(blocks), body)
