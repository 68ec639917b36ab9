"""EvalHook: when it evaluates, which checkpoint it keeps, and what a resumed run knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.errors import ArgumentError, ConfigError
from mmaction_min.runner import (
    BaseRunner,
    DistEvalHook,
    EpochBasedRunner,
    EvalHook,
    IterBasedRunner,
    read_checkpoint,
)

MakeRunner = Callable[..., EpochBasedRunner]


def best_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("best_*"))


@pytest.mark.parametrize(
    ("options", "epochs"),
    [(dict(), 3), (dict(interval=2), 2), (dict(start=3), 1), (dict(interval=5), 1)],
    ids=str,
)
def test_it_evaluates_at_its_interval_and_at_the_end(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    options: dict[str, int],
    epochs: int,
) -> None:
    """Of three epochs so many are evaluated, on every sample, the last one always."""
    runner = make_runner()
    loader.dataset.scores = [0.5] * 3
    runner.register_hook(EvalHook(loader, **options), "LOW")

    runner.run([loader])

    assert loader.dataset.evaluated == [12] * epochs


@pytest.mark.parametrize(
    ("rule", "scores", "best"),
    [
        (None, [0.2, 0.9, 0.5], 2),
        ("less", [0.2, 0.1, 0.5], 2),
        (None, [0.0, -1.0, 0.0], 1),
    ],
)
def test_the_best_checkpoint_is_kept(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    tmp_path: Path,
    rule: str | None,
    scores: list[float],
    best: int,
) -> None:
    """One file, of the best epoch, with its score; a score of 0 counts (upstream takes it for none)."""
    runner = make_runner()
    loader.dataset.scores = list(scores)
    runner.register_hook(EvalHook(loader, rule=rule), "LOW")

    runner.run([loader])

    assert best_files(tmp_path) == [f"best_top1_acc_epoch_{best}.pth"]
    meta = read_checkpoint(tmp_path / best_files(tmp_path)[0])["meta"]
    assert (meta["epoch"], meta["hook_msgs"]["best_score"]) == (best, scores[best - 1])


def test_a_resumed_run_knows_the_best_score_of_the_epoch_it_resumes(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """A checkpoint is saved before its own epoch is evaluated, so the score is read from the best file."""
    for max_epochs, scores in ((1, [0.9]), (2, [0.5])):
        runner = make_runner(max_epochs=max_epochs)
        loader.dataset.scores = scores
        runner.register_training_hooks(None, checkpoint_config=dict(interval=1))
        runner.register_hook(EvalHook(loader), "LOW")
        if max_epochs == 2:
            runner.resume(tmp_path / "epoch_1.pth")
        runner.run([loader])

    assert best_files(tmp_path) == ["best_top1_acc_epoch_1.pth"]
    assert (
        read_checkpoint(tmp_path / "epoch_2.pth")["meta"]["hook_msgs"]["best_score"]
        == 0.9
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(rule="higher"), "'higher' is no rule"),
        (dict(save_best="mAP"), "no metric 'mAP'.*top1_acc"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    options: dict[str, str],
    message: str,
) -> None:
    """Each with what there is."""
    runner = make_runner()
    loader.dataset.scores = [0.5]

    with pytest.raises(ConfigError, match=f"(?s){message}"):
        runner.register_hook(EvalHook(loader, **options), "LOW")
        runner.run([loader])


def test_a_metric_whose_better_side_is_unknown_is_asked_about(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """The rule is never guessed."""
    hook = EvalHook(loader)

    assert (hook._rule("mAP@0.5"), hook._rule("val_loss")) == ("greater", "less")
    with pytest.raises(ConfigError, match="say rule='greater' or rule='less'"):
        hook._rule("distance")


@pytest.mark.parametrize("by_epoch", [True, False])
@pytest.mark.parametrize(
    ("options", "done", "times"),
    [
        (dict(start=0), 0, [0, 1, 2, 3]),
        (dict(start=1), 0, [1, 2, 3]),
        (dict(start=1, interval=2), 0, [1, 3]),
        (dict(start=2), 2, [2, 3]),
        (dict(start=3), 2, [3]),
        (dict(interval=2), 0, [2, 3]),
    ],
    ids=str,
)
def test_start_is_counted_as_mmcv_counts_it(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    by_epoch: bool,
    options: dict[str, int],
    done: int,
    times: list[int],
) -> None:
    """Of three: from `start` on, before the first step too if as many are done; mmcv leaves out the last where the interval does."""
    runner: BaseRunner = make_runner()
    if not by_epoch:
        runner = IterBasedRunner(
            runner.model,
            optimizer=runner.optimizer,
            work_dir=runner.work_dir,
            max_iters=3,
        )
    seen: list[int] = []

    class Seen(EvalHook):
        def evaluate(self, runner: BaseRunner, results: Any) -> float | None:
            position = runner.position
            seen.append(position["epoch"] if by_epoch else position["iter"])
            return None

    runner.register_hook(Seen(loader, by_epoch=by_epoch, **options), "LOW")
    if by_epoch:
        runner._epoch = done
    else:
        runner._iter = done
    runner.run([loader])

    assert seen == times


def test_keys_of_one_s_own_say_which_is_better(loader: DataLoader[Any]) -> None:
    """The whole name first, then a part of it; greater before less."""
    hook = EvalHook(loader, greater_keys=["fit", "loss_fit"], less_keys="misfit")

    assert [hook._rule(name) for name in ("my_fit", "misfit", "LOSS_FIT")] == [
        "greater",
        "less",
        "greater",
    ]


def test_a_function_of_one_s_own_tests_and_the_best_goes_into_its_folder(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """`out_dir` gets a folder of the run's name, as in mmcv."""
    runner = make_runner(max_epochs=1)
    loader.dataset.scores = [0.5]
    out = str(tmp_path / "best")
    runner.register_hook(
        EvalHook(loader, out_dir=out, test_fn=lambda model, loader: [0] * 5)
    )

    runner.run([loader])

    assert loader.dataset.evaluated == [5]
    assert best_files(tmp_path / "best" / tmp_path.name) == [
        "best_top1_acc_epoch_1.pth"
    ]


def test_an_evaluation_without_a_score_keeps_nothing(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """It warns, and the run goes on."""
    runner = make_runner(max_epochs=1)
    loader.dataset.evaluate = lambda results, logger: {}
    runner.register_hook(EvalHook(loader))

    with pytest.warns(UserWarning, match="`eval_res` is an empty dict"):
        runner.run([loader])

    assert best_files(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [dict(interval=0), dict(start=-1), dict(save_best=True), dict(rule="more")],
    ids=str,
)
def test_arguments_of_no_sense_are_refused(
    loader: DataLoader[Any], options: dict[str, Any]
) -> None:
    """When the hook is made, and with every type of error that mmcv has there."""
    for error in (ArgumentError, TypeError, ValueError, KeyError, AssertionError):
        with pytest.raises(error):
            EvalHook(loader, **options)
    with pytest.raises(TypeError):
        EvalHook([loader])  # type: ignore[arg-type]


def test_mmcv_s_file_client_agrees_with_out_dir(loader: DataLoader[Any]) -> None:
    """It is taken, and is no argument of `evaluate`; another one would have no effect, and is refused."""
    hook = EvalHook(
        loader, out_dir="s3://best", file_client_args=dict(backend="petrel")
    )

    assert hook.eval_kwargs == {}
    with pytest.raises(ConfigError, match="file_client_args"):
        DistEvalHook(loader, file_client_args=dict(backend="petrel"))
