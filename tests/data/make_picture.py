"""Draw ``picture.jpg``: a lake before mountains in the evening, from seeded noise.

python tests/data/make_picture.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT, HORIZON = 320, 240, 150


def noise(random: np.random.Generator, width: int, height: int, roughest: int) -> np.ndarray:
    """Value noise between 0 and 1: octaves of random grids, each half as strong as the one before."""
    total = np.zeros((height, width))
    for octave in range(6):
        cells = roughest * 2**octave
        grid = random.random((max(cells * height // width, 2), cells + 1)).astype("float32")
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer) / 2**octave
    return (total - total.min()) / (total.max() - total.min())


def blend(below: np.ndarray, above: tuple[int, int, int], weight: np.ndarray) -> np.ndarray:
    return below + (np.array(above) - below) * weight[..., None]


def draw() -> Image.Image:
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.zeros((HEIGHT, WIDTH, 3))
    picture[:] = (70, 110, 175)
    picture = blend(picture, (250, 190, 130), np.clip(rows / HORIZON, 0, 1) ** 1.6)
    distance = np.hypot(rows - 108, columns - 222)
    picture = blend(picture, (255, 244, 205), np.exp(-((distance / 34) ** 1.3)))
    clouds = np.clip(noise(random, WIDTH, HEIGHT, 3) * 2.4 - 1.15, 0, 1) * np.clip(1.2 - rows / HORIZON, 0, 1)
    picture = blend(picture, (255, 228, 214), clouds * 0.8)
    ridges = (
        ((118, 118, 150), 96, 52, 3),
        ((76, 88, 112), 118, 40, 4),
        ((38, 58, 58), 136, 26, 7),
    )
    for color, base, rise, roughest in ridges:
        crest = base - rise * (noise(random, WIDTH, 8, roughest)[4] - 0.45)
        texture = noise(random, WIDTH, HEIGHT, 24)
        inside = np.clip(rows - crest[None, :], 0, 1)
        picture = blend(picture, color, inside)
        picture *= (1 - inside * (texture - 0.5) * 0.35)[..., None]
    mirrored = picture[HORIZON - 1 :: -1]
    depth = HEIGHT - HORIZON
    waves = (noise(random, WIDTH, depth, 10) - 0.5) * np.linspace(2, 12, depth)[:, None]
    source = np.clip(np.arange(depth)[:, None] * 1.25 + waves, 0, HORIZON - 1).astype(int)
    water = mirrored[source, np.arange(WIDTH)[None, :]] * 0.72 + np.array((8, 22, 38))
    picture[HORIZON:] = water
    picture += random.normal(0, 3, picture.shape)
    return Image.fromarray(np.clip(picture, 0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(0.4))


if __name__ == "__main__":
    draw().save(Path(__file__).with_name("picture.jpg"), quality=82, optimize=True)
