"""`benchmarks/gpu.py` runs where there is no GPU, and its roofline is that of one worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts import each other by their names."""
    monkeypatch.syspath_prepend(BENCHMARKS)


class Pointwise(nn.Module):
    """A convolution of 3 channels to 4, and a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)

    def train_step(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"loss": self.conv(batch["imgs"]).relu_().sum()}


def test_operations_are_counted_as_by_hand() -> None:
    """Convolutions do arithmetic and move all tensors once, in two bytes; a ReLU is done on the way, and reads what the backward pass lacks."""
    from roofline import Ceilings, Op, ops_of_step, seconds

    imgs, out, weight = 2 * (2 * 3 * 64), 2 * (2 * 4 * 64), 2 * 12
    flops = 2 * (2 * 64) * 12

    ops = ops_of_step(Pointwise(), {"imgs": torch.ones(2, 3, 8, 8)}, torch.bfloat16)

    forward = Op("aten.convolution", flops, imgs + weight + out)
    # No gradient of the input is asked for, so one product, and not two.
    backward = Op("aten.convolution_backward", flops, out + imgs + 2 * weight)
    assert [op for op in ops if "sum" not in op.name and "ones" not in op.name] == [
        forward,
        Op("aten.relu_", 0, 0),
        Op("aten.threshold_backward", 0, 2),  # the gradient of a sum is one number
        backward,
    ]
    by_flops = Ceilings(flops=flops / 3, bandwidth=1e30)
    by_bytes = Ceilings(flops=1e30, bandwidth=(imgs + weight + out) / 5)
    assert seconds([forward], by_flops) == pytest.approx(3)
    assert seconds([forward], by_bytes) == pytest.approx(5)


def test_a_resnet_does_three_times_its_forward_pass() -> None:
    """Of 1.814 billion multiply-adds a frame, as torchvision says of ResNet-18; but the first convolution's input needs no gradient."""
    from gpu import CASES, Size, made_up_batch, model_of
    from roofline import ops_of_step

    from mmaction_min.models import build_model

    case, size, meta = CASES["tsn_r50"], Size(depth=18, clips=1), torch.device("meta")
    with meta:
        model = build_model(model_of(case, size))
    ops = ops_of_step(model, made_up_batch(case, size, meta), torch.bfloat16)

    forward, first = 2 * 1.814e9, 2 * 64 * 112**2 * 3 * 7**2
    assert sum(op.flops for op in ops) == pytest.approx(8 * (3 * forward - first), 1e-3)


def test_the_script_runs_in_small(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every contender trains, files are read, and the figures are written down with the device's name."""
    from gpu import main

    assert (
        main(["--small", "--models", "tsn_r50", "--out", str(tmp_path / "a.json")]) == 0
    )

    written = json.loads((tmp_path / "a.json").read_text())
    result = written["models"]["tsn_r50"]
    assert written["device"] and written["ceilings"]["flops"] > 0
    assert {"here", "by hand", "reference fp32"} < result["clips_per_second"].keys()
    assert result["of_roofline"]["here"] == pytest.approx(
        result["clips_per_second"]["here"] / result["roofline"]
    )
    assert result["fed"] > 0
    assert "here to by hand" in capsys.readouterr().out
