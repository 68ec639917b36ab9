"""BMN, TEM, PEM and SSN against MMAction2 0.24.1: names, losses, gradients and proposals, with the same weights.

`tests/golden/localization.json` and `ssn.json` hold what an installed upstream gave, with weights that `value` makes from their
names.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmaction_min.models import BACKBONES, build_model

FOLDER = Path(__file__).parents[2] / "golden"
GOLDEN = json.loads((FOLDER / "localization.json").read_text())
SSN_GOLDEN = json.loads((FOLDER / "ssn.json").read_text())
BOXES = [torch.tensor(boxes, dtype=torch.float64) for boxes in GOLDEN["boxes"]]
METAS = GOLDEN["metas"]


def value(name: str, shape: Sequence[int]) -> Tensor:
    """The value of a parameter of a name."""
    n = torch.Size(shape).numel()
    x = torch.sin(
        torch.arange(n, dtype=torch.float64) * 1.7 + zlib.crc32(name.encode()) % 1000
    )
    x = x / 10 if len(shape) <= 1 else x * (3 / torch.Size(shape[1:]).numel()) ** 0.5
    return x.reshape(tuple(shape)).float()


def wave(*shape: int, k: float = 1.3) -> Tensor:
    """Features, or other numbers, in -2..2."""
    n = torch.Size(shape).numel()
    return (
        torch.sin(torch.arange(n, dtype=torch.float64) * k).reshape(shape).float() * 2
    )


def new_model(name: str, **changes: Any) -> Any:
    """The model of the golden config."""
    model = build_model({**GOLDEN[name]["cfg"], **changes}).eval()
    for key, param in model.named_parameters():
        param.data = value(key, param.shape)
    return model


def near(expected: Any, rel: float = 1e-4) -> Any:
    """Upstream's numbers in float32."""
    return pytest.approx(expected, rel=rel, abs=1e-6)


def norms(model: nn.Module) -> dict[str, float]:
    """The norm of each gradient."""
    return {name: p.grad.norm().item() for name, p in model.named_parameters()}


def flat(proposals: list[dict[str, Any]]) -> list[float]:
    """Score, start and end of each proposal, one after the other."""
    return [x for one in proposals for x in (one["score"], *one["segment"])]


@pytest.mark.parametrize("name", ["bmn", "tem", "pem"])
def test_names_and_shapes_are_upstreams(name: str) -> None:
    """Every tensor of a checkpoint, so that published checkpoints load; BMN's mask alone is not among them."""
    state = new_model(name).state_dict()

    assert GOLDEN[name]["names"] == sorted(
        f"{k} {tuple(v.shape)}" for k, v in state.items()
    )


def test_bmns_loss_and_gradients_are_upstreams() -> None:
    """With upstream's random draws; the boundary-matching layer adds in another order."""
    model = new_model("bmn")
    torch.manual_seed(5)

    loss = model(wave(3, 8, 12), BOXES)["loss"]
    loss.backward()

    assert loss.item() == near(GOLDEN["bmn"]["loss"])
    assert norms(model) == near(GOLDEN["bmn"]["grads"])


def test_bmns_outputs_and_labels_are_upstreams() -> None:
    """The map, the boundaries' scores, and what they are compared with."""
    model = new_model("bmn")
    with torch.no_grad():
        maps, start, end = model.forward_maps(wave(3, 8, 12))
    labels = model.generate_labels(BOXES)

    assert maps[1].flatten().tolist() == near(GOLDEN["bmn"]["maps"])
    assert start.flatten().tolist() == near(GOLDEN["bmn"]["start"])
    assert end.flatten().tolist() == near(GOLDEN["bmn"]["end"])
    for label, expected in zip(
        (labels[0][0], *labels[1:]), GOLDEN["bmn"]["labels"], strict=True
    ):
        assert label.flatten().tolist() == near(expected)


def test_bmns_proposals_of_a_batch_are_those_that_upstream_gives_one_by_one() -> None:
    """Scores and seconds, after soft-NMS."""
    results = new_model("bmn")(
        wave(3, 8, 12), video_meta=METAS, return_loss=False, gt_bbox=BOXES
    )

    assert [result["video_name"] for result in results] == ["v_0", "v_1", "v_2"]
    for result, expected in zip(results, GOLDEN["bmn"]["proposals"], strict=True):
        assert flat(result["proposal_list"]) == near(
            [x for row in expected for x in row]
        )


def test_tem_is_upstreams() -> None:
    """Three losses, gradients, and the rows that go into a file."""
    model = new_model("tem")

    losses = model(wave(3, 8, 12), BOXES)
    sum(losses.values()).backward()
    name, scores = model(wave(3, 8, 12), video_meta=METAS, return_loss=False)[1]

    assert {key: loss.item() for key, loss in losses.items()} == near(
        GOLDEN["tem"]["losses"]
    )
    assert norms(model) == near(GOLDEN["tem"]["grads"])
    assert name == "v_1"
    assert scores.ravel().tolist() == near(GOLDEN["tem"]["scores"])


def test_pem_is_upstreams_where_it_is_asked_to() -> None:
    """`upstream_compat` gives its loss and its gradients; the proposals are the same in any case."""
    model = new_model("pem", upstream_compat=True)
    features = [wave(14, 6), wave(9, 6, k=0.9)]
    iou = [wave(14, k=0.77) / 4 + 0.5, wave(9, k=0.57) / 4 + 0.5]

    loss = model(features, iou)["temporal_iou_loss"]
    loss.backward()
    tmin = wave(14, k=0.31) / 4 + 0.5
    scores = [wave(14, k=k) / 4 + 0.5 for k in (0.41, 0.51)]
    rest = [tmin, (tmin + 0.3).clamp(max=1), *scores]
    (result,) = model(
        features[0][None],
        None,
        *(each[None] for each in rest),
        video_meta=METAS[:1],
        return_loss=False,
    )

    assert loss.item() == near(GOLDEN["pem"]["loss"])
    assert norms(model) == near(GOLDEN["pem"]["grads"])
    expected = [x for row in GOLDEN["pem"]["proposals"] for x in row]
    assert flat(result["proposal_list"]) == near(expected)


@BACKBONES.register_module()
class TinyForSSN(nn.Module):
    """Maps of 7 x 7, as upstream's pooling wants them, of frames of 14 x 14."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 2, 2)

    def init_weights(self) -> None:
        """The test has its own."""

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.conv(x).relu()
        return maps


SSN_STAGES = {"flat": (1, 1, 1), "pyramid": (1, (1, 2), 1)}


def new_ssn(stages: str, **pooling: Any) -> Any:
    """The golden model."""
    sampler = dict(num_per_video=8, positive_ratio=1, background_ratio=1)
    weights = dict(comp_loss_weight=0.1, reg_loss_weight=0.1)
    model: Any = build_model(
        dict(
            type="SSN",
            backbone=dict(type="TinyForSSN"),
            cls_head=dict(
                type="SSNHead",
                dropout_ratio=0.0,
                in_channels=6,
                num_classes=3,
                consensus={
                    "type": "STPPTrain",
                    "stpp_stage": SSN_STAGES[stages],
                    **pooling,
                },
            ),
            train_cfg=dict(
                ssn=dict(
                    sampler={**sampler, "incomplete_ratio": 6}, loss_weight=weights
                )
            ),
            test_cfg=dict(ssn=dict(sampler=dict(batch_size=4))),
        )
    ).eval()
    for key, param in model.named_parameters():
        param.data = value(key, param.shape)
    return model


@pytest.mark.parametrize("stages", SSN_STAGES)
def test_ssns_losses_and_gradients_are_upstreams(stages: str) -> None:
    """And its names: one part a stage, as in upstream's configs, and a pyramid of two levels."""
    model, golden = new_ssn(stages), SSN_GOLDEN[stages]
    labels = [[1, 2, 3, 1, 2, 3, 1, 0], [3, 1, 1, 2, 3, 3, 2, 0]]

    losses = model(
        wave(2, 8, 9, 3, 14, 14),
        proposal_scale_factor=wave(2, 8, 2, k=0.7).abs() / 2,
        proposal_type=torch.tensor([[0, 1, 1, 1, 1, 1, 1, 2]] * 2),
        proposal_labels=torch.tensor(labels),
        reg_targets=wave(2, 8, 2, k=0.9),
    )
    sum(losses.values()).backward()

    names = [f"{k} {tuple(v.shape)}" for k, v in model.state_dict().items()]
    assert sorted(names) == golden["names"]
    assert {k: loss.item() for k, loss in losses.items()} == near(golden["losses"])
    assert norms(model) == near(golden["grads"])


@pytest.mark.parametrize(
    ("stages", "pooling"),
    [
        ("flat", {}),
        ("flat", {"type": "STPPTest"}),
        ("pyramid", {"type": "STPPTest", "upstream_compat": True}),
    ],
)
def test_ssns_scores_are_upstreams(stages: str, pooling: dict[str, Any]) -> None:
    """Also by the head of the training, and of two videos at once; proposals of less than a tick and at the end are among them."""
    ticks = [[0, 2, 7, 10], [3, 4, 4, 5], [0, 0, 12, 12], [9, 11, 12, 12]]
    inputs = {
        "imgs": wave(1, 12, 3, 14, 14, k=0.37),
        "relative_proposal_list": torch.rand(1, 4, 2),
        "scale_factor_list": wave(1, 4, 2, k=0.7).abs() / 2,
        "proposal_tick_list": torch.tensor([ticks]),
        "reg_norm_consts": torch.tensor([[[0.1, -0.2], [0.5, 0.3]]]),
    }
    twice = {name: torch.cat([x, x]) for name, x in inputs.items()}

    results = new_ssn(stages, **pooling)(**twice, return_loss=False)

    for result in results:
        for name in ("activity_scores", "completeness_scores", "bbox_preds"):
            assert result[name].ravel().tolist() == near(SSN_GOLDEN[stages][name])
