"""Segments of time: how far they overlap, which of many are kept, and the proposals of BSN."""

from .bsn_utils import generate_bsp_feature, generate_candidate_proposals
from .proposal_utils import (
    boundary_peaks,
    post_processing,
    soft_nms,
    temporal_iop,
    temporal_iou,
    temporal_nms,
)

__all__ = [
    "boundary_peaks",
    "generate_bsp_feature",
    "generate_candidate_proposals",
    "post_processing",
    "soft_nms",
    "temporal_iop",
    "temporal_iou",
    "temporal_nms",
]
