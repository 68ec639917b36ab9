"""EvalHook: the model over the validation set while it trains, and the best checkpoint kept."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch.utils.data import DataLoader

from ...errors import ArgumentError, ConfigError
from ..checkpoint import read_checkpoint
from ..destination import Destination, check_client
from ..dist import broadcast_buffers, on_rank_0
from ..inference import evaluate, multi_gpu_test
from .ema import averaged
from .hook import HOOKS, Hook
from .logger import EVAL_ITERS, LoggerHook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

NO_SCORES = (
    "Since `eval_res` is an empty dict, the behavior to save the best checkpoint will be "
    "skipped in this evaluation."
)
"""In mmcv's words, which its users filter warnings by."""


@HOOKS.register_module()
class EvalHook(Hook):
    """Evaluates between epochs or iterations of training, and keeps `best_{metric}_{epoch|iter}_{n}.pth`.

    The last epoch (iteration) is always evaluated; mmcv leaves it out where the interval does.

    Args:
        dataloader: of the validation set, whose `evaluate(results, logger=..., **eval_kwargs)` gives the metrics.
        start: evaluate from this epoch on (the first is 1), and before the first step if as many are done; None for
            every `interval`.
        interval: epochs (iterations) between two evaluations.
        by_epoch: count epochs.
        save_best: the metric that decides, 'auto' for the first one, None to keep no best file.
        rule: 'greater' or 'less': which is better; by the metric's name if None.
        test_fn: `test_fn(model, dataloader)` gives the results; `multi_gpu_test` by default.
        greater_keys: names of metrics, or parts of them, of which more is better.
        less_keys: the same for less.
        out_dir: the folder or URL below which the best file goes, in one of the run's name; the runner's `work_dir` by default.
        file_client_args: mmcv's way to say what writes; `out_dir` says it here, and this has to agree.
        **eval_kwargs: arguments of `evaluate` (`metrics`, `metric_options`).

    Raises:
        ArgumentError: an argument is of a wrong type or has no sense.
        ConfigError: which is better cannot be told from the metric's name; `file_client_args` and `out_dir` say two things.
    """

    _default_greater_keys: Sequence[str] = (
        *("acc", "top", "AR@", "auc", "precision", "mAP"),
        *("mDice", "mIoU", "mAcc", "aAcc"),
    )
    _default_less_keys: Sequence[str] = ("loss",)

    def __init__(
        self,
        dataloader: DataLoader[Any],
        start: int | None = None,
        interval: int = 1,
        by_epoch: bool = True,
        save_best: str | None = "auto",
        rule: str | None = None,
        test_fn: Callable[..., Any] | None = None,
        greater_keys: str | Sequence[str] | None = None,
        less_keys: str | Sequence[str] | None = None,
        out_dir: str | None = None,
        file_client_args: Mapping[str, Any] | None = None,
        **eval_kwargs: Any,
    ) -> None:
        _refuse(dataloader, start, interval, save_best, rule)
        check_client(file_client_args, out_dir)
        self.dataloader = dataloader
        self.start = start
        self.interval = interval
        self.by_epoch = by_epoch
        self.save_best = save_best
        self.rule = rule
        self.test_fn = test_fn
        self.greater_keys = _names(greater_keys, self._default_greater_keys)
        self.less_keys = _names(less_keys, self._default_less_keys)
        self.out_dir = out_dir
        self.eval_kwargs = eval_kwargs
        self._begun = False
        self.key_indicator = save_best
        """The metric that decides; for 'auto' known after the first evaluation."""
        if save_best not in (None, "auto"):
            self.rule = self._rule(str(save_best))

    def before_run(self, runner: BaseRunner) -> None:
        messages = runner.meta.setdefault("hook_msgs", {})
        kind, number = self._place(runner, running=False)
        if number == 0:
            return
        # A checkpoint is saved before its epoch is evaluated: if that epoch was the best, only the best file knows it.
        pattern = f"best_*_{kind}_{number}.pth"
        folder = Destination(runner, self.out_dir).folder
        if folder is None:  # an URL: what the checkpoint knows counts
            return
        files = on_rank_0(lambda: sorted(folder.glob(pattern)))
        for path in files:
            messages.update(read_checkpoint(path)["meta"].get("hook_msgs", {}))

    def before_train_epoch(self, runner: BaseRunner) -> None:
        if self.by_epoch:
            self._evaluate_before_the_first_step(runner)

    def before_train_iter(self, runner: BaseRunner) -> None:
        if not self.by_epoch:
            self._evaluate_before_the_first_step(runner)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        if self.by_epoch and self._is_due(runner):
            self._evaluate(runner)

    def after_train_iter(self, runner: BaseRunner) -> None:
        if self.by_epoch or not self._is_due(runner):
            return
        # The loggers come later and would take the scores for the training's: let them write that first.
        for hook in runner.hooks:
            if isinstance(hook, LoggerHook):
                hook.after_train_iter(runner)
        runner.log_buffer.clear()
        self._evaluate(runner)

    def evaluate(self, runner: BaseRunner, results: Any) -> float | None:
        """Compute the metrics of the results and report them; gives the score that decides, if one does."""
        scores = evaluate(self.dataloader, results, self.eval_kwargs, runner.logger)
        runner.log_buffer.output.update(scores)
        runner.log_buffer.ready = True
        if self.save_best is None:
            return None
        if not scores:
            warnings.warn(NO_SCORES, stacklevel=2)
            return None
        self.key_indicator = (
            next(iter(scores)) if self.save_best == "auto" else self.save_best
        )
        if self.key_indicator not in scores:
            raise ConfigError(
                f"there is no metric {self.key_indicator!r}",
                "evaluation.save_best",
                f"there are {', '.join(scores)}",
            )
        return scores[self.key_indicator]

    def _evaluate_before_the_first_step(self, runner: BaseRunner) -> None:
        begun, self._begun = self._begun, True
        done = self._place(runner, running=False)[1]
        if not begun and self.start is not None and done >= self.start:
            self._evaluate(runner)

    def _is_due(self, runner: BaseRunner) -> bool:
        current = self._place(runner)[1] - (self.start or 0)
        last = (
            self.is_last_epoch(runner) if self.by_epoch else self.is_last_iter(runner)
        )
        return last or (current >= 0 and current % self.interval == 0)

    def _evaluate(self, runner: BaseRunner) -> None:
        with averaged(runner):
            self._evaluate_as_it_is(runner)

    def _evaluate_as_it_is(self, runner: BaseRunner) -> None:
        training = runner.model.training
        test = self.test_fn or partial(
            multi_gpu_test, device=runner.device, amp_dtype=runner.amp_dtype
        )
        broadcast_buffers(runner.model)
        results = test(runner.model, self.dataloader)
        runner.model.train(training)
        runner.log_buffer.output[EVAL_ITERS] = len(self.dataloader)
        score = self.evaluate(runner, results)
        if self.save_best is not None and isinstance(score, int | float):
            self._keep_best(runner, score)

    def _keep_best(self, runner: BaseRunner, score: float) -> None:
        messages = runner.meta["hook_msgs"]
        best = messages.get("best_score")
        better = (
            operator.gt
            if self._rule(str(self.key_indicator)) == "greater"
            else operator.lt
        )
        if best is not None and not better(score, best):
            return
        place = Destination(runner, self.out_dir)
        kind, number = self._place(runner)
        name = f"best_{self.key_indicator}_{kind}_{number}.pth"
        old = messages.get("best_ckpt")
        messages.update(best_score=score, best_ckpt=place.name_of(name))
        place.save(name, create_symlink=False)
        if old is not None and runner.rank == 0:
            self._remove(place, Path(old).name, name)
        runner.logger.info(
            "best %s so far: %.4f, kept as %s", self.key_indicator, score, name
        )

    @staticmethod
    def _remove(place: Destination, old: str, new: str) -> None:
        if old != new and place.is_there(old):
            place.remove(old)

    def _place(self, runner: BaseRunner, *, running: bool = True) -> tuple[str, int]:
        """'epoch' or 'iter', and how many are done, with the running one or without."""
        if self.by_epoch:
            return "epoch", runner.epoch + running
        return "iter", runner.iter + running

    def _rule(self, metric: str) -> str:
        """Which is better: as `rule` says, or by the metric's whole name, or by a part of it."""
        if self.rule is not None:
            return self.rule
        name = metric.lower()
        rules = {"greater": self.greater_keys, "less": self.less_keys}
        for matches in (operator.eq, operator.contains):
            for rule, keys in rules.items():
                if any(matches(name, key.lower()) for key in keys):
                    return rule
        raise ConfigError(
            f"is a greater or a smaller {metric!r} better?",
            "evaluation",
            "say rule='greater' or rule='less'",
        )


@HOOKS.register_module()
class DistEvalHook(EvalHook):
    """mmcv's name for the same: `EvalHook` shares the work where there are several processes.

    Args:
        *args: as in `EvalHook`.
        broadcast_bn_buffer: only True, which takes the running means of rank 0.
        tmpdir: not used, for results are gathered without files.
        gpu_collect: not used, for they are gathered on the CPU.
        **kwargs: as in `EvalHook`.

    Raises:
        ConfigError: `broadcast_bn_buffer` is off: each process would evaluate a model of its own.
    """

    def __init__(
        self,
        *args: Any,
        broadcast_bn_buffer: bool = True,
        tmpdir: str | None = None,
        gpu_collect: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not broadcast_bn_buffer:
            raise ConfigError(
                "without it each process would evaluate a model of its own",
                "evaluation.broadcast_bn_buffer",
                "leave it out",
            )


def _refuse(
    dataloader: object, start: object, interval: int, save_best: object, rule: object
) -> None:
    if not isinstance(dataloader, DataLoader):
        raise ArgumentError(f"dataloader is a DataLoader, not {dataloader!r}")
    if not isinstance(save_best, str | None):
        raise ArgumentError(
            f"save_best is the name of a metric, not {save_best!r}", "evaluation"
        )
    if rule not in ("greater", "less", None):
        raise ArgumentError(
            f"{rule!r} is no rule", "evaluation.rule", "it is one of greater, less"
        )
    if interval < 1:
        raise ArgumentError(f"interval is at least 1, not {interval}", "evaluation")
    if isinstance(start, int) and start < 0:
        raise ArgumentError(f"start is at least 0, not {start}", "evaluation")


def _names(given: str | Sequence[str] | None, default: Sequence[str]) -> Sequence[str]:
    if given is None:
        return default
    return (given,) if isinstance(given, str) else tuple(given)
