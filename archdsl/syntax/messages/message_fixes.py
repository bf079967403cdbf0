"""The edits of a message: pieces of the text by the names of their places, and what takes their place.

    found         the sign that was refused        before   where it begins
    previous      the sign before it               both     from the one to the other
    previous_end  where that ends                  gap      the space between the two
    space         the space after the sign         end      where its line ends, without a comment
    whole         the text that was refused        line     its line
    last          the last word of the text        inside   what stands in the innermost parentheses
    partner       the quote that closes one        word     the letters and digits around the sign
    brace         where the line's body begins, before its `{`
    opening       the sign if it is a bracket, or else     next     the word after the sign
                  the innermost one that is open           closing  that which closes it
    line_end      where the line ends, for a mistake that was found by other means than the grammar's

A text with a space at its beginning or end loses it where there is a space already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from archdsl.diagnostics import Edit, Fix
from archdsl.source import Span

if TYPE_CHECKING:
    from archdsl.diagnostics.model import Applicability
    from archdsl.syntax.messages.rejected_token import RejectedToken

Places: TypeAlias = Mapping[str, Span]
PLACES = (
    "found", "before", "previous", "previous_end", "both", "gap", "space", "end", "whole", "line", "last", "inside",
    "partner", "word", "brace", "next", "opening", "closing", "line_end",
)  # fmt: skip


def places_of_token(token: RejectedToken) -> Places:
    """The places of a text that the grammar refused."""
    source, found, previous = token.source, token.span, token.previous
    # Where brackets were closed for the rest to be read, the fault may stand beyond what is written.
    text = source.text
    first, last = (min(at, len(text)) for at in token.step_line)
    spaces = len(text[found.end : last]) - len(text[found.end : last].lstrip(" \t"))
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    end = max(last, found.end)
    closing = re.compile(_closing(found.text)).search(text, found.end, end)
    body = re.compile(r"\s*\{").search(text, found.start, end)
    brace = {} if body is None else {"brace": source.span(body.start())}
    partner = {} if closing is None else {"partner": source.span(*closing.span())}
    return {
        **partner,
        **brace,
        "word": token.word_around,
        "next": token.next_word,
        **token.brackets,
        "found": found,
        "before": source.span(found.start),
        "previous": previous,
        "previous_end": source.span(previous.end),
        "both": token.from_previous,
        "gap": source.span(previous.end, max(found.start, previous.end)),
        "space": source.span(found.end, found.end + spaces),
        "end": source.span(end),
        "whole": _trimmed(source.span(token.start, token.end)),
        "line": source.span(first, last),
        "last": token.last,
        "inside": token.inside,
    }


def places_of_span(span: Span) -> Places:
    """The places of a mistake that was found by other means than the grammar's."""
    source = span.source
    start, end = source.span(span.start), source.span(span.end)
    line = source.text[span.end :].partition("\n")[0].partition(" #")[0].rstrip()
    line_end = source.span(span.end + len(line))
    return {
        "found": span, "whole": span, "before": start, "previous_end": end, "end": end, "line_end": line_end
    }  # fmt: skip


def fix_of(
    edits: Sequence[tuple[str, str]], applicability: Applicability, places: Places, help: str
) -> Fix | None:
    """The fix of a message at these places; None where it has none here.

    Its title is what the help says to write, or else what the edits write.
    """
    if any(place not in places for place, _ in edits):
        return None
    made = [Edit(places[place], _fitted(text, places[place])) for place, text in edits]
    made = [edit for edit in made if edit.span.text != edit.text]
    # What takes more than a line is described, and not written.
    if not made or any("`" in edit.text for edit in made):
        return None
    made = _quoted(made, places["whole"])
    said = re.match(r"(?:write|did you mean|remove it:|close what was opened:) `[^`]+`\??", help)
    written = next((edit.text.strip() for edit in made if edit.text.strip()), "")
    title = f"write `{written}`" if written else "remove it"
    if said is not None or not ("`" in help or ", or " in help):
        title = help if said is None else said.group()
    return Fix(title, tuple(made), applicability)


def _closing(quote: str) -> str:
    """The pattern of what closes a quote; of another sign, one that nothing matches."""
    return "|".join(_CLOSING.get(quote, quote if quote in ("'", "`") else "")) or r"(?!)"


_CLOSING = {"“": "”", "”": "”", "‘": "’", "’": "’", "„": "“”", "«": "»"}
"""The closing mark of each typographic quote."""


def _quoted(edits: list[Edit], whole: Span) -> list[Edit]:
    """The edits of a text in YAML that begins with ``>`` by them, in the quotes that it needs there."""
    source = whole.source
    first = next(
        (edit for edit in edits if edit.span.start == whole.start and edit.text.startswith(">")), None
    )
    if first is None or source.text[whole.start - 1 : whole.start] in ("'", '"'):
        return edits
    others = [edit for edit in edits if edit is not first]
    return [Edit(first.span, f'"{first.text}'), *others, Edit(source.span(whole.end), '"')]


def _fitted(text: str, span: Span) -> str:
    """A text without the space that stands beside its place already."""
    around = span.source.text
    if text.startswith(" ") and around[span.start - 1 : span.start].isspace():
        text = text[1:]
    if text.endswith(" ") and (around[span.end : span.end + 1].isspace() or span.end == len(around)):
        text = text[:-1]
    return text


def _trimmed(span: Span) -> Span:
    text = span.text
    start = span.start + len(text) - len(text.lstrip())
    return Span(span.source, start, max(start, span.start + len(text.rstrip())))
