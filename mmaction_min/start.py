"""Where a run of training starts from, and where it writes: the command, the config and what is there already decide it."""

from __future__ import annotations

import argparse
import logging
import secrets
from pathlib import Path
from typing import NamedTuple

from .config import Config
from .errors import CheckpointError
from .places import place_of
from .runner import CheckpointLoader, read_checkpoint
from .runner.checkpoint.file import remove_leftovers, saved_at
from .runner.checkpoint.folder import check_template, newest_checkpoint
from .runner.dist import is_launched, is_started_again, on_rank_0


class Start(NamedTuple):
    """The start of a run, the same in all of its processes."""

    work_dir: Path
    """Where checkpoints and logs go."""
    dump: Path
    """The config in it, which a run writes as it begins."""
    resume_from: str | None
    """The checkpoint that the run goes on from, if it does."""
    load_from: str | None
    """The checkpoint whose weights a new run starts from."""
    seed: int


def start_of(cfg: Config, args: argparse.Namespace) -> Start:
    """What the command says, or else the config.

    Raises:
        CheckpointError: a checkpoint is not there; the one to go on from cannot be read, or does not say its seed and
            nobody else does.
    """
    folder = args.work_dir or cfg.get("work_dir")
    work_dir = Path(folder or Path("work_dirs") / Path(args.config).stem)
    dump = work_dir / Path(args.config).name
    asked = args.resume_from or cfg.get("resume_from")
    load_from = args.load_from or cfg.get("load_from")
    for key, file in (("resume_from", asked), ("load_from", load_from)):
        if file and file != "auto":
            option = f"--{key.replace('_', '-')}"
            place = option if getattr(args, key) else place_of(cfg, key)
            CheckpointLoader.require(file, place)
    template = (cfg.get("checkpoint_config") or {}).get("filename_tmpl") or ""
    if template:
        check_template(template)
    resume_from = on_rank_0(lambda: _resume_from(asked, work_dir, dump, template))
    said = args.seed if args.seed is not None else cfg.get("seed")
    seed = on_rank_0(lambda: _seed(said, resume_from))
    return Start(work_dir, dump, resume_from, load_from, seed)


def _resume_from(
    asked: str | None, work_dir: Path, dump: Path, template: str
) -> str | None:
    """The checkpoint that a run goes on from, if it does.

    Args:
        asked: 'auto', a file, or None.
        work_dir: where checkpoints are.
        dump: the config in it, which a run writes as it begins: where torchrun starts the processes again, they go on from
            what was saved since then, and not from what an earlier run left.
        template: of the checkpoints' names, if the config has one.
    """
    remove_leftovers(work_dir)
    logger = logging.getLogger("mmaction_min")
    if is_started_again():
        newest = newest_checkpoint(work_dir, logger, template)
        if newest and dump.exists() and saved_at(newest) >= saved_at(dump):
            logger.info("started again: %s", newest)
            return str(newest)
    elif is_launched():
        dump.unlink(missing_ok=True)
    if asked != "auto":
        return asked
    newest = newest_checkpoint(work_dir, logger, template)
    logger.info(
        "--resume auto: %s", newest or "nothing to go on from, so it starts anew"
    )
    return None if newest is None else str(newest)


def _seed(seed: int | None, resume_from: str | None) -> int:
    """The seed that is asked for, or that of the run that goes on, or a new one."""
    if seed is not None:
        return seed
    if resume_from:
        meta = read_checkpoint(resume_from).get("meta", {})
        if "seed" not in meta:
            raise CheckpointError(
                "the checkpoint does not say its seed", resume_from, "give --seed"
            )
        return int(meta["seed"])
    return secrets.randbelow(2**31)
