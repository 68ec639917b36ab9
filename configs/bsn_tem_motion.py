# BSN, arXiv 1806.02964, the first of three steps: how much action, start and end there is at each place.
#   python -m mmaction_min.train configs/bsn_tem_motion.py
#   python -m mmaction_min.test configs/bsn_tem_motion.py work_dirs/bsn_motion/latest.pth
#   python -m mmaction_min.test configs/bsn_tem_motion.py work_dirs/bsn_motion/latest.pth --cfg-options data.test.split=train
_base_ = ["_base_/datasets/untrimmed_motion.py", "_base_/default_runtime.py"]
model = dict(
    type="TEM",
    temporal_dim=64,
    boundary_ratio=0.1,
    tem_feat_dim=512,
    tem_hidden_dim=128,
    tem_match_threshold=0.5,
    conv3_ratio=1,
)
evaluation = None
optimizer = dict(type="AdamW", lr=0.001, weight_decay=0.01, fused=True)
optimizer_config = dict(grad_clip=None)
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False)
total_epochs = 12
work_dir = "work_dirs/bsn_motion"
output_config = dict(out=f"{work_dir}/tem_results", output_format="csv")
