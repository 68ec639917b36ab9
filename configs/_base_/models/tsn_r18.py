# Temporal segment network, arXiv 1608.00859: every frame alone, the mean at the end.
model = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNet", depth=18),
    cls_head=dict(type="TSNHead", num_classes=8, in_channels=512, dropout_ratio=0.2),
    train_cfg=None,
    test_cfg=dict(average_clips="prob"),
)
