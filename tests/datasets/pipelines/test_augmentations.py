from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmaction_min.datasets import Compose
from mmaction_min.datasets.pipelines import (
    CenterCrop,
    Flip,
    Normalize,
    RandomCrop,
    RandomResizedCrop,
    Resize,
)
from mmaction_min.errors import ConfigError, DataError


def sample(height: int = 24, width: int = 32) -> dict[str, Any]:
    """Two frames in which red is the row, green the column and blue the frame."""
    imgs = np.zeros((2, height, width, 3), np.uint8)
    imgs[..., 0] = np.arange(height)[:, None]
    imgs[..., 1] = np.arange(width)
    imgs[1, ..., 2] = 1
    return {"imgs": imgs, "img_shape": (height, width), "filename": "a.mp4", "label": 1}


def corners(imgs: NDArray[Any]) -> tuple[list[int], list[int]]:
    """(row, column) of the first and of the last pixel, in the frame that they came from."""
    return imgs[0, 0, 0, :2].tolist(), imgs[0, -1, -1, :2].tolist()


@pytest.mark.parametrize(
    ("scale", "keep_ratio", "shape"),
    [
        ((-1, 12), True, (12, 16)),
        ((12, -1), True, (12, 16)),
        ((40, 40), True, (30, 40)),
        ((1000, 12), True, (12, 16)),
        ((20, 10), False, (10, 20)),
        (0.5, True, (12, 16)),
        (2, True, (48, 64)),
        ((-1, 17), True, (17, 23)),
    ],
)
def test_resize_to(scale: Any, keep_ratio: bool, shape: tuple[int, int]) -> None:
    """A scale is a factor, a bound, an exact size, or a short side; shapes are (H, W)."""
    results = Resize(scale, keep_ratio=keep_ratio)(sample())

    assert results["img_shape"] == results["imgs"].shape[1:3] == shape
    assert results["imgs"].dtype == np.uint8
    assert results["scale_factor"].tolist() == pytest.approx(
        [shape[1] / 32, shape[0] / 24]
    )


def test_resize_interpolates_between_two_pixels_only() -> None:
    """Shrinking by four takes the mean of the two middle pixels, as OpenCV does: no antialiasing."""
    results = sample(4, 8)
    results["imgs"][...] = np.array([0, 100, 200, 0, 0, 10, 20, 90])[:, None]

    assert Resize(0.25)(results)["imgs"][0, 0, :, 0].tolist() == [150, 15]


def test_resize_nearest_makes_no_new_values() -> None:
    """Nearest neighbours are pixels of the frame."""
    results = Resize(2, interpolation="nearest")(sample(2, 2))

    assert results["imgs"][0, :, :, 1].tolist() == [[0, 0, 1, 1]] * 4


def test_center_crop_cuts_the_middle() -> None:
    """As much is left on either side; (W, H) makes a rectangle."""
    square = CenterCrop(8)(sample())
    wide = CenterCrop((30, 10))(sample())

    assert corners(square["imgs"]) == ([8, 12], [15, 19])
    assert square["crop_bbox"].tolist() == [12, 8, 20, 16]
    assert wide["img_shape"] == wide["imgs"].shape[1:3] == (10, 30)


def test_random_crop_reaches_every_place() -> None:
    """A crop one pixel smaller than the frame starts at 0 or at 1, and never elsewhere."""
    places = set()
    for _ in range(40):
        (top, left), _ = corners(RandomCrop(7)(sample(8, 8))["imgs"])
        places.add((top, left))

    assert places == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_random_resized_crop_keeps_its_ranges() -> None:
    """Area and aspect ratio stay in range, but for rounding; every frame is cut alike."""
    for _ in range(40):
        results = RandomResizedCrop((0.2, 0.5), (0.5, 2.0))(sample(100, 120))
        h, w = results["img_shape"]

        assert results["imgs"].shape == (2, h, w, 3)
        assert 0.19 < h * w / 12000 < 0.51
        assert 0.48 < w / h < 2.1
        assert np.array_equal(results["imgs"][0, ..., :2], results["imgs"][1, ..., :2])


def test_random_resized_crop_falls_back_to_the_greatest_square() -> None:
    """Where no draw fits, a square of the short side is cut."""
    results = RandomResizedCrop((1.0, 1.0), (4.0, 4.0))(sample())

    assert results["img_shape"] == (24, 24)


@pytest.mark.parametrize(
    ("direction", "first"), [("horizontal", [0, 31]), ("vertical", [23, 0])]
)
def test_flip_mirrors_all_frames(direction: str, first: list[int]) -> None:
    """A ratio of 1 always mirrors, along the axis asked for."""
    results = Flip(1.0, direction)(sample())

    assert corners(results["imgs"])[0] == first
    assert results["imgs"][:, 0, 0, 2].tolist() == [0, 1]
    assert (results["flip"], results["flip_direction"]) == (True, direction)


def test_flip_never_and_sometimes() -> None:
    """A ratio of 0 never mirrors, one of 0.5 does and does not."""
    flips = [Flip(0.5)(sample())["flip"] for _ in range(40)]

    assert corners(Flip(0.0)(sample())["imgs"])[0] == [0, 0]
    assert set(flips) == {True, False}


@pytest.mark.parametrize(("ratio", "label"), [(1.0, 0), (0.0, 1)])
def test_flip_swaps_the_labels_that_a_mirror_changes(ratio: float, label: int) -> None:
    """Right becomes left when mirrored, and only then; other labels stay."""
    swap = Flip(ratio, flip_label_map={0: 1, 1: 0})

    assert swap(sample())["label"] == label
    assert swap({**sample(), "label": 7})["label"] == 7


def test_normalize_in_rgb_and_in_bgr() -> None:
    """(imgs - mean) / std in float32, channel by channel, the frames' own array untouched."""
    results = sample()
    imgs = results["imgs"]
    rgb = Normalize([1, 2, 3], [2, 4, 8])(dict(results))["imgs"]
    bgr = Normalize([3, 2, 1], [8, 4, 2], to_bgr=True)(dict(results))["imgs"]

    assert rgb.dtype == np.float32
    assert rgb[1, 5, 6].tolist() == [(5 - 1) / 2, (6 - 2) / 4, (1 - 3) / 8]
    assert np.array_equal(bgr, rgb[..., ::-1])
    assert imgs[1, 5, 6].tolist() == [5, 6, 1]


@pytest.mark.parametrize("crop", [RandomCrop(25), CenterCrop(25), CenterCrop((33, 10))])
def test_a_crop_that_does_not_fit_is_refused(crop: Any) -> None:
    """The error says both sizes and the file, and to resize first."""
    with pytest.raises(
        DataError, match=r"a\.mp4: a crop of .*24 x 32.*\nhint: put a Resize"
    ):
        crop(sample())


@pytest.mark.parametrize(
    "cfg",
    [
        {"type": "Resize", "scale": (-1, 8), "keep_ratio": False},
        {"type": "Resize", "scale": (-1, -1)},
        {"type": "Resize", "scale": 0},
        {"type": "Resize", "scale": (1, 2, 3)},
        {"type": "Resize", "scale": 2, "interpolation": "sinc"},
        {"type": "Flip", "direction": "diagonal"},
        {"type": "RandomResizedCrop", "area_range": (0, 1)},
        {"type": "RandomResizedCrop", "aspect_ratio_range": (2, 1)},
        {"type": "Normalize", "mean": [0], "std": [1, 1]},
        {"type": "Normalize", "mean": [0, 0], "std": [1, 0]},
    ],
    ids=str,
)
def test_arguments_without_a_meaning_are_refused_at_once(cfg: dict[str, Any]) -> None:
    """A config's mistake shows when the pipeline is built, not at the first sample."""
    with pytest.raises(ConfigError, match=cfg["type"]):
        Compose([cfg])


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({"type": "ThreeCrop", "crop_size": 8}, "cuts along one side"),
        ({"type": "TenCrop", "crop_size": 30}, "does not fit"),
        ({"type": "MultiScaleCrop", "input_size": 26}, "does not fit"),
    ],
)
def test_a_cut_that_does_not_fit_is_told(cfg: dict[str, Any], message: str) -> None:
    """With the frames' size, and what to do before."""
    with pytest.raises(
        DataError, match=rf"a\.mp4: .*{message}(.|\n)*hint: put a Resize"
    ):
        Compose([cfg])(sample())


def test_a_mirror_moves_each_of_many_labels() -> None:
    """Of (num_classes,) 0 and 1, left and right change places, and the others stay."""
    results = sample() | {"label": np.array([1, 0, 1, 1], np.float32)}
    flip = Flip(1.0, flip_label_map={0: 1, 1: 0})

    assert flip(results)["label"].tolist() == [0, 1, 1, 1]


def test_flow_has_no_vertical_mirror() -> None:
    """The error says what there is."""
    with pytest.raises(ConfigError, match="no vertical mirror of Flow"):
        Flip(1.0, "vertical")(sample() | {"modality": "Flow"})


def test_normalize_counts_the_channels() -> None:
    """Two means are for Flow."""
    with pytest.raises(ConfigError, match="2 values in mean, and the frames have 3"):
        Normalize([1, 2], [1, 2])(sample())
