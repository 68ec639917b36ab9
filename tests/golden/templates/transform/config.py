# Trains with MyTransform on MotionClips: python -m mmaction_min.train configs/transforms/my_transform.py
# Made by: scaffold add transform MyTransform
_base_ = [
    "../_base_/models/tsm_r18.py",
    "../_base_/datasets/motion_clips.py",
    "../_base_/schedules/quick.py",
    "../_base_/default_runtime.py",
]
train_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(
        type="MyTransform",
        strength=0.2,
    ),
    dict(
        type="Normalize",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
data = dict(train=dict(pipeline=train_pipeline))
