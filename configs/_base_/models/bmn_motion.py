# Boundary-matching network, arXiv 1907.09702, small: 64 features of a video, a twentieth of upstream's parameters.
model = dict(
    type="BMN",
    temporal_dim=64,
    boundary_ratio=0.5,
    num_samples=16,
    num_samples_per_bin=3,
    feat_dim=512,
    soft_nms_alpha=0.4,
    soft_nms_low_threshold=0.5,
    soft_nms_high_threshold=0.9,
    post_process_top_k=100,
    feature_extraction_interval=1,
    hidden_dim_1d=128,
    hidden_dim_2d=32,
    hidden_dim_3d=64,
)
