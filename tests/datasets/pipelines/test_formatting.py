from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets.pipelines import Collect, FormatShape, ToTensor
from mmaction_min.errors import ConfigError

CLIPS, CLIP_LEN, H, W = 2, 3, 4, 5


@pytest.fixture
def results() -> dict[str, Any]:
    imgs = np.arange(CLIPS * CLIP_LEN * H * W * 3).reshape(-1, H, W, 3)
    return {"imgs": imgs, "num_clips": CLIPS, "clip_len": CLIP_LEN}


def test_nchw_moves_the_channels_in_front(results: dict[str, Any]) -> None:
    """Frames of all clips stay in one row, for a 2-D model's segments."""
    imgs = results["imgs"]
    output = FormatShape("NCHW")(results)

    assert output["input_shape"] == output["imgs"].shape == (6, 3, H, W)
    assert np.array_equal(output["imgs"][4, 1], imgs[4, :, :, 1])
    assert output["imgs"].flags.c_contiguous


def test_ncthw_makes_a_volume_of_each_clip(results: dict[str, Any]) -> None:
    """Frame t of clip n is at [n, :, t]."""
    imgs = results["imgs"]
    output = FormatShape("NCTHW")(results)["imgs"]

    assert output.shape == (CLIPS, 3, CLIP_LEN, H, W)
    assert np.array_equal(output[1, 2, 0], imgs[CLIP_LEN, :, :, 2])


def test_an_unknown_format_is_refused() -> None:
    """The error lists the formats that there are."""
    with pytest.raises(ConfigError, match="'NHWC'\nhint: one of NCHW, NCTHW"):
        FormatShape("NHWC")


def test_collect_keeps_keys_and_metas_apart() -> None:
    """Keys stay as they are, metas go into one dict, the rest is dropped."""
    results = {"imgs": 1, "label": 2, "filename": "a.mp4", "flip": True}

    assert Collect(["imgs", "label"], ["filename"])(results) == {
        "imgs": 1,
        "label": 2,
        "img_metas": {"filename": "a.mp4"},
    }
    assert Collect(["imgs"])(results) == {"imgs": 1}


def test_to_tensor_takes_arrays_numbers_lists_and_tensors() -> None:
    """Each becomes a tensor of its own type; an int has no axis, so a batch of labels has one."""
    values = {
        "array": np.ones((2, 2), np.float32)[:, ::-1],
        "int": 3,
        "list": [1.5, 2.5],
        "tensor": torch.ones(1),
    }
    tensors = ToTensor(list(values))(dict(values))

    assert all(isinstance(value, torch.Tensor) for value in tensors.values())
    assert tensors["array"].dtype == torch.float32
    assert tensors["int"].shape == ()
    assert tensors["int"].dtype == torch.int64
    assert tensors["list"].tolist() == [1.5, 2.5]
    assert tensors["tensor"] is values["tensor"]
