"""From a model and files to outputs and guesses."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy
import onnx
import pytest
from onnx import TensorProto, helper

from archdsl.backends.onnx.write import save, to_model
from archdsl.diagnostics import UsageError
from archdsl.runtime.run import run
from archdsl.runtime.session import open_session
from archdsl.runtime.top_k import read_labels, top
from tests.graph.build import Build
from tests.weights.given import Given

pytestmark = pytest.mark.onnxruntime

PICTURE = str(Path(__file__).parent.parent / "data" / "picture.jpg")


def classifier(path: Path) -> Path:
    build = Build()
    image = build.input(3, 16, 16)
    conv = build.node("conv", image, name="conv", out=5, kernel=16)
    save(build.graph(build.node("relu", conv)), path / "net.onnx", weights=Given())
    return path / "net.onnx"


def two_inputs() -> bytes:
    build = Build()
    left, right = build.input(2, name="left"), build.input(3, name="right")
    graph = build.graph(build.node("relu", left), build.node("abs", right))
    return to_model(graph, weights=Given()).SerializeToString()


def test_a_picture_end_to_end(tmp_path: Path) -> None:
    result = run(classifier(tmp_path), [PICTURE, PICTURE], provider="cpu")
    assert (result.provider, result.input_is_random) == ("cpu", False)
    output = result.outputs["output"]
    assert output.shape == (2, 5, 1, 1)
    assert (output[0] == output[1]).all()


def test_random_inputs_depend_on_the_seed_alone(tmp_path: Path) -> None:
    path = classifier(tmp_path)
    first, again, other = (run(path, seed=seed, batch=3) for seed in (1, 1, 2))
    assert first.input_is_random
    assert first.outputs["output"].shape == (3, 5, 1, 1)
    assert (first.outputs["output"] == again.outputs["output"]).all()
    assert (first.outputs["output"] != other.outputs["output"]).any()


def test_files_for_several_inputs_are_named(tmp_path: Path) -> None:
    left, right = str(tmp_path / "l.npy"), str(tmp_path / "a=b.npy")
    numpy.save(left, numpy.array([-1, 2], numpy.float32))
    numpy.save(right, numpy.array([-1, 2, -3], numpy.float32))
    outputs = run(two_inputs(), [f"left={left}", f"right={right}"]).outputs
    assert {name: value.tolist() for name, value in outputs.items()} == {
        "output0": [[0, 2]],
        "output1": [[1, 2, 3]],
    }
    with pytest.raises(UsageError, match="does not say for which") as caught:
        run(two_inputs(), [left])
    assert f"left={left}" in caught.value.help
    with pytest.raises(UsageError, match=r"the input `right` \(batchx3\) is missing"):
        run(two_inputs(), [f"left={left}"])
    with pytest.raises(UsageError, match="`batch` is 2 in the input `left` and 1 in `right`"):
        run(two_inputs(), [f"left={left}", f"left={left}", f"right={right}"])


def test_all_that_does_not_fit_is_reported_at_once() -> None:
    session = open_session(two_inputs(), "cpu")
    feeds = {"left": numpy.zeros((1, 9), numpy.float64), "up": numpy.zeros(1)}
    with pytest.raises(UsageError) as caught:
        session.run(feeds)
    assert caught.value.message.splitlines() == [
        "there is no input `up`",
        "the input `left` is float32, and float64 is given",
        "the input `left` is batchx2, and 1x9 is given",
        "the input `right` (batchx3) is missing",
    ]


def test_a_file_name_with_an_equals_sign_is_a_file_name(tmp_path: Path) -> None:
    name = str(tmp_path / "a=b.npy")
    numpy.save(name, numpy.zeros((3, 16, 16), numpy.float32))
    run(classifier(tmp_path), [name])


def foreign(op: str, *, domain: str = "", opset: int = 21, ir: int = 10) -> bytes:
    node = helper.make_node(op, ["x", "y"], ["z"], domain=domain)
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [f"{n}0"]) for n in "xy"]
    output = helper.make_tensor_value_info("z", TensorProto.FLOAT, [None])
    graph = helper.make_graph([node], "g", inputs, [output])
    opsets = [helper.make_opsetid(domain, 1), helper.make_opsetid("", opset)][0 if domain else 1 :]
    return onnx.ModelProto(graph=graph, ir_version=ir, opset_import=opsets).SerializeToString()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (b"", "not an ONNX model"),
        (b"no model at all", "not an ONNX model"),
        (foreign("Add", opset=999), "newer than this onnxruntime"),
        (foreign("Add", ir=999), "newer than this onnxruntime"),
        (foreign("Nonsense"), "does not take"),
        (foreign("Nonsense", domain="some.where"), "does not take"),
    ],
    ids=["empty", "text", "opset", "ir", "operator", "domain"],
)
def test_models_that_onnxruntime_does_not_take(model: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(model)
    for source in (path, model):
        with pytest.raises(UsageError, match=message) as caught:
            open_session(source, "cpu")
        assert "ONNXRuntimeError" not in str(caught.value)
        assert "\n" not in caught.value.message


def test_files_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the model .*no such file"):
        open_session(tmp_path / "none.onnx", "cpu")
    with pytest.raises(UsageError, match="is a directory"):
        open_session(tmp_path, "cpu")
    build = Build()
    graph = build.graph(build.node("linear", build.input(64), out=64))
    save(graph, tmp_path / "net.onnx", weights=Given(), largest=10)
    (tmp_path / "net.onnx.data").unlink()
    with pytest.raises(UsageError, match="the weights beside"):
        open_session(tmp_path / "net.onnx", "cpu")


def test_a_failure_in_the_middle_is_readable() -> None:
    session = open_session(foreign("Add"), "cpu")
    with pytest.raises(UsageError, match="failed on cpu") as caught:
        session.run({"x": numpy.zeros(2, numpy.float32), "y": numpy.zeros(3, numpy.float32)})
    assert "ONNXRuntimeError" not in str(caught.value)


def test_the_top_classes() -> None:
    scores = numpy.log(numpy.array([[1, 6, 3], [5, 4, 1]], numpy.float32)) + 7
    (first, second) = top(scores, 2, ["cat", "dog", "owl"])
    assert [(guess.class_index, guess.label) for guess in first] == [(1, "dog"), (2, "owl")]
    assert [guess.probability for guess in second] == pytest.approx([0.5, 0.4], rel=1e-5)
    # What is a distribution already stays as it is.
    ((guess,),) = top(numpy.array([[0.25, 0.75]], numpy.float32), 1)
    assert guess == (1, "", 0.75)
    assert math.isfinite(top(numpy.array([[1e4, -1e4]], numpy.float32))[0][0].probability)
    with pytest.raises(UsageError, match="2 labels for 3 classes"):
        top(scores, labels=["a", "b"])
    with pytest.raises(UsageError, match="1x2x3"):
        top(numpy.zeros((1, 2, 3)))


def test_labels_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("tench, Tinca tinca\r\nMüller\n".encode("utf-8-sig"))
    assert read_labels(path) == ["tench, Tinca tinca", "Müller"]
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not text"):
        read_labels(path)
    with pytest.raises(UsageError, match="no such file"):
        read_labels(tmp_path / "none.txt")


def test_compiling_and_running_import_no_torch(tmp_path: Path) -> None:
    script = (
        "import sys, archdsl.backends.onnx.write, archdsl.weights.read, archdsl.weights.initialise\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "import archdsl.runtime.run\n"
        "archdsl.runtime.run.open_session(open(sys.argv[1], 'rb').read(), 'cpu')\n"
        "assert not {'torch', 'PIL'} & set(sys.modules)"
    )
    model = tmp_path / "net.onnx"
    model.write_bytes(two_inputs())
    subprocess.run([sys.executable, "-c", script, str(model)], check=True)
