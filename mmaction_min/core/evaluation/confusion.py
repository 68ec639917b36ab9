"""The confusion matrix of a classifier. NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(
    y_pred: ArrayLike, y_real: ArrayLike, num_classes: int | None = None
) -> NDArray[np.int64]:
    """How many samples of each class were taken for each class.

    Upstream's `confusion_matrix` has a row for each label that occurs; here there is one for each class, so that the
    row's number is the class.

    Args:
        y_pred: (N,), the predicted classes.
        y_real: (N,), the labels.
        num_classes: K; by default the largest number that occurs, and one.

    Returns:
        (K, K), `[i, j]` is the number of samples of class i that were taken for class j.

    Raises:
        ValueError: the two differ in length, or hold anything but integers in 0..K-1.
    """
    pred, real = np.asarray(y_pred), np.asarray(y_real)
    if pred.shape != real.shape or pred.ndim != 1:
        raise ValueError(
            f"there are predictions {pred.shape} for labels {real.shape}; both are (N,)"
        )
    if pred.size and not (
        np.issubdtype(pred.dtype, np.integer) and np.issubdtype(real.dtype, np.integer)
    ):
        raise ValueError(f"classes are integers, not {pred.dtype} and {real.dtype}")
    both = np.concatenate([pred, real]).astype(np.int64)
    count = int(both.max(initial=-1)) + 1
    size = count if num_classes is None else num_classes
    if both.min(initial=0) < 0 or count > size:
        raise ValueError(
            f"classes are 0 to {size - 1}, not {both.min()} to {both.max()}"
        )
    pairs = real.astype(np.int64) * size + pred.astype(np.int64)
    return np.bincount(pairs, minlength=size * size).reshape(size, size)
