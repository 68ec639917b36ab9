# BSN, the last of three steps: how well each proposal fits: python -m mmaction_min.train configs/bsn_pem_motion.py
_base_ = ["_base_/default_runtime.py"]
model = dict(
    type="PEM",
    pem_feat_dim=32,
    pem_hidden_dim=128,
    pem_u_ratio_m=1,
    pem_u_ratio_l=2,
    pem_high_temporal_iou_threshold=0.6,
    pem_low_temporal_iou_threshold=0.2,
    soft_nms_alpha=0.75,
    soft_nms_low_threshold=0.65,
    soft_nms_high_threshold=0.9,
    post_process_top_k=100,
    feature_extraction_interval=1,
    fc1_ratio=1,
    fc2_ratio=1,
)
work_dir = "work_dirs/bsn_motion_pem"
proposals = dict(
    pgm_proposals_dir="work_dirs/bsn_motion/pgm_proposals",
    pgm_features_dir="work_dirs/bsn_motion/pgm_features",
)
train_pipeline = [
    dict(type="LoadProposals", top_k=500, **proposals),
    dict(type="Collect", keys=["bsp_feature", "reference_temporal_iou"]),
    dict(type="ToTensor", keys=["bsp_feature", "reference_temporal_iou"]),
    dict(
        type="ToDataContainer",
        fields=[dict(key="bsp_feature"), dict(key="reference_temporal_iou")],
    ),
]
tested = ["bsp_feature", "tmin", "tmax", "tmin_score", "tmax_score"]
test_pipeline = [
    dict(type="LoadProposals", top_k=1000, **proposals),
    dict(
        type="Collect",
        keys=tested,
        meta_name="video_meta",
        meta_keys=["video_name", "duration_second", "duration_frame"],
    ),
    dict(type="ToTensor", keys=tested),
    dict(type="ToDataContainer", fields=[dict(key=tested)]),
]
data = dict(
    videos_per_gpu=16,
    workers_per_gpu=1,
    train=dict(type="UntrimmedMotion", split="train", pipeline=train_pipeline),
    val=dict(type="UntrimmedMotion", split="val", pipeline=test_pipeline),
    test=dict(type="UntrimmedMotion", split="val", pipeline=test_pipeline),
)
evaluation = dict(interval=1, metrics=["AR@AN"], save_best="AR@10")
optimizer = dict(type="AdamW", lr=0.003, weight_decay=0.0001, fused=True)
optimizer_config = dict(grad_clip=None)
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False)
total_epochs = 20
output_config = dict(out=f"{work_dir}/results.json", output_format="json")
