"""What projects share and extend: optimizers and their constructors, hooks, metrics."""

from .evaluation import *  # noqa: F403
from .hooks import *  # noqa: F403
from .lr import *  # noqa: F403
from .optimizer import *  # noqa: F403
from .scheduler import *  # noqa: F403
