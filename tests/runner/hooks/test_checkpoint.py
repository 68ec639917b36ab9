"""CheckpointHook's folder; what it keeps and what goes is in test_runner.py and tests/faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError
from mmaction_min.runner import (
    CheckpointHook,
    EpochBasedRunner,
    EvalHook,
    read_checkpoint,
)
from mmaction_min.runner.checkpoint.folder import newest_checkpoint
from mmaction_min.runner.destination import STORE

MakeRunner = Callable[..., EpochBasedRunner]


@pytest.mark.parametrize("own", [True, False])
def test_another_folder_gets_one_of_the_run_s_name(
    own: bool, make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """As in mmcv, so that runs that share it do not write over each other; the work_dir itself stays what it is."""
    runner = make_runner(max_epochs=1)
    out_dir = tmp_path if own else tmp_path / "shared"
    runner.register_checkpoint_hook(dict(interval=1, out_dir=str(out_dir)))

    runner.run([loader])

    file = (out_dir if own else out_dir / tmp_path.name) / "epoch_1.pth"
    assert file.is_file()
    assert runner.meta["hook_msgs"]["last_ckpt"] == str(file)


def test_a_template_of_one_s_own_names_the_files(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """With it the old ones go as well, and a run finds the newest to go on from; what else mmcv takes is taken."""
    template = "tem_{:03d}_epoch.pth"
    runner = make_runner(max_epochs=3)
    runner.register_checkpoint_hook(
        dict(
            interval=1,
            max_keep_ckpts=2,
            filename_tmpl=template,
            create_symlink=False,
            meta=dict(note="x"),
            sync_buffer=True,
            file_client_args=dict(backend="disk"),
        )
    )
    (tmp_path / "tem_start.pth").touch()

    runner.run([loader])

    there = ["tem_002_epoch.pth", "tem_003_epoch.pth", "tem_start.pth"]
    assert sorted(p.name for p in tmp_path.iterdir()) == there
    newest = newest_checkpoint(tmp_path, runner.logger, template)
    assert newest == tmp_path / there[1]
    assert read_checkpoint(newest)["meta"]["note"] == "x"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"filename_tmpl": each} for each in ("a/{}.pth", "{", "{n}", "latest.pth")),
        {"file_client_args": {"backend": "petrel"}},
    ],
)
def test_what_no_file_can_be_written_by_is_refused(wrong: dict[str, Any]) -> None:
    """A name that is none, and a client of mmcv's that would have no effect."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        CheckpointHook(interval=1, **wrong)


@pytest.mark.parametrize("by_epoch", [True, False])
def test_an_url_gets_the_checkpoints(
    by_epoch: bool, make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Below the run's name, whole, without a pointer, and no more than are to be kept; nothing of it in the work_dir."""
    url = f"memory://checkpoints_{by_epoch}/runs/"
    runner = make_runner(max_epochs=3 if by_epoch else 1)
    runner.register_checkpoint_hook(
        dict(interval=1, by_epoch=by_epoch, out_dir=url, max_keep_ckpts=2)
    )

    runner.run([loader])

    folder, kind = f"{url}{tmp_path.name}", "epoch" if by_epoch else "iter"
    there = [
        name
        for name in (*(f"{kind}_{n}.pth" for n in (1, 2, 3)), "latest.pth")
        if STORE.isfile(f"{folder}/{name}")
    ]
    assert there == [f"{kind}_2.pth", f"{kind}_3.pth"]
    assert runner.meta["hook_msgs"]["last_ckpt"] == f"{folder}/{kind}_3.pth"
    assert not list(tmp_path.glob("*.pth"))
    (tmp_path / "fetched.pth").write_bytes(STORE.get(f"{folder}/{kind}_3.pth"))
    make_runner().resume(tmp_path / "fetched.pth")


def test_an_url_gets_the_best(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """The one before it goes; a run that goes on takes the score from its checkpoint."""
    runner = make_runner(max_epochs=3)
    loader.dataset.scores = [0.1, 0.3, 0.2]
    runner.register_hook(EvalHook(loader, out_dir="memory://best"))
    runner._epoch, runner._iter = 1, 3

    runner.run([loader])

    folder = f"memory://best/{tmp_path.name}"
    assert (
        runner.meta["hook_msgs"]["best_ckpt"] == f"{folder}/best_top1_acc_epoch_3.pth"
    )
    assert STORE.isfile(f"{folder}/best_top1_acc_epoch_3.pth")
    assert not STORE.isfile(f"{folder}/best_top1_acc_epoch_2.pth")


def test_an_url_that_cannot_be_reached_is_refused(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Before anything is trained."""
    runner = make_runner()
    runner.register_checkpoint_hook(dict(interval=1, out_dir="nowhere://a"))

    with pytest.raises(ConfigError, match="nowhere"):
        runner.run([loader])
    assert runner.iter == 0
