"""Update: clipping, accumulation, float16, and what is not finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from mmaction_min.errors import ArgumentError, ConfigError, NotFiniteError
from mmaction_min.runner import (
    BaseRunner,
    EpochBasedRunner,
    Hook,
    OptimizerHook,
    build_runner,
)
from mmaction_min.runner.update import Update

MakeRunner = Callable[..., BaseRunner]


class Line(nn.Module):
    """y = w * x, whose loss is (w * x)^2; the batch is a list of one tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
        self.unused = nn.Parameter(torch.ones(1))

    def train_step(self, batch: list[Tensor], optimizer: Any) -> dict[str, Any]:
        loss = (self.w * batch[0]).square().mean()
        return {"loss": loss, "log_vars": {"loss": loss}, "num_samples": len(batch[0])}


def train(
    data: list[float], batch_size: int, update: Update | Hook, **length: int
) -> float:
    """The weight after training on the numbers, in their order."""
    model = Line()
    runner = build_runner(
        dict(
            type="IterBasedRunner" if "max_iters" in length else "EpochBasedRunner",
            **length,
        ),
        dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1)),
    )
    runner.register_optimizer_hook(update if isinstance(update, Hook) else {})
    if isinstance(update, Update):
        runner.update = update
    loader = DataLoader(TensorDataset(torch.tensor(data)), batch_size=batch_size)
    runner.run([loader], [("train", 1)])
    return float(model.w.detach())


@pytest.mark.parametrize("length", [dict(max_epochs=2), dict(max_iters=12)], ids=str)
def test_cumulated_batches_are_one_larger_batch(length: dict[str, int]) -> None:
    """Three batches of one are a batch of three, across the epochs' ends too."""
    data = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    parts = train(data, 1, Update(dict(max_norm=0.2), cumulative_iters=3), **length)
    whole = {
        key: value // 3 if key == "max_iters" else value
        for key, value in length.items()
    }

    assert parts == pytest.approx(train(data, 3, Update(dict(max_norm=0.2)), **whole))
    assert parts != 1


def test_what_is_left_at_the_end_is_a_mean_over_the_rest() -> None:
    """Of five batches in groups of three the last two are a batch of two."""
    data = [0.1, 0.2, 0.3, 0.4, 0.5]
    parts = train(data, 1, Update(cumulative_iters=3), max_epochs=1)

    assert parts == pytest.approx(train(data, 3, Update(), max_epochs=1))


@pytest.mark.parametrize("number", [0, -1, "3", 1.5])
def test_a_group_has_a_positive_number_of_batches(number: Any) -> None:
    """mmcv asserts, and code that catches that finds an AssertionError."""
    with pytest.raises(ArgumentError, match="cumulative_iters is a positive integer"):
        Update(cumulative_iters=number)


def test_a_checkpoint_within_a_group_holds_the_gradient_so_far(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Epochs of three batches in groups of two: resumed at the first epoch's end, the run ends at the same bits."""
    quiet, first, second = (
        make_runner(max_epochs=epochs, update=Update(cumulative_iters=2))
        for epochs in (2, 2, 2)
    )
    for runner in (quiet, first):
        runner.register_checkpoint_hook(dict(interval=1))
    quiet.run([loader])
    torch.manual_seed(1)
    second.resume(tmp_path / "epoch_1.pth")
    second.run([loader])

    assert torch.equal(quiet.model.fc.weight, second.model.fc.weight)
    assert not torch.equal(quiet.model.fc.weight, first.model.fc.weight)


@pytest.mark.parametrize("loss_scale", [512, 512.0, dict(init_scale=512.0)], ids=str)
def test_float16_scales_the_loss_and_takes_it_back(
    make_runner: MakeRunner, loader: DataLoader[Any], loss_scale: Any
) -> None:
    """The weights are near those of float32, the clipped norm is that of the true gradient, and a fixed scale stays."""
    like = make_runner(update=Update(dict(max_norm=1.0)), max_epochs=1)
    runner = make_runner(
        amp_dtype=torch.float16,
        update=Update(dict(max_norm=1.0), loss_scale=loss_scale),
        max_epochs=1,
    )
    for one in (like, runner):
        torch.manual_seed(0)
        one.run([loader])

    assert torch.allclose(runner.model.fc.weight, like.model.fc.weight, atol=1e-2)
    assert not torch.equal(runner.model.fc.weight, like.model.fc.weight)
    assert runner.update.scaler(runner.device).get_scale() == 512.0


def test_a_resumed_run_goes_on_with_its_scale(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """The scale has grown by then; the state is in the checkpoint."""
    settings = dict(init_scale=4.0, growth_interval=1)
    runner, resumed = (
        make_runner(
            max_epochs=1,
            amp_dtype=torch.float16,
            update=Update(loss_scale=dict(settings)),
        )
        for _ in range(2)
    )
    runner.register_checkpoint_hook(dict(interval=1))
    runner.run([loader])
    resumed.resume(tmp_path / "epoch_1.pth")

    assert resumed.update.scaler(resumed.device).get_scale() == 4.0 * 2**3


def test_a_scaled_gradient_that_overflows_skips_its_step(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """That is what a dynamic scale is found by: no error, the weights stay, the scale halves."""
    runner = make_runner(
        amp_dtype=torch.float16, update=Update(loss_scale=dict(init_scale=1e38))
    )
    before = runner.model.fc.weight.clone()

    runner.step(next(iter(loader)))

    assert torch.equal(before, runner.model.fc.weight)
    assert runner.update.scaler(runner.device).get_scale() < 1e38


def test_a_loss_scale_is_a_number_a_word_or_a_dict() -> None:
    """Anything else is refused with what it may be."""
    with pytest.raises(ArgumentError, match="loss_scale is 'static'"):
        Update(loss_scale="static")


@contextmanager
def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block, a tensor whose value is asked for is an error: on a GPU the host would wait for it."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the host reads a tensor between two lines of the log")

    with monkeypatch.context() as patch:
        for name in ("item", "cpu", "tolist", "numpy"):
            patch.setattr(Tensor, name, refuse)
        for name in ("__bool__", "__float__", "__int__", "__index__"):
            patch.setattr(Tensor, name, refuse)
        yield


def fused_runner(make_runner: MakeRunner, **kwargs: Any) -> BaseRunner:
    """A runner whose optimizer knows the flag on the device, as on a GPU."""
    runner = make_runner(update=Update(dict(max_norm=20)), **kwargs)
    runner.optimizer = torch.optim.SGD(
        runner.model.parameters(), lr=0.1, momentum=0.9, fused=True
    )
    runner.update.guard.deferred = True
    return runner


def test_the_host_reads_nothing_between_two_lines_of_the_log(
    make_runner: MakeRunner, loader: DataLoader[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that training has on: clipping, rates, averaging of weights, times, a logger, a checkpoint hook."""
    runner = fused_runner(make_runner, max_epochs=1)
    runner.register_training_hooks(
        dict(policy="step", step=[1], warmup="linear", warmup_iters=2),
        checkpoint_config=dict(interval=100, by_epoch=False, save_last=False),
        log_config=dict(
            interval=4, hooks=[dict(type="TextLoggerHook", ignore_last=True)]
        ),
        custom_hooks_config=dict(type="EMAHook"),
    )
    runner._max_iters = 3
    runner._data_loader = loader
    runner.call_hook("before_run")
    batches = list(loader)
    with nothing_is_read(monkeypatch):
        for i, batch in enumerate(batches):
            runner._iter = runner._inner_iter = i
            runner.call_hook("before_train_iter")
            runner.outputs = runner.step(batch)
            runner.call_hook("after_train_iter")
    runner.call_hook("after_run")

    assert runner.log_buffer.val_history["grad_norm"][0] > 0


def test_the_test_above_sees_a_value_that_is_read(
    make_runner: MakeRunner, loader: DataLoader[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an optimizer that cannot skip a step, the host has to look."""
    runner = make_runner()
    runner.update.guard.deferred = True

    with (
        pytest.raises(AssertionError, match="reads a tensor"),
        nothing_is_read(monkeypatch),
    ):
        runner.step(next(iter(loader)))


class Poison(Hook):
    """Makes one batch's loss, or its gradient alone, not finite."""

    def __init__(self, iteration: int, what: str) -> None:
        self.iteration = iteration
        self.what = what
        self.weights: list[Tensor] = []

    def before_train_iter(self, runner: BaseRunner) -> None:
        self.weights.append(runner.model.fc.weight.detach().clone())
        if runner.iter == self.iteration and self.what == "loss":
            runner.model.fc.register_forward_hook(lambda *a: a[-1] * float("nan"))
        elif runner.iter == self.iteration:
            runner.model.fc.weight.register_hook(lambda grad: grad * float("inf"))


def with_names(loader: DataLoader[Any]) -> list[dict[str, Any]]:
    return [
        {**batch, "img_metas": [{"filename": f"clip_{i}.mp4"}]}
        for i, batch in enumerate(loader)
    ]


@pytest.mark.parametrize("what", ["loss", "gradient"])
@pytest.mark.parametrize("deferred", [False, True])
def test_what_is_not_finite_ends_the_run_with_the_last_good_weights(
    make_runner: MakeRunner, loader: DataLoader[Any], what: str, deferred: bool
) -> None:
    """Seen at once, or on the device and told when the epoch ends: the same message, the same weights."""
    runner = fused_runner(make_runner, max_epochs=1)
    runner.update.guard.deferred = deferred
    poison = Poison(1, what)
    runner.register_hook(poison)

    with pytest.raises(
        NotFiniteError,
        match=rf"^the {what} is not finite in iteration 2: loss .*; the clips are clip_1\.mp4\n",
    ):
        runner.run([with_names(loader)])

    assert len(poison.weights) == (3 if deferred else 2)
    assert torch.equal(runner.model.fc.weight, poison.weights[1])
    assert not torch.equal(poison.weights[0], poison.weights[1])


def test_no_checkpoint_is_written_after_a_step_that_is_not_finite(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """The flag is read before: the file would have batch norm's statistics of the bad batch."""
    runner = fused_runner(make_runner, max_epochs=1)
    runner.register_hook(Poison(1, "loss"))
    runner.register_checkpoint_hook(dict(interval=1, by_epoch=False))

    with pytest.raises(NotFiniteError):
        runner.run([with_names(loader)])

    assert [path.name for path in tmp_path.glob("iter_*")] == ["iter_1.pth"]


def test_a_loss_without_a_gradient_is_refused_if_training_was_asked_for(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Without settings of the step nothing is trained, as in mmcv."""
    for runner in (make_runner(), make_runner(update=Update())):
        runner.model.requires_grad_(False)
        if runner.trains is None:
            runner.step(next(iter(loader)))
        else:
            with pytest.raises(ConfigError, match="every parameter frozen"):
                runner.step(next(iter(loader)))


def test_a_hook_of_ones_own_does_the_update_instead(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """mmcv's idiom, a subclass that overrides `after_train_iter`; what it inherits works too."""

    class Twice(OptimizerHook):
        def after_train_iter(self, runner: BaseRunner) -> None:
            super().after_train_iter(runner)
            runner.optimizer.step()

    once, twice, none = (make_runner(max_epochs=1) for _ in range(3))
    twice.model.drop.p = once.model.drop.p = none.model.drop.p = 0.0
    once.register_hook(OptimizerHook())
    twice.register_training_hooks(None, optimizer_config=Twice(dict(max_norm=1.0)))
    none.register_optimizer_hook(Hook())
    start = none.model.fc.weight.clone()
    for runner in (once, twice, none):
        runner.run([loader])

    assert not torch.equal(once.model.fc.weight, twice.model.fc.weight)
    assert not torch.equal(once.model.fc.weight, start)
    assert torch.equal(none.model.fc.weight, start)
    assert twice.log_buffer.val_history["grad_norm"]


def test_parameters_that_the_loss_does_not_depend_on_are_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """`detect_anomalous_params`, for who debugs."""
    model = Line()
    runner = EpochBasedRunner(
        model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        update=Update(detect_anomalous_params=True),
    )
    runner.step([torch.ones(2)])

    assert "unused with shape (1,)" in caplog.text
    assert "w with shape" not in caplog.text
