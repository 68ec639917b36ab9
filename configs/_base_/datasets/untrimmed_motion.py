# UntrimmedMotion: videos in which something moves once or twice, and TSN's features of them, written at first use.
test_pipeline = [
    dict(type="LoadLocalizationFeature", raw_feature_ext=".npy"),
    dict(
        type="Collect",
        keys=["raw_feature"],
        meta_name="video_meta",
        meta_keys=["video_name", "duration_second", "duration_frame"],
    ),
    dict(type="ToTensor", keys=["raw_feature"]),
]
train_pipeline = [
    dict(type="LoadLocalizationFeature", raw_feature_ext=".npy"),
    dict(type="GenerateLocalizationLabels"),
    dict(
        type="Collect",
        keys=["raw_feature", "gt_bbox"],
        meta_name="video_meta",
        meta_keys=["video_name"],
    ),
    dict(type="ToTensor", keys=["raw_feature", "gt_bbox"]),
    dict(type="ToDataContainer", fields=[dict(key="gt_bbox", stack=False)]),
]
data = dict(
    videos_per_gpu=8,
    workers_per_gpu=1,
    train=dict(type="UntrimmedMotion", split="train", pipeline=train_pipeline),
    val=dict(type="UntrimmedMotion", split="val", pipeline=test_pipeline),
    test=dict(type="UntrimmedMotion", split="val", pipeline=test_pipeline),
)
evaluation = dict(interval=1, metrics=["AR@AN"], save_best="AR@10")
