"""Config: files of plain assignments that inherit with `_base_`, in the language of mmcv 1.x.

    cfg = Config.fromfile("configs/tsm_r18_motion.py")
    cfg.model.backbone.depth                               # attribute or item access, as you like
    cfg.merge_from_dict({"optimizer.lr": 0.01, "data.train.pipeline.0.num_clips": 4})
    cfg.dump("work_dirs/run/config.py")                    # reads back to the same config

A config in Python is code that you chose to run: only read files that you trust.
"""

from .config import Config
from .config_dict import ConfigDict
from .fileio import dump, load
from .merging import merge
from .options import DictAction, parse_options

__all__ = [
    "Config",
    "ConfigDict",
    "DictAction",
    "dump",
    "load",
    "merge",
    "parse_options",
]
