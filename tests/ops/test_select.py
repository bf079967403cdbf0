"""Picking: gathers of every dimension and sample, lookups, conditions; sources as arguments."""

from __future__ import annotations

import pytest
import torch

from archdsl.runtime.parity import verify
from tests.checking import check, codes, design, network


@pytest.mark.parametrize("dim", [1, 2, 3, -1])
def test_a_gather_picks_for_each_sample_by_its_own_index(dim: int) -> None:
    made = network(
        "inputs: {x: [5, 6, 7], index: {shape: [2, 3], dtype: int64}}\n"
        f"body: from(x) -> gather(from(index), dim={dim})\n"
    )
    x, index = torch.randn(4, 5, 6, 7), torch.randint(0, 5, (4, 2, 3))
    found = made.to_torch()(x, index)
    axis = dim - 1 if dim > 0 else 2
    for sample in range(4):
        picked = x[sample].index_select(axis, index[sample].flatten()).unflatten(axis, (2, 3))
        torch.testing.assert_close(found[sample], picked)
    assert verify(made.graph).agrees


def test_a_table_is_picked_from_once_for_all_samples() -> None:
    """The relative position bias of a window: a trained table and a fixed index."""
    made = network(
        "input: [4, 8]\nbody:\n"
        "  - bias:\n"
        "      - relative_position_bias_table: parameter(9, 2, batch=false, init=normal)\n"
        "      - gather(constant([[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 0], [1, 1, 1, 1]], dtype=int64))\n"
        "      - permute(0, 3, 1, 2)\n"
        "  - from(input) -> attention(from(input), from(input), from(bias), heads=2)\n"
    )
    module = made.to_torch()
    assert list(module.state_dict()) == ["bias.relative_position_bias_table"]
    index = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 0], [1, 1, 1, 1]])
    x = torch.randn(3, 4, 8)
    heads = x.unflatten(-1, (2, 4)).transpose(1, 2)
    bias = module.bias.relative_position_bias_table[index].permute(2, 0, 1)
    expected = torch.nn.functional.scaled_dot_product_attention(heads, heads, heads, attn_mask=bias)
    torch.testing.assert_close(module(x), expected.transpose(1, 2).flatten(2))
    assert verify(made.graph).agrees


def test_a_source_may_be_an_argument() -> None:
    made = network("input: [4, 6]\nbody: matmul(parameter(6, 3, init=ones)) -> matmul(other=ones(3, 2))\n")
    x = torch.randn(2, 4, 6)
    module = made.to_torch()
    assert [tuple(value.shape) for value in module.parameters()] == [(1, 6, 3)]
    torch.testing.assert_close(module(x), (3 * x.sum(-1, keepdim=True)).expand(2, 4, 2))
    assert verify(made.graph).agrees


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        ("- gather(constant([1, 2]))", "wrong-dtype", "dtype=int64"),
        ("- gather(constant([1, 2], dtype=int64), dim=4)", "no-such-dimension", "dim=2"),
        ("- gather", "missing-argument", "from(label)"),
        ("- gather(index=3)", "wrong-argument", "from(label)"),
        ("- gather(constant(dtype=int64))", "missing-argument", "values"),
        ("- embedding(10, 4)", "wrong-dtype", "cast(int64)"),
        ("- where(zeros(3, 4), ones(3, 4))", "wrong-dtype", "cast(bool)"),
        ("- cast(bool) -> where(zeros(3, 5), ones(3, 4))", "where-shape-mismatch", "reshape"),
        ("- cast(bool) -> where(zeros(4), ones(4))", "where-shape-mismatch", "reshape"),
    ],
)
def test_what_cannot_be_picked_is_refused(body: str, code: str, part: str) -> None:
    (found,) = check(design(body, input="[3, 4]")).diagnostics
    assert found.code == code
    assert part in f"{found.message} {found.help}"


def test_an_index_below_0_is_no_index() -> None:
    assert codes(design("- cast(bool) -> where(ones(3, 4), zeros(1, 1))", input="[3, 4]")) == []
