# Trains MyRecognizer on MotionClips: python -m mmaction_min.train configs/recognizers/my_recognizer.py
# Made by: scaffold add recognizer MyRecognizer --arg hidden:int=256 --arg act
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
model = dict(
    type="MyRecognizer",
    act=None,
    hidden=256,
)
