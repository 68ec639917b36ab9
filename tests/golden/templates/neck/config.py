# Trains MyNeck on MotionClips: python -m mmaction_min.train configs/necks/my_neck.py
# Made by: scaffold add neck MyNeck
_base_ = [
    "../_base_/models/tsn_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    neck=dict(
        type="MyNeck",
        in_channels=512,
    )
)
