"""Segments of time: how far they overlap, which of many are kept, and the proposals of BSN and SSN."""

from .bsn_utils import generate_bsp_feature, generate_candidate_proposals
from .proposal_files import ProposalVideo, load_localize_proposal_file
from .proposal_utils import (
    boundary_peaks,
    post_processing,
    soft_nms,
    temporal_iop,
    temporal_iou,
    temporal_nms,
)
from .ssn_utils import (
    ASSIGNER,
    augmented_stages,
    eval_ap,
    perform_regression,
    proposals_per_video,
    results_to_detections,
    ssn_cfg,
    test_ticks,
)

__all__ = [
    "ASSIGNER",
    "ProposalVideo",
    "augmented_stages",
    "boundary_peaks",
    "eval_ap",
    "generate_bsp_feature",
    "generate_candidate_proposals",
    "load_localize_proposal_file",
    "perform_regression",
    "post_processing",
    "proposals_per_video",
    "results_to_detections",
    "ssn_cfg",
    "soft_nms",
    "temporal_iop",
    "temporal_iou",
    "temporal_nms",
    "test_ticks",
]
