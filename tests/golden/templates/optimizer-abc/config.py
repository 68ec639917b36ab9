# Trains with MyOptimizer on MotionClips: python -m mmaction_min.train configs/optimizers/my_optimizer.py
# Made by: scaffold add optimizer MyOptimizer --arg a:float=0.1 --arg b:float=0.9 --arg c:float=0.0
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
optimizer = dict(
    _delete_=True,
    type="MyOptimizer",
    a=0.1,
    b=0.9,
    c=0.0,
    lr=0.01,
)
