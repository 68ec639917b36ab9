# BSN, the second of three steps: every pair of a start and a later end is a proposal, with a feature.
#   python -m mmaction_min.bsn_proposal_generation configs/bsn_pgm_motion.py --mode train
#   python -m mmaction_min.bsn_proposal_generation configs/bsn_pgm_motion.py --mode test
data = dict(
    train=dict(type="UntrimmedMotion", split="train", pipeline=[]),
    val=dict(type="UntrimmedMotion", split="val", pipeline=[]),
)
work_dir = "work_dirs/bsn_motion"
tem_results_dir = f"{work_dir}/tem_results"
pgm_proposals_dir = f"{work_dir}/pgm_proposals"
pgm_features_dir = f"{work_dir}/pgm_features"
pgm_proposals_cfg = dict(pgm_proposals_thread=2, temporal_scale=64, peak_threshold=0.5)
pgm_features_train_cfg = dict(pgm_features_thread=2, top_k=500)
pgm_features_test_cfg = dict(pgm_features_thread=2, top_k=1000)
