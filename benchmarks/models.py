"""What the models' own code is worth, as ratios measured side by side, round by round, in one run.

    python benchmarks/models.py
    python benchmarks/models.py --device cuda

- The temporal shift, forward and backward, against the way that upstream writes it (slices, differences for zeros, three
  concatenations), in both memory formats, on the map of ResNet-50's second stage.
- A training step of TSN-R18 on 4 clips of 8 frames at 112 pixels, in bfloat16 and channels_last, against float32.

Times are by the clock, on the CPU of one thread; medians of ratios, so that what else the machine does falls on both. bfloat16 is
faster on a CPU that multiplies in it (`lscpu | grep -E "avx512_bf16|amx_bf16"`); another one goes through float32, and is no faster.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median

import torch
from roofline import timed
from torch import Tensor

from mmaction_min.models import build_model
from mmaction_min.models.common.temporal import shift


def naive_shift(x: Tensor, num_segments: int, shift_div: int) -> Tensor:
    """The same function of a chain of slices and concatenations."""
    n, c, h, w = x.shape
    clips = x.reshape(-1, num_segments, c, h * w)
    fold = c // shift_div
    left, middle, rest = clips.split([fold, fold, c - 2 * fold], dim=2)
    blank = (left - left)[:, :1]
    left = torch.cat((left[:, 1:], blank), 1)
    middle = torch.cat((blank, middle[:, :-1]), 1)
    return torch.cat((left, middle, rest), 2).view(n, c, h, w)


def ratio(
    slow: Callable[[], object], fast: Callable[[], object], device: str, rounds: int
) -> tuple[float, float, float]:
    """The median time of each, taken by turns, and the median of the ratios of the rounds; the first round warms up."""
    where = torch.device(device)
    times = [(timed(slow, where), timed(fast, where)) for _ in range(rounds + 1)][1:]
    first, second = (median(column) for column in zip(*times, strict=True))
    return first, second, median(one / other for one, other in times)


def shifts(
    device: str, memory_format: torch.memory_format
) -> list[Callable[[], object]]:
    """A forward and backward pass of both shifts."""
    x = torch.randn(32, 512, 28, 28, device=device).to(memory_format=memory_format)
    x.requires_grad_()
    grad = torch.randn_like(x)

    def run(function: Callable[[Tensor, int, int], Tensor]) -> Callable[[], object]:
        return lambda: torch.autograd.grad(function(x, 8, 8), x, grad)

    return [run(naive_shift), run(shift)]


def steps(device: str) -> list[Callable[[], object]]:
    """A training step in float32, and in bfloat16 with channels_last."""
    head = dict(type="TSNHead", num_classes=400, in_channels=512)
    cfg = dict(
        type="Recognizer2D", backbone=dict(type="ResNet", depth=18), cls_head=head
    )
    imgs = torch.randn(4, 8, 3, 112, 112, device=device)
    label = torch.arange(4, device=device)

    def make(fast: bool) -> Callable[[], object]:
        model = build_model(cfg).to(device).train()
        if fast:
            model = model.to(memory_format=torch.channels_last)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

        def step() -> None:
            with torch.autocast(device, torch.bfloat16, enabled=fast):
                loss = model.train_step(dict(imgs=imgs, label=label))["loss"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

    return [make(False), make(True)]


def main() -> None:
    """Print a line for each comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    device, rounds = options.device, options.rounds
    if device == "cpu":
        torch.set_num_threads(1)
    cases = {
        "shift, contiguous": shifts(device, torch.contiguous_format),
        "shift, channels_last": shifts(device, torch.channels_last),
        "TSN-R18 8x112, bf16 + channels_last": steps(device),
    }
    print(f"{'':38}{'before':>10}{'here':>10}{'ratio':>8}")
    for name, (slow, fast) in cases.items():
        before, here, times = ratio(slow, fast, device, rounds)
        print(f"{name:38}{before:9.3f}s{here:9.3f}s{times:7.2f}x", flush=True)


if __name__ == "__main__":
    main()
