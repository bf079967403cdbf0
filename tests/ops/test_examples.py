"""Every example of every operator, against torch and onnxruntime.

What is asked of each: the shapes, the tensors it owns, its outputs and its multiply-accumulates are
those that torch has, and the ONNX model is legal, infers our shapes and computes the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy
import onnx
import onnxruntime
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archdsl.backends.onnx.lower import DEFAULT_OPSET, OPSETS
from archdsl.backends.onnx.write import to_model
from archdsl.backends.torch import eager
from archdsl.graph.ir import Graph, Node, Output
from archdsl.ops import OPERATORS, Expects, Operator
from archdsl.ops.input import Input
from archdsl.shapes import TensorType
from archdsl.source import Source
from tests.ops.calls import operator, random_value
from tests.runtime.opsets import NEWEST_READ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archdsl.graph.tensors import Tensor
    from archdsl.ops import Example, Parameter

EXAMPLES = [example for kind in OPERATORS.values() for example in kind.examples]
NAMES = [f"{example.call} on {example.inputs}" for example in EXAMPLES]

# What operators are written as changes at 14, 17, 18 and 20.
EVERY_FORM = sorted({OPSETS[0], 14, 17, 18, 20, DEFAULT_OPSET, OPSETS[-1]})

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)


class Case(NamedTuple):
    """An example at work in torch: its weights are random, its running variances positive."""

    op: Operator
    example: Example
    module: torch.nn.Module | None
    weights: dict[str, torch.Tensor]

    @property
    def owned(self) -> tuple[Parameter, ...]:
        return self.op.params(self.example.inputs)

    def __call__(self, inputs: Sequence[numpy.ndarray]) -> torch.Tensor:
        tensors = [torch.from_numpy(value) for value in inputs]
        form = self.op.to_torch(self.example.inputs)
        with torch.no_grad():
            return eager.run(form, tensors, self.module, self.weights)

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        """The weights as the ONNX writer asks for them: the step is called `step`."""
        word = tensor.name.removeprefix("step").removeprefix(".")
        yield self.weights[word].detach().numpy().ravel()


def case(example: Example) -> Case:
    op = operator(example.call)
    layer = eager.layer_of(op.to_torch(example.inputs))
    module = None if layer is None else eager.build(layer).eval()
    random = numpy.random.default_rng(1)
    weights = {}
    for parameter in op.params(example.inputs):
        values = numpy.asarray(random.standard_normal(parameter.shape)).astype(parameter.dtype)
        if kind_is_fixed(op):
            parameter.initialiser.fill(random, values.reshape(-1))
        if parameter.name == "running_var":
            values = numpy.abs(values) + 0.5
        weights[parameter.name] = torch.from_numpy(values)
    if module is not None:
        own = [parameter.name for parameter in op.params(example.inputs)]
        missing, unexpected = module.load_state_dict(weights, strict=False)
        assert not unexpected
        assert [name for name in missing if name != "num_batches_tracked"] == []
        assert set(own) <= set(module.state_dict())
    return Case(op, example, module, weights)


def kind_is_fixed(op: Operator) -> bool:
    """Return whether the design gives the very values of what an operator owns."""
    return op.word in ("normalize", "constant", "arange", "zeros", "ones")


def batch_of(example: Example, batch: int) -> int:
    """The samples that come out: a source makes one, whatever the batch."""
    return batch if example.inputs else 1


def samples(example: Example, batch: int, seed: int = 0) -> list[numpy.ndarray]:
    random = numpy.random.default_rng(seed)
    return [random_value(type, batch, random) for type in example.types]


def graph(op: Operator, inputs: Sequence[TensorType]) -> Graph:
    span = Source(op.word).span()
    nodes = [Node(f"in{i}", Input(), (), type, span, f"in{i}") for i, type in enumerate(inputs)]
    positions = tuple(range(len(nodes)))
    type = op.infer_type(tuple([node.type for node in nodes]))
    nodes.append(Node("step", op, positions, type, span, "step"))
    return Graph("example", tuple(nodes), positions, (Output("output", len(nodes) - 1),))


def test_every_operator_has_an_example_and_a_documented_purpose() -> None:
    for word, kind in OPERATORS.items():
        assert kind.examples, word
        assert kind.examples[0].call.split("(")[0] == word
        assert kind.__doc__, word
        for name, field in kind.model_fields.items():
            assert field.description, f"{word}.{name}"
            expected = [entry for entry in field.metadata if isinstance(entry, Expects)]
            assert len(expected) == 1, f"{word}.{name} says what it expects"


@each_example
def test_torch_agrees_on_shapes_and_tensors(example: Example) -> None:
    it = case(example)
    output = it(samples(example, batch=2))
    assert tuple(output.shape) == (batch_of(example, 2), *it.op.infer(example.inputs))
    assert str(output.dtype) == f"torch.{it.op.infer_type(example.types).dtype}"
    if it.module is not None:
        trained = [(name, tuple(value.shape)) for name, value in it.module.named_parameters()]
        buffers = [(name, tuple(value.shape)) for name, value in it.module.named_buffers()]
        dtypes = {name: str(value.dtype) for name, value in it.module.state_dict().items()}
        assert {owned.name: f"torch.{owned.dtype}" for owned in it.owned} == dtypes
        assert [(owned.name, owned.shape) for owned in it.owned if owned.trained] == trained
        assert [(owned.name, owned.shape) for owned in it.owned if not owned.trained] == buffers


@each_example
def test_onnxruntime_agrees_with_torch(example: Example) -> None:
    it = case(example)
    whole = graph(it.op, example.types)
    expected = {batch: it(samples(example, batch, seed=batch)).numpy() for batch in (2, 3)}
    for opset in (OPSETS[0], DEFAULT_OPSET, NEWEST_READ):
        session = runnable(to_model(whole, weights=it, opset=opset))
        for batch, values in expected.items():
            feeds = {f"in{i}": value for i, value in enumerate(samples(example, batch, seed=batch))}
            (output,) = session.run(None, feeds)
            assert output.dtype == values.dtype
            numpy.testing.assert_allclose(output * 1.0, values * 1.0, rtol=1e-4, atol=1e-4)


@each_example
def test_onnx_infers_our_shapes(example: Example) -> None:
    it = case(example)
    whole = graph(it.op, example.types)
    for opset in EVERY_FORM:
        model = to_model(whole, weights=it, opset=opset)
        onnx.checker.check_model(model, full_check=True)
        model.graph.output[0].type.tensor_type.ClearField("shape")
        del model.graph.value_info[:]
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        batch, *sizes = inferred.graph.output[0].type.tensor_type.shape.dim
        assert [size.dim_value for size in sizes] == list(it.op.infer(example.inputs)), opset
        assert batch.HasField("dim_value") == (not example.inputs), opset


def runnable(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


RECURRENT = ("lstm", "gru", "rnn")
"""Whose products torch's counter does not see; `test_recurrent.py` has their counts."""
COUNTED = ("conv", "conv_transpose", "linear", "matmul", "attention", "multi_head_attention")


@pytest.mark.parametrize(
    "example", [example for word in COUNTED for example in OPERATORS[word].examples], ids=lambda e: e.call
)
def test_multiply_accumulates_are_half_of_torchs_operations(example: Example) -> None:
    it = case(example)
    torch.backends.mha.set_fastpath_enabled(False)  # whose products the counter does not see, nor a kernel's
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            it(samples(example, batch=1))
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert 2 * it.op.macs(example.inputs, it.op.infer(example.inputs)) == counter.get_total_flops()


@pytest.mark.parametrize(
    "example",
    [
        example
        for word, kind in OPERATORS.items()
        if word not in (*COUNTED, *RECURRENT)
        for example in kind.examples
    ],
    ids=lambda example: example.call,
)
def test_nothing_else_counts_but_what_lenet5_counts(example: Example) -> None:
    op = operator(example.call)
    counts = op.macs(example.inputs, op.infer(example.inputs)) > 0
    assert counts == (op.word in ("subsample", "table_conv", "rbf"))


@pytest.mark.parametrize(
    "word", ["conv", "conv_transpose", "linear", "batch_norm", "prelu", "layer_norm", "multi_head_attention"]
)
def test_torch_fills_its_tensors_as_our_rules_do(word: str) -> None:
    """Same constants; same bounds and deviations where there are enough numbers to tell."""
    for example in OPERATORS[word].examples:
        op = operator(example.call)
        layer = eager.layer_of(op.to_torch(example.inputs))
        if layer is None:
            continue
        torch.manual_seed(0)
        theirs = eager.build(layer).state_dict()
        for parameter in op.params(example.inputs):
            ours = numpy.empty(parameter.shape, numpy.float32).ravel()
            parameter.initialiser.fill(numpy.random.default_rng(0), ours)
            tensor = theirs[parameter.name].numpy().ravel()
            if tensor.size < 150:
                # Too few for a statistic: no number is beyond the bound.
                assert numpy.abs(tensor).max() <= numpy.abs(ours).max() * 1.5 + 1e-6
                continue
            assert tensor.std() == pytest.approx(ours.std(), rel=0.1)
            assert numpy.abs(tensor).max() == pytest.approx(numpy.abs(ours).max(), rel=0.05)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.6])
def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean(rate: float) -> None:
    op = operator(f"stochastic_depth({rate})")
    form = op.to_torch(((3, 4, 5),))
    layer = eager.layer_of(form)
    assert layer is not None
    torch.manual_seed(0)
    value = eager.run(form, [torch.ones(4000, 3, 4, 5)], eager.build(layer).train())
    each = value.flatten(1)
    assert bool((each == each[:, :1]).all())
    kept = each[:, 0][each[:, 0] != 0]
    assert kept.tolist() == pytest.approx([1 / (1 - rate)] * len(kept))
    assert len(kept) / 4000 == pytest.approx(1 - rate, abs=0.03)


def test_lenet5_counts_of_the_paper() -> None:
    """LeCun et al. 1998: 12 and 32 trained numbers in S2 and S4, 1,516 in C3, 840 fixed."""
    table = (
        *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
        *((i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6) for i in range(6)),
        *((i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6) for i in range(3)),
        (0, 1, 2, 3, 4, 5),
    )
    layers = [
        (OPERATORS["subsample"](kernel=2), (6, 28, 28), 12, 0, 1_176),
        (OPERATORS["table_conv"](table=table, kernel=5), (6, 14, 14), 1_516, 0, 150_000),
        (OPERATORS["subsample"](kernel=2), (16, 10, 10), 32, 0, 400),
        (OPERATORS["rbf"](classes=10), (84,), 0, 840, 840),
    ]
    for op, shape, trained, fixed, macs in layers:
        owned = op.params((shape,))
        counts = {
            flag: sum(int(numpy.prod(p.shape)) for p in owned if p.trained is flag) for flag in (True, False)
        }
        assert counts == {True: trained, False: fixed}
        assert op.macs((shape,), op.infer((shape,))) == macs


def test_codes_are_signs() -> None:
    (codes,) = OPERATORS["rbf"](classes=10).params(((84,),))
    values = numpy.empty(840, numpy.float32)
    codes.initialiser.fill(numpy.random.default_rng(0), values)
    assert set(values.tolist()) == {-1.0, 1.0}


class NoWeights:
    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        raise AssertionError(f"{tensor.name} is not a pool's")


@pytest.mark.parametrize("call", ["avg_pool", "max_pool"])
def test_pools_of_every_small_geometry(call: str) -> None:
    """Rounding up, padding and strides in all combinations that PyTorch takes: where onnxruntime
    has its own rule, the model has to say ours."""
    random = numpy.random.default_rng(0)
    for kernel in (1, 2, 3, 4):
        for stride in (1, 2, 3, 5):
            for padding in range(kernel // 2 + 1):
                for size in (4, 5, 7):
                    if size + 2 * padding < kernel:
                        continue
                    for include in ("true", "false") if call == "avg_pool" else (None,):
                        extra = f", count_include_pad={include}" if include else ""
                        text = f"{call}({kernel}, stride={stride}, padding={padding}, ceil=true{extra})"
                        op = operator(text)
                        value = random.standard_normal((1, 2, size)).astype(numpy.float32)
                        layer = eager.layer_of(op.to_torch(((2, size),)))
                        assert layer is not None
                        expected = eager.build(layer)(torch.from_numpy(value)).numpy()
                        assert expected.shape[1:] == op.infer(((2, size),)), text
                        model = to_model(graph(op, [TensorType((2, size))]), weights=NoWeights())
                        (output,) = runnable(model).run(None, {"in0": value})
                        numpy.testing.assert_allclose(output, expected, atol=1e-5, err_msg=text)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 14, 20, 21, 27])
def test_upsampling_to_a_size_takes_torchs_cells(size: int) -> None:
    """The quotients of PyTorch and onnxruntime, both float32, differ: 21 to 3, 14 to 2."""
    value = numpy.arange(2 * size, dtype=numpy.float32).reshape(1, 2, size)
    for out in range(1, 50):
        op = operator(f"upsample(size={out})")
        expected = torch.nn.functional.interpolate(torch.from_numpy(value), size=out).numpy()
        (output,) = runnable(to_model(graph(op, [TensorType((2, size))]), weights=NoWeights())).run(
            None, {"in0": value}
        )
        numpy.testing.assert_array_equal(output, expected, err_msg=str(out))
