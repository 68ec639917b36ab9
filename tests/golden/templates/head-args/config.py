# Trains MyHead on MotionClips: python -m mmaction_min.train configs/heads/my_head.py
# Made by: scaffold add head MyHead --arg hidden:int=256 --arg must:float --arg act
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    cls_head=dict(
        _delete_=True,
        type="MyHead",
        num_classes=8,
        in_channels=512,
        must=1.0,
        act=None,
        hidden=256,
        dropout_ratio=0.5,
        init_std=0.01,
    )
)
