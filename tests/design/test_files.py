"""Rule F: files, what they extend and what they use."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from archdsl.diagnostics import Diagnostic
from archdsl.network import Network
from archdsl.pipeline import Checked, check
from tests.checking import check as check_text
from tests.checking import codes, network, refused

BASE = """name: base
doc: the base
init: paper
params: {width: 4, depth: 2}
input: [3, 8, 8]
blocks:
  unit: conv(width, 1) -> act
  act: relu
body:
  - repeat(depth): unit
expect: {output: [4, 8, 8]}
"""


class Files(Protocol):
    def __call__(self, **texts: str) -> Checked: ...


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes files, and checks `net.yaml`."""

    def write(**texts: str) -> Checked:
        for name, text in texts.items():
            path = tmp_path / (name.replace("__", "/") + ".yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check(str(tmp_path / "net.yaml"))

    return write


def good(checked: Checked) -> Network:
    assert [(found.code, found.message) for found in checked.diagnostics] == []
    assert checked.network is not None
    return checked.network


def only(checked: Checked, code: str) -> Diagnostic:
    (found,) = checked.diagnostics
    assert found.code == code, found
    assert found.help, found
    return found


def words(net: Network) -> list[str]:
    return [node.op.word for node in net.nodes[1:]]


# ---- keys


def test_every_key_of_a_file() -> None:
    text = """archdsl: 1
name: net-1_a
doc: >
  A network,
  described
paper: "Somebody et al. 2016: A title"
reference: torchvision:net
init: torchvision
params: {width: 4}
input: [3, 8, 8]
blocks:
  unit: conv(width, 1)
body: unit
expect: {output: [4, 8, 8]}
"""
    header = network(text).design.header
    assert (header.archdsl, header.name, header.init) == ("1", "net-1_a", "torchvision")
    assert header.doc.split() == ["A", "network,", "described"]
    assert header.paper == "Somebody et al. 2016: A title"
    assert header.reference == "torchvision:net"


def test_an_unknown_key() -> None:
    refused("input: [3]\nbody: relu\n‹boddy›: relu\n", "unknown-key", fix="doc")
    found = refused("input: [3]\nbody: relu\n‹parms›: {a: 1}\n", "unknown-key", fix="params")
    assert found.help == "did you mean `params`?"


def test_the_order_of_keys_does_not_matter() -> None:
    text = "body: unit(n)\nblocks:\n  unit(out): conv(out, 1)\nparams: {n: 4}\ninput: [3, 8, 8]\n"
    assert network(text).outputs == {"output": (4, 8, 8)}


@pytest.mark.parametrize("init", ["pytorch", "torchvision", "paper"])
def test_init(init: str) -> None:
    assert network(f"init: {init}\ninput: [3]\nbody: relu\n").graph.scheme == init
    assert network("input: [3]\nbody: relu\n").graph.scheme == "pytorch"
    refused("init: ‹keras›\ninput: [3]\nbody: relu\n", "wrong-value", fix="paper")


def test_the_version_of_the_language() -> None:
    refused("archdsl: ‹2›\ninput: [3]\nbody: relu\n", "wrong-value", fix="1")


def test_a_design_has_an_input_and_a_body() -> None:
    assert codes("body: relu\n") == ["missing-input"]
    assert codes("input: [3]\n") == ["missing-body"]
    assert codes("doc: nothing\n") == ["missing-input", "missing-body"]
    assert codes("input: [3]\n‹inputs›: {a: [3]}\nbody: relu\n".replace("‹", "").replace("›", "")) == [
        "missing-input"
    ]


@pytest.mark.parametrize(
    "shape", ["3", "[]", "[0]", "[3, -2]", "[1.5]", "[1, 2, 3, 4, 5]", "[true]", "[[3]]"]
)
def test_what_is_no_input(shape: str) -> None:
    assert codes(f"input: {shape}\nbody: relu\n") == ["wrong-value"]


def test_inputs_are_named() -> None:
    text = "inputs: {left: [1, 8, 8], right: [2, 8, 8]}\nbody:\n  - concat: [from(left), from(right)]\n"
    net = network(text)
    assert net.inputs == {"left": (1, 8, 8), "right": (2, 8, 8)}
    assert net.outputs == {"output": (3, 8, 8)}
    assert network("input: [3]\nbody: relu\n").inputs == {"input": (3,)}


def test_a_dimension_may_be_a_name() -> None:
    net = network("input: [3, H, W]\nbody: conv(4, 1)\n")
    assert [str(size) for size in net.outputs["output"]] == ["4", "H", "W"]
    sizes = network("input: [3, 2 * 4, 16 // 2]\nbody: relu\n").outputs["output"]
    assert sizes == (3, 8, 8)


# ---- extends


def test_extends_is_that_file_with_this_files_keys_in_place_of_its_own(files: Files) -> None:
    net = good(files(base=BASE, net="extends: base.yaml\n"))
    assert words(net) == ["conv", "relu"] * 2
    assert net.graph.scheme == "paper"
    assert net.name == "base"
    assert net.design.header.doc == "the base"
    changed = good(
        files(base=BASE, net="extends: base.yaml\nname: other\ninput: [1, 4, 4]\ninit: pytorch\nbody: unit\n")
    )
    assert (changed.name, changed.graph.scheme) == ("other", "pytorch")
    assert words(changed) == ["conv", "relu"]
    assert changed.outputs == {"output": (4, 4, 4)}


def test_params_are_replaced_name_by_name(files: Files) -> None:
    net = good(files(base=BASE, net="extends: base.yaml\nparams: {depth: 3}\n"))
    assert words(net) == ["conv", "relu"] * 3
    assert net.outputs == {"output": (4, 8, 8)}
    wide = good(
        files(base=BASE, net="extends: base.yaml\nparams: {width: depth * 5}\n".replace("depth * 5", "5"))
    )
    assert wide.outputs == {"output": (5, 8, 8)}


def test_an_unknown_param_is_an_error(files: Files) -> None:
    found = only(files(base=BASE, net="extends: base.yaml\nparams: {dept: 3}\n"), "unknown-parameter")
    assert (found.span.line, found.span.text) == (2, "dept")
    assert found.help == "did you mean `depth`?"


def test_a_replaced_param_keeps_its_kind_and_bounds(files: Files) -> None:
    found = only(files(base=BASE, net="extends: base.yaml\nparams: {depth: relu}\n"), "wrong-kind")
    assert found.span.text == "relu"
    bounded = BASE.replace("depth: 2", "depth: {value: 2, max: 3}")
    assert (
        only(files(base=bounded, net="extends: base.yaml\nparams: {depth: 4}\n"), "out-of-bounds").span.text
        == "4"
    )


def test_defaults_that_use_a_replaced_param_follow_it(files: Files) -> None:
    base = "params: {a: 2, b: a * 3}\ninput: [3, 8, 8]\nbody: conv(b, 1)\n"
    assert good(files(base=base, net="extends: base.yaml\nparams: {a: 4}\n")).outputs == {
        "output": (12, 8, 8)
    }


def test_blocks_are_replaced_name_by_name_also_for_the_bases_own_calls(files: Files) -> None:
    net = good(files(base=BASE, net="extends: base.yaml\nblocks: {act: tanh}\n"))
    assert words(net) == ["conv", "tanh"] * 2
    more = good(files(base=BASE, net="extends: base.yaml\nblocks: {extra: abs}\nbody: [unit, extra]\n"))
    assert words(more) == ["conv", "relu", "abs"]


def test_expect_is_not_inherited(files: Files) -> None:
    good(files(base=BASE, net="extends: base.yaml\nparams: {width: 5}\n"))
    mine = "extends: base.yaml\nparams: {width: 5}\nexpect: {output: [4, 8, 8]}\n"
    only(files(base=BASE, net=mine), "expect-mismatch")


def test_reference_is_not_inherited(files: Files) -> None:
    base = f"reference: torchvision:resnet18\n{BASE}"
    assert good(files(base=base, net="extends: base.yaml\n")).design.header.reference == ""
    mine = "extends: base.yaml\nreference: timm:resnet18\n"
    assert good(files(base=base, net=mine)).design.header.reference == "timm:resnet18"


def test_input_and_inputs_take_each_others_place(files: Files) -> None:
    net = good(files(base=BASE, net="extends: base.yaml\ninputs: {x: [1, 4, 4]}\nbody: from(x) -> unit\n"))
    assert net.inputs == {"x": (1, 4, 4)}
    two = "inputs: {a: [1, 4, 4], b: [1, 4, 4]}\nbody:\n  - add: [from(a), from(b)]\n"
    assert good(files(base=two, net="extends: base.yaml\ninput: [2]\nbody: relu\n")).inputs == {"input": (2,)}


def test_extends_of_extends(files: Files) -> None:
    middle = "extends: base.yaml\nparams: {depth: 1}\nblocks: {act: tanh}\n"
    net = good(files(base=BASE, middle=middle, net="extends: middle.yaml\nparams: {width: 6}\n"))
    assert words(net) == ["conv", "tanh"]
    assert net.outputs == {"output": (6, 8, 8)}


def test_a_base_may_lack_what_its_extensions_have(files: Files) -> None:
    base = "params: {width: 4}\nblocks:\n  unit: conv(width, 1)\n"
    assert good(files(base=base, net="extends: base.yaml\ninput: [3, 8, 8]\nbody: unit\n")).params == 16


def test_a_networks_name_is_its_files_where_none_is_written(files: Files) -> None:
    assert good(files(net="input: [3]\nbody: relu\n")).name == "net"


def test_a_base_of_the_zoo(files: Files) -> None:
    net = good(files(net="extends: resnet.yaml\nparams: {unit: basic, layers: [1, 1, 1, 1], classes: 7}\n"))
    assert net.outputs == {"output": (7,)}


def test_settings_of_a_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "net.yaml").write_text("extends: base.yaml\n")
    net = good(check(str(tmp_path / "net.yaml"), settings={"width": "7"}))
    assert net.outputs == {"output": (7, 8, 8)}


def test_mistakes_of_a_base_are_shown_in_it(files: Files) -> None:
    found = only(files(base=BASE.replace("relu", "rleu"), net="extends: base.yaml\n"), "unknown-operator")
    assert found.span.source.name.endswith("base.yaml")
    assert found.span.line == 8


# ---- use

CELLS = """params: {extra: 3}
blocks:
  conv_bn(out): conv(out + extra, 1) -> batch_norm -> helper
  helper: tanh
  stem: conv(2, 1)
"""


def test_use_brings_blocks_which_keep_their_own_files_params_and_blocks(files: Files) -> None:
    net = """use: {cells.yaml: [conv_bn]}
params: {extra: 100}
input: [3, 8, 8]
blocks:
  helper: relu
body:
  - conv_bn(2)
  - helper
"""
    found = good(files(cells=CELLS, net=net))
    assert words(found) == ["conv", "batch_norm", "tanh", "relu"]
    assert found.outputs == {"output": (5, 8, 8)}


def test_use_brings_nothing_that_is_not_named(files: Files) -> None:
    net = "use: {cells.yaml: [stem]}\ninput: [3, 8, 8]\nbody: [stem, helper]\n"
    assert only(files(cells=CELLS, net=net), "unknown-operator").span.text == "helper"


def test_use_from_several_files_and_from_files_that_use(files: Files) -> None:
    more = "use: {cells.yaml: [stem]}\nblocks: {twice: [stem, stem]}\n"
    net = "use:\n  cells.yaml: [helper]\n  more.yaml: [twice, stem]\ninput: [3, 8, 8]\nbody: [twice, helper, stem]\n"
    assert words(good(files(cells=CELLS, more=more, net=net))) == ["conv", "conv", "tanh", "conv"]


def test_use_from_another_folder_is_relative_to_the_file(files: Files) -> None:
    inner = "use: {cells.yaml: [stem]}\nblocks: {again: stem}\n"
    net = "use: {lib/inner.yaml: [again]}\ninput: [3, 8, 8]\nbody: again\n"
    assert words(good(files(lib__cells=CELLS, lib__inner=inner, net=net))) == ["conv"]


def test_blocks_that_are_used_can_be_arguments_and_can_be_passed_blocks(files: Files) -> None:
    cells = "blocks:\n  wrap(layer): [layer, helper]\n  helper: abs\n"
    net = "use: {cells.yaml: [wrap]}\ninput: [3]\nblocks:\n  helper: relu\nbody: wrap(helper)\n"
    assert words(good(files(cells=cells, net=net))) == ["relu", "abs"]


def test_what_use_refuses(files: Files) -> None:
    def using(use: str) -> Checked:
        return files(cells=CELLS, net=f"use: {use}\ninput: [3, 8, 8]\nbody: relu\n")

    found = only(using("{cells.yaml: [conv_nb]}"), "unknown-block")
    assert (found.span.text, found.help) == ("conv_nb", "did you mean `conv_bn`?")
    assert only(using("{cels.yaml: [stem]}"), "no-such-file").help == "did you mean `cells.yaml`?"
    only(using("{cells.yaml: stem}"), "wrong-value")
    only(using("{cells.yaml: [3]}"), "wrong-value")
    only(using("[cells.yaml]"), "wrong-section")
    only(using("{cells.yaml: [stem, stem]}"), "equal-keys")


def test_two_blocks_of_one_name(files: Files) -> None:
    net = "use: {cells.yaml: [stem]}\ninput: [3, 8, 8]\nblocks:\n  stem: relu\nbody: stem\n"
    found = only(files(cells=CELLS, net=net), "equal-keys")
    assert (found.span.line, found.label) == (4, "the first is on line 1")
    twice = "input: [3]\nblocks:\n  a(x): relu\n  ‹a›(y): tanh\nbody: a(3)\n"
    refused(twice, "equal-keys")
    other = "blocks: {stem: relu}\n"
    both = "use: {cells.yaml: [stem], other.yaml: [stem]}\ninput: [3, 8, 8]\nbody: stem\n"
    only(files(cells=CELLS, other=other, net=both), "equal-keys")


def test_a_used_block_takes_the_place_of_the_bases(files: Files) -> None:
    net = "extends: base.yaml\nuse: {other.yaml: [act]}\n"
    assert words(good(files(base=BASE, other="blocks: {act: sigmoid}\n", net=net))) == ["conv", "sigmoid"] * 2


def test_a_block_takes_the_place_of_one_that_the_base_uses(files: Files) -> None:
    base = "use: {cells.yaml: [stem]}\ninput: [3, 8, 8]\nbody: stem\n"
    assert words(good(files(cells=CELLS, base=base, net="extends: base.yaml\n"))) == ["conv"]
    assert words(good(files(cells=CELLS, base=base, net="extends: base.yaml\nblocks: {stem: relu}\n"))) == [
        "relu"
    ]


def test_a_block_cannot_have_a_name_of_the_language() -> None:
    for word in ("conv", "concat", "repeat", "from"):
        refused(f"input: [3, 8, 8]\nblocks:\n  ‹{word}›(x): relu\nbody: relu\n", "name-taken", fix="mine")


# ---- circles and absences


def test_files_that_need_each_other(files: Files) -> None:
    found = only(files(net="extends: net.yaml\n"), "file-cycle")
    assert "`net.yaml` needs itself" in found.message
    found = only(files(a="extends: b.yaml\n", b="extends: a.yaml\n", net="extends: a.yaml\n"), "file-cycle")
    assert "a.yaml -> b.yaml -> a.yaml" in found.message
    cells = "use: {net.yaml: [x]}\nblocks: {y: relu}\n"
    net = "use: {cells.yaml: [y]}\ninput: [3]\nblocks: {x: relu}\nbody: y\n"
    only(files(cells=cells, net=net), "file-cycle")


def test_a_file_that_is_not_there(files: Files) -> None:
    found = only(files(base=BASE, net="extends: bse.yaml\n"), "no-such-file")
    assert (found.span.text, found.help) == ("bse.yaml", "did you mean `base.yaml`?")


def test_a_file_that_two_others_need_is_judged_once(files: Files) -> None:
    cells = "blocks:\n  ok: relu\n  bad: conv(4 1)\n"
    left = "use: {cells.yaml: [ok]}\nblocks: {left: ok}\n"
    right = "use: {cells.yaml: [ok]}\nblocks: {right: ok}\n"
    net = "use: {left.yaml: [left], right.yaml: [right], cells.yaml: [ok]}\ninput: [3]\nbody: [left, right, ok]\n"
    assert only(files(cells=cells, left=left, right=right, net=net), "missing-comma").span.line == 3


def test_files_stand_on_each_other_within_limits(files: Files) -> None:
    chain = {f"f{i}": f"extends: f{i + 1}.yaml\n" for i in range(50)}
    found = files(**chain, net="extends: f0.yaml\n").diagnostics[0]
    assert found.code == "nested-too-deep"
    twins = {
        f"g{i}": f"use: {{g{i + 1}.yaml: [x], ./g{i + 1}.yaml: [y]}}\nblocks: {{z: relu}}\n"
        for i in range(25)
    }
    files(**twins, g25="blocks: {x: relu, y: relu, z: relu}\n", net="extends: g0.yaml\ninput: [3]\nbody: z\n")


def test_mistakes_in_two_files_are_reported_in_one_run(files: Files) -> None:
    checked = files(
        base=BASE.replace("act: relu", "act: rleu"), net="extends: base.yaml\nblocks:\n  more: conv(4,,1)\n"
    )
    assert sorted(found.code for found in checked.diagnostics) == ["syntax-error", "unknown-operator"]


# ---- texts and streams


def test_a_text_has_no_file_beside_it_but_the_zoo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_text("extends: vgg11\n").network is not None
    assert [found.code for found in check_text("extends: nowhere.yaml\n").diagnostics] == ["no-such-file"]
