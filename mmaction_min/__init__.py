"""A minimal GPU training engine for video understanding, in the MMAction2 0.x tradition.

    python -m mmaction_min.train configs/tsm_r18_motion.py
    python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth

Importing this package costs nothing: torch comes in with the module that needs it.
"""

__version__ = "0.1.0"
