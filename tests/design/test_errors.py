"""Diagnostics: every independent mistake in one run, and nothing that follows from another."""

from __future__ import annotations

from tests.checking import codes, design, diagnostics, refused


def test_independent_mistakes_are_reported_in_one_run() -> None:
    text = """archdsl: 1
params: {width: 4, deep: 1 / 0}
input: [3, 8, 8]
blocks:
  unit(out): conv(out 1) -> relu
  other: [rleu, "conv(4,,1)"]
body:
  - stem: conv(width, 1)
  - conv(64, kernel=3 -> relu
  - btch_norm
  - wide: from(stem) -> conv(8, 99)
  - from(stem) -> conv(4, 1, strid=2)
  - from(stem) -> conv(width + relu, 1)
  - concat: [from(stem), from(nowhere)]
nme: x
expect: {parms: 3}
"""
    assert [(found.code, found.span.line) for found in diagnostics(text)] == [
        ("division-by-zero", 2),
        ("missing-comma", 5),
        ("unknown-operator", 6),
        ("syntax-error", 6),
        ("syntax-error", 9),
        ("unknown-operator", 10),
        ("kernel-too-large", 11),
        ("unknown-argument", 12),
        ("wrong-operand", 13),
        ("unknown-value", 14),
        ("unknown-key", 15),
        ("unknown-key", 16),
    ]


def test_diagnostics_come_in_the_order_of_the_text() -> None:
    found = diagnostics(design("- conv(4, 99)\n- b\n- rleu\n- b", blocks="b: tahn"))
    assert [each.span.line for each in found] == sorted(each.span.line for each in found)


def test_nothing_follows_from_a_broken_step() -> None:
    for broken, code in [
        ("conv(4 1)", "missing-comma"),
        ("rleu", "unknown-operator"),
        ("conv(4, 99)", "kernel-too-large"),
        ("conv(4)", "missing-argument"),
        ("conv(4, 1, strid=2)", "unknown-argument"),
        ("conv(wdth * 2, 1)", "unknown-parameter"),
        ("from(nowhere)", "unknown-value"),
        ("{}", "empty-mapping"),
        ("[rleu, {}]", None),
    ]:
        body = f"""
        - x: {broken}
        - conv(channels * 2, 3) -> linear(4)
        - when(height > 3): relu
        - repeat(width): tanh
        - concat: [[], from(x)]
        - add: [relu, from(x)]
        - y: flatten
        - share(y)
        - output(one)
        - aux(side): linear(2)
        - b(from(x), channels)
        """
        text = design(body, blocks="b(skip, n=skip.channels):\n  - add: [[], from(skip)]\n  - conv(n, 1)")
        assert codes(text) == ([code] if code else ["unknown-operator", "empty-mapping"]), broken


def test_nothing_follows_from_a_broken_parameter() -> None:
    for value, code in [
        ("1 / 0", "division-by-zero"),
        ("4 4", "syntax-error"),
        ("{min: 3}", "missing-argument"),
    ]:
        text = design(
            "- conv(a, 1) -> conv(b, a)\n- when(a > 3): relu\n- repeat(b): 'x{a}'\n- c\n- a".replace(
                "'x{a}'", "relu"
            ),
            params=f"{{a: {value}, b: a * 2}}",
            blocks="c(n=a): conv(n, b)",
        )
        assert codes(text) == [code], value


def test_nothing_follows_from_a_broken_block() -> None:
    text = design("- unit(4) -> relu\n- unit\n- rleu", blocks="unit(out: conv(out, 1)")
    assert len(codes(text)) == 1, "calls of a block whose heading cannot be read are not judged"
    body = design("- unit(4) -> conv(channels, 3)\n- rleu", blocks="unit(out): conv(out, 1")
    assert codes(body) == ["unbalanced-bracket", "unknown-operator"]


def test_a_mistake_in_a_block_is_reported_once_with_its_first_call() -> None:
    text = design("- repeat(9): b\n- c", blocks="b: conv(4, ‹99›)\nc: [b, b]")
    found = refused(text, "kernel-too-large")
    assert any("b" in label.text for label in found.related)


def test_mistakes_of_blocks_that_nobody_calls_are_reported() -> None:
    text = design("- relu", blocks="b: rleu\nc(n): conv(n, 3, strid=n)\nd: conv(4 1)")
    assert codes(text) == ["unknown-operator", "unknown-argument", "missing-comma"]


def test_every_error_has_a_fix() -> None:
    """A help line for each of a hundred mistakes."""
    bodies = [
        "- conv", "- conv(4)", "- conv(4, 1, 1, 1, 1, 1, 1, 1)", "- conv(x=3)", "- conv(relu, 1)", "- conv([4], 1)",
        "- conv(4, 3, groups=2)", "- conv(4, 9)", "- conv(4, 3, stride=0)", "- conv(-4, 3)", "- conv(4, 3, padding=samee)",
        "- rleu", "- linear", "- flatten -> conv(4, 3)", "- flatten -> max_pool(2)", "- group_norm(2)", "- global_avg_pool -> max_pool(2)",
        "- from(x)", "- from()", "- share(x)", "- output()", "- relu -> from(input)", "- a: relu\n- a: tanh",
        "- repeat(x): relu", "- repeat(-1): relu", "- repeat(2, i): relu", "- for(x): relu", "- for(i in 3): relu",
        "- when(1): relu", "- when(): relu", "- aux(): relu", "- aux(a):\n    - aux(b): relu", "- else: relu", "- concat: relu",
        "- concat: []", "- concat: ['conv(4, 2)', []]", "- add: ['conv(4, 1)', []]", "- mul: ['conv(2, 1)', []]", "- residual: {x: relu}",
        "- residual: {shortcut: relu}", "- residual: 'conv(4, 1)'", "- relu:", "- x:", "-", "- {}", "- {a: relu, b: tanh}", "- conv(4, 1): relu",
        "- x y: relu", "- 1: relu", "- \"a b\": relu", "- \"a{\": relu", "- \"a{0.5}\": relu", "- conv(1 / 0, 3)", "- conv(10 ** 20, 3)",
        "- conv(2 ** 40, 1)", "- conv(true + 1, 3)", "- conv([1][3], 3)", "- conv(foo(3), 3)", "- conv(min(), 3)", "- conv(len(3), 3)",
        "- conv(\"x\", 3)", "- conv(input.width, 3)", "- conv(from(input).depth, 3)", "- conv(None, 3)", "- self.x", "- nn.Conv2d(3, 3)",
        "- dropout(2)", "- batch_norm(eps=same)", "- upsample", "- upsample(0)", "- softmax(7)", "- permute(1, 2)", "- reshape([5])",
        "- slice(5, 2)", "- channel_shuffle(2)", "- center_crop(9)", "- pad", "- lrn", "- leaky_relu(relu)",
        "- relu -> relu ->", "- -> relu", "- relu relu", "- relu(", "- relu)", "- relu(3)", "- [relu, conv(4, 1)]",
    ]  # fmt: skip
    for body in bodies:
        for found in diagnostics(design(body)):
            assert found.help, (body, found.code, found.message)
