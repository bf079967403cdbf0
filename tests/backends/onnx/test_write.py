"""Files: the same bytes for the same seed, whole or not at all, in little memory."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
import onnx
import pytest

from archdsl.atomic_write import replacing
from archdsl.backends.onnx import write as writing
from archdsl.backends.onnx.write import save, to_model, write
from archdsl.diagnostics import UsageError
from archdsl.runtime.session import open_session
from archdsl.weights.initialise import InitialisedWeights
from tests.graph.build import Build
from tests.weights.given import Broken, Given

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def network(out: int = 300) -> Graph:
    build = Build()
    hidden = build.node("linear", build.input(40), name="hidden", out=out)
    return build.graph(build.node("linear", build.node("relu", hidden, name="relu"), name="fc", out=7))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.onnxruntime
def test_the_file_is_the_model(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    save(network(), path, weights=InitialisedWeights(3))
    model = to_model(network(), weights=InitialisedWeights(3))
    onnx.checker.check_model(str(path), full_check=True)
    assert onnx.load(str(path)) == model
    # An ordinary message: the graph is one field of it, in one piece, as any reader wants it.
    assert len(path.read_bytes()) == len(model.SerializeToString())
    data = numpy.random.default_rng(0).standard_normal((2, 40), numpy.float32)
    from_file = open_session(path, "cpu").run({"input": data})["output"]
    from_memory = open_session(model.SerializeToString(), "cpu").run({"input": data})["output"]
    assert (from_file == from_memory).all()
    assert listing(tmp_path) == ["net.onnx"]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.onnx", "b.onnx", "c.onnx", "d.onnx")]
    for path, weights in zip(
        paths,
        (
            InitialisedWeights(7),
            InitialisedWeights(7),
            InitialisedWeights(7, piece=1000),
            InitialisedWeights(8),
        ),
        strict=True,
    ):
        save(network(), path, weights=weights)
    first, again, pieces, other = map(digest, paths)
    assert first == again == pieces != other


def test_it_can_be_written_to_a_stream_that_does_not_seek() -> None:
    reading, writing_end = os.pipe()
    with open(reading, "rb") as source:
        with open(writing_end, "wb") as sink:
            # Threads need the pipe emptied while it is filled.
            parts: list[bytes] = []
            reader = threading.Thread(target=lambda: parts.append(source.read()))
            reader.start()
            write(network(), sink, weights=InitialisedWeights(3))
        reader.join()
    assert onnx.load_from_string(parts[0]) == to_model(network(), weights=InitialisedWeights(3))


@pytest.mark.onnxruntime
def test_weights_above_the_limit_lie_beside_the_model(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    save(network(), path, weights=InitialisedWeights(3), largest=1000)
    assert listing(tmp_path) == ["net.onnx", "net.onnx.data"]
    onnx.checker.check_model(str(path), full_check=True)
    without = onnx.load(str(path), load_external_data=False)
    for tensor in without.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        assert entries["location"] == "net.onnx.data"
        # "Offset values SHOULD be multiples 4096 (page size)": onnx.proto, external_data
        assert int(entries["offset"]) % 4096 == 0
    loaded = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    for tensor in to_model(network(), weights=InitialisedWeights(3)).graph.initializer:
        assert (loaded[tensor.name] == onnx.numpy_helper.to_array(tensor)).all()
    data = numpy.ones((1, 40), numpy.float32)
    inside = to_model(network(), weights=InitialisedWeights(3)).SerializeToString()
    expected = open_session(inside, "cpu").run({"input": data})["output"]
    assert (open_session(path, "cpu").run({"input": data})["output"] == expected).all()


def test_over_two_gigabytes_is_no_single_message() -> None:
    build = Build()
    # 500 M weights would be 2 GB; none of them is made.
    graph = build.graph(build.node("linear", build.input(50_000), out=10_000))
    weights = Broken(0)
    for attempt in (
        lambda: to_model(graph, weights=weights),
        lambda: write(graph, io.BytesIO(), weights=weights),
        lambda: save(graph, "/dev/null", weights=weights),
    ):
        with pytest.raises(UsageError, match="holds less than 2 GB"):
            attempt()


@pytest.mark.parametrize("largest", [1000, 10**9])
@pytest.mark.parametrize("before", [True, False])
def test_a_failure_leaves_what_was_there(tmp_path: Path, largest: int, before: bool) -> None:
    path = tmp_path / "net.onnx"
    if before:
        path.write_bytes(b"what was there")
    with pytest.raises(RuntimeError, match="has gone"):
        save(network(), path, weights=Broken(2), largest=largest)
    assert listing(tmp_path) == (["net.onnx"] if before else [])
    assert not before or path.read_bytes() == b"what was there"


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    # In the middle of a large tensor, while the next piece is being filled.
    with pytest.raises(KeyboardInterrupt):
        save(network(20_000), tmp_path / "net.onnx", weights=InitialisedWeights(0, piece=1000), progress=stop)
    assert listing(tmp_path) == []
    assert threading.active_count() == 1


def test_weights_of_the_wrong_length_are_our_mistake(tmp_path: Path) -> None:
    weights = Given({"hidden.bias": numpy.zeros(299, numpy.float32)})
    with pytest.raises(ValueError, match=r"1196 bytes for hidden\.bias, which has 1200"):
        save(network(), tmp_path / "net.onnx", weights=weights)
    with pytest.raises(ValueError, match=r"1196 bytes for hidden\.bias, which has 1200"):
        to_model(network(), weights=weights)


def test_folders_that_are_not_there_and_paths_that_are_folders(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write") as caught:
        save(network(), tmp_path / "no" / "net.onnx", weights=Given())
    assert "make the folder" in caught.value.help
    with pytest.raises(UsageError, match="is a folder"):
        save(network(), tmp_path, weights=Given())


def test_links_are_followed_and_devices_written_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "net.onnx"
    link.symlink_to(tmp_path / "real" / "model.onnx")
    save(network(), link, weights=Given())
    assert link.is_symlink()
    assert listing(tmp_path / "real") == ["model.onnx"]
    with replacing("/dev/null") as file:
        file.write(b"gone")
    assert not os.path.isfile("/dev/null")


def test_progress_counts_up_to_all_bytes(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    save(
        network(),
        tmp_path / "net.onnx",
        weights=Given(),
        progress=lambda done, total: steps.append((done, total)),
    )
    in_all = 4 * (40 * 300 + 300 + 300 * 7 + 7)
    assert {total for _, total in steps} == {in_all}
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == in_all


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**35 + 5])
def test_varints_are_those_of_protobuf(value: int) -> None:
    from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[import-untyped]

    assert writing._varint(value) == _VarintBytes(value)


LARGE = """
import resource, sys
from archdsl.backends.onnx.write import save
from archdsl.weights.initialise import InitialisedWeights
from tests.graph.build import Build
build = Build()
# The first linear layer of VGG-16 (Simonyan & Zisserman 2015): 25088 x 4096, 411 MB.
save(build.graph(build.node("linear", build.input(25088), out=int(sys.argv[1]))), sys.argv[2], weights=InitialisedWeights(0))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss is not in KiB")
def test_memory_does_not_grow_with_the_model(tmp_path: Path) -> None:
    peaks = []
    for out in (4, 4096):
        path = tmp_path / f"{out}.onnx"
        command = [sys.executable, "-c", LARGE, str(out), str(path)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True, text=True).stdout) / 1024)
        assert path.stat().st_size > 4 * 25088 * out
    assert peaks[1] - peaks[0] < 40, "MiB"
