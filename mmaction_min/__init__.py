"""A minimal GPU training engine for video understanding, in the MMAction2 0.x tradition.

    python -m mmaction_min.train configs/tsm_r18_motion.py
    python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth

Importing this package costs nothing: torch comes in with the module that needs it.
"""

from .config import Config, ConfigDict, DictAction, dump, load
from .registry import Registry, build_from_cfg

__all__ = [
    "Config",
    "ConfigDict",
    "DictAction",
    "Registry",
    "build_from_cfg",
    "dump",
    "load",
]
__version__ = "0.1.0"
