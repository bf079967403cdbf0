"""Checkpoints: what is read, and what is said of those that do not fit."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
import pytest

from archdsl.diagnostics import UsageError
from archdsl.weights.read import load_weights
from tests.graph.build import Build

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def network() -> Graph:
    build = Build()
    image = build.input(3, 8, 8)
    stem = build.node("conv", image, name="features.conv0", out=4, kernel=3)
    norm = build.node("batch_norm", stem, name="features.norm0")
    side = build.node("conv", norm, name="aux.conv", out=2, kernel=1, auxiliary_head="aux")
    build.auxiliary_head("aux", side)
    return build.graph(build.node("relu", norm))


SHAPES = {
    "features.conv0.weight": (4, 3, 3, 3),
    "features.conv0.bias": (4,),
    "features.norm0.weight": (4,),
    "features.norm0.bias": (4,),
    "features.norm0.running_mean": (4,),
    "features.norm0.running_var": (4,),
}


def arrays(dtype: str = "float32") -> dict[str, numpy.ndarray]:
    random = numpy.random.default_rng(0)
    return {name: random.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}


def write_safetensors(path: Path, tensors: dict[str, numpy.ndarray], **header: object) -> None:
    """As the format's specification says, and by nothing of ours."""
    kinds = {"float64": "F64", "float32": "F32", "float16": "F16", "uint16": "BF16", "int64": "I64"}
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in tensors.items():
        raw = array.tobytes()
        table[name] = {
            "dtype": kinds[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(table | header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_npz(path: Path, tensors: dict[str, numpy.ndarray]) -> None:
    numpy.savez(path, **tensors)  # type: ignore[arg-type]


def read(path: Path) -> dict[str, numpy.ndarray]:
    found = {}
    with load_weights(path, network()) as weights:
        for name, tensor in network().tensors.items():
            if tensor.auxiliary_head is None and not tensor.training_only:
                pieces = [piece.copy() for piece in weights.pieces(tensor)]
                assert all(piece.dtype == numpy.float32 and piece.ndim == 1 for piece in pieces)
                found[name] = numpy.concatenate(pieces).reshape(tensor.shape)
    return found


WRITERS = [("w.safetensors", write_safetensors), ("w.npz", write_npz)]
both = pytest.mark.parametrize(("name", "write"), WRITERS)


@both
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_every_floating_type_is_read_as_float32(tmp_path: Path, name: str, write, dtype: str) -> None:  # type: ignore[no-untyped-def]
    given = arrays(dtype)
    write(tmp_path / name, given)
    found = read(tmp_path / name)
    assert found.keys() == SHAPES.keys()
    for key, array in given.items():
        assert (found[key] == array.astype("float32")).all()


def test_bfloat16_is_read(tmp_path: Path) -> None:
    given = {name: numpy.full(shape, 0x3FC0, numpy.uint16) for name, shape in SHAPES.items()}
    write_safetensors(tmp_path / "w.safetensors", given)
    # 0x3FC0: sign 0, exponent 127, fraction 0.5.
    assert all((array == 1.5).all() for array in read(tmp_path / "w.safetensors").values())


def test_fortran_order_and_big_endian_arrays_are_read(tmp_path: Path) -> None:
    given = {name: numpy.asfortranarray(array.astype(">f4")) for name, array in arrays().items()}
    write_npz(tmp_path / "w.npz", given)
    assert all((array == given[name]).all() for name, array in read(tmp_path / "w.npz").items())


def test_large_tensors_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, write in WRITERS:
        write(tmp_path / name, arrays())
        monkeypatch.setattr(f"archdsl.weights.formats.{name[2:]}.PIECE", 10)
        with load_weights(tmp_path / name, network()) as weights:
            tensor = network().tensors["features.conv0.weight"]
            sizes = [piece.size for piece in weights.pieces(tensor)]
        assert sizes == [10] * 10 + [8]
        assert (read(tmp_path / name)["features.conv0.weight"] == arrays()["features.conv0.weight"]).all()


@both
def test_what_pytorch_saves_besides_is_fine(tmp_path: Path, name: str, write) -> None:  # type: ignore[no-untyped-def]
    extra = {
        "features.norm0.num_batches_tracked": numpy.array(3, numpy.int64),
        "aux.conv.weight": numpy.zeros((2, 4, 1, 1), numpy.float32),
    }
    write(tmp_path / name, arrays() | extra)
    read(tmp_path / name)


@both
def test_all_differences_are_reported_at_once(tmp_path: Path, name: str, write) -> None:  # type: ignore[no-untyped-def]
    given = arrays()
    given["features.conv_0.weight"] = given.pop("features.conv0.weight")
    given["features.norm0.running_mean"] = numpy.zeros(5, numpy.float32)
    given["features.norm0.running_var"] = numpy.zeros(4, numpy.int64)
    given["features.conv0.num_batches_tracked"] = numpy.zeros((), numpy.int64)
    write(tmp_path / name, given)
    with pytest.raises(UsageError) as caught:
        read(tmp_path / name)
    assert caught.value.message.splitlines()[1:] == [
        "missing from the file (1):",
        "  features.conv0.weight  4x3x3x3  (near: features.conv_0.weight)",
        "in the file, and not in the network (2):",
        "  features.conv_0.weight  4x3x3x3  (near: features.conv0.weight)",
        "  features.conv0.num_batches_tracked  a single number",
        "of another shape (1):",
        "  features.norm0.running_mean  5 in the file, 4 in the network",
        "not in floating point (1):",
        f"  features.norm0.running_var  {'I64' if 'safe' in name else 'int64'}",
    ]


def test_other_formats_are_refused_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none of them") as caught:
        read(tmp_path / "w.h5")
    assert ".pth, .pt, .safetensors and .npz" in caught.value.message
    for name in ("w.npz", "w.safetensors", "w.pth", "w.pt"):
        with pytest.raises(UsageError, match="no such file"):
            read(tmp_path / name)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (pytest.fail, ("unpickled",))

    numpy.savez(tmp_path / "w.npz", **{"features.conv0.bias": numpy.array([Bomb()], object)})
    with pytest.raises(UsageError, match="Python objects"):
        read(tmp_path / "w.npz")


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "data", "why"),
    [
        ("{]", b"", "not JSON"),
        ("[" * 100_000, b"", "not JSON"),
        ("[1]", b"", "not a table"),
        ('{"a": 1, "a": 2}', b"", "twice"),
        ({"a": 1}, b"", "cannot be read"),
        ({"a": ENTRY | {"dtype": "X"}}, bytes(8), "cannot be read"),
        ({"a": ENTRY | {"shape": [-2]}}, bytes(8), "cannot be read"),
        ({"a": ENTRY | {"shape": [True, 2]}}, bytes(8), "cannot be read"),
        ({"a": ENTRY | {"shape": [3]}}, bytes(8), "does not fit its 8 bytes"),
        ({"a": ENTRY | {"shape": [2**62, 4]}}, bytes(8), "does not fit"),
        ({"a": ENTRY}, bytes(7), "8 bytes, and 7 follow"),
        ({"a": ENTRY}, bytes(9), "8 bytes, and 9 follow"),
        ({"a": ENTRY | {"data_offsets": [4, 12]}}, bytes(12), "begins at 4, where 0"),
        ({"a": ENTRY, "b": ENTRY | {"data_offsets": [4, 12]}}, bytes(12), "begins at 4, where 8"),
    ],
)
def test_damaged_safetensors(tmp_path: Path, header: object, data: bytes, why: str) -> None:
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    with pytest.raises(UsageError, match=why):
        read(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    "raw",
    [b"", b"1234567", bytes(8), struct.pack("<Q", 2**63) + b"{}", b"\xff" * 100],
    ids=["empty", "short", "zero", "huge", "text"],
)
def test_files_that_are_no_safetensors(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(raw)
    with pytest.raises(UsageError, match="not the length of a header"):
        read(tmp_path / "w.safetensors")


def test_damaged_npz(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(UsageError, match=r"not an \.npz archive"):
        read(path)
    write_npz(path, arrays())
    raw = bytearray(path.read_bytes())
    place = raw.index(arrays()["features.conv0.weight"].tobytes()[:64])
    raw[place] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(UsageError, match="damaged"):
        read(path)


@both
@pytest.mark.parametrize(
    ("counter", "is_exact"),
    [
        (numpy.int64(2**24 + 1), True),
        (numpy.float16(7), True),
        (numpy.float32(7.5), False),
        (numpy.float64(2.0**63), False),
        (numpy.float64("inf"), False),
        (numpy.float64("nan"), False),
    ],
)
def test_whole_numbers_are_exact(  # type: ignore[no-untyped-def]
    tmp_path: Path, name: str, write, counter: numpy.generic, is_exact: bool
) -> None:
    # Beyond 2**24 a float32 knows even numbers only.
    write(tmp_path / name, arrays() | {"features.norm0.num_batches_tracked": numpy.array(counter)})
    with load_weights(tmp_path / name, network()) as weights:
        tensor = network().tensors["features.norm0.num_batches_tracked"]
        if is_exact:
            (found,) = weights.pieces(tensor)
            assert (found.dtype, found.tolist()) == (numpy.int64, [counter])
        else:
            with pytest.raises(UsageError, match="numbers that are no int64"):
                list(weights.pieces(tensor))
