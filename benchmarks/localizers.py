"""What BMN's layer and soft-NMS are worth, as ratios measured side by side, round by round, in one run.

    python benchmarks/localizers.py
    python benchmarks/localizers.py --steps

- Soft-NMS of 10,000 proposals, of which 100 are chosen, against a loop over them.
- `--steps`: a training step of BMN at upstream's size, 8 videos of 100 features, against the same network whose features are
  multiplied with a dense mask, as upstream does; that needs about 16 GB. And the weights that each has in a checkpoint.

It is the processor's time, so that what else the machine does counts little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmaction_min.localization import soft_nms
from mmaction_min.models import build_model
from mmaction_min.models.localizers.boundary_matching import sample_mask

T, SAMPLES = 100, 32
BMN = dict(
    type="BMN",
    temporal_dim=T,
    boundary_ratio=0.5,
    num_samples=SAMPLES,
    num_samples_per_bin=3,
    feat_dim=400,
    soft_nms_alpha=0.4,
    soft_nms_low_threshold=0.5,
    soft_nms_high_threshold=0.9,
    post_process_top_k=100,
)


def loop(proposals: np.ndarray, top_k: int) -> list[float]:
    """Soft-NMS, proposal by proposal; the scores."""
    rows = [list(row) for row in proposals]
    chosen: list[float] = []
    while rows and len(chosen) < top_k:
        best = rows.pop(max(range(len(rows)), key=lambda i: rows[i][2]))
        start, end = best[:2]
        limit = 0.5 + 0.4 * (end - start)
        for row in rows:
            shared = max(min(end, row[1]) - max(start, row[0]), 0.0)
            iou = shared / (end - start + row[1] - row[0] - shared)
            if iou > limit:
                row[2] *= float(np.exp(-iou * iou / 0.4))
        chosen.append(best[2])
    return chosen


class DenseMatching(nn.Module):
    """The layer as a product with the mask, and a convolution over all samples."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        proposals, rows, weights = sample_mask(T, SAMPLES, 3, 0.5)
        mask = np.zeros((T, SAMPLES, T * T), np.float32)
        samples, places = np.divmod(rows, T)
        mask[places, samples, proposals] = weights
        self.register_buffer("mask", torch.from_numpy(mask).flatten(1))

    def forward(self, x: Tensor, conv: nn.Conv3d) -> Tensor:
        """(N, C, T) -> (N, O, T, T)."""
        sampled = torch.matmul(x, self.mask).view(*x.shape[:2], SAMPLES, T, T)
        mixed: Tensor = conv(sampled)
        return mixed.squeeze(2)


def seconds(run: Callable[[], Any]) -> float:
    """How long one run takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """One of training; the loss."""
    torch.manual_seed(0)
    boxes = [torch.tensor([[0.1, 0.4], [0.5, 0.9]], dtype=torch.float64)] * 8
    optimizer.zero_grad()
    loss = model(torch.randn(8, 400, T), boxes)["loss"]
    loss.backward()
    optimizer.step()
    return float(loss.item())


def report(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """The ratio of the times, the median of some rounds."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(3)]
    ratio = float(np.median([slow / fast for fast, slow in pairs]))
    fast, slow = np.median(pairs, axis=0)
    print(f"{name}: {ratio:.1f} times faster ({fast:.3f} s against {slow:.3f} s)")


def size(model: nn.Module) -> float:
    """The MB of what a checkpoint has of the model."""
    return sum(x.nbytes for x in model.state_dict().values()) / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", action="store_true", help="a training step too")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    proposals = np.column_stack(
        [np.sort(rng.random((10_000, 2)), axis=1), rng.random(10_000)]
    )
    ours = soft_nms(proposals, 0.4, 0.5, 0.9, 100)[:, 2]
    np.testing.assert_allclose(ours, loop(proposals, 100))
    report(
        "soft-NMS, 10,000 proposals",
        lambda: soft_nms(proposals, 0.4, 0.5, 0.9, 100),
        lambda: loop(proposals, 100),
    )
    if not args.steps:
        return
    models = [build_model(BMN), build_model(BMN)]
    models[1].load_state_dict(models[0].state_dict())
    models[1].matching = DenseMatching()
    optimizers = [torch.optim.Adam(model.parameters()) for model in models]
    report(
        "a step of BMN, 8 x (400, 100)",
        lambda: step(models[0], optimizers[0]),
        lambda: step(models[1], optimizers[1]),
    )
    small, large = map(size, models)
    print(f"weights: {small:.1f} MB against {large:.1f} MB")


if __name__ == "__main__":
    main()
