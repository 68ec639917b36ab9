_base_ = [
    "_base_/models/tsm_r18.py",
    "_base_/datasets/motion_clips.py",
    "_base_/schedules/motion.py",
    "_base_/default_runtime.py",
]
