"""What projects share and extend: optimizers and their constructors, learning-rate hooks, metrics."""

from .evaluation import *  # noqa: F403
from .lr import *  # noqa: F403
from .optimizer import *  # noqa: F403
from .scheduler import *  # noqa: F403
