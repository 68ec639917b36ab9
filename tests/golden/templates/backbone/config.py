# Trains MyNet on MotionClips: python -m mmaction_min.train configs/backbones/my_net.py
# Made by: scaffold add backbone MyNet
_base_ = [
    "../_base_/models/tsn_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    backbone=dict(
        _delete_=True,
        type="MyNet",
        in_channels=3,
        out_channels=256,
    ),
    cls_head=dict(in_channels=256),
)
