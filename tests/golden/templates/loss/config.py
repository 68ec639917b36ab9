# Trains with MyLoss on MotionClips: python -m mmaction_min.train configs/losses/my_loss.py
# Made by: scaffold add loss MyLoss
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    cls_head=dict(
        loss_cls=dict(
            _delete_=True,
            type="MyLoss",
            loss_weight=1.0,
        )
    )
)
