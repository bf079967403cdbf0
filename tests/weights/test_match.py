"""Checkpoints under other names than the network's, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy
import pytest
import torch

import archdsl
from archdsl.diagnostics import UsageError
from archdsl.weights.formats.npz import Npz
from archdsl.weights.initialise import InitialisedWeights
from archdsl.weights.match import Match, match
from archdsl.weights.read import LoadedWeights, fix, load_weights
from archdsl.weights.write import save_weights
from tests.weights.given import Given
from tests.weights.test_write import Twin, given, small

State = dict[str, torch.Tensor]


def twin_state() -> State:
    return {name: torch.from_numpy(values.copy()) for name, values in given().items()}


def saved(path: Path, entries: Mapping[str, torch.Tensor]) -> Path:
    torch.save(dict(entries), path)
    return path


def matched(path: Path, *, auxiliary_heads: bool = True) -> Match:
    numpy.savez(path.with_suffix(".npz"), **{name: t.numpy() for name, t in torch.load(path).items()})
    with path.with_suffix(".npz").open("rb") as file:
        return match(Npz(file, str(path)), small(), auxiliary_heads=auxiliary_heads)


def notes(path: Path, *, auxiliary_heads: bool = True) -> list[str]:
    """What is said of a file that is read, once its values are known to be the right ones."""
    with load_weights(path, small(), auxiliary_heads=auxiliary_heads) as weights:
        for name, tensor in small().tensors.items():
            if tensor.auxiliary_head is None and not tensor.training_only:
                found = b"".join(piece.tobytes() for piece in weights.pieces(tensor))
                assert found == given()[name].tobytes()
        assert all(note.startswith(f"`{path}`: ") for note in weights.notes)
        return [note.removeprefix(f"`{path}`: ") for note in weights.notes]


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "model.", "a.b.c."])
def test_a_prefix_before_every_name_is_taken_off(tmp_path: Path, prefix: str) -> None:
    path = saved(tmp_path / "w.pth", {prefix + name: tensor for name, tensor in twin_state().items()})
    assert notes(path) == [f"`{prefix}` is taken off every name"]


def test_the_wrappers_of_torch_themselves_are_read(tmp_path: Path) -> None:
    twin = Twin()
    twin.load_state_dict(twin_state())
    wrapped = torch.nn.DataParallel(torch.nn.ModuleDict({"net": twin}))
    assert notes(saved(tmp_path / "w.pth", wrapped.state_dict())) == ["`module.net.` is taken off every name"]


def test_a_scope_that_the_file_lacks_is_put_before(tmp_path: Path) -> None:
    design = "input: [3, 8, 8]\nbody:\n  - backbone:\n      - a: conv(4, 3)\n      - b: conv(4, 3)\n"
    net = archdsl.load(design)
    net.save_weights(tmp_path / "own.pth", seed=2)
    entries = torch.load(tmp_path / "own.pth")
    assert all(name.startswith("backbone.") for name in entries)
    path = saved(tmp_path / "w.pth", {f"m.{name[9:]}": tensor for name, tensor in entries.items()})
    said: list[str] = []
    assert net.to_onnx(weights=path, notes=said.append) == net.to_onnx(seed=2)
    assert said == [f"`{path}`: `m.` is taken off and `backbone.` is put before every name"]


# torchvision/models/densenet.py: what its `_load_state_dict` repairs in its own published files.
OLD_DENSENET = re.compile(
    r"(.*denselayer\d+\.(?:norm|relu|conv))([12])(\.(?:weight|bias|running_mean|running_var))"
)


def as_published(entries: State) -> State:
    """A DenseNet's state dict as torchvision's files of 2017 have it: ``norm.1``, and no counters."""
    return {
        OLD_DENSENET.sub(r"\1.\2\3", name): tensor
        for name, tensor in entries.items()
        if not name.endswith("num_batches_tracked")
    }


@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_published_densenet_is_read(tmp_path: Path, prefix: str) -> None:
    net = archdsl.load("densenet121", layers=[2, 2, 2, 2])
    net.save_weights(tmp_path / "new.pth", seed=1)
    old = as_published(torch.load(tmp_path / "new.pth"))
    assert "features.denseblock4.denselayer2.norm.2.running_var" in old
    path = saved(tmp_path / "old.pth", {prefix + name: tensor for name, tensor in old.items()})
    said: list[str] = []
    assert net.to_onnx(weights=path, notes=said.append) == net.to_onnx(seed=1)
    # Eight layers, each of two norms with four tensors and two convolutions with one.
    first = "features.denseblock1.denselayer1.norm"
    assert said[-1].removeprefix(f"`{path}`: ") == (
        f"80 names are read without the dot before a number: `{prefix}{first}.1.weight` as `{first}1.weight`"
    )
    assert len(said) == (2 if prefix else 1)
    with load_weights(path, net.graph, auxiliary_heads=True) as weights:
        assert "which only training uses, is not in the file for 21 steps" in weights.notes[-1]


def test_words_of_other_frameworks_are_read(tmp_path: Path) -> None:
    words = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    entries = {}
    for name, tensor in twin_state().items():
        scope, _, word = name.rpartition(".")
        entries[f"{scope}.{words.get(word, word)}" if "norm" in scope else name] = tensor
    (note,) = notes(saved(tmp_path / "w.pth", entries))
    assert note == "8 names are read in PyTorch's words: `norm.gamma` as `norm.weight`"


def test_counters_may_be_missing_and_are_noted_where_training_goes_on(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", {n: t for n, t in twin_state().items() if "tracked" not in n})
    assert notes(path, auxiliary_heads=False) == []
    assert notes(path) == [
        "`num_batches_tracked`, which only training uses, is not in the file for 2 steps: initialised"
    ]
    with load_weights(path, small(), auxiliary_heads=True) as weights:
        assert list(weights.pieces(small().tensors["norm.num_batches_tracked"])) == [0]


# ---- auxiliary heads


def without_heads(entries: State) -> State:
    return {name: tensor for name, tensor in entries.items() if not name.startswith("aux.")}


def test_an_auxiliary_head_that_is_missing_is_initialised_and_noted(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", without_heads(twin_state()))
    assert notes(path, auxiliary_heads=False) == []
    assert notes(path) == ["the auxiliary head `aux` is not in the file: initialised from seed 0"]
    with load_weights(path, small(), auxiliary_heads=True, seed=7) as weights:
        for name, tensor in small().tensors.items():
            if name.startswith("aux."):
                expected = numpy.concatenate([p.copy() for p in InitialisedWeights(7).pieces(tensor)])
                found = numpy.concatenate([p.copy() for p in weights.pieces(tensor)])
                assert (found == expected).all()


def test_a_head_that_is_partly_there_is_a_difference(tmp_path: Path) -> None:
    entries = twin_state()
    del entries["aux.conv.bias"]
    entries["aux.conv.weight"] = torch.zeros(3, 4, 1, 1)
    path = saved(tmp_path / "w.pth", entries)
    assert notes(path, auxiliary_heads=False) == []
    with (
        pytest.raises(
            UsageError, match=r"aux\.conv\.bias  2\n.*shape \(1\):\n  aux\.conv\.weight  3x4x1x1 in"
        ),
        load_weights(path, small(), auxiliary_heads=True),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "heads"), [("googlenet_torchvision", ("aux1", "aux2")), ("inception_v3", ("AuxLogits",))]
)
def test_the_zoos_networks_with_heads_are_read_without_them(
    tmp_path: Path, name: str, heads: tuple[str, ...]
) -> None:
    net = archdsl.load(name)
    net.save_weights(tmp_path / "all.pth", seed=4)
    everything = torch.load(tmp_path / "all.pth", mmap=True)
    body = {key: t for key, t in everything.items() if key.split(".")[0] not in heads}
    assert {key.split(".")[0] for key in everything.keys() - body.keys()} == set(heads)
    path = saved(tmp_path / "body.pth", body)
    said: list[str] = []
    # From seed 4 again, the heads come out as they were: each tensor has a stream of its own.
    net.save_weights(tmp_path / "again.pth", weights=path, seed=4, notes=said.append)
    (note,) = said
    assert all(f"`{head}`" in note for head in heads)
    assert (tmp_path / "again.pth").read_bytes() == (tmp_path / "all.pth").read_bytes()
    expected = net.to_onnx(seed=4).SerializeToString()
    for file in (path, tmp_path / "all.pth"):
        assert net.to_onnx(weights=file).SerializeToString() == expected


# ---- what does not fit


def test_differences_are_those_of_the_best_reading(tmp_path: Path) -> None:
    entries = {f"module.{name}": tensor for name, tensor in twin_state().items()}
    entries["module.conv.weight"] = torch.zeros(5, 3, 3, 3)
    entries["loss.weight"] = torch.zeros(7)
    path = saved(tmp_path / "w.pth", entries)
    with pytest.raises(UsageError) as caught, load_weights(path, small()):
        pass
    assert caught.value.message.splitlines()[1:] == [
        f"though `module.` is taken off {len(entries) - 1} of {len(entries)} names",
        "in the file, and not in the network (1):",
        "  loss.weight  7",
        "of another shape (1):",
        "  conv.weight  5x3x3x3 in the file, 4x3x3x3 in the network",
    ]


def moved(change: Callable[[str], str]) -> State:
    return {change(name): tensor for name, tensor in twin_state().items()}


def test_a_renaming_by_order_is_proposed_and_never_done(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", moved(lambda name: re.sub(r"^(conv|norm)\.", r"stem_\1.", name)))
    found = matched(path)
    assert not found.fits
    assert found.proposed["stem_conv.weight"] == "conv.weight"
    assert found.proposed["stem_norm.num_batches_tracked"] == "norm.num_batches_tracked"
    assert found.proposed.keys() == found.foreign.keys()
    with pytest.raises(UsageError) as caught, load_weights(path, small()):
        pass
    assert "rename `stem_conv` to `conv`, `stem_norm` to `norm`" in caught.value.help


def test_what_is_ambiguous_is_not_proposed(tmp_path: Path) -> None:
    design = "input: [4, 8, 8]\nbody:\n  - a: conv(4, 1)\n  - b: conv(4, 1)\n  - c: conv(2, 1)\n"
    net = archdsl.load(design)
    net.save_weights(tmp_path / "own.npz")
    with numpy.load(tmp_path / "own.npz") as loaded:
        entries = dict(loaded)
    # Of `a` and `b` nobody can say which is which; of `c` everybody.
    names = {"a": "left", "b": "right", "c": "up"}
    given = {names[n.split(".")[0]] + n[1:]: v for n, v in entries.items()} | {"x.weight": numpy.zeros(3)}
    numpy.savez(tmp_path / "w.npz", **given)
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), net.graph)
    assert found.proposed == {"up.weight": "c.weight", "up.bias": "c.bias"}


def test_another_network_gets_no_proposals(tmp_path: Path) -> None:
    other = archdsl.load("lenet5_modern")
    other.save_weights(tmp_path / "w.npz")
    with pytest.raises(UsageError) as caught, load_weights(tmp_path / "w.npz", small()):
        pass
    assert caught.value.help == "nothing in it is as in the network: is the checkpoint another network's?"


OWNERS = {
    "conv": ("conv(8, 3, padding=1)", 4),
    "wider": ("conv(8, 5, padding=2)", 4),
    "norm": ("batch_norm", None),
    "group": ("group_norm(2)", 1),
    "slope": ("prelu(per_channel=true)", 1),
    "across": ("linear(8)", 2),
}
"""Steps that own tensors of 8 elements, and the rank of their weights; None of a norm with statistics."""


@pytest.mark.parametrize("theirs", OWNERS)
@pytest.mark.parametrize("ours", OWNERS)
def test_a_renaming_is_proposed_between_operators_of_one_kind_alone(
    tmp_path: Path, theirs: str, ours: str
) -> None:
    """Their steps have tensors of one word and one shape: a bias of 8, a weight of 8."""
    design = "input: [8, 8, 8]\nbody:\n  - first: conv(8, 1)\n  - {}: {}\n"
    archdsl.load(design.format("x1", OWNERS[theirs][0])).save_weights(tmp_path / "w.npz")
    graph = archdsl.load(design.format("y2", OWNERS[ours][0])).graph
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), graph)
    assert not found.fits
    if OWNERS[theirs][1] != OWNERS[ours][1]:
        assert found.proposed == {}
    if theirs == ours:
        assert {name.partition(".")[0] for name in found.proposed.values()} == {"y2"}


@pytest.mark.parametrize(("name", "count"), [("resnet18", 20), ("vgg11_bn", 8), ("densenet40", 0)])
def test_folded_norms_are_recognised(tmp_path: Path, name: str, count: int) -> None:
    """A norm before its convolution, as in DenseNet, cannot be folded into one: those files are another matter."""
    net = archdsl.load(name)
    net.save_weights(tmp_path / "own.npz")
    with numpy.load(tmp_path / "own.npz") as loaded:
        entries = dict(loaded)
    norms = {path.removesuffix(".running_mean") for path in entries if path.endswith(".running_mean")}
    by_name = {node.name: node for node in net.graph.nodes}
    for norm in norms:
        before = net.graph.nodes[by_name[norm].inputs[0]]
        if before.op.word == "conv":
            entries[f"{before.owner}.bias"] = entries[f"{norm}.bias"]
    kept = {path: value for path, value in entries.items() if path.rpartition(".")[0] not in norms}
    numpy.savez(tmp_path / "w.npz", **kept)
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), net.graph)
    assert len(found.folded) == count
    if count:
        assert set(found.folded) == norms
        assert found.proposed == {}
        with pytest.raises(UsageError, match="the batch norms are folded") as caught:
            raise UsageError(fix(found))
        assert "perhaps" not in caught.value.message


def test_a_label_is_named_where_it_stands(tmp_path: Path) -> None:
    text = "input: [3, 8, 8]\nbody:\n  - stage:\n    - a: conv(4, 1)\n    - batch_norm\n  - fc: conv(2, 1)\n  - end: conv(3, 1)\n"
    archdsl.load(text).save_weights(tmp_path / "own.npz")
    with numpy.load(tmp_path / "own.npz") as loaded:
        entries = dict(loaded)
    names = {"stage.a": "stage.conv", "stage.1": "stage.bn", "fc": "head.fc", "end": "end"}
    given = {}
    for path, value in entries.items():
        scope, _, word = path.rpartition(".")
        given[f"{names[scope]}.{word}"] = value
    numpy.savez(tmp_path / "w.npz", **given)
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), archdsl.load(text).graph)
    assert found.labels == (
        "call `a` (line 4) `conv`", "label the step in line 5 `bn`", 'call `fc` (line 6) `"head.fc"`',
    )  # fmt: skip
    mended = text.replace("a:", "conv:").replace("- batch_norm", "- bn: batch_norm")
    mended = mended.replace("fc:", '"head.fc":')
    with (tmp_path / "w.npz").open("rb") as file:
        assert match(Npz(file, "w.npz"), archdsl.load(mended).graph).fits


def test_a_label_becomes_a_path_where_the_file_has_a_list(tmp_path: Path) -> None:
    text = "input: [3, 8, 8]\nbody:\n  - stage:\n    - conv0: conv(4, 1)\n    - conv1: conv(5, 1) -> relu\n"
    archdsl.load(text).save_weights(tmp_path / "own.npz")
    with numpy.load(tmp_path / "own.npz") as loaded:
        given = {
            name.replace("conv0", "convs.0").replace("conv1.0", "convs.1.0"): value
            for name, value in loaded.items()
        }
    numpy.savez(tmp_path / "w.npz", **given)
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), archdsl.load(text).graph)
    assert found.labels == ('call `conv0` (line 4) `"convs.0"`', 'call `conv1` (line 5) `"convs.1"`')
    mended = text.replace("conv0:", '"convs.0":').replace("conv1:", '"convs.1":')
    with (tmp_path / "w.npz").open("rb") as file:
        assert match(Npz(file, "w.npz"), archdsl.load(mended).graph).fits


def test_names_that_would_move_the_cursor_are_written_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", {**twin_state(), "a\x1b[2J\nb": torch.zeros(3)})
    with pytest.raises(UsageError) as caught, load_weights(path, small()):
        pass
    assert "\x1b" not in caught.value.message
    assert r"  a\x1b[2J\nb  3" in caught.value.message


# ---- Python's face


def test_without_a_listener_notes_are_warnings_at_the_callers_line(tmp_path: Path) -> None:
    net = archdsl.load("lenet5_modern")
    net.save_weights(tmp_path / "own.pth", seed=3)
    entries = torch.load(tmp_path / "own.pth")
    path = saved(tmp_path / "w.pth", {f"module.{name}": tensor for name, tensor in entries.items()})
    for call in (
        lambda: net.to_onnx(weights=path),
        lambda: net.save_onnx(tmp_path / "net.onnx", weights=path),
        lambda: net.save_weights(tmp_path / "x.npz", weights=path),
    ):
        with pytest.warns(UserWarning, match=r"`module\.` is taken off") as caught:
            call()
        assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


def test_what_is_loaded_can_be_saved_in_another_format(tmp_path: Path) -> None:
    save_weights(tmp_path / "a.pth", small(), Given(given()))
    with load_weights(tmp_path / "a.pth", small(), auxiliary_heads=True) as weights:
        assert isinstance(weights, LoadedWeights)
        save_weights(tmp_path / "a.safetensors", small(), weights)
    with load_weights(tmp_path / "a.safetensors", small(), auxiliary_heads=True) as weights:
        for name, tensor in small().tensors.items():
            pieces = weights.pieces(tensor)
            assert b"".join(piece.tobytes() for piece in pieces) == given()[name].tobytes()


def test_a_network_whose_labels_differ_is_renamed_by_order(tmp_path: Path) -> None:
    net = archdsl.load("resnet18")
    net.save_weights(tmp_path / "own.npz")
    with numpy.load(tmp_path / "own.npz") as loaded:
        entries = {name: loaded[name] for name in loaded}
    theirs = {name: re.sub(r"^layer(\d)\.(\d)\.(conv|bn)", r"stages.\1.\2.\3_", name) for name in entries}
    numpy.savez(tmp_path / "w.npz", **{theirs[name]: array for name, array in entries.items()})
    with (tmp_path / "w.npz").open("rb") as file:
        found = match(Npz(file, "w.npz"), net.graph)
    assert found.proposed == {new: name for name, new in theirs.items() if new != name}
