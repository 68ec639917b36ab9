# SSN, arXiv 1704.06228, finds what moves, in pairs of frames: python -m mmaction_min.train configs/ssn_motion.py
_base_ = ["_base_/default_runtime.py"]
train_cfg = dict(
    ssn=dict(
        assigner=dict(
            positive_iou_threshold=0.7,
            background_iou_threshold=0.01,
            incomplete_iou_threshold=0.3,
            background_coverage_threshold=0.02,
            incomplete_overlap_threshold=0.01,
        ),
        sampler=dict(
            num_per_video=8,
            positive_ratio=2,
            background_ratio=2,
            incomplete_ratio=4,
            add_gt_as_proposals=True,
        ),
        loss_weight=dict(comp_loss_weight=1.0, reg_loss_weight=1.0),
    )
)
test_cfg = dict(
    ssn=dict(
        sampler=dict(test_interval=1, batch_size=64),
        evaluater=dict(top_k=2000, nms=0.2),
    )
)
model = dict(
    type="SSN",
    backbone=dict(
        type="ResNet", depth=18, in_channels=6, num_stages=2, out_indices=(1,)
    ),
    in_channels=6,
    spatial_type="avg",
    dropout_ratio=0.0,
    cls_head=dict(
        type="SSNHead",
        dropout_ratio=0.0,
        in_channels=128,
        num_classes=1,
        init_std=0.01,
        consensus=dict(
            type="STPPTrain", stpp_stage=(1, (1, 2), 1), num_segments_list=(2, 4, 2)
        ),
    ),
    train_cfg=train_cfg,
    test_cfg=test_cfg,
)
sample = dict(
    type="SampleProposalFrames",
    clip_len=2,
    body_segments=4,
    aug_segments=(2, 2),
    aug_ratio=0.5,
    test_interval=1,
)
decode = [
    dict(type="RawFrameDecode"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Normalize", mean=[127.5] * 3, std=[64.0] * 3),
]
train_keys = [
    *("imgs", "reg_targets", "proposal_scale_factor"),
    *("proposal_labels", "proposal_type"),
]
test_keys = [
    *("imgs", "relative_proposal_list", "scale_factor_list"),
    *("proposal_tick_list", "reg_norm_consts"),
]
train_pipeline = [
    sample,
    *decode,
    dict(type="FormatShape", input_format="NPTCHW"),
    dict(type="Collect", keys=train_keys),
    dict(type="ToTensor", keys=train_keys),
]
test_pipeline = [
    dict(sample, mode="test"),
    *decode,
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=test_keys),
    dict(type="ToTensor", keys=test_keys),
]
videos = dict(
    type="MotionProposals",
    train_cfg=train_cfg,
    test_cfg=test_cfg,
    clip_len=2,
    aug_ratio=0.5,
)
data = dict(
    videos_per_gpu=4,
    workers_per_gpu=1,
    val_dataloader=dict(videos_per_gpu=1),
    test_dataloader=dict(videos_per_gpu=1),
    train=dict(videos, split="train", pipeline=train_pipeline),
    val=dict(videos, split="val", pipeline=test_pipeline),
    test=dict(videos, split="val", pipeline=test_pipeline),
)
evaluation = dict(interval=2, metrics=["mAP"], save_best="mAP@0.50")
optimizer = dict(type="AdamW", lr=0.001, weight_decay=0.01)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False)
total_epochs = 8
