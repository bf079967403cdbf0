"""The initialisation of a network in emitted source, where it is not what PyTorch's layers do of themselves.

A rule that most layers of a kind follow is written once, for all of that kind; a layer that follows
another is named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from archdsl.backends.torch.expressions import expression
from archdsl.backends.torch.layout import INDENT, Placeholder, lines, literal, quoted
from archdsl.backends.torch.names import attribute

if TYPE_CHECKING:
    from archdsl.backends.torch.layout import Text
    from archdsl.backends.torch.program import Program
    from archdsl.ops.torch_form import Invoke

NAME = "initialise"


class Initialisation(NamedTuple):
    """The source of a function that fills a layer by its kind's rule, "" where none is needed; and the
    statements that fill the layers which follow another."""

    function: str
    exceptions: list[Text]


def initialisation(program: Program) -> Initialisation:
    """How the layers of a network are filled under its design's ``init``."""
    scheme = program.graph.scheme
    rules: dict[tuple[str, str], list[tuple[str, Invoke | None]]] = defaultdict(list)
    seen: set[str] = set()
    for at in program.region_of:
        node = program.graph.nodes[at]
        layer = program.layers[at]
        if layer is None or node.owner in seen:
            continue
        seen.add(node.owner)
        for parameter in program.graph.params_of(node):
            rule = None if parameter.is_filled_by_torch(scheme) else parameter.rule(scheme).torch()
            rules[layer.target, parameter.name].append((node.owner, rule))
    common: dict[str, dict[str, Invoke]] = defaultdict(dict)
    exceptions: list[Text] = []
    for (target, word), found in rules.items():
        usual, _ = Counter([repr(rule) for _, rule in found]).most_common(1)[0]
        usual_rule = next(rule for _, rule in found if repr(rule) == usual)
        if usual_rule is not None:
            common[target][word] = usual_rule
        # A layer that is filled as PyTorch fills it would have been filled otherwise before.
        special = [(owner, rule) for owner, rule in found if repr(rule) != usual]
        if usual_rule is not None and any(rule is None for _, rule in special):
            exceptions += [_reset(owner) for owner, rule in special if rule is None and word == "weight"]
        exceptions += [_filled(_path(owner, word), rule) for owner, rule in special if rule is not None]
    return Initialisation(_function(common, scheme) if common else "", exceptions)


def _function(common: dict[str, dict[str, Invoke]], scheme: str) -> str:
    out = [
        f"def {NAME}(module: nn.Module) -> None:",
        f'    """Fill a layer as `init: {scheme}` has it."""',
    ]
    kinds: dict[str, list[str]] = defaultdict(list)
    for target, rules in common.items():
        kinds[repr(rules)].append(target)
    word = "if"
    for targets in kinds.values():
        rules = common[targets[0]]
        only_bias = " and module.bias is not None" if list(rules) == ["bias"] else ""
        out.append(f"    {word} isinstance(module, {' | '.join(targets)}){only_bias}:")
        word = "elif"
        for name, rule in rules.items():
            depth = 2
            if name == "bias" and not only_bias:
                out.append(f"{INDENT * 2}if module.bias is not None:")
                depth = 3
            out += lines(_filled(f"module.{name}", rule), _plain, depth)
    return "\n".join(out)


def _filled(tensor: str, rule: Invoke) -> Text:
    return expression(rule, (tensor,), ("",), str)


def _reset(owner: str) -> Text:
    return f"{_path(owner)}.reset_parameters()"


def _path(owner: str, word: str = "") -> str:
    text = "self"
    for part in owner.split("."):
        text = attribute(text, part)
    if word == "bias":
        # Of some layers type checkers know that they may have none.
        return f"{text}.get_parameter({quoted(word)})"
    return f"{text}.{word}" if word else text


def _plain(hole: Placeholder) -> str:
    return literal(hole.value)
