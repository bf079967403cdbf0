"""Lines in the making, with the comments of the text that they come from."""

from __future__ import annotations

from archdsl.syntax.comments import Carrier


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
        above them, one at its end behind them, or ``above`` as well."""
        self.flush(start, indent)
        if self.carrier.waits(end):
            self._add([comment for comment in self.carrier.before(end) if comment], indent)
        beside = self.carrier.beside(end)
        if above and beside:
            self._add([beside.strip()], indent)
            beside = ""
        self.lines += lines
        self.lines[-1] += beside

    def flush(self, offset: int, indent: str) -> None:
        """Add the comments from before this place, and a blank line where one stood above it."""
        self._add(self.carrier.before(offset), indent)

    def close(self, heading: int, indent: str, line: str | None = None) -> None:
        """Add the comments that follow in the body of this heading, and the line that ends it."""
        self._add(self.carrier.inside(heading), indent)
        if line is not None:
            self.lines.append(line)

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
