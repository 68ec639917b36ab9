# Trains on MyDataset, as it stands with the clips of MotionClips: python -m mmaction_min.train configs/datasets/my_dataset.py
# Made by: scaffold add dataset MyDataset --arg must:float --arg 'names:list=['"'"'a'"'"']'
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
data = dict(
    train=dict(
        type="MyDataset",
        must=1.0,
        names=["a"],
    ),
    val=dict(
        type="MyDataset",
        must=1.0,
        names=["a"],
    ),
    test=dict(
        type="MyDataset",
        must=1.0,
        names=["a"],
    ),
)
