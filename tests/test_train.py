"""`python -m mmaction_min.train` and `test`, on tiny MotionClips, as a user calls them."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from mmaction_min import test as test_command
from mmaction_min import train as train_command
from mmaction_min.config import Config
from mmaction_min.errors import ConfigError
from mmaction_min.models import TSMHead
from mmaction_min.runner import HOOKS, BaseRunner, Hook, StopTraining, read_checkpoint
from mmaction_min.runner.signals import NOTED

# Torch decides at the first backward pass of a process whether a fork may follow. A compilation before it lets it say no, and
# the tests of signals train in forks.
torch.ones((), requires_grad=True).backward()

REPO = Path(__file__).parents[1]
TINY = """
_base_ = [
    "{repo}/configs/_base_/models/tsm_r18.py",
    "{repo}/configs/_base_/datasets/motion_clips.py",
    "{repo}/configs/_base_/schedules/quick.py",
    "{repo}/configs/_base_/default_runtime.py",
]
model = dict(
    backbone=dict(num_stages=1, out_indices=(0,)), cls_head=dict(in_channels=64)
)
total_epochs = 2
data = dict(
    workers_per_gpu=0,
    train=dict(num_clips=16, root="{cache}"),
    val=dict(num_clips=8, root="{cache}"),
    test=dict(num_clips=8, root="{cache}"),
)
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that all tests of this file read."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def config(tmp_path: Path, cache: Path) -> str:
    path = tmp_path / "tiny.py"
    path.write_text(TINY.format(repo=REPO, cache=cache))
    return str(path)


def train(config: str, work_dir: Path, *args: str) -> int:
    return train_command.main(
        [config, "--work-dir", str(work_dir), "--device", "cpu", *args]
    )


def entries(work_dir: Path) -> list[dict[str, Any]]:
    """The JSON lines of a run, without times."""
    lines = [
        json.loads(line)
        for line in next(work_dir.glob("*.log.json")).read_text().splitlines()
    ]
    return [
        {key: value for key, value in line.items() if "time" not in key}
        for line in lines[1:]
    ]


def test_a_run_ends_with_an_accuracy_and_checkpoints(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the best checkpoint, tested on the same clips, has the accuracy that training printed."""
    assert train(config, tmp_path / "run", "--seed", "0") == 0
    out = capsys.readouterr().out
    best = max(
        entry["top1_acc"]
        for entry in entries(tmp_path / "run")
        if entry["mode"] == "val"
    )
    checkpoint = next((tmp_path / "run").glob("best_top1_acc_*.pth"))

    last = checkpoint.with_name("latest.pth")
    said = f": best top1_acc {best:.4f} in {checkpoint}; last {last}"
    assert out.splitlines()[-1].endswith(said)
    (log,) = (tmp_path / "run").glob("*.log")
    assert log.with_name(f"{log.name}.json").exists()
    assert Config.fromfile(tmp_path / "run" / "tiny.py").total_epochs == 2
    assert read_checkpoint(checkpoint)["meta"]["CLASSES"][:2] == ["left", "right"]

    assert test_command.main([config, str(checkpoint), "--device", "cpu"]) == 0
    assert f"top1_acc: {best:.4f}" in capsys.readouterr().out.splitlines()


def test_one_seed_gives_the_same_numbers_and_another_seed_others(
    config: str, tmp_path: Path
) -> None:
    """Every loss and every accuracy, to the last digit."""
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert train(config, tmp_path / name, "--seed", seed, "--deterministic") == 0
    torch.use_deterministic_algorithms(False)

    assert entries(tmp_path / "a") == entries(tmp_path / "b")
    assert entries(tmp_path / "a") != entries(tmp_path / "c")


def test_a_resumed_run_ends_with_the_weights_of_the_whole_one(
    config: str, tmp_path: Path
) -> None:
    """The seed comes from the checkpoint."""
    train(config, tmp_path / "whole", "--seed", "5")

    train(
        config,
        tmp_path / "second",
        "--resume-from",
        str(tmp_path / "whole" / "epoch_1.pth"),
    )

    whole, second = (
        read_checkpoint(tmp_path / name / "epoch_2.pth") for name in ("whole", "second")
    )
    assert second["meta"]["seed"] == 5
    assert all(
        torch.equal(value, second["state_dict"][name])
        for name, value in whole["state_dict"].items()
    )


# torch 2.11 compiles with what it calls deprecated
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize(
    "options",
    [
        ["amp.dtype=bfloat16"],
        ["channels_last=true"],
        ["compile.backend=eager"],  # the default backend takes a minute to compile
        ["workflow=[(train,1),(val,1)]"],
        [
            "optimizer.type=CopyOfSGD",
            "optimizer.lr=0.01",
            "optimizer.constructor=TSMOptimizerConstructor",
        ],
        ["data.workers_per_gpu=1", "log_config.interval=1"],
    ],
    ids=lambda options: options[0],
)
def test_options_of_a_config_train(
    config: str, tmp_path: Path, options: list[str]
) -> None:
    """Each to a finite loss in every line, without validation."""
    args = [
        "--no-validate",
        "--cfg-options",
        "total_epochs=1",
        "data.train.num_clips=8",
        *options,
    ]

    assert train(config, tmp_path / "run", *args) == 0

    losses = [entry["loss"] for entry in entries(tmp_path / "run")]
    assert losses and all(0 < loss < 20 for loss in losses)
    assert not list((tmp_path / "run").glob("best_*"))


def test_training_can_start_from_the_weights_of_another_run(
    config: str, tmp_path: Path
) -> None:
    """`--load-from` takes weights and nothing else: with a rate of 0 they stay what they were."""
    train(config, tmp_path / "a", "--cfg-options", "total_epochs=1")
    rate_0 = ["--cfg-options", "total_epochs=1", "optimizer.lr=0.0"]

    train(
        config,
        tmp_path / "b",
        "--load-from",
        str(tmp_path / "a" / "latest.pth"),
        *rate_0,
    )

    first, second = (read_checkpoint(tmp_path / name / "latest.pth") for name in "ab")
    name = "cls_head.fc_cls.weight"
    assert torch.equal(first["state_dict"][name], second["state_dict"][name])
    assert second["meta"]["epoch"] == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--cfg-options", "total_epoch=3"],
            "total_epoch means nothing to the engine\nhint: did you mean total_epochs?",
        ),
        (
            ["--cfg-options", "model.cls_head.type=TSNhead"],
            "'TSNhead' is not in the head registry\nhint: did you mean",
        ),
        (["--cfg-options", "model.cls_head.drop=1"], "TSMHead: "),
        (["--cfg-options", "amp.dtype=int8"], "write amp = dict(dtype='bfloat16')"),
        (
            ["--cfg-options", "optimizer_config.grad_clips=1"],
            "optimizer_config: grad_clips is unknown",
        ),
        (
            ["--cfg-options", "model.cls_head.num_classes=5"],
            "and the head num_classes=5, so 0 to 4",
        ),
        (["--cfg-options", "lr"], "'lr' is no override"),
        (["--cfg-options", "optimizer=SGD"], "`optimizer` is a dict, not 'SGD'"),
        (["--device", "tpu0"], "there is no device 'tpu0'"),
        (
            ["--resume-from", "none.pth"],
            "--resume-from: there is no checkpoint none.pth",
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_mistake_ends_in_one_message_and_exit_code_1(
    config: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    message: str,
) -> None:
    """No traceback, and the config's name where no better place is known."""
    assert train(config, tmp_path / "run", *args) == 1

    err = capsys.readouterr().err
    assert "error: " in err and message in err
    assert "Traceback" not in err


def test_max_steps_counts_the_steps_of_this_run() -> None:
    """And not those that a resumed run had done before."""
    hook = train_command._StopAfter(2)
    runner = SimpleNamespace(iter=100, outputs={"loss": torch.tensor(1.0)})
    hook.after_train_iter(runner)  # type: ignore[arg-type]

    with pytest.raises(StopTraining, match="after step 101 with loss"):
        hook.after_train_iter(runner)  # type: ignore[arg-type]


def test_a_validation_between_epochs_has_the_pipeline_of_a_wrapped_data_set(
    config: str,
) -> None:
    """`workflow = [('train', 1), ('val', 1)]` where data.train is a RepeatDataset."""
    cfg = Config.fromfile(config)
    inner, cfg.workflow = cfg.data.train, [("train", 1), ("val", 1)]
    cfg.data.train = dict(type="RepeatDataset", times=2, dataset=inner)

    trained, validated = train_command._build_loaders(cfg, 0, torch.device("cpu"))

    assert len(trained.dataset) == 32 and len(validated.dataset) == 8
    ours, theirs = (next(iter(each))["imgs"] for each in (trained, validated))
    assert ours.shape == theirs.shape


def test_debug_shows_the_traceback(config: str, tmp_path: Path) -> None:
    """For who writes modules."""
    with pytest.raises(ConfigError):
        train(config, tmp_path / "run", "--debug", "--cfg-options", "lr")


@pytest.mark.parametrize("key", ["model", "data", "optimizer", "total_epochs"])
def test_a_config_without_an_entry_says_which(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The four that a run cannot do without."""
    cfg = Config.fromfile(REPO / "configs" / "tsm_r18_motion.py")
    path = tmp_path / "broken.py"
    Config({name: value for name, value in cfg.items() if name != key}).dump(path)

    assert train(str(path), tmp_path / "run") == 1
    assert f"broken.py: the config has no `{key}`" in capsys.readouterr().err


@HOOKS.register_module()
class Sent(Hook):
    """Sends a signal to the process group in the first step, as a terminal does it: the workers get it too."""

    def __init__(self, number: int) -> None:
        self.number = number

    def after_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter == 0:
            os.killpg(0, self.number)


def in_a_process(path: Path, config: str, *options: str) -> tuple[int, str]:
    """Train in a fork with a worker: the exit code and what it printed, to the file `path`."""

    def run() -> None:
        os.setsid()
        with path.open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        # What pytest has put in their places would keep what is printed.
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        words = ["data.workers_per_gpu=1", "log_config.interval=1", *options]
        sys.exit(train(config, path.with_suffix(".run"), "--cfg-options", *words))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode, path.read_text()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_the_run_with_a_checkpoint_and_one_line(
    config: str, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """And the run goes on from it."""
    hook = [dict(type="Sent", number=int(number))]
    with Path(config).open("a") as file:
        file.write(f"custom_hooks = {hook}\n")

    ended, out = in_a_process(tmp_path / "out", config, "evaluation=None")

    assert ended == code, out
    assert "Traceback" not in out
    assert out.count(f"\n{NOTED.format(number.name)}\n") == 1  # not by the worker
    assert (
        f"stopped: asked to stop by {number.name}; go on with --resume-from "
        in out.splitlines()[-1]
    )
    assert read_checkpoint(tmp_path / "out.run" / "latest.pth")["meta"]["iter"] == 1


def test_an_exception_in_training_ends_the_process_with_its_workers(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a module of one's own shows its traceback, the last line where one's own code is in it, and the command returns."""

    def forward(self: TSMHead, x: Tensor, num_segs: int) -> Tensor:
        return self.fc_cls(x)  # maps, and no vectors

    monkeypatch.setattr(TSMHead, "forward", forward)

    code, out = in_a_process(tmp_path / "out", config)

    assert code == 1
    *_, error, last = out.rstrip().splitlines()
    if sys.version_info < (3, 11):  # it shows no notes
        error, last = last, f"raised at {Path(__file__).name}:1 (TSMHead.forward)"
    assert error.startswith("RuntimeError: mat1 and mat2 shapes")
    assert Path(__file__).name in last
    assert last.startswith("raised at ") and last.endswith(" (TSMHead.forward)")


def test_max_steps_trains_so_many_and_leaves_no_checkpoint(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line has the loss of the last step."""
    assert train(config, tmp_path / "run", "--max-steps", "1", "--no-validate") == 0

    assert "stopped: after step 1 with loss " in capsys.readouterr().out
    assert not list((tmp_path / "run").glob("*.pth"))


def test_no_steps_at_all_are_refused(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the option."""
    assert train(config, tmp_path / "run", "--max-steps", "0") == 1

    assert "error: --max-steps: 0 steps train nothing" in capsys.readouterr().err
