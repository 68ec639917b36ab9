"""Does one thing again and again, each time in a fork of itself, so that it costs no start of Python.

Reads a request as a line of JSON, `{"words": [...], "cwd": "...", "env": {...}}`, and answers with the exit code (below
zero: the signal) and what was printed. `forker.py scaffold` runs the words as a command of scaffold, `forker.py module`
as `python -m` does, `forker.py import` imports them, as modules of the tree; `forker.py save` writes checkpoints into a
folder. The shim counts from the moment that its variables are set: in the fork alone.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any


def run_scaffold(words: list[str]) -> None:
    from scaffold.cli import main

    main(words)


def run_module(words: list[str]) -> None:
    """`python -m`, but that libraries are imported already."""
    sys.path[:0] = [os.getcwd(), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = words
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # such as those that end the workers


def import_modules(names: list[str]) -> None:
    sys.path.insert(0, os.getcwd())
    for name in names:
        path = importlib.import_module(name).__file__ or ""
        assert path.startswith(os.getcwd()), path


# What the campaign saves beside a layer: the models of the tutorial, with one stage or few channels.
SMALL = dict(depth=18, num_stages=1, out_indices=(0,))
HEAD = dict(num_classes=8, in_channels=64)
MODELS: dict[str, Any] = {
    "TSN": dict(
        type="Recognizer2D",
        backbone=dict(type="ResNet", **SMALL),
        cls_head=dict(type="TSNHead", **HEAD),
    ),
    "TSM": dict(
        type="Recognizer2D",
        backbone=dict(type="ResNetTSM", **SMALL),
        cls_head=dict(type="TSMHead", **HEAD),
    ),
    "BMN": dict(
        type="BMN",
        temporal_dim=8,
        boundary_ratio=0.5,
        num_samples=4,
        num_samples_per_bin=2,
        feat_dim=16,
        soft_nms_alpha=0.4,
        soft_nms_low_threshold=0.5,
        soft_nms_high_threshold=0.9,
        post_process_top_k=10,
        hidden_dim_1d=16,
        hidden_dim_2d=8,
        hidden_dim_3d=8,
    ),
}


def save_checkpoints(words: list[str]) -> None:
    """Checkpoints of one run, of which one is kept: written, pointed to, the older deleted."""
    import logging

    import torch

    from mmaction_min.command import run_command
    from mmaction_min.models import build_model
    from mmaction_min.runner import save_checkpoint
    from mmaction_min.runner.checkpoint.file import point_latest, remove_leftovers
    from mmaction_min.runner.checkpoint.folder import prune

    folder, count, name = Path(words[0]), int(words[1]), words[2]

    def save() -> None:
        remove_leftovers(folder)
        model = build_model(MODELS[name]) if name in MODELS else torch.nn.Linear(8, 8)
        optimizer = torch.optim.AdamW(model.parameters())
        for param in model.parameters():
            param.grad = torch.zeros_like(param)
        optimizer.step()  # so that it has something to save
        for number in range(1, count + 1):
            path = folder / f"epoch_{number}.pth"
            meta = {"epoch": number, "iter": number}
            save_checkpoint(model, path, optimizer, meta)
            point_latest(path)
            prune(path, "epoch_{}.pth", 1, logging.getLogger())

    sys.exit(run_command(save, "config", debug=False))


# All of scaffold, whose commands import what they need as late as they can.
TOP = Path(__file__).resolve().parents[2]
FILES = sorted((TOP / "scaffold").rglob("[a-z]*.py"))
ROOMS = " ".join(
    ".".join(file.relative_to(TOP).with_suffix("").parts) for file in FILES
)
# What to do, and what is imported for it once.
JOBS = {
    "scaffold": (run_scaffold, f"jinja2.sandbox libcst json shutil {ROOMS}"),
    "save": (
        save_checkpoints,
        "torch._dynamo mmaction_min.runner mmaction_min.command mmaction_min.models",
    ),
    "module": (
        run_module,
        "av click jinja2.sandbox libcst matplotlib.pyplot pytest torch._dynamo torch.utils.data torchvision.models tqdm",
    ),
    "import": (import_modules, "av torch.utils.data torchvision.models tqdm"),
}


def child(request: dict[str, Any]) -> None:
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    JOBS[sys.argv[1]][0](request["words"])


def answer(request: dict[str, Any]) -> dict[str, Any]:
    outputs = [os.memfd_create("out"), os.memfd_create("err")]
    if (process := os.fork()) == 0:
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        code = 99
        try:
            child(request)
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(process, 0)
    texts = []
    for descriptor in outputs:
        texts.append(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(status)
    out, err = (text.decode(errors="backslashreplace") for text in texts)
    return {"code": code, "out": out, "err": err}


if __name__ == "__main__":
    for name in JOBS[sys.argv[1]][1].split():
        importlib.import_module(name)
    gc.freeze()  # what is here already is not looked at, and so not copied, in a fork
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
    os._exit(0)  # what torch would say about itself at the end is no one's concern
