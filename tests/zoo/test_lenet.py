"""LeNet-5 against the figures that its paper gives for each layer (LeCun et al. 1998, section II.B)."""

from __future__ import annotations

import math

import archdsl
from archdsl.ops.historic import TableConv

TRAINABLE = {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0}
CONNECTIONS = {
    "c1": 122_304,
    "s2": 5_880,
    "c3": 151_600,
    "s4": 2_000,
    "c5": 48_120,
    "f6": 10_164,
    "output": 840,
}


def test_each_layer_has_the_papers_weights() -> None:
    network = archdsl.load("lenet5")
    found: dict[str, int] = {}
    for node in network.nodes:
        parameters = network.graph.params_of(node)
        if parameters:
            found[node.owner] = sum(math.prod(each.shape) for each in parameters if each.trained)
    assert found == TRAINABLE
    assert sum(found.values()) == network.params == 60_000


def test_it_has_the_papers_connections() -> None:
    """A unit's connections are its weights and its bias, and a subsampling unit's are the cells of its
    window and its bias; a radial basis unit's are its code's."""
    network = archdsl.load("lenet5")
    nodes = {node.owner: node for node in network.nodes}
    found = {}
    for name, trainable in TRAINABLE.items():
        places = math.prod(nodes[name].shape[1:])  # at which a map's weights are used
        found[name] = trainable * places
    for name in ("s2", "s4"):
        (given,) = network.graph.input_shapes(nodes[name])
        units = math.prod(nodes[name].shape)
        found[name] = math.prod(given) + units
    (codes,) = network.graph.params_of(nodes["output"])
    found["output"] = math.prod(codes.shape)
    assert found == CONNECTIONS
    assert sum(found.values()) == 340_908


# Table I as it is printed: a row for each map of s2, a column for each of c3.
TABLE = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
"""


def test_c3_has_the_papers_table() -> None:
    network = archdsl.load("lenet5")
    (op,) = [node.op for node in network.nodes if node.owner == "c3"]
    rows = TABLE.split()
    printed = [[seen for seen, row in enumerate(rows) if row[column] == "X"] for column in range(16)]
    assert isinstance(op, TableConv)
    assert [list(row) for row in op.table] == printed
    assert sum(map(len, printed)) == 60
