"""The names of published files, and what they are called in the network.

A renaming is a table from names in the file to names of the network. Each rule here is one that some
trainer, some release or some framework is known for; none knows a network. A rule may only turn a name
that the network does not have into one that it has, so that none can make a fit worse.

    a prefix      P.x -> x              DataParallel (`module.`), torch.compile (`_orig_mod.`), Lightning,
                  x -> P.x              a backbone that was trained by itself
    a number      x.norm.1.w -> x.norm1.w           torchvision's DenseNet until 0.2 (pytorch/vision#417)
    a word        x.gamma -> x.weight, beta -> bias, moving_mean -> running_mean,
                  moving_variance, moving_var -> running_var         TensorFlow, MXNet and ports of theirs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archdsl.diagnostics import did_you_mean
from archdsl.weights.base import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Shapes = Mapping[str, tuple[int, ...]]

WORDS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "moving_var": "running_var",
}

COMPARISONS = 10_000
"""Names are compared letter by letter in pairs, which for two networks that have nothing in common takes
seconds and helps nobody: with more pairs than these, no near names are looked for."""

_NUMBERED = re.compile(r"(.*[^\W\d]\w*)\.(\d+)(\.[^.]+)")


class Renaming(NamedTuple):
    """The renaming of a file's tensors by a rule: in words, and from name to name."""

    words: str
    names: dict[str, str]


def renamings(given: Sequence[str], known: Mapping[str, object]) -> Iterator[list[Renaming]]:
    """Each way in which the names of a file may be read as those of a network: one rule after the other.

    The first leaves prefixes as they are, and those that change less come before those that change more.
    """
    for taken_off in ["", *_prefixes(given, known)]:
        for put_on in ["", *_common_prefixes(list(known))]:
            if taken_off and taken_off.startswith(put_on) and put_on:
                continue  # what is taken off would be put on again
            yield [*_of_prefix(given, known, taken_off, put_on)]


def _of_prefix(
    given: Sequence[str], known: Mapping[str, object], taken_off: str, put_on: str
) -> Iterator[Renaming]:
    now = {name: name for name in given}
    if taken_off or put_on:
        moved = {name: put_on + name.removeprefix(taken_off) for name in given if name.startswith(taken_off)}
        words = [f"`{plain(taken_off)}` is taken off"] * bool(taken_off) + [
            f"`{put_on}` is put before"
        ] * bool(put_on)
        now.update(moved)
        yield Renaming(f"{' and '.join(words)} {_how_many(len(moved), len(given))}", moved)
    for what, other in (("number", _with_number), ("word", _with_word)):
        taken = set(now.values())
        changed: dict[str, str] = {}
        for source, name in now.items():
            wanted = other(name) if name not in known else None
            if wanted is not None and wanted in known and wanted not in taken:
                changed[source] = wanted
                taken.add(wanted)
        if changed:
            now.update(changed)
            yield Renaming(_of_names(what, changed), changed)


def _how_many(count: int, total: int) -> str:
    return "every name" if count == total else f"{count:,} of {total:,} names"


def _of_names(what: str, changed: Mapping[str, str]) -> str:
    source, name = next(iter(changed.items()))
    how = "without the dot before a number" if what == "number" else "in PyTorch's words"
    names = f"{len(changed):,} names are" if len(changed) > 1 else "1 name is"
    return f"{names} read {how}: `{plain(source)}` as `{name}`"


def _with_number(name: str) -> str | None:
    found = _NUMBERED.fullmatch(name)
    return "".join(found.groups()) if found else None


def _with_word(name: str) -> str | None:
    scope, dot, word = name.rpartition(".")
    return f"{scope}{dot}{WORDS[word]}" if word in WORDS else None


def _prefixes(given: Sequence[str], known: Mapping[str, object]) -> list[str]:
    """The prefixes that the network's names may have in a file, the shortest first."""
    found = dict.fromkeys(_common_prefixes(given))
    # Where other things lie beside the network, no prefix is common to all; the network's first and
    # last names show it all the same.
    for name in list(known)[:1] + list(known)[-1:]:
        for candidate in given:
            if candidate.endswith(f".{name}"):
                found[candidate[: -len(name)]] = None
    return sorted(found, key=len)


def _common_prefixes(names: Sequence[str]) -> list[str]:
    """The scopes that all names lie in: ``a.``, ``a.b.`` ..."""
    if not names:
        return []
    paths = [name.split(".")[:-1] for name in (min(names), max(names))]
    prefixes, prefix = [], ""
    for one, other in zip(*paths, strict=False):
        if one != other:
            break
        prefix += f"{one}."
        if not all(name.startswith(prefix) for name in names):
            break
        prefixes.append(prefix)
    return prefixes


# ---- what is left: renamings that nobody is known for, to be proposed


def proposals(foreign: Shapes, missing: Shapes, theirs: Shapes, ours: Shapes) -> dict[str, str]:
    """From name to name, what in a file may be what the network misses; only where nothing else may be.

    1. all of it, in the order in which it stands, where there are as many, of equal kinds;
    2. a tensor whose kind only one on the other side has;
    3. a tensor of equal kind whose scope is much like it, and like no other;

    but for 2 and 3 nothing where they leave most of it open: then it is another network's. A kind is a
    tensor's word, its shape and what owns it, as the tensors beside it tell: the bias of a convolution is
    never taken for that of a norm. ``theirs`` and ``ours`` are all tensors of either side.
    """
    of_theirs, of_ours = _kinds(foreign, theirs), _kinds(missing, ours)
    if list(of_theirs.values()) == list(of_ours.values()):
        return dict(zip(foreign, missing, strict=True))
    their_kinds, our_kinds = _by_kind(of_theirs), _by_kind(of_ours)
    found = {
        names[0]: our_kinds[kind][0]
        for kind, names in their_kinds.items()
        if len(names) == 1 and len(our_kinds.get(kind, ())) == 1
    }
    left = {name: kind for name, kind in of_ours.items() if name not in found.values()}
    if len(left) * len(foreign) <= COMPARISONS:
        for name, near in _nearest(left, of_theirs).items():
            if near not in found and _nearest({near: of_theirs[near]}, left) == {near: name}:
                found[near] = name
    return found if 4 * len(found) >= min(len(foreign), len(missing)) else {}


class _Kind(NamedTuple):
    """``owner`` is the rank of the weight beside it, or of the statistics of a norm; None where none is."""

    word: str
    shape: tuple[int, ...]
    owner: int | str | None


def _kinds(names: Iterable[str], every: Shapes) -> dict[str, _Kind]:
    owners: dict[str, int | str] = {}
    for name, shape in every.items():
        scope, _, word = name.rpartition(".")
        known = WORDS.get(word, word)
        if known == "running_mean":
            owners[scope] = "norm"
        elif known == "weight":
            owners.setdefault(scope, len(shape))
    found = {}
    for name in names:
        scope, _, word = name.rpartition(".")
        found[name] = _Kind(word, every[name], owners.get(scope))
    return found


def _nearest(names: Mapping[str, _Kind], others: Mapping[str, _Kind]) -> dict[str, str]:
    """For each name the other one of its kind whose scope is most like its own, if any is."""
    kinds, found = _by_kind(others), {}
    for name, kind in names.items():
        alike = {other.rpartition(".")[0]: other for other in kinds.get(kind, ())}
        near = did_you_mean(name.rpartition(".")[0], alike)
        if near is not None:
            found[name] = alike[near]
    return found


def _by_kind(of_names: Mapping[str, _Kind]) -> dict[_Kind, list[str]]:
    kinds: dict[_Kind, list[str]] = {}
    for name, kind in of_names.items():
        kinds.setdefault(kind, []).append(name)
    return kinds


def in_short(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A renaming by what differs alone: ``head.fc.weight -> fc.weight`` and ``head.fc.bias -> fc.bias``
    are ``head.fc -> fc``."""
    short: dict[str, str] = {}
    for source, name in names:
        ours, theirs = name.split("."), source.split(".")
        while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
            ours.pop()
            theirs.pop()
        short[".".join(theirs)] = ".".join(ours)
    return short
