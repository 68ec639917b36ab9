# BMN finds when something moves: python -m mmaction_min.train configs/bmn_motion.py
_base_ = [
    "_base_/models/bmn_motion.py",
    "_base_/datasets/untrimmed_motion.py",
    "_base_/schedules/bmn_motion.py",
    "_base_/default_runtime.py",
]
