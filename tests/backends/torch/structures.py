"""Designs of every structure that a module can have, by what is particular in them."""

from __future__ import annotations


def design(body: str, *, input: str = "input [3, 8, 8]", blocks: str = "") -> str:
    """A design in the `.arch` syntax."""
    return f"network design\n{input}\n{blocks}\nbody {{\n{body}\n}}\n"


UNIT = "block unit { conv(3, 3, padding=1) -> batch_norm -> relu }"

DESIGNS = {
    # ---- paths as labels
    "two lists run in turns": design(
        """
        for(i in range(3)) {
          "convs.{i}": conv(3, 3, padding=1, bias=false)
          "bns.{i}": batch_norm -> relu
        }
        conv(2, 1)
        """
    ),
    "a path into a list": design('a: { conv(3, 1); relu }\n"a.extra": conv(2, 1)'.replace("; ", "\n")),
    "a path into a block": design('a: unit\n"a.extra": conv(2, 1)', blocks=UNIT),
    "lists of blocks and tensors": design(
        """
        for(i in range(2)) {
          "units.{i}": unit
          "gammas.{i}": layer_scale(0.5)
        }
        share("units.0") -> share("gammas.1")
        """,
        blocks=UNIT,
    ),
    "a list within a list": design(
        """
        here: {}
        for(i in range(2)) {
          add {
            each(j in range(2)) {
              from(here)
              "fuse.{i}.{j}": unit -> conv(3, 1)
            }
          }
        }
        """,
        blocks=UNIT,
    ),
    "paths in blocks that differ": design(
        """
        a: stack(1)
        b: stack(2)
        c: stack(2)
        """,
        blocks='block stack(n) {\n  for(i in range(n)) {\n    "convs.{i}": conv(3, 1)\n    relu\n  }\n}',
    ),
    "paths in what runs in training and again": design(
        """
        checkpoint {
          "convs.0": conv(3, 1) -> relu
          "convs.1": unit
        }
        aux(side) { "heads.1": conv(2, 1) }
        "convs.2": conv(3, 1)
        """,
        blocks=UNIT,
    ),
    # ---- sharing
    "a block run again": design("a: unit\nshare(a)\nshare(a) -> relu", blocks=UNIT),
    "a step run again": design("a: conv(3, 3, padding=1)\nrelu -> share(a) -> relu -> share(a)"),
    "an activation run again": design(
        "conv(4, 1)\nr: relu\nconv(4, 1) -> share(r) -> tanh -> share(r) -> sigmoid"
    ),
    "shared from inside a group": design(
        """
        a: conv(3, 1) -> relu
        other: {
          conv(3, 1)
          share(a)
          conv(3, 1)
        }
        deeper: {
          inner: {
            x: {
              share(other)
              relu
            }
            share(a)
          }
        }
        """
    ),
    "shared on another size": design(
        "a: conv(3, 3, stride=2, padding=same) -> relu\nshare(a) -> share(a)", input="input [3, 7, 10]"
    ),
    "shared pool on another size": design(
        "a: max_pool(3, stride=2, padding=same) -> conv(3, 1)\nshare(a) -> share(a)",
        input="input [3, 9, 10]",
    ),
    "shared, with other steps on another size": design(
        "a: unit\nmax_pool(2) -> share(a)",
        blocks="block unit { conv(3, 1)\nwhen(height > 4) { relu } else { tanh }\nbatch_norm }",
    ),
    "shared with an inner value taken": design(
        """
        a: {
          first: conv(3, 1)
          second: relu -> conv(3, 1)
        }
        b: from(a.first) -> relu
        c: share(a)
        add {
          from(b)
          from(c)
          from(a.second)
        }
        """
    ),
    "two inputs, one encoder": design(
        "left: from(l) -> encoder\nright: from(r) -> share(left)\nconcat {\nfrom(left)\nfrom(right)\n}",
        input="inputs { l: [3, 8, 8], r: [3, 8, 8] }",
        blocks="block encoder { conv(4, 3) -> batch_norm -> relu }",
    ),
    # ---- values across scopes
    "skips out of groups": design(
        """
        enc: {
          one: unit
          two: max_pool(2) -> conv(5, 1)
        }
        up: upsample(2) -> conv(3, 1)
        join: {
          add {
            {}
            from(enc.one)
          }
          relu
        }
        """,
        blocks=UNIT,
    ),
    "a block that is handed a value": design(
        "a: conv(4, 1)\nmax_pool(2) -> unit(from(a))",
        blocks="""
        block unit(skip) { upsample(2) -> inner(skip) }
        block inner(skip) {
          concat {
            conv(4, 1)
            from(skip)
          }
          relu
        }
        """,
    ),
    "several outputs": design(
        "conv(4, 1) -> output(low)\nrelu -> output(middle)\nconv(2, 1) -> output(high)"
    ),
    "one value, two outputs": design("conv(4, 1) -> output(a) -> output(b)"),
    "an input comes out": design("residual { conv(3, 1) }\nfrom(input) -> output(same)"),
    "nothing but identity": design("identity -> identity"),
    "the same value twice": design(
        "conv(3, 1)\nadd {\n{}\n{}\n}\nconcat {\n{}\n{}\n}\nmul {\n{}\n{}\n}\nadd {\n{}\n}\nconcat {\n{}\n}"
    ),
    "three terms": design("conv(3, 1)\nadd {\nconv(3, 1)\n{}\nrelu\n}\nmax {\n{}\nrelu\ntanh\n}"),
    "groups without layers": design(
        "g: scale(2) -> scale(3)\nh: { residual(scale=0.5) { scale(4) } }\nconv(2, 1)"
    ),
    # ---- names
    "words of Python and of modules": design(
        """
        class: conv(3, 1)
        type: conv(3, 1) -> relu
        forward: unit
        training: conv(3, 1) -> batch_norm
        __x: conv(3, 1)
        _modules: conv(3, 1)
        "a-b": conv(3, 1)
        "0x": unit
        half: layer_scale(1)
        self: conv(3, 1)
        torch: unit
        Tensor: {
          conv(3, 1)
          residual { relu }
        }
        """,
        blocks="block unit { float: conv(3, 1) }",
    ),
    "words that the source itself calls": design(
        """
        getattr: conv(3, 1)
        recomputed: conv(3, 1) -> relu
        checkpoint { relu }
        Outputs: conv(3, 1)
        dict: conv(3, 1)
        type: conv(3, 1)
        add {
          {}
          from(getattr)
          from(recomputed)
          from(Outputs)
          from(dict)
        }
        aux(side) { conv(2, 1) }
        any: tensor
        relu
        """,
        blocks="block tensor { conv(3, 1) -> relu }\nblock any { relu }",
    ),
    "inputs of any name": design(
        "add {\nfrom(class)\nfrom(self)\nfrom(torch)\nfrom(x)\n}\nconv(2, 1)",
        input="inputs { class: [3, 8, 8], self: [3, 8, 8], torch: [3, 8, 8], x: [3, 8, 8] }",
    ),
    "outputs of any name": design(
        'conv(4, 1) -> output(count) -> relu -> output(class) -> relu -> output("1") -> relu -> output("a-b")'
    ),
    # ---- operators
    "operators with parameters of their own": design(
        "a: subsample(2)\nlayer_scale(0.5)\ng: layer_scale(2) -> relu\nprelu(per_channel=true)\nshare(a)",
        input="input [4, 8, 8]",
    ),
    "activations in a row": design(
        "conv(4, 1) -> relu -> leaky_relu(-0.5) -> sigmoid -> relu6 -> hardswish -> silu -> hardsigmoid\n"
        "tanh -> relu"
    ),
    "activations after all that can be overwritten": design(
        """
        conv(4, 1) -> leaky_relu(-0.5) -> conv(4, 1) -> leaky_relu -> avg_pool(2) -> silu -> max_pool(2)
        hardswish -> conv_transpose(4, 2, stride=2) -> relu -> group_norm(2) -> relu6 -> layer_norm -> relu
        instance_norm -> relu -> lrn(3) -> relu -> upsample(2) -> relu -> adaptive_avg_pool(2) -> relu
        dropout(0.5) -> relu -> flatten -> relu -> linear(5) -> relu -> softmax
        """
    ),
    "sums that are overwritten": design(
        """
        conv(4, 1)
        residual { conv(4, 1) -> batch_norm }
        relu
        residual { sigmoid }
        residual {
          conv(4, 1)
          residual { conv(4, 1) }
        }
        add {
          tanh
          tanh
        }
        residual(scale=0.3) { conv(4, 1) -> relu }
        """
    ),
    "pads and crops": design(
        "conv(4, 3, padding=[0, 1, 2, 1]) -> pad(1) -> slice(0, 3) -> center_crop(4) -> channel_shuffle(3)\n"
        "reshape(3, 2, 8) -> permute(0, 2, 1, 3) -> l2_normalize -> flatten(1, 2)"
    ),
    # ---- auxiliary heads
    "an auxiliary head": design("conv(4, 1)\naux(side) { relu -> flatten -> linear(3) }\nrelu -> conv(2, 1)"),
    "auxiliary heads in blocks": design(
        "a: unit(left)\nb: unit(right)\naux(end, weight=0.1) { conv(1, 1) }\nrelu",
        blocks='block unit(name) { conv(3, 1) -> relu\naux("{name}") { conv(2, 1) }\nbatch_norm }',
    ),
    "an auxiliary head that shares": design(
        "a: conv(3, 1) -> relu\naux(side) { conv(3, 1) -> share(a) -> share(a) }\nconv(2, 1)"
    ),
    "auxiliary heads of a step, a function, a value": design(
        "conv(3, 1)\nhere: {}\naux(one) { conv(2, 1) }\naux(two) { scale(2) }\naux(three) { from(here) }\n"
        "conv(2, 1) -> output(x)\nrelu -> output(y)"
    ),
    # ---- checkpoints
    "a checkpoint": design(
        """
        checkpoint { conv(4, 1) -> batch_norm -> relu }
        conv(2, 1)
        c: {
          checkpoint {
            conv(2, 1)
            d: unit
          }
        }
        """,
        blocks="block unit { conv(3, 1) -> dropout(0.5) }",
    ),
    "checkpoints within and around": design(
        """
        checkpoint {
          a: unit
          checkpoint {
            share(a)
            residual {
              checkpoint { unit }
            }
          }
          b: conv(3, 1)
        }
        add {
          {}
          from(a)
          from(b)
        }
        """,
        blocks=UNIT,
    ),
    "dense layers in checkpoints": design(
        """
        conv(4, 1)
        block: dense(4, as=i) {
          checkpoint {
            "layer{i}": layer
          }
        }
        dense(2) {
          checkpoint { batch_norm -> conv(2, 1) }
        }
        concat {
          {}
          conv(2, 1)
        }
        """,
        blocks="block layer { batch_norm -> relu -> conv(8, 1) -> batch_norm -> relu -> conv(3, 3, padding=1) }",
    ),
    "an auxiliary head in a checkpoint": design(
        """
        checkpoint {
          conv(3, 1)
          aux(side) { conv(2, 1) }
          batch_norm
        }
        conv(2, 1)
        """
    ),
}
