"""What only a GPU can show of training: `pytest -m gpu` on a machine that has one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mmaction_min.assemble import build_runner
from mmaction_min.config import Config
from mmaction_min.runner import BaseRunner, Hook, set_random_seed
from mmaction_min.runner.arriving import Arriving, Recipe
from mmaction_min.runner.device import Mover

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]
GPU = torch.device("cuda")
TSM: dict[str, Any] = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNetTSM", depth=18, num_segments=4, shift_div=8),
    cls_head=dict(type="TSMHead", num_classes=8, in_channels=512, num_segments=4),
)
I3D: dict[str, Any] = dict(
    type="Recognizer3D",
    backbone=dict(type="ResNet3dSlowOnly", depth=18),
    cls_head=dict(type="I3DHead", num_classes=8, in_channels=512),
)
FLOAT16 = dict(dtype="float16", loss_scale=512.0)


@pytest.fixture(autouse=True)
def usual_settings() -> Iterator[None]:
    """What a test changes for the whole process is put back."""
    set_random_seed(0)
    yield
    torch.cuda.set_sync_debug_mode("default")
    set_random_seed(0, deterministic=False)


def build(folder: Path, model: Mapping[str, Any] = TSM, **more: Any) -> BaseRunner:
    """The runner of a config with all that a training usually has on."""
    cfg: dict[str, Any] = dict(
        model=model,
        optimizer=dict(type="SGD", lr=0.005, momentum=0.9),
        optimizer_config=dict(grad_clip=dict(max_norm=40)),
        lr_config=dict(policy="step", step=[90], warmup="linear", warmup_iters=2),
        log_config=dict(interval=6, hooks=[dict(type="TextLoggerHook")]),
        checkpoint_config=dict(interval=1),
        channels_last=True,
        total_epochs=2,
    )
    return build_runner(Config({**cfg, **more}), GPU, folder)


def batches(count: int, model: Mapping[str, Any] = TSM) -> list[dict[str, Any]]:
    """As the loader gives them for a GPU: frames as bytes, in pinned memory; of each class other pixels."""
    rng = np.random.default_rng(0)
    clip_len = None if model is TSM else 4
    recipe = Recipe((120.0,) * 3, (60.0,) * 3, clip_len=clip_len, axis=2)
    made = []
    for _ in range(count):
        label = rng.integers(0, 8, 8)
        frames = (
            rng.integers(0, 32, (8, 4, 64, 64, 3))
            + 28 * label[:, None, None, None, None]
        )
        mirrored = torch.from_numpy(rng.integers(0, 2, 8) == 1)
        imgs = Arriving(torch.from_numpy(frames.astype(np.uint8)), mirrored, recipe)
        made.append(
            {
                "imgs": imgs.pin_memory(),
                "label": torch.from_numpy(label).pin_memory(),
            }
        )
    return made


class NoWaiting(Hook):
    """Lets CUDA refuse every wait of the host, from the second step on until the fifth, before the line of the log."""

    def before_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter == 1:
            with warnings.catch_warnings():  # that the mode is a prototype
                warnings.simplefilter("ignore")
                torch.cuda.set_sync_debug_mode("error")

    def after_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter == 4:
            torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("model", [TSM, I3D], ids=["2d", "3d"])
@pytest.mark.parametrize(
    "amp", [None, dict(dtype="bfloat16"), FLOAT16], ids=["fp32", "bf16", "fp16"]
)
def test_the_host_waits_for_nothing_between_two_lines_of_the_log(
    tmp_path: Path, model: dict[str, Any], amp: dict[str, Any] | None
) -> None:
    """Copies from pinned memory, the step, its check for NaN, clipping, rates, averaging of weights, a logger, a checkpoint hook."""
    runner = build(tmp_path, model, amp=amp)
    runner.register_hook_from_cfg(dict(type="EMAHook"))
    runner.register_hook(NoWaiting(), "VERY_HIGH")

    runner.run([batches(6, model)], max_epochs=1)

    assert runner.iter == 6


def test_the_test_above_sees_a_wait(tmp_path: Path) -> None:
    """A hook that reads the loss is refused."""

    class Reads(Hook):
        def after_train_iter(self, runner: BaseRunner) -> None:
            runner.outputs["loss"].item()

    runner = build(tmp_path)
    runner.register_hook(NoWaiting(), "VERY_HIGH")
    runner.register_hook(Reads())

    with pytest.raises(RuntimeError, match="synchroniz"):
        runner.run([batches(6)], max_epochs=1)


def losses(runner: BaseRunner, steps: int) -> Tensor:
    """Those of so many steps on one batch."""
    seen: list[Tensor] = []

    class Remember(Hook):
        def after_train_iter(self, runner: BaseRunner) -> None:
            seen.append(runner.outputs["loss"].detach())

    runner.register_hook(Remember())
    runner.run([batches(1) * steps], max_epochs=1)
    return torch.stack(seen).float().cpu()


@pytest.mark.parametrize("amp", [dict(dtype="bfloat16"), FLOAT16], ids=["bf16", "fp16"])
def test_half_precision_learns_as_float32_does(
    tmp_path: Path, amp: dict[str, Any]
) -> None:
    """The first loss is float32's to the precision of the type, and one batch is learned by heart."""
    set_random_seed(0)
    whole = losses(build(tmp_path / "whole"), 30)
    set_random_seed(0)
    half = losses(build(tmp_path / "half", amp=amp), 30)

    assert half[0] == pytest.approx(float(whole[0]), rel=0.05)
    assert whole[-1] < 0.5 * whole[0]
    assert half[-1] < 0.5 * half[0]


def test_a_compiled_model_trains_as_the_model_itself(tmp_path: Path) -> None:
    """Without dropout, whose random numbers are others there."""
    model = {**TSM, "cls_head": dict(TSM["cls_head"], dropout_ratio=0.0)}
    set_random_seed(0)
    plain = losses(build(tmp_path / "plain", model), 3)
    set_random_seed(0)
    compiled = losses(build(tmp_path / "compiled", model, compile=True), 3)

    torch.testing.assert_close(compiled, plain, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("amp", [dict(dtype="bfloat16"), FLOAT16], ids=["bf16", "fp16"])
def test_a_resumed_run_has_the_same_bits(tmp_path: Path, amp: dict[str, Any]) -> None:
    """Weights, momentum and the random numbers of dropout on the GPU, in the deterministic mode."""
    set_random_seed(0, deterministic=True)
    whole = build(tmp_path / "whole", amp=amp)
    whole.run([batches(3)], max_epochs=2)
    set_random_seed(1, deterministic=True)
    resumed = build(tmp_path / "resumed", amp=amp)
    resumed.resume(tmp_path / "whole" / "epoch_1.pth")
    resumed.run([batches(3)], max_epochs=2)

    assert resumed.iter == whole.iter == 6
    for name, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name


def test_a_batch_is_whole_when_the_step_sees_it() -> None:
    """Copied and finished on a stream of its own, beside work that is under way, it is what the host makes of it."""
    given = batches(8)
    expected = [each["imgs"].arrive(torch.device("cpu")) for each in given]
    move, busy = Mover(GPU), torch.randn(4096, 4096, device=GPU)
    sums = []
    for each in given:
        busy = busy @ busy / 4096
        sums.append(move(each)["imgs"].double().abs().sum())

    assert [float(each) for each in sums] == pytest.approx(
        [float(each.double().abs().sum()) for each in expected], rel=1e-6
    )
