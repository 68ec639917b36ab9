# Temporal shift module, arXiv 1811.08383: TSN whose blocks see a part of the neighbour frames.
model = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNetTSM", depth=18, num_segments=8, shift_div=4),
    cls_head=dict(
        type="TSMHead",
        num_classes=8,
        in_channels=512,
        num_segments=8,
        dropout_ratio=0.2,
    ),
    train_cfg=None,
    test_cfg=dict(average_clips="prob"),
)
