# Trains with MyOptimizer on MotionClips: python -m mmaction_min.train configs/optimizers/my_optimizer.py
# Made by: scaffold add optimizer MyOptimizer
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
optimizer = dict(
    _delete_=True,
    type="MyOptimizer",
    lr=0.01,
    momentum=0.9,
    weight_decay=0.0,
)
