# Trains MyHead on MotionClips: python -m mmaction_min.train configs/heads/my_head.py
# Made by: scaffold add head MyHead
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
        dropout_ratio=0.5,
        init_std=0.01,
    )
)
