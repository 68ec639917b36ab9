# What a new module is tried with: under two minutes on two cores.
optimizer = dict(type="SGD", lr=0.05, momentum=0.9, weight_decay=0.0001)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(
    policy="CosineAnnealing", min_lr=0, by_epoch=False, warmup="linear", warmup_iters=10
)
total_epochs = 3
