"""Lines in the making, with the comments of the text that they come from."""

from __future__ import annotations

from archdsl.format.comments import Carrier


class Writer:
    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.lines: list[str] = []

    def put(self, line: str, start: int, end: int, *, indent: str = "", above: bool = False) -> None:
        self.put_all([line], start, end, indent=indent, above=above)

    def put_all(
        self, lines: list[str], start: int, end: int, *, indent: str = "", above: bool = False
    ) -> None:
        """Add lines that stand for the source from ``start`` to ``end``: comments from before it go
        above them, one at its end after them, or ``above`` as well."""
        self.flush(start, indent)
        first = self.carrier.beside(start) if self.carrier.waits(end) else []
        inside = [c for c in self.carrier.before(end) if c] if self.carrier.waits(end) else []
        last = self.carrier.beside(end)
        if not last and not inside and len(lines) == 1:
            first, last = [], first
        if above:
            inside, last = [*inside, *last], []
        self._add([*first, *inside], indent)
        self.lines += lines
        self.lines[-1] = "  ".join([self.lines[-1], *last])

    def flush(self, offset: int, indent: str) -> None:
        """Add the comments from before this place, and a blank line where one stood above it."""
        self._add(self.carrier.before(offset), indent)

    def close(self, heading: int, indent: str, line: str | None = None) -> None:
        """Add the comments that follow in the body of this heading, and the line that ends it."""
        self._add(self.carrier.inside(heading), indent)
        beside = self.carrier.closed()
        if line is None:
            self._add(beside, indent)
        else:
            self.lines.append("  ".join([line, *beside]))

    def leave(self, indent: str = "") -> None:
        """Add what remains of the sections' comments."""
        self._add(self.carrier.remaining(), indent)

    def rest(self) -> None:
        self._add(self.carrier.rest(), "")

    def _add(self, comments: list[str], indent: str) -> None:
        self.lines += [f"{indent}{comment}" if comment else "" for comment in comments]


def tidy(lines: list[str], *, opens: str = "", closes: str = "") -> str:
    """The text of the lines: at most one blank line in a row, none at the beginning, at the end, after
    a line that opens and before one that closes a body."""
    kept: list[str] = []
    for line in lines:
        line = line.rstrip()
        previous = kept[-1] if kept else None
        if not line and (previous is None or not previous or _opens(previous, opens)):
            continue
        if closes and line.lstrip().startswith(tuple(closes)) and previous == "":
            kept.pop()
        kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def _opens(line: str, signs: str) -> bool:
    return bool(signs) and line.endswith(tuple(signs)) and "#" not in line
