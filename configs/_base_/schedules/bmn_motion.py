# Long enough for BMN to pass an AR@10 of 0.9 on UntrimmedMotion: a minute on two cores.
optimizer = dict(type="AdamW", lr=0.002, weight_decay=0.01, fused=True)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False)
total_epochs = 8
