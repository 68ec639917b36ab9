# MotionClips: eight motions, written as real videos (64 x 64) at first use.
# Half of the size is enough to see them on two cores. A mirror image would be of another class: no Flip.
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
train_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Normalize", **img_norm_cfg),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
test_pipeline = [
    dict(type="PyAVInit"),
    dict(
        type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8, test_mode=True
    ),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Normalize", **img_norm_cfg),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
data = dict(
    videos_per_gpu=8,
    workers_per_gpu=1,
    train=dict(type="MotionClips", split="train", pipeline=train_pipeline),
    val=dict(type="MotionClips", split="val", pipeline=test_pipeline),
    test=dict(type="MotionClips", split="val", pipeline=test_pipeline),
)
evaluation = dict(
    interval=1, metrics=["top_k_accuracy", "mean_class_accuracy"], save_best="top1_acc"
)
