"""BMN: what differs from upstream, and what a runner asks of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.models import BMN, build_model
from mmaction_min.models.localizers.boundary_matching import (
    BoundaryMatching,
    sample_mask,
)
from mmaction_min.runner import EpochBasedRunner, build_optimizer, load_checkpoint

T = 6
BOX = torch.tensor([[0.2, 0.7]], dtype=torch.float64)
META = {"video_name": "v_a", "duration_frame": 60, "duration_second": 6.0}


def new_bmn(**changes: Any) -> Any:
    """A small one."""
    return build_model(
        dict(
            type="BMN",
            temporal_dim=T,
            boundary_ratio=0.5,
            num_samples=4,
            num_samples_per_bin=3,
            feat_dim=4,
            soft_nms_alpha=0.4,
            soft_nms_low_threshold=0.5,
            soft_nms_high_threshold=0.9,
            post_process_top_k=5,
            hidden_dim_1d=4,
            hidden_dim_2d=4,
            hidden_dim_3d=4,
            feature_extraction_interval=1,
        )
        | changes
    )


def dense_mask(t: int, samples: int, per_bin: int, ratio: float) -> torch.Tensor:
    """The mask as a table, value by value: (place, sample, duration, start)."""
    mask = torch.zeros(t, samples, t, t, dtype=torch.float64)
    for start in range(t):
        for duration in range(t - start):
            first = start - (duration + 1) * ratio
            step = (duration + 2 * (duration + 1) * ratio) / (samples * per_bin - 1)
            for i in range(samples * per_bin):
                time = first + step * i
                low, part = int(time), time - int(time)
                for place, amount in (
                    (low, 1 - part),
                    (int(np.ceil(time)), part),
                ):
                    if 0 <= place < t:
                        mask[place, i // per_bin, duration, start] += amount / per_bin
    return mask


def test_the_layer_is_a_product_with_the_mask_and_a_convolution() -> None:
    """As the paper has it; values and gradients."""
    x = torch.randn(2, 4, T, dtype=torch.float64, requires_grad=True)
    conv = torch.nn.Conv3d(4, 3, (4, 1, 1)).double()
    layer = BoundaryMatching(T, 4, 3, 0.5).double()
    mask = dense_mask(T, 4, 3, 0.5)
    layer.weights = torch.from_numpy(sample_mask(T, 4, 3, 0.5)[2])

    expected = conv(torch.einsum("nct,tsdj->ncsdj", x, mask)).squeeze(2)
    given = layer(x, conv)
    gradients = [
        torch.autograd.grad(out.square().sum(), [x, conv.weight, conv.bias])
        for out in (given, expected)
    ]

    torch.testing.assert_close(given, expected)
    torch.testing.assert_close(*gradients)


def test_a_checkpoint_has_no_mask_and_one_of_upstream_loads(tmp_path: Path) -> None:
    """Strictly, by the runner and by torch; the mask is passed over."""
    model, other = new_bmn(), new_bmn()
    state = model.state_dict()
    assert sum(tensor.numel() for tensor in state.values()) < 1000
    torch.save({"sample_mask": torch.zeros(T, 4 * T * T), **state}, tmp_path / "up.pth")

    load_checkpoint(other, tmp_path / "up.pth", strict=True)
    new_bmn().load_state_dict(torch.load(tmp_path / "up.pth"))

    assert all(torch.equal(state[key], other.state_dict()[key]) for key in state)


def test_a_video_without_segments_has_a_loss_and_gradients() -> None:
    """Alone in a batch and beside others; upstream fails there."""
    for boxes in ([torch.empty(0, 2).double()], [BOX, torch.empty(0, 2).double()]):
        model = new_bmn()
        loss = model(torch.randn(len(boxes), 4, T), boxes)["loss"]
        loss.backward()

        assert loss.isfinite()
        assert all(p.grad.isfinite().all() for p in model.parameters())


def test_no_candidate_is_an_empty_list() -> None:
    """Starts that come after every end; upstream cannot stack nothing."""
    model = new_bmn(temporal_dim=2)
    model.tscale = 1
    maps = np.ones((2, 1, 1))

    candidates = model.candidates(maps, np.ones(1), np.ones(1))

    assert candidates.shape == (0, 3)


def test_features_of_another_length_are_refused() -> None:
    """With both lengths, and where to change one."""
    with pytest.raises(ConfigError, match=r"have 5 features.*temporal_dim=6"):
        new_bmn()(torch.randn(1, 4, 5), [BOX])


def test_features_of_other_channels_are_refused() -> None:
    """With both numbers, and what to write."""
    with pytest.raises(ConfigError, match=r"have 8 channels.* feat_dim=4") as caught:
        new_bmn()(torch.randn(1, 8, 6), [BOX])

    assert caught.value.where == "model.feat_dim"
    assert caught.value.hint == "write feat_dim=8"


@pytest.mark.parametrize("kwargs", [{}, {"return_loss": False}])
def test_what_is_missing_is_told(kwargs: dict[str, Any]) -> None:
    """A loss needs segments, and proposals the videos' names and lengths."""
    with pytest.raises(ValueError, match="need"):
        new_bmn()(torch.randn(1, 4, T), **kwargs)


def test_one_real_step_changes_every_parameter() -> None:
    """The runner's, of a batch as the loader gives it."""
    torch.manual_seed(0)
    model = new_bmn(hidden_dim_1d=16, hidden_dim_2d=16, hidden_dim_3d=16)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = build_optimizer(model, dict(type="SGD", lr=1.0))
    runner = EpochBasedRunner(model, optimizer=optimizer)
    batch = {
        "raw_feature": torch.randn(2, 4, T),
        "gt_bbox": [BOX, BOX],
        "video_meta": [META, META],
    }

    outputs = runner.step(batch)

    assert outputs["num_samples"] == 2
    assert set(outputs["log_vars"]) == {"loss"}
    assert isinstance(model, BMN)
    for name, param in model.named_parameters():
        assert not torch.equal(param, before[name]), name


def test_training_at_length_finds_the_segment() -> None:
    """One video, whose features say where it is: then the best proposal is that segment."""
    torch.manual_seed(0)
    model = new_bmn(
        temporal_dim=12, hidden_dim_1d=16, hidden_dim_2d=16, hidden_dim_3d=16
    )
    features = torch.zeros(1, 4, 12)
    features[..., 3:9] = 1
    box = torch.tensor([[3 / 12, 9 / 12]], dtype=torch.float64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        model(features, [box])["loss"].backward()
        optimizer.step()

    (result,) = model.eval()(features, video_meta=[META], return_loss=False)

    assert result["proposal_list"][0]["segment"] == pytest.approx([1.5, 4.5])
