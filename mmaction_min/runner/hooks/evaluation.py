"""EvalHook: the model over the validation set while it trains, and the best checkpoint kept."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from ...errors import ConfigError
from ..checkpoint import read_checkpoint
from ..device import autocast, to_device
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..runner import EpochBasedRunner

RULES: dict[str, tuple[str, ...]] = {
    "greater": ("acc", "top", "ar@", "auc", "precision", "map"),
    "less": ("loss",),
}
"""What the name of a metric has in it, and so which way it is better."""


@torch.no_grad()
def single_gpu_test(
    model: nn.Module,
    data_loader: DataLoader[Any],
    device: torch.device | str = "cpu",
    amp_dtype: torch.dtype | None = None,
) -> list[np.ndarray]:
    """The model's scores over a data set, in its order, under a progress bar where there is a terminal.

    Args:
        model: called as `model(imgs=..., return_loss=False)`; it is left in evaluation mode.
        data_loader: gives batches in the order of the data set.
        device: the model is there.
        amp_dtype: run under autocast in this type.

    Returns:
        One array for each sample.
    """
    model.eval()
    results: list[np.ndarray] = []
    device = torch.device(device)
    with tqdm(
        total=len(data_loader),
        desc="Evaluating",
        leave=False,
        disable=not sys.stderr.isatty(),
    ) as bar:
        for batch in data_loader:
            inputs = {
                key: value
                for key, value in to_device(batch, device).items()
                if key != "label"
            }
            with autocast(device, amp_dtype):
                results.extend(model(return_loss=False, **inputs))
            bar.update()
    return results


@HOOKS.register_module()
class EvalHook(Hook):
    """Evaluates after epochs of training, and keeps `best_{metric}_epoch_{n}.pth`.

    Args:
        dataloader: of the validation set, whose `evaluate(results, **eval_kwargs)` gives the metrics.
        start: evaluate from this epoch on (the first is 1).
        interval: epochs between two evaluations; the last epoch is always evaluated.
        save_best: the metric that decides, 'auto' for the first one, None to keep no best file.
        rule: 'greater' or 'less': which is better; by the metric's name if None.
        out_dir: the folder of the best file; the runner's `work_dir` by default.
        **eval_kwargs: arguments of `evaluate` (`metrics`, `metric_options`).

    Raises:
        ConfigError: the rule is no rule.
    """

    def __init__(
        self,
        dataloader: DataLoader[Any],
        start: int | None = None,
        interval: int = 1,
        save_best: str | None = "auto",
        rule: str | None = None,
        out_dir: str | None = None,
        **eval_kwargs: Any,
    ) -> None:
        if rule is not None and rule not in RULES:
            raise ConfigError(
                f"{rule!r} is no rule",
                "evaluation.rule",
                f"it is one of {', '.join(RULES)}",
            )
        self.dataloader = dataloader
        self.start = start or 1
        self.interval = interval
        self.save_best = save_best
        self.rule = rule
        self.out_dir = out_dir
        self.eval_kwargs = eval_kwargs

    def before_run(self, runner: EpochBasedRunner) -> None:
        messages = runner.meta.setdefault("hook_msgs", {})
        if runner.epoch == 0:
            return
        # A checkpoint is saved before its epoch is evaluated: if that epoch was the best, only the best file knows it.
        for path in self._folder(runner).glob(f"best_*_epoch_{runner.epoch}.pth"):
            messages.update(read_checkpoint(path)["meta"].get("hook_msgs", {}))

    def after_train_epoch(self, runner: EpochBasedRunner) -> None:
        epoch = runner.epoch + 1
        due = epoch >= self.start and (epoch - self.start) % self.interval == 0
        if not due and not self.is_last_epoch(runner):
            return
        results = single_gpu_test(
            runner.model, self.dataloader, runner.device, runner.amp_dtype
        )
        scores = evaluate(self.dataloader, results, self.eval_kwargs)
        runner.log_buffer.output.update(scores)
        if self.save_best is not None:
            self._keep_best(runner, scores, epoch)

    def _keep_best(
        self, runner: EpochBasedRunner, scores: Mapping[str, float], epoch: int
    ) -> None:
        metric = next(iter(scores)) if self.save_best == "auto" else str(self.save_best)
        if metric not in scores:
            raise ConfigError(
                f"there is no metric {metric!r}",
                "evaluation.save_best",
                f"there are {', '.join(scores)}",
            )
        messages = runner.meta["hook_msgs"]
        score, best = scores[metric], messages.get("best_score")
        if best is not None and not (
            score > best if self._rule(metric) == "greater" else score < best
        ):
            return
        folder = self._folder(runner)
        name = f"best_{metric}_epoch_{epoch}.pth"
        old = messages.get("best_ckpt")
        messages.update(best_score=score, best_ckpt=name)
        runner.save_checkpoint(
            folder, name, position={"epoch": epoch, "inner_iter": 0}, latest=False
        )
        if old is not None and old != name:
            (folder / old).unlink(missing_ok=True)
        runner.logger.info("best %s so far: %.4f, kept as %s", metric, score, name)

    def _folder(self, runner: EpochBasedRunner) -> Path:
        return Path(self.out_dir or runner.work_dir)

    def _rule(self, metric: str) -> str:
        if self.rule is not None:
            return self.rule
        for rule, parts in RULES.items():
            if any(part in metric.lower() for part in parts):
                return rule
        raise ConfigError(
            f"is a greater or a smaller {metric!r} better?",
            "evaluation",
            "say rule='greater' or rule='less'",
        )


def evaluate(
    data_loader: DataLoader[Any],
    results: list[np.ndarray],
    eval_kwargs: Mapping[str, Any],
) -> dict[str, float]:
    """The metrics that the loader's data set computes, as plain floats, so that a checkpoint can hold them."""
    dataset: Any = data_loader.dataset
    dataset = getattr(dataset, "dataset", dataset)  # what the loader wrapped
    return {
        name: float(value)
        for name, value in dataset.evaluate(results, **eval_kwargs).items()
    }
