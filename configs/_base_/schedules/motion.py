# Long enough for TSM to pass 90 % on MotionClips: a few minutes on two cores.
optimizer = dict(type="AdamW", lr=0.003, weight_decay=0.01, fused=True)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(
    policy="CosineAnnealing",
    min_lr=0,
    by_epoch=False,
    warmup="linear",
    warmup_iters=40,
)
total_epochs = 8
