# BMN finds when something moves: python -m mmaction_min.train configs/bmn_motion.py
_base_ = [
    "_base_/models/bmn_motion.py",
    "_base_/datasets/untrimmed_motion.py",
    "_base_/default_runtime.py",
]
optimizer = dict(type="AdamW", lr=0.002, weight_decay=0.01, fused=True)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False)
total_epochs = 8
