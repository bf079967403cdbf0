"""Pictures, arrays and random numbers as inputs."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
from PIL import Image

from archdsl.diagnostics import UsageError
from archdsl.runtime.inputs import random_input, read_input
from archdsl.runtime.session import ModelTensor

FLOAT = numpy.dtype("float32")
IMAGE = ModelTensor("input", ("batch", 3, 32, 32), FLOAT)
# ImageNet's, as torchvision's and timm's models document them.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def test_a_picture_of_one_color_is_that_color_normalised(tmp_path: Path) -> None:
    Image.new("RGB", (90, 40), (255, 128, 0)).save(tmp_path / "p.png")
    values = read_input(str(tmp_path / "p.png"), IMAGE)
    assert (values.shape, values.dtype) == ((1, 3, 32, 32), FLOAT)
    for channel, level in enumerate((1.0, 128 / 255, 0.0)):
        expected = (level - MEAN[channel]) / DEVIATION[channel]
        assert numpy.allclose(values[0, channel], expected, atol=1e-6)


@pytest.mark.parametrize("size", [(256, 256), (512, 256), (256, 700)])
def test_the_middle_is_taken_at_256_to_224(tmp_path: Path, size: tuple[int, int]) -> None:
    # A red frame of 16 pixels around what the crop of a 256 pixel side keeps, white within.
    picture = Image.new("RGB", size, (255, 0, 0))
    left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
    picture.paste((255, 255, 255), (left, top, left + 224, top + 224))
    picture.save(tmp_path / "p.png")
    values = read_input(str(tmp_path / "p.png"), IMAGE._replace(shape=("batch", 3, 224, 224)))
    green = values[0, 1] * DEVIATION[1] + MEAN[1]
    assert numpy.allclose(green, 1, atol=1e-5)


def test_height_and_width_keep_their_order(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 100))
    picture.paste((255, 255, 255), (0, 0, 150, 100))  # the left half
    picture.save(tmp_path / "p.png")
    values = read_input(str(tmp_path / "p.png"), IMAGE._replace(shape=("batch", 3, 20, 60)))[0, 0]
    assert values.shape == (20, 60)
    assert (values[:, :28] > values[:, 32:].max()).all()


def test_a_picture_for_one_channel_is_gray(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), (10, 200, 30)).save(tmp_path / "p.png")
    values = read_input(str(tmp_path / "p.png"), IMAGE._replace(shape=(1, 1, 28, 28)))
    # ITU-R 601-2 luma, as Pillow documents it: 299/1000 R + 587/1000 G + 114/1000 B.
    luma = (0.299 * 10 + 0.587 * 200 + 0.114 * 30) / 255
    assert numpy.allclose(values, (luma - 0.449) / 0.226, atol=0.5 / 255 / 0.226)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_pictures_of_every_kind_are_read(tmp_path: Path, mode: str) -> None:
    name = tmp_path / ("p.tiff" if mode == "CMYK" else "p.png")
    Image.new("RGB", (40, 50), (102, 102, 102)).convert(mode).save(name)
    values = read_input(str(name), IMAGE)
    assert numpy.allclose(values[0, 0], (102 / 255 - MEAN[0]) / DEVIATION[0], atol=0.05)


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    picture = Image.new("RGB", (64, 64))
    picture.paste((255, 255, 255), (0, 0, 64, 32))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 3  # orientation: turned by 180 degrees
    picture.save(tmp_path / "p.png", exif=exif)
    values = read_input(str(tmp_path / "p.png"), IMAGE)[0, 0]
    assert values[-1].mean() > values[0].mean()


def test_pictures_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.jpg").write_text("no picture")
    with pytest.raises(UsageError, match=r"neither a picture nor an \.npy"):
        read_input(str(tmp_path / "p.jpg"), IMAGE)
    with pytest.raises(UsageError, match="no such file"):
        read_input(str(tmp_path / "none.jpg"), IMAGE)
    Image.effect_noise((40, 40), 50).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:-500])
    with pytest.raises(UsageError, match="cannot read"):
        read_input(str(tmp_path / "cut.png"), IMAGE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("RGB", (40, 40)).save(tmp_path / "large.png")
    with pytest.raises(UsageError, match="too large"):
        read_input(str(tmp_path / "large.png"), IMAGE)


@pytest.mark.parametrize("shape", [("batch", 10), ("batch", 5, 32, 32), ("batch", 3, 4, 5, 6)])
def test_inputs_that_are_no_picture(tmp_path: Path, shape: tuple[int | str, ...]) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "p.png")
    with pytest.raises(UsageError, match="a picture has 1 or 3 channels"):
        read_input(str(tmp_path / "p.png"), IMAGE._replace(shape=shape))


def test_named_sizes_need_numbers_for_pictures_and_random_inputs(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "p.png")
    open_sized = IMAGE._replace(shape=("batch", 3, "H", "W"))
    random = numpy.random.default_rng(0)
    with pytest.raises(UsageError, match="`H` and `W` have no number yet") as caught:
        read_input(str(tmp_path / "p.png"), open_sized, {})
    assert "--size H=224 --size W=224" in caught.value.help
    assert read_input(str(tmp_path / "p.png"), open_sized, {"H": 16, "W": 24}).shape == (1, 3, 16, 24)
    with pytest.raises(UsageError, match="`W` has no number yet"):
        random_input(open_sized, random, sizes={"H": 16})
    assert random_input(open_sized, random, sizes={"H": 5, "W": 6}, batch=4).shape == (4, 3, 5, 6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_arrays_of_floats_with_and_without_batch(tmp_path: Path, dtype: str) -> None:
    array = numpy.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype(dtype)
    numpy.save(tmp_path / "x.npy", array)
    values = read_input(str(tmp_path / "x.npy"), IMAGE)
    assert values.dtype == FLOAT
    assert (values == array.astype("float32")).all()
    numpy.save(tmp_path / "one.npy", numpy.asfortranarray(array[0]))
    assert (read_input(str(tmp_path / "one.npy"), IMAGE) == values[:1]).all()


def test_arrays_that_do_not_fit(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npy")
    numpy.save(path, numpy.zeros((3, 32, 31), numpy.float32))
    with pytest.raises(UsageError, match="is 1x3x32x31, but the input `input` is batchx3x32x32"):
        read_input(path, IMAGE)
    numpy.save(path, numpy.zeros((32, 32), numpy.float32))
    with pytest.raises(UsageError, match="is 32x32, but"):
        read_input(path, IMAGE)
    numpy.save(path, numpy.zeros((3, 32, 32), numpy.uint8))
    with pytest.raises(UsageError, match="holds uint8, but") as caught:
        read_input(path, IMAGE)
    assert 'astype("float32")' in caught.value.help
    numpy.save(path, numpy.array([{}], object))
    with pytest.raises(UsageError, match=r"not an \.npy array"):
        read_input(path, IMAGE)
    Path(path).write_bytes(b"x")
    with pytest.raises(UsageError, match=r"not an \.npy array"):
        read_input(path, IMAGE)
    with pytest.raises(UsageError, match="no such file"):
        read_input(str(tmp_path / "none.npy"), IMAGE)


def test_random_inputs_follow_the_type() -> None:
    random = numpy.random.default_rng(0)
    assert random_input(IMAGE._replace(dtype=numpy.dtype("float16")), random).dtype == numpy.float16
    assert random_input(ModelTensor("ids", (1, 8), numpy.dtype("int64")), random).dtype == numpy.int64
