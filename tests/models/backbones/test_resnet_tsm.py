"""ResNetTSM: which channels move, where, and under which names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.models import ResNet, ResNetTSM
from mmaction_min.models.common.temporal import TemporalShift, shift


def test_a_part_of_the_channels_moves_one_frame_each_way() -> None:
    """Channel 0 comes from the next frame, channel 1 from the one before, zeros at the ends of each clip."""
    x = (
        torch.arange(1.0, 7.0).view(6, 1, 1, 1).expand(6, 4, 2, 2)
    )  # two clips of three frames

    shifted = shift(x, num_segments=3, shift_div=4)[:, :, 0, 0]

    assert shifted.T.tolist() == [
        [2, 3, 0, 5, 6, 0],
        [0, 1, 2, 0, 4, 5],
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6],
    ]


def test_the_shift_keeps_the_memory_format_and_passes_gradients() -> None:
    """channels_last stays so; what is shifted out of a clip gets no gradient."""
    x = torch.randn(4, 8, 2, 2).to(memory_format=torch.channels_last).requires_grad_()

    shifted = shift(x, num_segments=4, shift_div=8)
    shifted.sum().backward()

    assert shifted.is_contiguous(memory_format=torch.channels_last)
    assert x.grad is not None
    assert x.grad[:, :3, 0, 0].tolist() == [[0, 1, 1], [1, 1, 1], [1, 1, 1], [1, 0, 1]]


@pytest.mark.parametrize(
    ("depth", "place", "shifts", "name"),
    [
        (18, "blockres", 8, "layer1.0.conv1.conv.net.weight"),
        (18, "block", 8, "layer1.0.net.conv1.conv.weight"),
        (50, "blockres", 16, "layer3.5.conv1.conv.net.weight"),
        (101, "blockres", 2 + 2 + 12 + 2, "layer3.2.conv1.conv.net.weight"),
    ],
)
def test_blocks_are_wrapped_where_upstream_wraps_them(
    depth: int, place: str, shifts: int, name: str
) -> None:
    """Every block, and from depth 101 on every second one, under upstream's parameter names."""
    with torch.device("meta"):
        model = ResNetTSM(depth, shift_place=place)

    assert (
        sum(isinstance(module, TemporalShift) for module in model.modules()) == shifts
    )
    assert name in model.state_dict()


def test_without_shift_it_is_a_resnet() -> None:
    """`is_shift=False` leaves the names as they are."""
    with torch.device("meta"):
        assert (
            ResNetTSM(18, is_shift=False).state_dict().keys()
            == ResNet(18).state_dict().keys()
        )


def test_init_weights_may_be_called_twice() -> None:
    """Upstream wraps the blocks again at the second call."""
    model = ResNetTSM(18)
    names = list(model.state_dict())

    model.init_weights()
    model.init_weights()

    assert list(model.state_dict()) == names


@pytest.mark.parametrize("place", ["block", "blockres"])
def test_it_starts_from_the_weights_of_a_plain_resnet(
    place: str, tmp_path: Path
) -> None:
    """A wrapped layer takes the values of the bare one."""
    plain = ResNet(18)
    torch.save({"state_dict": plain.state_dict()}, tmp_path / "resnet.pth")
    model = ResNetTSM(
        18,
        shift_place=place,
        pretrained=str(tmp_path / "resnet.pth"),
        torchvision_pretrain=False,
    )

    model.init_weights()

    values = {
        name.replace(".net.", "."): value for name, value in model.state_dict().items()
    }
    assert all(
        torch.equal(value, values[name]) for name, value in plain.state_dict().items()
    )


def test_the_gradient_is_the_shift_back() -> None:
    """Compared with torch's of the same function, in both directions, and once more."""
    x = torch.randn(6, 8, 2, 2, dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(lambda x: shift(x, 3, 4), x)
    assert torch.autograd.gradgradcheck(lambda x: shift(x, 3, 4), x)


def test_frames_that_are_no_whole_clips_are_refused() -> None:
    """The message has both numbers."""
    with pytest.raises(
        ValueError, match="7 frames are not whole clips of num_segments=3"
    ):
        shift(torch.zeros(7, 8, 2, 2), 3)


def test_after_the_pooling_a_clip_has_half_the_frames() -> None:
    """For the shift and for non-local blocks; upstream's mix two clips there."""
    model = ResNetTSM(
        18,
        num_segments=4,
        temporal_pool=True,
        non_local=((0, 0), (0, 1), (0, 0), (0, 0)),
        non_local_cfg=dict(zeros_init=False, std=1.0),
    ).eval()
    x = torch.randn(8, 3, 32, 32)
    x[4:] = 0

    with torch.no_grad():
        both, one = model(x), model(x[:4])

    assert both.shape == (4, 512, 1, 1)
    assert torch.allclose(both[:2], one, rtol=1e-4, atol=1e-5)
    segments = [m.num_segments for m in model.modules() if hasattr(m, "num_segments")]
    assert segments == [4, 4, 4, 4, *[2] * 7]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (dict(temporal_pool=True, num_segments=1), "temporal_pool: it halves"),
        (dict(non_local=((0, 1, 0), 0, 0, 0)), "stage 0 has 2 blocks"),
    ],
)
def test_what_has_no_place_is_refused(args: dict[str, Any], message: str) -> None:
    """With the argument's name, or the stage's number."""
    with pytest.raises(ConfigError, match=message):
        ResNetTSM(18, **args)


def test_an_unknown_place_is_refused() -> None:
    """The two places are named."""
    with pytest.raises(ConfigError, match=r"(?s)no place 'res'.*'blockres' or 'block'"):
        ResNetTSM(18, shift_place="res")
