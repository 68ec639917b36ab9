# Trains MyLocalizer on MotionClips: python -m mmaction_min.train configs/localizers/my_localizer.py
# Made by: scaffold add localizer MyLocalizer
_base_ = [
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    type="MyLocalizer",
    backbone=dict(type="ResNetTSM", depth=18, num_segments=8, shift_div=4),
    num_classes=8,
    in_channels=512,
    hidden_channels=128,
)
