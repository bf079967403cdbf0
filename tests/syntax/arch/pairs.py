"""Every rule of the language in both syntaxes: pairs of texts that say the same.

Sections that both have, and that a pair does not write, are added: the input, and the body.
"""

from __future__ import annotations

from typing import NamedTuple

from archdsl.source import Source


class Pair(NamedTuple):
    rule: str
    yaml: str
    arch: str

    @property
    def sources(self) -> tuple[Source, Source]:
        """The two texts, named alike, so that what is written of places is of the same length."""
        return Source(self.yaml, "pair.yaml"), Source(self.arch, "pair.arch")


def _body(rule: str, yaml: str, arch: str, *, yaml_head: str = "", arch_head: str = "") -> Pair:
    """A pair of bodies, with a name and an input before them, and further sections."""
    yaml_text = (
        f"name: pair\n{yaml_head}input: [8, 16, 16]\nbody:\n"
        if "input" not in yaml_head
        else f"name: pair\n{yaml_head}body:\n"
    )
    arch_text = (
        f"network pair\n{arch_head}input [8, 16, 16]\nbody {{\n"
        if "input" not in arch_head
        else f"network pair\n{arch_head}body {{\n"
    )
    return Pair(rule, yaml_text + yaml.strip("\n") + "\n", arch_text + arch.strip("\n") + "\n}\n")


STEPS = [
    _body("a chain", "- conv(4, 1) -> relu", "conv(4, 1) -> relu"),
    _body(
        "a chain over lines",
        "- conv(4, 1)\n  -> relu\n  -> batch_norm",
        "conv(4, 1) ->\nrelu\n\n  -> batch_norm",
    ),
    _body("a chain, folded", "- x: >\n    conv(4, 1)\n    -> relu", "x: conv(4, 1)\n   -> relu"),
    _body(
        "arguments over lines", "- conv(4, 3,\n    padding=1)", "conv(\n  4,  # wide\n  3,\n\n  padding=1,\n)"
    ),
    _body("trailing commas", "- conv(4, [3, 3], padding=1)", "conv(4, [3, 3,], padding=1,)"),
    _body("no parentheses and empty ones", "- relu\n- relu()", "relu\nrelu()"),
    _body(
        "a group", "- [relu, tanh]\n- - conv(4, 1)\n  - relu", "{\n relu\n tanh\n}\n{\n conv(4, 1)\n relu }"
    ),
    _body("an empty group", "- []\n- relu", "{}\nrelu"),
    _body("a group in a group", "- - - relu\n- tanh", "{ { relu } }\ntanh"),
    _body("keyword form", "- conv: {out: 4, kernel: 3, bias: false}", "conv(out=4, kernel=3, bias=false)"),
    _body("a body of one line", "- relu", "relu"),
    _body("comments everywhere", "# a\n- relu  # b\n# c\n- tanh\n# d", "# a\nrelu  # b\n# c\ntanh\n# d"),
    _body("spaces and blank lines", "\n- relu\n\n- tanh\n", "\n\n   relu\n\t\n tanh\n\n"),
]

LABELS = [
    _body("a plain label", "- stem: conv(4, 1)", "stem: conv(4, 1)"),
    _body("a label before a chain", "- stem: conv(4, 1) -> relu", "stem: conv(4, 1) -> relu"),
    _body("a quoted label", '- "0": conv(4, 1)\n- "a-b": relu', '"0": conv(4, 1)\n"a-b": relu'),
    _body("a computed label", '- repeat(2, as=i):\n    - "c{i + 1}-{i}": conv(4, 1)', 'repeat(2, as=i) {\n"c{i + 1}-{i}": conv(4, 1)\n}'),
    _body("a label before a group", "- g:\n    - conv(4, 1)\n    - relu", "g: {\nconv(4, 1)\nrelu\n}"),
    _body("a label before a group of one", "- g: [\"conv(4, 1)\"]", "g: { conv(4, 1) }"),
    _body("a label before an empty group", "- g: []\n- relu", "g: {}\nrelu"),
    _body("a label before a construct", "- r:\n    - repeat(2): conv(4, 1)", "r: repeat(2) { conv(4, 1) }"),
    _body("a label in a label", "- a:\n    b: conv(4, 1)", "a: {\nb: conv(4, 1)\n}"),
    _body("words of sections as labels", "- inputs: relu\n- body: tanh\n- params: relu\n- network: relu\n- block: relu\n- expect: relu\n- use: relu",
          "inputs: relu\nbody: tanh\nparams: relu\nnetwork: relu\nblock: relu\nexpect: relu\nuse: relu"),
    _body("words of constructs as labels", '- "repeat": relu\n- "concat":\n    - relu\n    - tanh', "repeat: relu\n\"concat\": {\nrelu\ntanh\n}"),
    _body("words of operators as labels", "- conv: conv(4, 1)\n- relu: relu", "conv: conv(4, 1)\nrelu: relu"),
    _body("words of the other syntax", "- no: relu\n- on: tanh\n- null: relu", "no: relu\non: tanh\nnull: relu"),
]  # fmt: skip

CONSTRUCTS = [
    _body("concat of labels", "- concat:\n    a: conv(4, 1)\n    b: conv(2, 1) -> relu", "concat {\na: conv(4, 1)\nb: conv(2, 1) -> relu\n}"),
    _body("concat of steps", "- concat:\n    - relu\n    - - tanh\n      - conv(2, 1)", "concat {\nrelu\n{\ntanh\nconv(2, 1)\n}\n}"),
    _body("concat with a dimension", "- concat(dim=2): [relu, tanh]", "concat(dim=2) {\nrelu\ntanh\n}"),
    _body("add", "- add: [relu, []]", "add {\nrelu\n{}\n}"),
    _body("mul", "- mul:\n    - []\n    - global_avg_pool -> sigmoid", "mul {\n{}\nglobal_avg_pool -> sigmoid\n}"),
    _body("max", "- max: [relu, tanh]", "max {\nrelu\ntanh\n}"),
    _body("a merge of one", "- concat: [relu]", "concat { relu }"),
    _body("residual", "- residual: conv(8, 1) -> batch_norm", "residual { conv(8, 1) -> batch_norm }"),
    _body("residual of a list", "- residual:\n    - conv(8, 1)\n    - relu", "residual {\nconv(8, 1)\nrelu\n}"),
    _body("residual, scaled", "- residual(scale=0.5): conv(8, 1)", "residual(scale=0.5) { conv(8, 1) }"),
    _body("residual with parts", "- residual:\n    body:\n      - conv(4, 1)\n      - relu\n    shortcut: conv(4, 1)", "residual {\nbody: {\nconv(4, 1)\nrelu\n}\nshortcut: conv(4, 1)\n}"),
    _body("residual, the shortcut first", "- residual:\n    shortcut: []\n    body: conv(8, 1)", "residual {\nshortcut: {}\nbody: conv(8, 1)\n}"),
    _body("residual with a body alone", "- residual:\n    body:\n      - x: conv(8, 1)", "residual {\nbody: { x: conv(8, 1) }\n}"),
    _body("residual with a label of that name", "- residual:\n    - body: conv(8, 1)", 'residual {\n"body": conv(8, 1)\n}'),
    _body("residual with labels of both names", "- residual:\n    - body: conv(8, 1)\n    - shortcut: relu", 'residual {\n"body": conv(8, 1)\n"shortcut": relu\n}'),
    _body("dense", '- dense(3, as=j):\n    - "l{j}": conv(4, 1)', 'dense(3, as=j) {\n"l{j}": conv(4, 1)\n}'),
    _body("repeat", "- repeat(2): conv(8, 1)", "repeat(2) { conv(8, 1) }"),
    _body("for, with an index", '- for(w, i in [4, 8]):\n    - "c{i}": conv(w, 1)', 'for(w, i in [4, 8]) {\n"c{i}": conv(w, 1)\n}'),
    _body("for over a range", "- for(i in range(2)): conv(i + 1, 1)", "for(i in range(2)) { conv(i + 1, 1) }"),
    _body("when", "- when(channels == 8): conv(4, 1)", "when(channels == 8) { conv(4, 1) }"),
    _body("when, else", "- when(channels == 4): conv(4, 1)\n  else: conv(2, 1)", "when(channels == 4) { conv(4, 1) } else { conv(2, 1) }"),
    _body("when, else, over lines", "- when(height > 8):\n    - relu\n    - tanh\n  else: []", "when(height > 8) {\nrelu\ntanh\n} else {}"),
    _body("when in when", "- when(true):\n    - when(false): relu\n      else: tanh", "when(true) {\nwhen(false) { relu } else { tanh }\n}"),
    _body("aux", "- aux(side, weight=0.4): global_avg_pool -> flatten -> linear(2)\n- relu", "aux(side, weight=0.4) { global_avg_pool -> flatten -> linear(2) }\nrelu"),
    _body("aux of a list of one", '- aux(side): ["conv(2, 1)"]\n- relu', "aux(side) {\n{ conv(2, 1) }\n}\nrelu"),
    _body("checkpoint", "- checkpoint: conv(4, 1)", "checkpoint { conv(4, 1) }"),
    _body("nested", "- repeat(2, as=i):\n    - residual:\n        - concat:\n            \"a{i}\": conv(4, 1)\n            \"b{i}\":\n              - repeat(2): conv(4, 1)",
          "repeat(2, as=i) {\nresidual {\nconcat {\n\"a{i}\": conv(4, 1)\n\"b{i}\": repeat(2) { conv(4, 1) }\n}\n}\n}"),
]  # fmt: skip

VALUES = [
    _body("from a label", "- a: conv(4, 1)\n- relu\n- from(a) -> tanh", "a: conv(4, 1)\nrelu\nfrom(a) -> tanh"),
    _body("from a dotted name", "- a:\n    - b: conv(4, 1)\n    - relu\n- from(a.b)", "a: {\nb: conv(4, 1)\nrelu\n}\nfrom(a.b)"),
    _body("from a computed name", '- repeat(2, as=i):\n    - "e{i}": conv(4, 1)\n- from("e{0}")', 'repeat(2, as=i) {\n"e{i}": conv(4, 1)\n}\nfrom("e{0}")'),
    _body("a value as an argument", "- a: conv(4, 1)\n- conv(2, 1)\n- join(from(a))", "a: conv(4, 1)\nconv(2, 1)\njoin(from(a))",
          yaml_head="blocks:\n  join(skip):\n    - upsample(size=[skip.height, skip.width])\n    - concat: [[], from(skip)]\n",
          arch_head="block join(skip) {\nupsample(size=[skip.height, skip.width])\nconcat {\n{}\nfrom(skip)\n}\n}\n"),
    _body("share", "- a: conv(8, 1)\n- share(a)", "a: conv(8, 1)\nshare(a)"),
    _body("outputs", "- a: conv(4, 1) -> output(low)\n- relu\n- output(high)", "a: conv(4, 1) -> output(low)\nrelu\noutput(high)"),
    _body("expressions", "- conv(2 * (1 + 3) // 2 ** 1 % 5, 1 if height > 8 and not width < 3 else 3)", "conv(2 * (1 + 3) // 2 ** 1 % 5, 1 if height > 8 and not width < 3 else 3)"),
    _body("numbers as written", "- conv(0_4, 1) -> leaky_relu(1e-2) -> leaky_relu(.5) -> leaky_relu(1.e-1)", "conv(0_4, 1) -> leaky_relu(1e-2) -> leaky_relu(.5) -> leaky_relu(1.e-1)"),
    _body("functions, lists, indices", "- conv(max([2, 4][1], len([1, 2])), 1)", "conv(max([2, 4][1], len([1, 2])), 1)"),
]  # fmt: skip

BLOCKS = [
    _body("a block", "- b(4)", "b(4)", yaml_head="blocks:\n  b(out, kernel=3):\n    - conv(out, kernel, padding=kernel // 2)\n    - relu\n",
          arch_head="block b(out, kernel = 3) {\nconv(out, kernel, padding=kernel // 2)\nrelu\n}\n"),
    _body("a block on a line", "- b", "b", yaml_head="blocks: {b: 'conv(channels, 1) -> relu'}\n", arch_head="block b { conv(channels, 1) -> relu }\n"),
    _body("an empty block", "- b -> relu", "b -> relu", yaml_head="blocks:\n  b: []\n", arch_head="block b {}\n"),
    _body("parameters that hold blocks", "- b(norm=group_norm(2), act=tanh)", "b(norm=group_norm(2), act=tanh)",
          yaml_head="blocks:\n  b(norm=batch_norm, act=relu): conv(4, 1) -> norm -> act\n", arch_head="block b(norm = batch_norm, act = relu) { conv(4, 1) -> norm -> act }\n"),
    _body("defaults of the entering value", "- b", "b", yaml_head="blocks:\n  b(inner=channels * 2, h=height): conv(inner, 1)\n", arch_head="block b(\n  inner = channels * 2,\n  h = height,\n) { conv(inner, 1) }\n"),
    _body("blocks with words of sections", "- body(params=2) -> network", "body(params=2) -> network", yaml_head="blocks:\n  body(params): conv(params, 1)\n  network: relu\n",
          arch_head="block body(params) { conv(params, 1) }\nblock network { relu }\n"),
    _body("a block that calls itself", "- b(2)", "b(2)", yaml_head="blocks:\n  b(n):\n    - conv(4, 1)\n    - when(n > 0): b(n - 1)\n", arch_head="block b(n) {\nconv(4, 1)\nwhen(n > 0) { b(n - 1) }\n}\n"),
]  # fmt: skip

SECTIONS = [
    Pair("no name", "input: [3, 8, 8]\nbody: relu\n", "input [3, 8, 8]\nbody { relu }\n"),
    Pair("a name that is no word", "name: my-net\ninput: [3, 8, 8]\nbody: relu\n", 'network "my-net"\ninput [3, 8, 8]\nbody { relu }\n'),
    Pair("texts", 'name: n\ndoc: \'a "quoted" # sign, a: colon\'\npaper: "Ä et al. 1998"\nreference: torchvision:alexnet\ninit: torchvision\ninput: [3, 8, 8]\nbody: relu\n',
         'network n\n"""a "quoted" # sign, a: colon"""\npaper "Ä et al. 1998"\nreference "torchvision:alexnet"\ninit torchvision\ninput [3, 8, 8]\nbody { relu }\n'),
    Pair("documentation over lines", "doc: |\n  one # line\n    two\n\n  three\ninput: [3, 8, 8]\nbody: relu\n", '"""\none # line\n  two\n\nthree\n"""\ninput [3, 8, 8]\nbody { relu }\n'),
    Pair("documentation that ends in quotes", "doc: 'as \"they\" say: \"so\"'\ninput: [3, 8, 8]\nbody: relu\n", '"""as "they" say: "so""""\ninput [3, 8, 8]\nbody { relu }\n'),
    Pair("parameters", "name: n\nparams: {a: 4, b: [1, 2], c: relu, d: true, e: a * 2}\ninput: [3, 8, 8]\nbody: [\"conv(a, 1)\", c, \"conv(e, 1)\"]\n",
         "network n(a = 4, b = [1, 2], c = relu, d = true, e = a * 2)\ninput [3, 8, 8]\nbody {\nconv(a, 1)\nc\nconv(e, 1)\n}\n"),
    Pair("parameters without a name", "params: {a: 4}\ninput: [3, 8, 8]\nbody: conv(a, 1)\n", "network(a = 4)\ninput [3, 8, 8]\nbody { conv(a, 1) }\n"),
    Pair("parameters with bounds and documentation",
         'params:\n  a: {value: 4, min: 1, max: 64, doc: "how wide, or so"}\n  b: {value: 0.5, min: 0}\n  c: {value: 8, max: 2 * a}\n  d: {value: -1, min: -2, max: -1}\n  e: {value: true, doc: on}\ninput: [3, 8, 8]\nbody: conv(a, 1)\n',
         'network(\n  a = 4 in 1..64 "how wide, or so",\n  b = 0.5 in 0..,\n  c = 8 in ..(2 * a),\n  d = -1 in -2..-1,\n  e = true "on",  # last\n)\ninput [3, 8, 8]\nbody { conv(a, 1) }\n'),
    Pair("named dimensions", "input: [3, H, W]\nbody: conv(4, 1)\n", "input [3, H, W]\nbody { conv(4, 1) }\n"),
    Pair("several inputs", "inputs: {left: [3, 8, 8], right: [3, 8, 8]}\nbody:\n  - concat: [from(left), from(right)]\n", "inputs {left: [3, 8, 8], right: [3, 8, 8]}\nbody {\nconcat {\nfrom(left)\nfrom(right)\n}\n}\n"),
    Pair("several inputs over lines", "inputs:\n  left: [3, 8, 8]  # one\n  right: [3, 8, 8]\nbody:\n  - concat: [from(left), from(right)]\n", "inputs {\n  left: [3, 8, 8]  # one\n  right: [3, 8, 8],\n}\nbody {\nconcat {\nfrom(left)\nfrom(right)\n}\n}\n"),
    Pair("facts", "input: [3, 8, 8]\nbody:\n  - a: conv(2, 1)\n  - aux(s): conv(1, 1)\n  - flatten -> linear(10)\nexpect: {output: [10], params: 1_298, macs: \"<= 2_000\", training: {params: \">= 1_301\"}, shapes: {a: [2, 8, 8]}}\n",
         "input [3, 8, 8]\nbody {\na: conv(2, 1)\naux(s) { conv(1, 1) }\nflatten -> linear(10)\n}\nexpect {\n  output: [10]\n  params: 1_298, macs: \"<= 2_000\"\n  training: {params: \">= 1_301\"}\n  shapes: {a: [2, 8, 8]}\n}\n"),
    Pair("facts of dotted and quoted names", 'input: [3, 8, 8]\nbody:\n  - a:\n      - "0": conv(2, 1)\n      - b: relu\nexpect:\n  outputs: {output: [2, 8, 8]}\n  shapes: {"a.0": [2, 8, 8], a.b: [2, 8, 8]}\n',
         'input [3, 8, 8]\nbody {\na: {\n"0": conv(2, 1)\nb: relu\n}\n}\nexpect {\noutputs: {output: [2, 8, 8]}\nshapes: {"a.0": [2, 8, 8], a.b: [2, 8, 8]}\n}\n'),
    Pair("sections in any order", "body: relu\ninput: [3, 8, 8]\nname: n\n", "body { relu }\ninput [3, 8, 8]\nnetwork n\n"),
    Pair("a base", "extends: lenet5.yaml\nname: n\nparams: {}\n", 'extends "lenet5.yaml"\nnetwork n\n'),
    Pair("no body but a base's", "extends: densenet.yaml\nparams: {growth: 12}\n", 'extends "densenet.yaml"\nnetwork(growth = 12)\n'),
    Pair("blocks of others", "use: {googlenet.yaml: [conv_relu, inception]}\ninput: [3, 8, 8]\nbody: conv_relu(4, 1)\n", "use {googlenet.yaml: [conv_relu, inception]}\ninput [3, 8, 8]\nbody { conv_relu(4, 1) }\n"),
    Pair("blocks of others, quoted", 'use:\n  "googlenet.yaml": [conv_relu]\ninput: [3, 8, 8]\nbody: conv_relu(4, 1)\n', 'use {"googlenet.yaml": [conv_relu]}\ninput [3, 8, 8]\nbody { conv_relu(4, 1) }\n'),
]  # fmt: skip

PAIRS = [*STEPS, *LABELS, *CONSTRUCTS, *VALUES, *BLOCKS, *SECTIONS]
