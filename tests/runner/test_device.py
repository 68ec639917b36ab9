"""Where batches and weights are: any batch is moved, and convolutions may have their channels last."""

from __future__ import annotations

import torch
from torch import nn

from mmaction_min.runner.arriving import Arriving, Recipe
from mmaction_min.runner.device import Mover, to_channels_last


def test_a_batch_of_any_build_is_moved() -> None:
    """Tensors in mappings and sequences; what is no tensor stays what it is."""
    metas = [{"filename": "a.mp4"}]
    batch = {"imgs": [torch.ones(1), (torch.ones(1), "text")], "img_metas": metas}

    moved = Mover(torch.device("meta"))(batch)

    assert moved["imgs"][0].is_meta and moved["imgs"][1][0].is_meta
    assert moved["imgs"][1][1] == "text"
    assert moved["img_metas"] == metas


def test_frames_arrive_on_the_cpu_too() -> None:
    """As `data.finish_on_device=True` may ask for without a GPU: no model knows frames that travel."""
    frames = torch.full((1, 2, 4, 4, 3), 7, dtype=torch.uint8)
    travelling = Arriving(frames, torch.tensor([False]), Recipe((1.0,) * 3, (2.0,) * 3))

    arrived = Mover(torch.device("cpu"))({"imgs": travelling})["imgs"]

    assert torch.equal(arrived, torch.full((1, 2, 3, 4, 4), 3.0))


def test_convolutions_get_their_channels_last() -> None:
    """Each by its own number of dimensions; the results are the same."""
    flat, solid = nn.Conv2d(3, 4, 3), nn.Conv3d(3, 4, 3)
    images, clips = torch.randn(1, 3, 5, 5), torch.randn(1, 3, 5, 5, 5)
    before = flat(images), solid(clips)
    to_channels_last(nn.ModuleList([flat, solid, nn.Linear(2, 2)]))
    after = flat(images), solid(clips)

    assert flat.weight.is_contiguous(memory_format=torch.channels_last)
    assert solid.weight.is_contiguous(memory_format=torch.channels_last_3d)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other)
