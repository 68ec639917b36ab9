# Trains with MyOptimizerConstructor on MotionClips: python -m mmaction_min.train configs/constructors/my_optimizer_constructor.py
# Made by: scaffold add constructor MyOptimizerConstructor
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
optimizer = dict(
    constructor="MyOptimizerConstructor",
    paramwise_cfg=dict(fc_lr5=True),
)
