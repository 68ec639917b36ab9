# Trains with the policy RelativeStep on MotionClips: python -m mmaction_min.train configs/lr_hooks/relative_step.py
# Made by: scaffold add lr-hook RelativeStep
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
lr_config = dict(
    _delete_=True,
    policy="RelativeStep",
    steps=[2, 3],
    lrs=[0.003, 0.0005],
)
