"""The parser's callbacks for `.arch` files: sections, bodies and lines become the tree that YAML becomes."""

from __future__ import annotations

from typing import Any, NamedTuple

from lark import Token

from archdsl.diagnostics import DesignFault
from archdsl.diagnostics.fixes import respelling
from archdsl.source import Span
from archdsl.syntax import tree
from archdsl.syntax.builder import Builder
from archdsl.syntax.foreign_headings import HeadingMeant, heading_meant
from archdsl.syntax.tree import (
    BlockDeclaration,
    Broken,
    Call,
    ConstructStep,
    Expression,
    Fact,
    Form,
    Group,
    Labelled,
    Name,
    ParameterDeclaration,
    PlainText,
    Section,
    SectionEntry,
    Step,
    Template,
    unwrapped,
)


class Body(NamedTuple):
    """The lines between braces, and where these stand."""

    span: Span
    steps: tuple[Step, ...]

    @property
    def step(self) -> Step:
        return self.steps[0] if len(self.steps) == 1 else Group(self.span, self.steps)


class Item(NamedTuple):
    """A section of a file: its heading word and its place, and what it says."""

    word: str
    place: Span
    value: Any


class _CallWithBodies(NamedTuple):
    """A call, with bodies where it is a construct."""

    call: Call
    bodies: tuple[Body, ...]


class ArchBuilder(Builder):
    """Callbacks of the file's rules, besides those of the texts that both syntaxes share."""

    def file(self, items: list[Any]) -> list[Item]:
        return [item for item in items if item is not None]

    # ---- sections

    def network(self, children: list[Any]) -> Item:
        heading, name, parameters = children
        return Item("network", self.span(heading), (name, parameters or ()))

    def name_or_text(self, children: list[Token]) -> PlainText:
        return self.text(children)

    def network_parameters(self, children: list[Any]) -> tuple[ParameterDeclaration, ...]:
        return tuple(child for child in children if isinstance(child, ParameterDeclaration))

    def network_parameter(self, children: list[Any]) -> ParameterDeclaration:
        token, default, bounds, doc = children
        name = self._name(token)
        details: dict[str, SectionEntry] = {}
        if bounds is not None or doc is not None:
            details["value"] = SectionEntry(Name(default.span, "value"), default)
        for key, bound in zip(("min", "max"), bounds or (), strict=False):
            if bound is not None:
                details[key] = SectionEntry(Name(bound.span, key), bound)
        if doc is not None:
            details["doc"] = SectionEntry(Name(doc.span, "doc"), doc)
        return ParameterDeclaration(self._between(name, default), name, default, details)

    def range(self, children: list[Any]) -> tuple[Expression | None, Expression | None]:
        dots = next(i for i, child in enumerate(children) if isinstance(child, Token))
        low = children[0] if dots else None
        high = children[dots + 1] if len(children) > dots + 1 else None
        return low, high

    def text(self, children: list[Token]) -> PlainText:
        (token,) = children
        return PlainText(self.span(token), _unquoted(token).replace("\r\n", "\n").strip())

    def doc(self, children: list[PlainText]) -> Item:
        return Item("doc", children[0].span, children[0])

    def _item(self, children: list[Any]) -> Item:
        heading, value = children
        return Item(str(heading), self.span(heading), value)

    family = paper = reference = extends = init = use = input = inputs = outputs = _item

    def expect(self, children: list[Any]) -> Item:
        heading, section = children
        return Item("expect", self.span(heading), self._facts(section))

    def block(self, children: list[Any]) -> Item:
        heading, signature, body = children
        return Item("block", self.span(heading), BlockDeclaration(signature, body.step))

    def main(self, children: list[Any]) -> Item:
        heading, body = children
        return Item("body", self.span(heading), body.step)

    def broken_item(self, children: list[Any]) -> Item:
        return Item("broken", self.span(children[0]), None)

    # ---- mappings

    def section(self, children: list[Any]) -> Section:
        entries: dict[str, SectionEntry] = {}
        for entry in children:
            if isinstance(entry, SectionEntry):
                if entry.key.word in entries:
                    raise DesignFault(
                        "equal-keys", f"the key `{entry.key.word}` stands twice", entry.key.span
                    )
                entries[entry.key.word] = entry
        return Section(self._tokens(children), entries)

    def entry(self, children: list[Any]) -> SectionEntry:
        key, value = children
        return SectionEntry(key, value)

    def broken_entry(self, children: list[Token]) -> None:
        return None

    def key_path(self, children: list[Token]) -> Name:
        span = self._between(children[0], children[-1])
        return Name(span, ".".join(_unquoted(token) for token in children))

    def _facts(self, section: Section) -> Section:
        """The facts of ``expect``: numbers and quoted bounds are facts, lists are shapes."""
        entries: dict[str, SectionEntry] = {}
        for key, entry in section.entries.items():
            value = entry.value
            if isinstance(value, Section):
                value = self._facts(value)
            elif isinstance(value, Template):
                value = self._fact_in(value)
            elif not isinstance(value, tree.ListOf | PlainText | Fact):
                value = Fact(value.span, "==", value)
            entries[key] = SectionEntry(entry.key, value)
        return Section(section.span, entries)

    def _fact_in(self, quoted: Template) -> Fact:
        return self._readers.fact(self._source, quoted.span.start + 1, quoted.span.end - 1)

    # ---- bodies

    def body(self, children: list[Any]) -> Body:
        steps = tuple(child for child in children if child is not None and not isinstance(child, Token))
        return Body(self._tokens(children), steps)

    def label(self, children: list[Token]) -> Template:
        (token,) = children
        if token.type == "STRING":
            return self._readers.label(self._source, self._start(token) + 1, self._end(token) - 1)
        return Template(self.span(token), (str(token),))

    def line(self, children: list[Any]) -> Step:
        label, *steps = children
        step = self._chain_or_construct(steps)
        return step if label is None else Labelled(label.span, label, step)

    def labelled_group(self, children: list[Any]) -> Step:
        label, body = children
        return Labelled(label.span, label, Group(body.span, body.steps))

    def bare_group(self, children: list[Body]) -> Step:
        return Group(children[0].span, children[0].steps)

    def broken_line(self, children: list[Any]) -> Step:
        return Broken(self.span(children[0]))

    def step(self, children: list[Any]) -> _CallWithBodies:
        name, arguments, *bodies = children
        return _CallWithBodies(
            self.call([name, arguments]), tuple(body for body in bodies if body is not None)
        )

    def _chain_or_construct(self, steps: list[_CallWithBodies]) -> Step:
        for step in steps:
            call, word = step.call, step.call.name.word
            form = self.forms.get(word)
            if form is not None:
                if not step.bodies:
                    if form.has_branches and any(map(_may_be_a_branch, call.arguments)):
                        continue  # its branches are arguments: refused with the names
                    raise DesignFault(
                        "null-value", f"`{word}` has no body", call.span, "nothing follows it",
                        f"write its steps in braces: `{call.span.text} {{ ... }}`",
                    )  # fmt: skip
                if len(steps) > 1:
                    raise DesignFault(
                        "construct-in-chain", f"`{word}` is a construct and stands alone", call.span,
                        "in the middle of a chain", "write it on a line of its own",
                    )  # fmt: skip
                return self._construct(step, form)
            if step.bodies:
                meant = heading_meant(word, self.forms)
                unknown = meant == HeadingMeant()
                raise DesignFault(
                    "not-a-construct",
                    f"`{word}` takes no body" if unknown else f"there is no construct `{word}`",
                    call.name.span,
                    "a call, not a construct" if unknown else "takes no body",
                    meant.help("write the braces without it, or a label before them"),
                    fixes=respelling(call.name.span, meant.word),
                )  # fmt: skip
        return self.chain([step.call for step in steps])

    def _construct(self, step: _CallWithBodies, form: Form) -> ConstructStep:
        call, bodies = step.call, step.bodies
        word = call.name.word
        if len(bodies) == 2 and not form.takes_else:
            others = " or ".join(f"`{each.word}`" for each in self.forms.values() if each.takes_else)
            raise DesignFault(
                "stray-else", f"`{word}` takes no `else`", bodies[1].span, f"belongs to a {others}"
            )
        if form.has_branches:
            return ConstructStep(call.span, call.name, call.arguments, bodies[0].steps, form, ())
        if form.parts:
            parts = self._parts(bodies[0], form)
        else:
            parts = dict(zip(("body", "else"), (body.step for body in bodies), strict=False))
        if form.needs_arguments and not call.arguments:
            raise DesignFault(
                "missing-argument",
                f"`{word}` needs arguments in parentheses",
                call.span,
                help=f"write `{word}(...)`",
            )
        return ConstructStep(call.span, call.name, call.arguments, tuple(parts.values()), form, tuple(parts))

    def _parts(self, body: Body, form: Form) -> dict[str, Step]:
        """The parts of a body that may be divided, in the order written: directly inside it their names
        are no labels."""
        found: dict[str, Step] = {}
        if any(isinstance(step, Broken) for step in body.steps):
            return {"body": body.step}  # a part may be among what could not be read
        for step in body.steps:
            if isinstance(step, Labelled) and not self._is_quoted(step.label):
                word = step.label.plain
                if word in form.parts:
                    found[word] = unwrapped(step.step)
        if not found:
            return {"body": body.step}
        first = form.parts[0]
        if len(found) != len(body.steps) or first not in found:
            listed = " and ".join(f"a `{part}`" for part in form.parts)
            raise DesignFault(
                "unknown-key", f"a `{form.word}` has {listed}, and nothing beside them", body.span,
                help=f"write the steps in `{first}: {{ ... }}`, once; a label of that name is quoted",
            )  # fmt: skip
        return found

    def _is_quoted(self, label: Template) -> bool:
        return self._source.text[label.span.start - 1 : label.span.start] == '"'

    # ---- places

    def _tokens(self, children: list[Any]) -> Span:
        """From the opening brace to the closing one."""
        tokens = [child for child in children if isinstance(child, Token)]
        return self._between(tokens[0], tokens[-1])


def _unquoted(token: Token) -> str:
    if token.type == "LONG_TEXT":
        return token[3:-3]
    return token[1:-1] if token.type == "STRING" else str(token)


def _may_be_a_branch(argument: tree.Argument | tree.Binding) -> bool:
    return argument.name is None and not isinstance(argument.value, tree.Number)
