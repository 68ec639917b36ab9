"""The CPU time of the engine for one iteration, beside a hand-written loop that does the same, and its peers.

    python benchmarks/engine.py
    python benchmarks/engine.py --python mmcv=~/mmcv/bin/python --python mmengine=~/mmengine/bin/python

The task is small, so that what is measured is the engine: one linear layer, batches of 16, SGD with momentum, the
gradient clipped, a warm-up and a cosine by iteration, a line of text and one of JSON for every iteration (`--log-every`),
a checkpoint with the optimizer every 500. The hand-written loop stands beside each engine in the same process and the same rounds; a
number is the median over the rounds of the ratio of their CPU times, on one thread. An engine runs where it can be
imported: in this interpreter, or in that which `--python` names.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import math
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ITERATIONS, ROUNDS = 1000, 7
LOG, SAVE, WARMUP, LR, CLIP = 1, 500, 100, 0.02, 20.0

Run = Callable[[Any, Any, list[Any], Path], None]


def make_model() -> Any:
    """The layer, with the steps that the engines ask for; each has its own name for the same thing."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(64, 8)

        def forward(
            self, imgs: Any, label: Any, mode: str = "loss", **_: Any
        ) -> dict[str, Any]:
            return {"loss": F.cross_entropy(self.net(imgs), label)}

        def train_step(self, batch: dict[str, Any], optimizer: Any) -> dict[str, Any]:
            loss = self(**batch)["loss"]
            return {
                "loss": loss,
                "log_vars": {"loss": loss.detach() if self.late else loss.item()},
                "num_samples": len(batch["label"]),
            }

    Model.late = True
    torch.manual_seed(0)
    return Model()


def make_batches() -> list[dict[str, Any]]:
    import torch

    return [
        {"imgs": torch.randn(16, 64), "label": torch.randint(8, (16,))}
        for _ in range(ITERATIONS)
    ]


def rate(i: int) -> float:
    """The learning rate of iteration `i`."""
    regular = LR * (1 + math.cos(math.pi * i / ITERATIONS)) / 2
    return regular * (1 - (1 - i / WARMUP) * 0.9) if i < WARMUP else regular


def by_hand(model: Any, optimizer: Any, batches: list[Any], folder: Path) -> None:
    """What one writes without an engine."""
    import torch

    losses, norms, start = [], [], time.perf_counter()
    with (folder / "log.json").open("w") as log:
        for i, batch in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = rate(i)
            loss = model(**batch)["loss"]
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP))
            optimizer.step()
            losses.append(loss.detach())
            if (i + 1) % LOG == 0:
                entry = {
                    "iter": i + 1,
                    "lr": optimizer.param_groups[0]["lr"],
                    "loss": torch.stack(losses).mean().item(),
                    "grad_norm": torch.stack(norms).mean().item(),
                    "time": (time.perf_counter() - start) / LOG,
                }
                losses, norms, start = [], [], time.perf_counter()
                print(json.dumps(entry), file=log, flush=True)
                logging.getLogger("hand").info("Iter [%d] %s", i + 1, entry)
            if (i + 1) % SAVE == 0:
                state = {
                    "state_dict": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "iter": i + 1,
                }
                torch.save(state, folder / f"iter_{i + 1}.pth")


HOOKS: dict[str, Any] = dict(
    lr_config=dict(
        policy="CosineAnnealing",
        min_lr=0,
        by_epoch=False,
        warmup="linear",
        warmup_iters=WARMUP,
        warmup_ratio=0.1,
    ),
    optimizer_config=dict(grad_clip=dict(max_norm=CLIP)),
    checkpoint_config=dict(interval=SAVE, by_epoch=False),
    log_config=dict(interval=LOG, hooks=[dict(type="TextLoggerHook")]),
)


def with_mmaction_min(
    model: Any, optimizer: Any, batches: list[Any], folder: Path
) -> None:
    from mmaction_min.runner import EpochBasedRunner

    runner = EpochBasedRunner(
        model, optimizer=optimizer, work_dir=str(folder), max_epochs=1
    )
    runner.register_training_hooks(**HOOKS)
    runner.run([batches], [("train", 1)])


def with_mmcv(model: Any, optimizer: Any, batches: list[Any], folder: Path) -> None:
    import copy

    from mmcv.runner import EpochBasedRunner, epoch_based_runner
    from torch.utils.data import SequentialSampler

    class Loader(list[Any]):
        sampler = SequentialSampler([])

    epoch_based_runner.time.sleep = lambda seconds: None  # it sleeps before each epoch
    type(model).late = False  # its log wants numbers
    runner = EpochBasedRunner(
        model,
        optimizer=optimizer,
        work_dir=str(folder),
        logger=logging.getLogger("hand"),
        meta={},
        max_epochs=1,
    )
    runner.register_training_hooks(**copy.deepcopy(HOOKS))
    runner.run([Loader(batches)], [("train", 1)])


def with_mmengine(model: Any, optimizer: Any, batches: list[Any], folder: Path) -> None:
    from mmengine.model import BaseModel
    from mmengine.runner import Runner
    from torch.utils.data import DataLoader

    class Wrapped(BaseModel):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, imgs: Any, label: Any, mode: str = "loss") -> dict[str, Any]:
            return model(imgs, label)

    Runner(
        model=Wrapped(),
        work_dir=str(folder),
        train_dataloader=DataLoader(batches, collate_fn=lambda one: one[0]),
        train_cfg=dict(by_epoch=False, max_iters=len(batches)),
        optim_wrapper=dict(optimizer=optimizer, clip_grad=dict(max_norm=CLIP)),
        param_scheduler=[
            dict(
                type="LinearLR",
                start_factor=0.1,
                by_epoch=False,
                begin=0,
                end=WARMUP,
            ),
            dict(type="CosineAnnealingLR", by_epoch=False, T_max=len(batches)),
        ],
        default_hooks=dict(
            logger=dict(type="LoggerHook", interval=LOG),
            checkpoint=dict(type="CheckpointHook", interval=SAVE, by_epoch=False),
        ),
        log_level="ERROR",
        experiment_name=folder.name,
    ).train()


def with_lightning(
    model: Any, optimizer: Any, batches: list[Any], folder: Path
) -> None:
    import lightning
    import torch
    from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
    from lightning.pytorch.loggers import CSVLogger
    from torch.utils.data import DataLoader

    class Wrapped(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def training_step(self, batch: dict[str, Any], index: int) -> Any:
            loss = self.inner(**batch)["loss"]
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            schedule = torch.optim.lr_scheduler.LambdaLR(
                optimizer, lambda i: rate(i) / LR
            )
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        log_every_n_steps=LOG,
        gradient_clip_val=CLIP,
        logger=CSVLogger(folder),
        callbacks=[LearningRateMonitor(), ModelCheckpoint(every_n_train_steps=SAVE)],
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(Wrapped(), DataLoader(batches, batch_size=None))


ENGINES: dict[str, Run] = {
    "mmaction_min": with_mmaction_min,
    "mmcv": with_mmcv,
    "mmengine": with_mmengine,
    "lightning": with_lightning,
}


def cpu_seconds(run: Run, batches: list[Any]) -> float:
    import torch

    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        run(model, optimizer, batches, Path(folder))
        return time.process_time() - start


def measure(name: str, log_every: int) -> None:
    """Print the engine's ratio to the hand-written loop, and the loop's microseconds, as JSON."""
    import torch

    global LOG
    LOG = HOOKS["log_config"]["interval"] = log_every
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for logger in ("hand", "mmaction_min", "lightning.pytorch"):
        logging.getLogger(logger).setLevel(logging.INFO)
        logging.getLogger(logger).addHandler(logging.FileHandler("/dev/null"))
        logging.getLogger(logger).propagate = False
    batches = make_batches()
    cpu_seconds(by_hand, batches)
    cpu_seconds(ENGINES[name], batches)
    pairs = []
    for turn in range(ROUNDS):
        runs = [by_hand, ENGINES[name]]
        times = {
            run: cpu_seconds(run, batches) for run in (runs if turn % 2 else runs[::-1])
        }
        pairs.append((times[by_hand], times[ENGINES[name]]))
    result = {
        "ratios": [engine / hand for hand, engine in pairs],
        "hand": statistics.median(hand for hand, _ in pairs) / ITERATIONS * 1e6,
        "torch": torch.__version__,
    }
    print(json.dumps(result))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python", action="append", default=[], metavar="ENGINE=INTERPRETER"
    )
    parser.add_argument("--measure", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--log-every", type=int, default=LOG, metavar="ITERATIONS")
    args = parser.parse_args()
    if args.measure:
        measure(args.measure, args.log_every)
        return
    interpreters = dict(entry.split("=", 1) for entry in args.python)
    print(
        f"{'':14} {'x by hand':>9}  {'lowest':>6}  {'highest':>7}  by hand, an iteration"
    )
    for name in ENGINES:
        if name not in interpreters and importlib.util.find_spec(name) is None:
            print(f"{name:14} not installed; say --python {name}=INTERPRETER")
            continue
        command = [interpreters.get(name, sys.executable), __file__, "--measure", name]
        command += ["--log-every", str(args.log_every)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name:14} failed: {done.stderr.strip().splitlines()[-1]}")
            continue
        result = json.loads(done.stdout.splitlines()[-1])
        ratios = sorted(result["ratios"])
        print(
            f"{name:14} {statistics.median(ratios):9.2f}  {ratios[0]:6.2f}  {ratios[-1]:7.2f}  "
            f"{result['hand']:.0f} us, torch {result['torch']}"
        )


if __name__ == "__main__":
    main()
