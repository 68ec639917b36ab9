"""TEM and PEM: what differs from upstream."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.models import build_model


def new_pem(**changes: Any) -> Any:
    """A small one."""
    return build_model(
        dict(
            type="PEM",
            pem_feat_dim=6,
            pem_hidden_dim=8,
            pem_u_ratio_m=1,
            pem_u_ratio_l=2,
            pem_high_temporal_iou_threshold=0.6,
            pem_low_temporal_iou_threshold=0.2,
            soft_nms_alpha=0.75,
            soft_nms_low_threshold=0.65,
            soft_nms_high_threshold=0.9,
            post_process_top_k=10,
        )
        | changes
    )


def test_pems_weights_choose_what_the_loss_is_of() -> None:
    """With a ratio of 0 only the proposals of high IoU count; upstream's loss is the mean of all, whatever the ratios."""
    scores = torch.tensor([0.1, 0.9, 0.3, 0.5])
    iou = torch.tensor([0.8, 0.7, 0.4, 0.0])
    few = new_pem(pem_u_ratio_m=0, pem_u_ratio_l=0)
    upstream = new_pem(pem_u_ratio_m=0, pem_u_ratio_l=0, upstream_compat=True)

    loss = few.loss(scores, iou)["temporal_iou_loss"]
    theirs = upstream.loss(scores, iou)["temporal_iou_loss"]

    assert loss.item() == pytest.approx(F.smooth_l1_loss(scores[:2], iou[:2]).item())
    assert theirs.item() == pytest.approx(F.smooth_l1_loss(scores, iou).item())


def test_pems_loss_without_a_good_proposal_is_zero() -> None:
    """And not NaN: there is nothing to balance the others with."""
    loss = new_pem().loss(torch.rand(3), torch.zeros(3))["temporal_iou_loss"]

    assert loss.item() == 0


def test_pem_takes_videos_of_unequal_numbers_of_proposals() -> None:
    """In one batch; a video without any has an empty list."""
    counts = (3, 0)
    columns = [[torch.rand(count) for count in counts] for _ in range(4)]
    features = [torch.rand(count, 6) for count in counts]
    metas = [
        {"video_name": name, "duration_frame": 32, "duration_second": 4.0}
        for name in "ab"
    ]

    results = new_pem()(features, None, *columns, video_meta=metas, return_loss=False)

    assert [len(result["proposal_list"]) for result in results] == [3, 0]


@pytest.mark.parametrize("kwargs", [{}, {"return_loss": False}])
def test_what_is_missing_is_told(kwargs: dict[str, Any]) -> None:
    """A loss needs labels, results need what the data set knows of the videos."""
    tem = build_model(
        dict(
            type="TEM",
            temporal_dim=5,
            boundary_ratio=0.1,
            tem_feat_dim=4,
            tem_hidden_dim=4,
            tem_match_threshold=0.5,
        )
    )

    with pytest.raises(ValueError, match="need"):
        tem(torch.randn(1, 4, 5), **kwargs)
    with pytest.raises(ValueError, match="need"):
        new_pem()([torch.rand(2, 6)], **kwargs)
