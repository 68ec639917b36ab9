from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets.pipelines import (
    Collect,
    FormatShape,
    Rename,
    ToDataContainer,
    ToTensor,
    Transpose,
)
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


def test_flow_puts_the_axes_of_all_frames_beside_each_other() -> None:
    """(clips * frames, H, W, 2) -> (clips, 2 * frames, H, W), x before y."""
    imgs = np.arange(4 * H * W * 2).reshape(4, H, W, 2)
    output = FormatShape("NCHW_Flow")({"imgs": imgs, "clip_len": 2})["imgs"]

    assert output.shape == (2, 4, H, W)
    assert np.array_equal(output[1, 2], imgs[3, ..., 0])


def test_proposals_get_an_axis_of_their_own(results: dict[str, Any]) -> None:
    """NPTCHW: proposals, their frames, channels."""
    results |= {"num_proposals": 2, "num_clips": 3, "clip_len": 1}

    assert FormatShape("NPTCHW")(results)["imgs"].shape == (2, 3, 3, H, W)


def test_collapse_leaves_out_an_axis_of_one(results: dict[str, Any]) -> None:
    """A single clip loses its first axis; two cannot."""
    results["clip_len"] = 6
    collapsed = FormatShape("NCTHW", collapse=True)(dict(results))

    assert collapsed["input_shape"] == (3, 6, H, W)
    results["clip_len"] = 3
    with pytest.raises(ConfigError, match="needs one clip, not 2"):
        FormatShape("NCTHW", collapse=True)(results)


def test_names_and_axes_change() -> None:
    """Rename moves a value, never over another; Transpose orders axes; ToDataContainer leaves what is stacked as it is."""
    results = {"a": np.zeros((2, 3)), "b": 1}
    results = Transpose(["a"], [1, 0])(
        ToDataContainer([{"key": ["a"], "stack": True}])(results)
    )

    assert Rename({"a": "c", "none": "d"})(results)["c"].shape == (3, 2)
    assert set(results) == {"b", "c"}
    with pytest.raises(ConfigError, match="there is a 'b' already"):
        Rename({"c": "b"})(results)
    with pytest.raises(KeyError, match="gone"):
        ToDataContainer([{"key": "gone"}])(results)
