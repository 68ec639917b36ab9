# Trains with MyHook on MotionClips: python -m mmaction_min.train configs/hooks/my_hook.py
# Made by: scaffold add hook MyHook
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
custom_hooks = [
    dict(
        type="MyHook",
        interval=10,
    ),
]
