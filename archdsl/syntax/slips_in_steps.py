"""Slips in steps, labels and headings."""

from __future__ import annotations

import re

from archdsl.syntax.refused import Slip, Text
from archdsl.syntax.tree import CONSTRUCTS


def key(text: Text) -> Slip | None:
    """What is no label and no construct's heading."""
    if text.door != "key":
        return None
    whole = text.whole
    quoted = f'write `"{whole}"`'
    if text.at_end and text.open:
        if text.source.text.startswith(":", text.span.start):
            message, colon = (
                "an argument is named with `=`, not with `:`",
                text.piece(len(whole), len(whole) + 1),
            )
            return Slip(message, "write `name=value`", "colon-in-arguments", colon, "expected `=`")
        return None
    if text.found == "->":
        name = re.search(r"\w+$", whole)
        if name is not None:
            return Slip(
                "a label stands only at the beginning of a step",
                f"begin a new step: `- {name.group()}: ...`",
                "label-in-chain",
                text.piece(*name.span()),
                "a label in the middle of a chain",
            )
    if text.found == "{":
        return Slip("a computed label needs quotes", quoted, "unquoted-label")
    if re.fullmatch(r"[0-9][\w-]*", whole):
        return Slip("a label that begins with a digit needs quotes", quoted, "unquoted-label")
    if re.fullmatch(r"[\w-]*-[\w-]*", whole):
        return Slip("a label with a hyphen needs quotes", quoted, "unquoted-label")
    if text.found == "." and not text.open:
        return Slip("a label has no dots", f"write `{re.sub(r'[.]+', '_', whole)}`")
    if text.found == ":" and not text.open:
        return Slip("a space is missing behind the `:`", f"write `{text.before}: {text.after[1:].strip()}`")
    word, _, rest = whole.replace("[", " ").rstrip("]").partition(" ")
    if word in CONSTRUCTS and len(text.pieces) == 1:
        return Slip(f"the arguments of `{word}` stand in parentheses", f"write `{word}({rest})`")
    if (word == "else" and rest) or re.match(r"if\b", whole):
        return Slip("a condition is written with `when`", "write `when(...)`, and `else` as its second key")
    if text.ends_value and re.match(r"\w", text.found) and not text.is_adjacent and not text.open:
        return Slip("a label has no spaces", f"write `{'_'.join(whole.split())}`")
    return None


def heading(text: Text) -> Slip | None:
    """What is no heading of a block: a name, and parameters in parentheses."""
    if text.door != "signature":
        return None
    if not text.pieces and text.found and text.found[0].isdigit():
        return Slip("a name begins with a letter or `_`", "choose another name")
    if not text.open and text.found == "-":
        return Slip("a block's name has letters, digits and `_`", f"write `{text.whole.replace('-', '_')}`")
    if not text.open and re.match(r"\w", text.found) and len(text.pieces) == 1:
        if text.previous in ("def", "block"):
            return Slip(
                f"a block's heading begins with its name, without `{text.previous}`",
                f"remove `{text.previous}`",
            )
        return Slip("parameters stand in parentheses", f"write `{text.previous}({text.after})`")
    if text.found == ":" and text.open:
        return Slip("parameters have no types", "write `name`, or `name=default`")
    is_parameter = text.previous in ("(", ",") and len(text.open) == 1
    if is_parameter and re.match(r"[0-9.\"]", text.found):
        return Slip("a parameter is a name", "write `name`, or `name=default`")
    return None


def label(text: Text) -> Slip | None:
    """A label in a chain."""
    if text.found != ":" or text.open or text.door != "chain":
        return None
    if len(text.pieces) == 1 and text.after[1:2].strip():
        return Slip(
            "a space is missing behind the `:`", f"write `{text.before.strip()}: {text.after[1:].strip()}`"
        )
    message = "a label stands only at the beginning of a step"
    return Slip(message, "begin a new step with the label", "label-in-chain")


def arrow(text: Text) -> Slip | None:
    if text.found == "->" and not text.pieces:
        return Slip("nothing stands before this `->`", "begin the step with a call", "dangling-arrow")
    if text.at_end and text.previous == "->":
        return Slip(
            "nothing follows the last `->`", "write the next call, or remove the `->`", "dangling-arrow"
        )
    if text.found == "->" and text.previous == "->":
        return Slip(
            "nothing stands between two `->`", "write the call, or remove one of them", "dangling-arrow"
        )
    if (
        text.found == ">"
        and text.previous == "-"
        and text.is_adjacent
        and (text.open or text.door != "chain")
    ):
        here = text.piece(len(text.before) - 1, len(text.before) + 1)
        help = "write a block with the chain as its body, and its name here"
        return Slip("a chain is no value", help, span=here, label="`->` joins calls")
    return None


def between_calls(text: Text) -> Slip | None:
    """What stands between two calls, where only `->` can."""
    if text.door != "chain" or text.open or not text.ends_value or not text.found:
        return None
    found = text.found
    if re.match(r"[0-9\"]", found):
        call = f"{text.previous}({found})" if text.previous.isidentifier() else "name(...)"
        return Slip("arguments stand in parentheses", f"write `{call}`")
    if re.match(r"\w", found) and found.isascii():
        return Slip("two calls without `->` between them", "write `->` between the calls", "missing-arrow")
    if found in (
        ",",
        ";",
        "|",
        "|>",
        "→",
        "-",
        "+",
        "*",
        "/",
        "//",
        "%",
        "**",
        ">",
        "<",
        ">=",
        "<=",
        "–",
        "—",
    ):
        return Slip(f"calls are joined by `->`, not by `{found}`", "write `->`", "missing-arrow")
    if found == "=":
        sign = text.after[:2]
        if sign == "=>":
            return Slip("calls are joined by `->`, not by `=>`", "write `->`", "missing-arrow")
        return Slip("there is no assignment here", "write `label: call` to name a step", "assignment")
    if found == "(":
        return Slip("a call has one pair of parentheses", "write all arguments in one pair")
    return None


def beginning(text: Text) -> Slip | None:
    """What is no call where one has to begin."""
    if text.door != "chain" or not text.begins or not re.match(r"[0-9.\"\[(]", text.found):
        return None
    what = "quoted text" if text.found[0] == '"' else f"`{text.found}`"
    return Slip(
        f"a step begins with the name of an operator or block, not with {what}",
        "write a call, such as `relu`",
    )
