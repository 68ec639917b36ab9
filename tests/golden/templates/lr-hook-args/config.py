# Trains with the policy Warm on MotionClips: python -m mmaction_min.train configs/lr_hooks/warm.py
# Made by: scaffold add lr-hook Warm --arg gamma:float=0.9
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
lr_config = dict(
    _delete_=True,
    policy="Warm",
    gamma=0.9,
)
