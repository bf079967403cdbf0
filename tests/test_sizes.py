"""The algebra of sizes: what holds of formulas holds of the numbers that their names may stand for."""

from __future__ import annotations

import random

import pytest

from archdsl.ops.open_sizes import condition_of_equality, counterexample
from archdsl.size_decisions import Condition, grows_to
from archdsl.size_formulas import SizeArithmetic, SizeFormula, SizeOf, express
from archdsl.sizes import Dim, Size, number_at

H, W = Size.named("H"), Size.named("W")


def formula(rng: random.Random, depth: int) -> str:
    """A random expression of H and W."""
    if depth == 0:
        return rng.choice(["H", "W", "H", str(rng.randint(-5, 9))])
    kind = rng.randint(0, 6)
    inner = formula(rng, depth - 1)
    if kind < 3:
        return f"({inner} {'+-*'[kind]} {formula(rng, depth - 1)})"
    divisor = rng.choice(["H", "W", "2*H", "H*W", "H+1"]) if kind == 6 else str(rng.randint(1, 7))
    return f"({inner} {'%' if kind == 3 else '//'} ({divisor}))"


def evaluated(text: str, h: Dim, w: Dim) -> Dim:
    return eval(text, {"H": h, "W": w})  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", range(10))
def test_formulas_say_what_python_computes(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(150):
        text = formula(rng, rng.randint(1, 4))
        size = evaluated(text, H, W)
        for _ in range(4):
            h, w = rng.randint(1, 40), rng.randint(1, 40)
            number = evaluated(text, h, w)
            assert number_at(size, {"H": h, "W": w}) == number, text
            if isinstance(size, Size):
                least, most = size.least, size.most
                assert least is None or least <= number, text
                assert most is None or number <= most, text
        assert evaluated(str(size), H, W) == size, text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((H - 1) // 2 + 1, (H + 1) // 2),
        (H // 2 + (H + 1) // 2, H),
        ((H // 2) // 2, H // 4),
        (((H + 1) // 2 + 1) // 2, (H + 3) // 4),
        ((H * W) // W, H),
        (H % 4 + 4 * (H // 4), H),
        ((2 * H + 1) // 2, H),
        ((32 * H) // 32, H),
        ((H * H - 1) // (H + 1), H - 1),
        (-(-H // 2), (H + 1) // 2),
        (H // 3 + (H + 1) // 3 + (H + 2) // 3, H),
    ],
)
def test_sizes_that_are_always_equal(one: Dim, other: Dim) -> None:
    assert one == other
    assert hash(one) == hash(other)
    assert counterexample(one, other) is None


@pytest.mark.parametrize(
    ("one", "other", "condition"),
    [
        ((H // 2) * 2, H, Condition("H", 2)),
        ((H // 8) * 8, H, Condition("H", 8)),
        ((H + 1) // 2, H // 2, Condition("H", 2)),
        (H, W, None),
        (H, H + 1, None),
        ((H * W) // 4 * 4, H * W, None),
    ],
)
def test_sizes_that_are_not_say_when_they_are(one: Dim, other: Dim, condition: Condition | None) -> None:
    assert one != other
    assert condition_of_equality(one, other) == condition
    values = counterexample(one, other)
    assert values is not None
    assert number_at(one, values) != number_at(other, values)


def test_bounds_of_linear_sizes_are_exact() -> None:
    def bounds(size: Dim) -> tuple[int | None, int | None]:
        assert isinstance(size, Size)
        return size.least, size.most

    assert bounds(H % 4) == (0, 3)
    assert bounds(H - 2 * (H // 2) + 8) == (8, 9)
    assert bounds(H - 4) == (-3, None)
    assert bounds(3 - H) == (None, 2)
    assert bounds(H + W) == (2, None)
    assert bounds(H - W) == (None, None)
    assert grows_to(H - 4, 0)
    assert not grows_to(H % 4, 1)
    assert not grows_to(H - W, 0)


@pytest.mark.parametrize("text", ["H--W", "H//0", "1 % 0"])
def test_division_by_zero_is_pythons(text: str) -> None:
    if "0" in text:
        with pytest.raises(ZeroDivisionError):
            evaluated(text, H, W)
    else:
        assert evaluated(text, H, W) == H + W


# ---- sizes while a network runs


def value_of(found: SizeFormula, shapes: list[tuple[int, ...]]) -> int:
    if isinstance(found, int):
        return found
    if isinstance(found, SizeOf):
        return shapes[found.operand][found.dimension - 1]
    assert isinstance(found, SizeArithmetic)
    left, right = value_of(found.left, shapes), value_of(found.right, shapes)
    return {"+": left + right, "-": left - right, "*": left * right, "//": left // max(right, 1)}[found.sign]


def test_a_size_is_read_off_the_value_that_has_it() -> None:
    assert express(H // 2, [(3, H // 2, W // 2)]) == SizeOf(0, 2)
    assert express((H + 1) // 2, [(8, W), (8, (H + 1) // 2)]) == SizeOf(1, 2)
    assert express(H, [(3, H // 2)]) is None
    assert express(H, [(3, 32 * H)]) == SizeArithmetic("//", SizeOf(0, 2), 32)


@pytest.mark.parametrize("seed", range(5))
def test_sizes_are_worked_out_from_those_of_values(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(200):
        size = evaluated(formula(rng, rng.randint(1, 4)), H, W)
        shapes: list[tuple[Dim, ...]] = [(3, evaluated(formula(rng, 2), H, W)), (3, 2 * H + 1, W // 1)]
        found = express(size, shapes)
        assert found is not None
        h, w = rng.randint(1, 50), rng.randint(1, 50)
        values = {"H": h, "W": w}
        known = [tuple([number_at(each, values) for each in shape]) for shape in shapes]
        assert value_of(found, known) == number_at(size, values)
